import { bodiesOf, CORE, coreOf, eachNeighbour } from './bodies.js';
import { codeOf, UNUSABLE } from './classes.js';
import type { DateBlock, Detection } from './detector.js';
import { GREEN, isPlants, MOSTLY, type Read, shareOf } from './edges.js';

const GAIN = codeOf('forest_gain');

/** Half-width in px of the window over which a place's colour is taken: crowns and the gaps between them differ more than a lawn and a wood. */
const MEANT = 1;
/** Half-width in px of the window whose majority a tree follows. */
const AROUND = 4;

/**
 * Lets gained woods reach their edge. What tells a wood, dark and dense as the scene's own canopy, is seen surely only where it is thick; around it the same
 * change is weaker. From each body grows, side by side and without end, what was green, shows plants and has gone more than half of the way from its own ground
 * before to the body's middle after: not over bare ground, where the index tells of every pixel by itself, nor over what stood as wood, through which any light on it would lead (seeded region growing, Adams and Bischof 1994, IEEE Trans. Pattern Anal. Mach. Intell. 16(6)). Overwrites code, confidence and
 * bare; `stride` px a row.
 */
export function growWoods(
  detection: Detection,
  stride: number,
  before: DateBlock,
  after: DateBlock,
  width = CORE,
): void {
  const { code, stateBefore, stateAfter } = detection;
  if (stateBefore === null || stateAfter === null) return;
  const mean = meanOver(code, stride);
  for (const body of bodiesOf(code, GAIN, stride, width)) {
    const share = shareOf(before, after, coreOf(body, code, stride, width), mean);
    const confidence = detection.confidence[body[0]];
    const open = [...body];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      eachNeighbour(at, stride, code.length, (to) => {
        if (code[to] !== 0 || stateBefore[to] !== GREEN || !isPlants(stateAfter[to])) return;
        if (share(to) < MOSTLY) return;
        mark(detection, to, confidence);
        open.push(to);
      });
    }
  }
}

/**
 * Trees that stood before among those that were planted belong to the wood as well: alone they were none. What showed plants on both dates within `AROUND` px of a gained wood
 * joins it where most of the window around is such. Overwrites code, confidence and bare; `stride` px a row.
 */
export function joinTrees(detection: Detection, stride: number, width = CORE): void {
  const { code, stateBefore, stateAfter } = detection;
  if (stateBefore === null || stateAfter === null) return;
  const near = new Map<number, number>();
  for (const body of bodiesOf(code, GAIN, stride, width)) {
    const confidence = detection.confidence[body[0]];
    let front = body;
    for (let step = 0; step < AROUND; step++) {
      const next: number[] = [];
      for (const at of front) {
        eachNeighbour(at, stride, code.length, (to) => {
          if (code[to] !== 0 || near.has(to)) return;
          near.set(to, confidence);
          next.push(to);
        });
      }
      front = next;
    }
  }
  const joined = [...near].filter(
    ([at]) => isPlants(stateBefore[at]) && isPlants(stateAfter[at]) && isAmong(code, at, stride),
  );
  for (const [at, confidence] of joined) mark(detection, at, confidence);
}

function mark({ code, confidence, bare }: Detection, at: number, sure: number): void {
  code[at] = GAIN;
  confidence[at] = sure;
  if (bare !== null) bare[at] = 0;
}

/** Whether most of what can be judged around a pixel is gained wood. */
function isAmong(code: Uint8Array, at: number, stride: number): boolean {
  let own = 0;
  let all = 0;
  eachAround(at, stride, code.length, AROUND, (to) => {
    if (code[to] === UNUSABLE) return;
    all++;
    if (code[to] === GAIN) own++;
  });
  return 2 * own >= all;
}

/** Means of a plane over windows, of what can be judged in them. */
function meanOver(code: Uint8Array, stride: number): Read {
  return (plane, start, at) => {
    let sum = 0;
    let count = 0;
    eachAround(at, stride, code.length, MEANT, (to) => {
      if (code[to] === UNUSABLE) return;
      sum += plane[start + to];
      count++;
    });
    return sum / count;
  };
}

/** The pixels of a square around one, itself included, but for what lies off the planes. */
function eachAround(
  at: number,
  stride: number,
  length: number,
  reach: number,
  visit: (to: number) => void,
): void {
  const column = at % stride;
  const [left, right] = [Math.max(0, column - reach), Math.min(stride - 1, column + reach)];
  for (let row = at - column - reach * stride; row <= at - column + reach * stride; row += stride) {
    if (row < 0 || row >= length) continue;
    for (let to = row + left; to <= row + right; to++) visit(to);
  }
}
