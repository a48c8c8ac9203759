import { type ChangeClassName, classByName, UNUSABLE } from '../kernels/classes.js';
import type { DateBlock, SceneLook } from '../kernels/detector.js';
import { labelRegions, NO_REGION } from './regions.js';
import { type Runs, selectRuns } from './runs.js';

/**
 * How sharply the outline of a region stands out in each date: a building that is new has an outline that was not there
 * before; one that was demolished has lost it; a roof that was painted keeps it, and a month's light changes both alike.
 * Sums over the outline a run, so that parts of a region can be added up.
 */

const codeOf = (name: ChangeClassName) => classByName(name)?.code ?? 0;
const NEW = codeOf('building_new');
const REMOVED = codeOf('building_removed');

/** An outline that had less than this share of its later sharpness was not there; and the other way round. */
const ABSENT = 0.7;
/** Coarsest pixels that show the outline of a house, metres. */
const COARSEST = 5;

/** Whether a grid's pixels are fine enough for outlines. */
export function showsOutlines(resolution: number): boolean {
  return resolution <= COARSEST;
}

/** Added to a band's mean before steps are related to it, as a share of bright ground: noise in shadow is no outline. */
const FLOOR = 0.05;

/** Where a block's runs lie in its padded planes of `stride` px. */
export interface RimFrame {
  readonly core: { readonly x: number; readonly y: number };
  readonly stride: number;
  readonly left: number;
  readonly top: number;
}

/**
 * Fills `rimBefore` and `rimAfter` of the runs of buildings: relative steps of brightness over all bands (as in
 * `relativeStep`), summed over both sides of every pixel edge where a run's region ends. Edges towards unusable pixels
 * are left out. The planes reach at least 3 px beyond the core.
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
  const first = stepsOf(before, look, stride);
  const second = stepsOf(after, look, stride);
  for (let k = 0; k < runs.count; k++) {
    const own = runs.code[k];
    if (own !== NEW && own !== REMOVED) continue;
    const row = (runs.y[k] - frame.core.y + frame.top) * stride + frame.left - frame.core.x;
    let [sumBefore, sumAfter] = [0, 0];
    const edge = (inside: number, outside: number) => {
      const other = code[outside];
      if (other === own || other === UNUSABLE) return;
      sumBefore += first(inside) + first(outside);
      sumAfter += second(inside) + second(outside);
    };
    edge(row + runs.x0[k], row + runs.x0[k] - 1);
    edge(row + runs.x1[k] - 1, row + runs.x1[k]);
    for (let at = row + runs.x0[k]; at < row + runs.x1[k]; at++) {
      edge(at, at - stride);
      edge(at, at + stride);
    }
    runs.rimBefore[k] = sumBefore;
    runs.rimAfter[k] = sumAfter;
  }
}

function stepsOf(
  { bands, stack, usable }: DateBlock,
  look: SceneLook,
  stride: number,
): (at: number) => number {
  const planes = bands.map((role, b) => ({
    start: b * usable.length,
    // of 3 × 3 sums
    lift: 9 * (FLOOR * (look.high[role] ?? 1) - (look.dark[role] ?? 0)),
  }));
  return (at) => {
    let sum = 0;
    for (const { start, lift } of planes) sum += relativeStep(stack, start + at, stride, lift);
    return Math.sqrt(sum / planes.length);
  };
}

/**
 * Squared gradient of 3 × 3 means over two px, relative to the mean at the place: the square of the gradient of the
 * logarithm, which light that scales a scene does not change. `lift` is added to the sum of the 3 × 3 px.
 */
function relativeStep(plane: Float32Array, at: number, stride: number, lift: number): number {
  let mean = lift;
  let dx = 0;
  let dy = 0;
  for (let k = -1; k <= 1; k++) {
    const row = at + k * stride;
    mean += plane[row - 1] + plane[row] + plane[row + 1];
    dx += plane[row + 2] + plane[row + 1] - plane[row - 1] - plane[row - 2];
    const column = at + k;
    dy +=
      plane[column + 2 * stride] +
      plane[column + stride] -
      plane[column - stride] -
      plane[column - 2 * stride];
  }
  return mean > 0 ? (dx * dx + dy * dy) / (mean * mean) : 0;
}

/**
 * Judges every region of buildings by its outline, in runs of a whole grid: it is new where the outline was not there
 * before, removed where it is not there after; what had one and has one (a new roof, another light) is dropped, and so
 * is what was removed but left its outline. Changes codes in place.
 */
export function judgeRims(runs: Runs): Runs {
  const { label, count } = labelRegions(runs, { byZone: false });
  const before = new Float64Array(count);
  const after = new Float64Array(count);
  for (let k = 0; k < runs.count; k++) {
    if (label[k] === NO_REGION) continue;
    before[label[k]] += runs.rimBefore[k];
    after[label[k]] += runs.rimAfter[k];
  }
  const keep = new Uint8Array(runs.count).fill(1);
  for (let k = 0; k < runs.count; k++) {
    const code = runs.code[k];
    if (code !== NEW && code !== REMOVED) continue;
    const came = before[label[k]] < ABSENT * after[label[k]];
    const went = after[label[k]] < ABSENT * before[label[k]];
    if (went) runs.code[k] = REMOVED;
    else if (!came || code === REMOVED) keep[k] = 0;
  }
  return selectRuns(runs, keep);
}
