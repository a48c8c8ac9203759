import { type ChangeClassName, codeOf, UNUSABLE } from '../kernels/classes.js';
import type { DateBlock, SceneLook } from '../kernels/detector.js';
import { stepsOf } from '../kernels/steps.js';
import { labelRegions, NO_REGION } from './regions.js';
import { OUTLINE_SUMS, type Runs, selectRuns } from './runs.js';

/**
 * How sharply the outline of a region stands out in each date: a building that is new has an outline that was not there
 * before; one that was demolished has lost it; a roof that was painted keeps it, and a month's light changes both alike.
 * An outline is what is sharper along the rim than inside: trees on an empty lot are rough everywhere. Sums a run, so
 * that parts of a region can be added up.
 */

const NEW = codeOf('building_new');
const REMOVED = codeOf('building_removed');

/** An outline with less than this share of its later sharpness was not there; and the other way round. */
const ABSENT = 0.6;
/** Least share of a region's pixels that have it all around them: the ragged seams that a shift leaves have few. */
const LEAST_CORE = 0.3;
/** Places in a run's sums (`Runs.outline`). */
const RIM_BEFORE = 0;
const RIM_AFTER = 1;
const RIM_COUNT = 2;
const INSIDE_BEFORE = 3;
const INSIDE_AFTER = 4;
const INSIDE_COUNT = 5;
const CORE = 6;

/** Where a block's runs lie in its padded planes of `stride` px. */
export interface RimFrame {
  readonly core: { readonly x: number; readonly y: number };
  readonly stride: number;
  readonly left: number;
  readonly top: number;
}

/**
 * Fills the outline sums of the runs of building candidates: relative steps of brightness over all bands
 * (kernels/steps.ts) on both sides of every pixel edge where a run's region ends, and of pixels deep inside it. Edges
 * towards unusable pixels are left out. The planes reach at least 3 px beyond the core.
 */
export function measureRims(
  runs: Runs,
  frame: RimFrame,
  code: Uint8Array,
  before: DateBlock,
  after: DateBlock,
  look: SceneLook,
): void {
  const { stride } = frame;
  const { outline } = runs;
  if (outline === null) return;
  const first = stepsOf(before, look, stride);
  const second = stepsOf(after, look, stride);
  for (let k = 0; k < runs.count; k++) {
    if (runs.code[k] !== NEW) continue;
    const sums = k * OUTLINE_SUMS;
    const row = (runs.y[k] - frame.core.y + frame.top) * stride + frame.left - frame.core.x;
    const edge = (inside: number, outside: number) => {
      const other = code[outside];
      if (other === NEW || other === UNUSABLE) return;
      outline[sums + RIM_BEFORE] += first(inside) + first(outside);
      outline[sums + RIM_AFTER] += second(inside) + second(outside);
      outline[sums + RIM_COUNT] += 2;
    };
    edge(row + runs.x0[k], row + runs.x0[k] - 1);
    edge(row + runs.x1[k] - 1, row + runs.x1[k]);
    for (let at = row + runs.x0[k]; at < row + runs.x1[k]; at++) {
      edge(at, at - stride);
      edge(at, at + stride);
      if (!isSurrounded(code, at, stride, 1)) continue;
      outline[sums + CORE]++;
      // a step reaches 2 px: nearer to the rim it would be the rim's
      if (!isSurrounded(code, at, stride, 2)) continue;
      outline[sums + INSIDE_BEFORE] += first(at);
      outline[sums + INSIDE_AFTER] += second(at);
      outline[sums + INSIDE_COUNT]++;
    }
  }
}

/** Whether the eight places `apart` px away, straight and diagonally, have the pixel's code. */
function isSurrounded(code: Uint8Array, at: number, stride: number, apart: number): boolean {
  const own = code[at];
  for (let row = at - apart * stride; row <= at + apart * stride; row += apart * stride)
    if (code[row - apart] !== own || code[row] !== own || code[row + apart] !== own) return false;
  return true;
}

/**
 * Judges every region of building candidates by its outline, in runs of a whole grid: it is new where the outline was
 * not there before, removed where it is not there after; what had one and has one (a new roof, another light) is
 * dropped, and so is what is all rim. Changes codes in place; classes that are not `wanted` are dropped.
 */
export function judgeRims(runs: Runs, wanted: readonly ChangeClassName[]): Runs {
  const { outline } = runs;
  if (outline === null) return runs;
  const { label, count } = labelRegions(runs, { byZone: false });
  const sums = new Float64Array(count * OUTLINE_SUMS);
  const pixels = new Float64Array(count);
  for (let k = 0; k < runs.count; k++) {
    const region = label[k];
    if (region === NO_REGION || runs.code[k] !== NEW) continue;
    for (let s = 0; s < OUTLINE_SUMS; s++) sums[region * OUTLINE_SUMS + s] += outline[k * OUTLINE_SUMS + s];
    pixels[region] += runs.x1[k] - runs.x0[k];
  }
  const codes = new Set(wanted.map(codeOf));
  const judged = pixels.map((own, region) => {
    const code = judge(sums.subarray(region * OUTLINE_SUMS, (region + 1) * OUTLINE_SUMS), own);
    return codes.has(code) ? code : 0;
  });
  const keep = new Uint8Array(runs.count).fill(1);
  for (let k = 0; k < runs.count; k++) {
    if (runs.code[k] !== NEW) continue;
    const code = judged[label[k]];
    if (code === 0) keep[k] = 0;
    else runs.code[k] = code;
  }
  return selectRuns(runs, keep);
}

/** The class of a region from its sums; 0 for none. */
function judge(sums: Float64Array, pixels: number): number {
  if (sums[CORE] < LEAST_CORE * pixels) return 0;
  const inside = Math.max(1, sums[INSIDE_COUNT]);
  const rim = Math.max(1, sums[RIM_COUNT]);
  const before = Math.max(0, sums[RIM_BEFORE] / rim - sums[INSIDE_BEFORE] / inside);
  const after = Math.max(0, sums[RIM_AFTER] / rim - sums[INSIDE_AFTER] / inside);
  if (before < ABSENT * after) return NEW;
  return after < ABSENT * before ? REMOVED : 0;
}
