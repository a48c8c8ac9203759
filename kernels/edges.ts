import { bodiesOf, CORE, coreOf, eachNeighbour } from './bodies.js';
import { type ChangeClassName, codeOf, codeOfState, UNUSABLE } from './classes.js';
import type { DateBlock, Detection } from './detector.js';

/** Magnitude, of 127, from which a pixel beside a changed body has surely changed too. */
const SURELY_CHANGED = 96;

const FOREST = codeOfState('forest');
export const GREEN = codeOfState('green');
/** Forest, or what the window mixes it into. */
export const isPlants = (state: number) => state === FOREST || state === GREEN;

/**
 * Bodies that lose their edge to a window, and what of the states before and after a pixel must have to be theirs. Where a wood was cut to bare
 * ground the fall of the index tells of every pixel by itself, and what it leaves out is the half pixel of its rim.
 */
const BODIES: readonly {
  readonly name: ChangeClassName;
  readonly has: (before: number, after: number) => boolean;
  readonly fromBare: boolean;
}[] = [
  { name: 'water_gain', has: () => true, fromBare: true },
  { name: 'water_loss', has: () => true, fromBare: true },
  { name: 'forest_gain', has: (_, after) => isPlants(after), fromBare: true },
  { name: 'forest_loss', has: (before) => isPlants(before), fromBare: false },
];

/**
 * Gives changed bodies their edge back. Open water is told by being smooth and a wood by its shade, both over the window of the
 * texture: where it reaches over the edge neither is to be seen. As many pixels as that window reaches, bodies grow into what has
 * surely changed and is nothing else. Overwrites code and confidence; `stride` px a row.
 */
export function growEdges(detection: Detection, stride: number, reach: number, width = CORE): void {
  const { code, confidence, magnitude, stateBefore, stateAfter, bare } = detection;
  for (const { name, has, fromBare } of BODIES) {
    // specks have no edge to be given back
    let front = bodiesOf(code, codeOf(name), stride, width).flat();
    for (let step = 0; step < reach && front.length > 0; step++) {
      const next: number[] = [];
      for (const at of front) {
        if (!fromBare && bare?.[at] === 1) continue;
        eachNeighbour(at, stride, code.length, (to) => {
          if (code[to] !== 0 || magnitude[to] < SURELY_CHANGED) return;
          if (!has(stateBefore?.[to] ?? 0, stateAfter?.[to] ?? 0)) return;
          code[to] = code[at];
          confidence[to] = confidence[at];
          if (bare !== null) bare[to] = bare[at];
          next.push(to);
        });
      }
      front = next;
    }
  }
}

/** Share of a pixel's way from its own ground before to the body's after, from which on most of the pixel has gone it. */
export const MOSTLY = 0.5;
/** Least spread of a band over a body, as a share of its mean: a pond is smoother than anything beside it is alike. */
const LEAST_SPREAD = 0.05;

/**
 * Takes pixels off the rim of changed bodies which lie mostly outside: what is mixed has surely changed too. A pixel's way from what it was to what the
 * middle of the body is now tells its share, as unmixing of two ends does (Settle and Drake 1993, Int. J. Remote Sensing 14(6)). At most `reach`
 * pixels deep, as many as `growEdges` has given. Overwrites code, confidence and bare; `stride` px a row.
 */
export function peelEdges(
  { code, confidence, bare }: Detection,
  stride: number,
  reach: number,
  before: DateBlock,
  after: DateBlock,
  width = CORE,
): void {
  for (const { name } of BODIES) {
    const own = codeOf(name);
    const isRim = (at: number) => {
      let open = false;
      eachNeighbour(at, stride, code.length, (to) => {
        open ||= code[to] !== own && code[to] !== UNUSABLE;
      });
      return open;
    };
    for (const body of bodiesOf(code, own, stride, width)) {
      const share = shareOf(before, after, coreOf(body, code, stride, width));
      let front = body.filter(isRim);
      for (let step = 0; step < reach && front.length > 0; step++) {
        const off = front.filter((at) => share(at) < MOSTLY);
        const next = new Set<number>();
        for (const at of off) {
          code[at] = 0;
          confidence[at] = 0;
          if (bare !== null) bare[at] = 0;
        }
        for (const at of off) {
          eachNeighbour(at, stride, code.length, (to) => {
            if (code[to] === own) next.add(to);
          });
        }
        front = [...next];
      }
    }
  }
}

/** What a stack shows at a pixel, in the band whose plane begins at `start`. */
export type Read = (stack: Float32Array, start: number, at: number) => number;

/**
 * How far pixels have gone from what they were to what the core of their body is on average, 0 none of the way, 1 all; bands in which the core
 * varies, as infrared does among crowns, count for less.
 */
export function shareOf(
  before: DateBlock,
  after: DateBlock,
  core: readonly number[],
  read: Read = (plane, start, at) => plane[start + at],
): (at: number) => number {
  const length = before.usable.length;
  const bands = before.bands.map((_, b) => {
    const start = b * length;
    const values = core.map((at) => read(after.stack, start, at));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return { start, mean, weight: 1 / Math.max(variance, (LEAST_SPREAD * mean) ** 2, Number.MIN_VALUE) };
  });
  return (at) => {
    let along = 0;
    let whole = 0;
    for (const { start, mean, weight } of bands) {
      const from = read(before.stack, start, at);
      along += weight * (read(after.stack, start, at) - from) * (mean - from);
      whole += weight * (mean - from) ** 2;
    }
    return whole > 0 ? along / whole : 0;
  };
}
