import { type ChangeClassName, codeOf, UNUSABLE } from '../kernels/classes.js';
import { CONFIDENCE_STEPS } from '../kernels/confidence.js';
import type { DateBlock, OutlineUse, SceneLook } from '../kernels/detector.js';
import { lightOf, stepsOf } from '../kernels/steps.js';
import { chanceOfBuilding, NO_OUTLINE, type Outline } from './outline-model.js';
import { labelRegions, NO_REGION } from './regions.js';
import { OUTLINE_SUMS, type Runs, selectRuns } from './runs.js';

/**
 * How the outline of a region stands out in each date: a building that is new has an outline that was not there before,
 * differs from what lies around it and casts a shadow; one that was demolished has lost these; a roof that was painted
 * keeps its outline, and a month's light changes both alike. An outline is what is sharper along the rim than inside:
 * trees on an empty lot are rough everywhere. Sums a run, so that parts of a region can be added up.
 */

const NEW = codeOf('building_new');
const REMOVED = codeOf('building_removed');

/**
 * Least chance of a region that stays: what serves F1 best lies at half of the F1 that can be reached (Lipton, Elkan and
 * Naryanaswamy 2014), which is about 0.8 here.
 */
const LEAST_CHANCE = 0.4;

/** Places in a run's sums (`Runs.outline`). What stands once a date is found at `+ 0` before and `+ 1` after. */
const RIM = 0;
const INSIDE = 2;
/** Edges beside which a shadow lies that the other date has not. */
const SHADED = 4;
/** Edges beside which no shadow lies, and the sums of their contrast without and with its sign. */
const OPEN = 6;
const CONTRAST = 8;
const SIGNED = 10;
const EDGES = 12;
const INSIDE_COUNT = 13;
const CORE = 14;

/** px from the rim at which the ground outside is compared: nearer it is mixed with the roof. */
const APART = 3;

/** Where a block's runs lie in its padded planes of `stride` px. */
export interface RimFrame {
  readonly core: { readonly x: number; readonly y: number };
  readonly stride: number;
  readonly left: number;
  readonly top: number;
}

/**
 * Fills the outline sums of the runs of building candidates, from both sides of every pixel edge where a run's region
 * ends, from what lies up to 4 px beyond it, and from pixels deep inside. Edges towards unusable pixels are left out. The
 * planes reach at least 6 px beyond the core.
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
  const steps = [stepsOf(before, look, stride), stepsOf(after, look, stride)];
  const light = [lightOf(before, look), lightOf(after, look)];
  for (let k = 0; k < runs.count; k++) {
    if (runs.code[k] !== NEW) continue;
    const sums = k * OUTLINE_SUMS;
    const row = (runs.y[k] - frame.core.y + frame.top) * stride + frame.left - frame.core.x;
    const edge = (inside: number, by: number) => {
      const outside = inside + by;
      if (code[outside] === NEW || code[outside] === UNUSABLE) return;
      outline[sums + EDGES]++;
      for (let date = 0; date < 2; date++) {
        outline[sums + RIM + date] += steps[date](inside) + steps[date](outside);
        const ground = inside + APART * by;
        if (code[ground] === UNUSABLE || light[date].isShaded(ground)) continue;
        const contrast = light[date].logBrightness(inside - by) - light[date].logBrightness(ground);
        outline[sums + OPEN + date]++;
        outline[sums + CONTRAST + date] += Math.abs(contrast);
        outline[sums + SIGNED + date] += contrast;
      }
      let shaded = 0;
      for (let apart = APART - 1; apart <= APART + 1; apart++) {
        const at = inside + apart * by;
        if (code[at] === UNUSABLE) continue;
        const [then, now] = [light[0].isShaded(at), light[1].isShaded(at)];
        if (then !== now) shaded |= now ? 2 : 1;
      }
      if (shaded & 1) outline[sums + SHADED]++;
      if (shaded & 2) outline[sums + SHADED + 1]++;
    };
    edge(row + runs.x0[k], -1);
    edge(row + runs.x1[k] - 1, 1);
    for (let at = row + runs.x0[k]; at < row + runs.x1[k]; at++) {
      edge(at, -stride);
      edge(at, stride);
      if (!isSurrounded(code, at, stride, 1)) continue;
      outline[sums + CORE]++;
      // a step reaches 2 px: nearer to the rim it would be the rim's
      if (!isSurrounded(code, at, stride, 2)) continue;
      outline[sums + INSIDE] += steps[0](at);
      outline[sums + INSIDE + 1] += steps[1](at);
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

/** A region of building candidates. */
export interface Candidate {
  readonly pixels: number;
  /** Mean over its pixels as the detector says it, 0-1. */
  readonly confidence: number;
  /** As a building that came, and as one that went. */
  readonly came: Outline;
  readonly went: Outline;
}

