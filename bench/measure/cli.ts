import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { ScenePair } from '../scenes/make.js';
import { type Cost, runChild } from './child.js';

/** What the bench reads of `summary.json`. Whatever stages `timings_ms` names are reported. */
const Summary = z.object({
  grid: z.object({
    crs: z.string(),
    resolution: z.number(),
    width: z.number(),
    height: z.number(),
    transform: z.array(z.number()),
  }),
  backend: z.string(),
  stages: z.record(z.string(), z.string()),
  classes: z.record(z.string(), z.object({ pixels: z.number(), patches: z.number() })),
  timings_ms: z.record(z.string(), z.number()),
  peak_rss_mb: z.number(),
});
export type Summary = z.infer<typeof Summary>;

/** How `tuban diff` is called. `indices` is the work that the chain of GDAL tools does too. */
export type Mode = 'indices' | 'defaults';

export interface DiffOptions {
  readonly mode: Mode;
  readonly workers?: number;
  readonly backend?: string;
}

export interface DiffRun extends Cost {
  readonly side: number;
  readonly mode: Mode;
  /** As asked; null is the CLI's own choice. */
  readonly workers: number | null;
  /** The one that really ran. */
  readonly backend: string;
  readonly summary: Summary;
  readonly change: string;
}

/** Least patch of the index comparison in m²: 12 px of 2 m, what the chain sieves. */
const MMU_M2 = 48;
export const LEAST_PX = 12;

/** Runs the shipped CLI on a pair, as anyone would, and measures the process. */
export async function runDiff(
  cli: string,
  pair: ScenePair,
  out: string,
  options: DiffOptions,
): Promise<DiffRun> {
  const { wallS, cpuS, peakMb } = await runChild(process.execPath, [
    ...[cli, 'diff', pair.before, pair.after, '--out', out, '--crs', 'EPSG:4547'],
    ...['--bands', 'blue=1,green=2,red=3,nir=4', '--mmu', String(MMU_M2)],
    ...(options.mode === 'indices' ? ['--detector', 'indices', '--no-align', '--no-normalize'] : []),
    ...(options.workers === undefined ? [] : ['--workers', String(options.workers)]),
    ...(options.backend === undefined ? [] : ['--backend', options.backend]),
  ]);
  const summary = Summary.parse(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')));
  return {
    side: pair.side,
    mode: options.mode,
    workers: options.workers ?? null,
    backend: summary.backend,
    wallS,
    cpuS,
    peakMb: peakMb ?? summary.peak_rss_mb,
    summary,
    change: join(out, 'change.tif'),
  };
}
