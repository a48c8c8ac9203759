import type { BackendRequest } from '../../kernels/backend.js';
import type { BandRole } from '../../kernels/bands.js';
import { type ChangeClassName, STATES } from '../../kernels/classes.js';
import type { SceneLook } from '../../kernels/detector.js';
import type { LearnedModel } from '../../kernels/learned/model.js';
import type { CogSpec } from '../cog/spec.js';
import type { Block, Grid } from '../grid.js';
import type { UnjudgedCells } from '../mask/judged.js';
import type { Runs } from '../runs.js';
import type { SceneSpec } from '../scene.js';
import type { RegionRules } from '../sieve.js';
import { MOST_WARY } from '../warp/composite.js';
import type { Shift } from '../warp/net.js';
import type { LinearMap } from '../warp/resample.js';
import type { Zone } from '../zones.js';

/** More that cloud and shadow masks, and the choice among a month's scenes, see of a block's surroundings, px. */
export const MASK_HALO = MOST_WARY;

/** A scene and what the look found for it, as plain data. */
export interface PreparedSpec {
  readonly spec: SceneSpec;
  /** In px of what is judged. */
  readonly shift: Shift;
  readonly normalization: Readonly<Partial<Record<BandRole, LinearMap>>>;
  /** As in PreparedScene. */
  readonly month: string | null;
}

/** Everything a worker needs to process blocks of one comparison. Structured-cloneable. */
export interface BlockJob {
  /** What is judged: the grid of the outputs, or cells of it. */
  readonly grid: Grid;
  /** px of the outputs a px of `grid`, a side: 1, 2, 4 or 8. */
  readonly cell: number;
  /** The grid of the outputs. */
  readonly target: Grid;
  /** In order of preference; the first ones of one month are composited, the others fill what is left unusable. */
  readonly before: readonly PreparedSpec[];
  readonly after: readonly PreparedSpec[];
  /** Of months of the before date what their own runs could not judge: other months go before it. */
  readonly unjudged: Readonly<Record<string, UnjudgedCells>>;
  readonly bands: readonly BandRole[];
  readonly detector: string;
  /** The learned model of the detector, null for mathematics alone. */
  readonly model: LearnedModel | null;
  readonly classes: readonly ChangeClassName[];
  readonly look: SceneLook | null;
  readonly backend: BackendRequest;
  /** Subdistricts in grid px; empty where none are known. */
  readonly zones: readonly Zone[];
  /** Pixels outside every zone are set to 0: a district's run answers for the district alone. */
  readonly clip: boolean;
  /** Pixels a block sees beyond its core. */
  readonly halo: number;
  readonly outputs: readonly OutputName[];
  /** Regions that break these are dropped. */
  readonly rules: RegionRules;
  /** Whether the outlines of buildings are measured. */
  readonly outlines: boolean;
  /** px of misregistration that changes must hold against (tolerance.ts). */
  readonly tolerance: number;
}

/** Rasters made block by block. */
export type OutputName = 'confidence' | 'magnitude' | 'state';

/** States of a date in a transition table: 0 none (not usable), then STATES by code. */
export const STATE_SLOTS = STATES.length + 1;

/** One finished tile of an output raster. */
export interface OutputTile {
  readonly output: OutputName;
  /** 0 full resolution, 1 the first overview. */
  readonly level: number;
  readonly column: number;
  readonly row: number;
  readonly encoded: Uint8Array;
  /** The quarter it fills of the tile above; null where that comes from the same block. */
  readonly half: Uint8Array | null;
}

export interface BlockResult {
  readonly block: Block;
  readonly runs: Runs;
  readonly tiles: readonly OutputTile[];
  /**
   * Pixels by zone and state: `transitions[((zone + 1) * STATE_SLOTS + before) * STATE_SLOTS + after]`, zone -1
   * outside all; both states are 0 where the pair is not usable.
   */
  readonly transitions: Float64Array;
  /** Pixels of the core usable in both dates, as all numbers here in px of what is judged. */
  readonly usable: number;
  readonly pixels: number;
  /** Milliseconds by stage. */
  readonly timings: Readonly<Record<string, number>>;
  /** Where each stage of this block ran: a backend of kernels, or `typescript`. */
  readonly stages: Readonly<Record<string, string>>;
}

/** Steps of confidence and magnitude in a detection. */
const STEPS = 128;

/** The COG an output raster becomes. */
export function outputSpec(output: OutputName, grid: Grid): CogSpec {
  if (output === 'state') {
    return {
      grid,
      bands: 1,
      sampleType: 'uint8',
      nodata: 0,
      overviews: 'nearest',
      descriptions: ['state'],
      level: 6,
    };
  }
  return {
    grid,
    bands: 1,
    sampleType: 'float32',
    steps: STEPS,
    overviews: 'average',
    descriptions: [output],
    level: 1,
  };
}
