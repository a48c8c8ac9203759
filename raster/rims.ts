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
/** Least share of a region's pixels that have it all around them: the ragged seams that a shift leaves have few. */
const LEAST_CORE = 0.35;

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
 * Fills `rimBefore`, `rimAfter` and `core` of the runs of buildings: relative steps of brightness over all bands (as in
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
    if (own !== NEW) continue;
    const row = (runs.y[k] - frame.core.y + frame.top) * stride + frame.left - frame.core.x;
    let [sumBefore, sumAfter, core] = [0, 0, 0];
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
      if (isCore(code, at, stride)) core++;
    }
    runs.rimBefore[k] = sumBefore;
    runs.rimAfter[k] = sumAfter;
    runs.core[k] = core;
  }
}

/** Whether all eight neighbours have the pixel's code. */
function isCore(code: Uint8Array, at: number, stride: number): boolean {
  const own = code[at];
  for (let row = at - stride; row <= at + stride; row += stride)
    if (code[row - 1] !== own || code[row] !== own || code[row + 1] !== own) return false;
  return true;
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
 * Judges every region of building candidates by its outline, in runs of a whole grid: it is new where the outline was
 * not there before, removed where it is not there after; what had one and has one (a new roof, another light) is
 * dropped, and so is what is all rim. Changes codes in place; classes that are not `wanted` are dropped.
 */
export function judgeRims(runs: Runs, wanted: readonly ChangeClassName[]): Runs {
  const { label, count } = labelRegions(runs, { byZone: false });
  const before = new Float64Array(count);
  const after = new Float64Array(count);
  const core = new Float64Array(count);
  const pixels = new Float64Array(count);
  for (let k = 0; k < runs.count; k++) {
    const region = label[k];
    if (region === NO_REGION) continue;
    before[region] += runs.rimBefore[k];
    after[region] += runs.rimAfter[k];
    core[region] += runs.core[k];
    pixels[region] += runs.x1[k] - runs.x0[k];
  }
  const judged = (region: number): number => {
    if (core[region] < LEAST_CORE * pixels[region]) return 0;
    if (before[region] < ABSENT * after[region]) return wanted.includes('building_new') ? NEW : 0;
    if (after[region] < ABSENT * before[region]) return wanted.includes('building_removed') ? REMOVED : 0;
    return 0;
  };
  const keep = new Uint8Array(runs.count).fill(1);
  for (let k = 0; k < runs.count; k++) {
    if (runs.code[k] !== NEW) continue;
    const code = judged(label[k]);
    if (code === 0) keep[k] = 0;
    else runs.code[k] = code;
  }
  return selectRuns(runs, keep);
}
