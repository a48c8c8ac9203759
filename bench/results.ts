import type { Agreement } from './gdal/agreement.js';
import type { ChainResult } from './gdal/chain.js';
import type { KernelReport } from './kernels.js';
import type { DiffRun } from './measure/cli.js';
import type { Machine } from './measure/machine.js';
import type { PolygonizeRun } from './polygonize/compare.js';

/** What was measured at one size of the scenes, each the median of its repetitions. */
export interface SizeResult {
  readonly side: number;
  readonly indices: DiffRun;
  readonly defaults: DiffRun | null;
  readonly chain: ChainResult | null;
  readonly decodeS: number | null;
  readonly agreement: Agreement | null;
}

/** A backend of the CLI, or why it did not run. */
export interface BackendResult {
  readonly backend: string;
  readonly run: DiffRun | string;
  /** Against the first backend that ran. */
  readonly agreement: Agreement | null;
}

export interface BenchResults {
  readonly machine: Machine;
  readonly seed: number;
  readonly repeat: number;
  /** GDAL's version, or why it is not beside. */
  readonly gdal: { readonly version: string } | { readonly absent: string };
  readonly sizes: readonly SizeResult[];
  /** At the largest size up to 8192 px. */
  readonly workers: readonly DiffRun[];
  /** At the smallest size. */
  readonly backends: readonly BackendResult[];
  readonly polygonize: readonly PolygonizeRun[];
  readonly kernels: KernelReport | null;
  /** Exponents of time against pixels over all sizes; null for fewer than two. */
  readonly scaling: { readonly tuban: number | null; readonly gdal: number | null };
  readonly minutes: number;
}
