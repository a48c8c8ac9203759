import { codeOf } from './classes.js';
import type { DateBlock, Detection, SceneLook } from './detector.js';
import { stepsOf } from './steps.js';

/** Relative step of brightness in the after look that parts a roof from what lies beside it. */
const EDGE = 0.2;
/** Times what is left between the edges grows back, a pixel each. */
const GROWTH = 2;
/** Confidence of a pixel that its neighbours have brought in, of 127. */
const BROUGHT_IN = 64;
/** px from the border of the planes that are left as they are: all that is looked at lies in them. */
const BORDER = 4;

const BUILDING = codeOf('building_new');
/** What the trees and lawns of a lot have turned into beside the candidates around them. */
const YIELDING: ReadonlySet<number> = new Set([0, BUILDING, codeOf('earthwork'), codeOf('forest_loss')]);

/**
 * Gives building candidates the shape of roofs, in a detection's padded planes of `stride` px: noise is filled and taken
 * off by the majority of 3 × 3, the rest is cut where an edge runs in the after look, opened by a cross, and what is left
 * grows back without touching: houses that came together on one lot are several. Overwrites code and confidence.
 */
export function shapeCandidates(
  { code, confidence, bare }: Detection,
  stride: number,
  after: DateBlock,
  look: SceneLook,
): void {
  const own = candidatesIn(code, stride);
  if (own.length === 0) return;
  const around = [-stride - 1, -stride, -stride + 1, -1, 1, stride - 1, stride, stride + 1];
  const room = majorityOf(code, own, around);
  const inside = new Uint8Array(code.length);
  for (const at of room) inside[at] = 1;

  const step = stepsOf(after, look, stride);
  const mask = new Uint8Array(code.length);
  const flat = room.filter((at) => step(at) < EDGE);
  for (const at of flat) mask[at] = 1;
  const cross = [-stride, -1, 1, stride];
  const kept = flat.filter((at) => cross.every((by) => mask[at + by] === 1));
  mask.fill(0);
  for (const at of kept) {
    mask[at] = 1;
    for (const by of cross) mask[at + by] = inside[at + by];
  }
  for (let k = 0; k < GROWTH; k++) {
    const grown = room.filter((at) => mask[at] === 0 && growsInto(mask, at, stride));
    for (const at of grown) mask[at] = 1;
  }

  for (const at of own) {
    if (mask[at] === 1) continue;
    code[at] = 0;
    confidence[at] = 0;
  }
  for (const at of room) {
    if (mask[at] === 0 || code[at] === BUILDING) continue;
    code[at] = BUILDING;
    confidence[at] = BROUGHT_IN;
    if (bare !== null) bare[at] = 0;
  }
}

/** Places of candidates, but for the border of the planes. */
function candidatesIn(code: Uint8Array, stride: number): number[] {
  const found: number[] = [];
  const end = code.length - BORDER * stride;
  for (
    let at = code.indexOf(BUILDING, BORDER * stride);
    at >= 0 && at < end;
    at = code.indexOf(BUILDING, at + 1)
  ) {
    const column = at % stride;
    if (column >= BORDER && column < stride - BORDER) found.push(at);
  }
  return found;
}

/** Places where five of 3 × 3 are candidates, but for what is another class that does not yield. */
function majorityOf(code: Uint8Array, own: readonly number[], around: readonly number[]): number[] {
  const seen = new Uint8Array(code.length);
  const found: number[] = [];
  const visit = (at: number) => {
    if (seen[at] === 1) return;
    seen[at] = 1;
    if (!YIELDING.has(code[at])) return;
    let count = code[at] === BUILDING ? 1 : 0;
    for (const by of around) if (code[at + by] === BUILDING) count++;
    if (count >= 5) found.push(at);
  };
  for (const at of own) {
    visit(at);
    for (const by of around) visit(at + by);
  }
  return found;
}

/** As `growKernel` (kernels/buildings.ts): beside the mask, and not between two sides of it that are near each other. */
function growsInto(mask: Uint8Array, at: number, stride: number): boolean {
  let near = false;
  for (const by of [1, stride, stride + 1, stride - 1]) {
    const [ahead, behind] = [mask[at + by], mask[at - by]];
    if ((ahead & (behind | mask[at - 2 * by])) !== 0 || (behind & mask[at + 2 * by]) !== 0) return false;
    if ((ahead | behind) !== 0) near = true;
  }
  return near;
}