/** Regions of candidates in runs of a whole grid: the region of each run, -1 for none, and what is told of each. */
export function candidatesOf(
  runs: Runs,
  outline: Float32Array,
): { region: Int32Array; candidates: Candidate[] } {
  const { label } = labelRegions(runs, { byZone: false });
  const place = new Map<number, number>();
  const region = new Int32Array(runs.count).fill(-1);
  for (let k = 0; k < runs.count; k++) {
    if (label[k] === NO_REGION || runs.code[k] !== NEW) continue;
    const known = place.get(label[k]) ?? place.size;
    place.set(label[k], known);
    region[k] = known;
  }
  const sums = new Float64Array(place.size * OUTLINE_SUMS);
  const pixels = new Float64Array(place.size);
  const confidence = new Float64Array(place.size);
  for (let k = 0; k < runs.count; k++) {
    if (region[k] < 0) continue;
    for (let s = 0; s < OUTLINE_SUMS; s++)
      sums[region[k] * OUTLINE_SUMS + s] += outline[k * OUTLINE_SUMS + s];
    pixels[region[k]] += runs.x1[k] - runs.x0[k];
    confidence[region[k]] += runs.confidence[k] / CONFIDENCE_STEPS;
  }
  const candidates = Array.from(pixels, (own, r) => {
    const part = sums.subarray(r * OUTLINE_SUMS, (r + 1) * OUTLINE_SUMS);
    const [came, went] = [outlineOf(part, own, 1), outlineOf(part, own, 0)];
    return { pixels: own, confidence: confidence[r] / own, came, went };
  });
  return { region, candidates };
}

/** @param now the date the building stands in: 1 after, 0 before */
function outlineOf(sums: Float64Array, pixels: number, now: 0 | 1): Outline {
  const then = 1 - now;
  const edges = Math.max(1, sums[EDGES]);
  const inside = Math.max(1, sums[INSIDE_COUNT]);
  const sharpness = (date: number) =>
    Math.max(0, sums[RIM + date] / (2 * edges) - sums[INSIDE + date] / inside);
  const sharp = sharpness(now);
  return {
    core: sums[CORE] / pixels,
    sharp,
    faded: Math.log((sharpness(then) + NO_OUTLINE) / (sharp + NO_OUTLINE)),
    shaded: sums[SHADED + now] / edges,
    contrast: sums[CONTRAST + now] / Math.max(1, sums[OPEN + now]),
    contrastThen: Math.abs(sums[SIGNED + then]) / Math.max(1, sums[OPEN + then]),
  };
}

/** Decides what the building_new of a whole grid's runs are, in place. */
export type JudgeRuns = (runs: Runs, wanted: readonly ChangeClassName[]) => Runs;

/** The judge for what a detector asks of outlines. */
export function judgedBy(outlines: OutlineUse): JudgeRuns {
  if (outlines === 'judge') return judgeRims;
  return outlines === 'none' ? (runs) => runs : (runs) => weighRims(runs, outlines);
}

/**
 * Judges every region of building candidates by its outline, in runs of a whole grid: new or removed, whichever is
 * likelier, or dropped where neither is. Changes codes and confidence in place; classes that are not `wanted` are dropped.
 */
export function judgeRims(runs: Runs, wanted: readonly ChangeClassName[]): Runs {
  const codes = new Set(wanted.map(codeOf));
  return settle(runs, ({ came, went }) => {
    const [isNew, isGone] = [chanceOfBuilding(came), chanceOfBuilding(went)];
    const verdict = isNew >= isGone ? { code: NEW, chance: isNew } : { code: REMOVED, chance: isGone };
    return codes.has(verdict.code) ? verdict : null;
  });
}

/** Lets the outlines of new buildings that a detector is sure of by itself speak too; their chance becomes their confidence, in place. */
export function weighRims(runs: Runs, weigh: Exclude<OutlineUse, string>): Runs {
  return settle(runs, ({ confidence, came }) => ({ code: NEW, chance: weigh(confidence, came.faded) }));
}

/** Gives every region of candidates what is said of it; without that, or a chance that is worth it, it goes. */
function settle(
  runs: Runs,
  judge: (candidate: Candidate) => { readonly code: number; readonly chance: number } | null,
): Runs {
  if (runs.outline === null) return runs;
  const { region, candidates } = candidatesOf(runs, runs.outline);
  const judged = candidates.map(judge);
  const keep = new Uint8Array(runs.count).fill(1);
  for (let k = 0; k < runs.count; k++) {
    if (region[k] < 0) continue;
    const verdict = judged[region[k]];
    if (verdict === null || verdict.chance < LEAST_CHANCE) {
      keep[k] = 0;
      continue;
    }
    runs.code[k] = verdict.code;
    runs.confidence[k] = Math.round(CONFIDENCE_STEPS * verdict.chance * (runs.x1[k] - runs.x0[k]));
  }
  return selectRuns(runs, keep);
}
