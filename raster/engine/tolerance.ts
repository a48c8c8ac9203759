import { UNUSABLE } from '../../kernels/classes.js';
import type { DateBlock, Detection, Detector } from '../../kernels/detector.js';
import type { Window } from '../grid.js';

/**
 * Detection between dates that may lie up to `tolerance` px apart without anybody knowing where: a change is one only if it
 * is found as the same class wherever the before date lies within that, in steps of `tolerance` each way. What a
 * misregistration makes along edges is gone where the dates lie on one another; what has changed is there in all places.
 * Nothing here knows which detector judges.
 */
export async function detectWithin(
  detector: Detector,
  before: DateBlock,
  after: DateBlock,
  window: Pick<Window, 'width' | 'height'>,
  tolerance: number,
): Promise<Detection> {
  const found = await detector.detect(before, after);
  if (tolerance === 0) return found;
  const kept = copyOf(found);
  const moved = { ...before, stack: before.stack.slice(), usable: before.usable.slice() };
  for (const dy of [-tolerance, 0, tolerance]) {
    for (const dx of [-tolerance, 0, tolerance]) {
      if (dx === 0 && dy === 0) continue;
      move(before, moved, window, dx, dy);
      keepCommon(kept, await detector.detect(moved, after));
    }
  }
  return kept;
}

function copyOf(detection: Detection): Detection {
  const { code, confidence, magnitude, stateBefore, stateAfter, bare } = detection;
  return {
    code: code.slice(),
    confidence: confidence.slice(),
    magnitude: magnitude.slice(),
    stateBefore: stateBefore?.slice() ?? null,
    stateAfter: stateAfter?.slice() ?? null,
    bare: bare?.slice() ?? null,
  };
}

/** Moves a date by whole px; what comes in over the edge is unusable. */
function move(
  from: DateBlock,
  to: DateBlock,
  { width, height }: Pick<Window, 'width' | 'height'>,
  dx: number,
  dy: number,
): void {
  const length = width * height;
  to.usable.fill(0);
  const [left, right] = [Math.max(0, dx), Math.min(width, width + dx)];
  for (let y = Math.max(0, dy); y < Math.min(height, height + dy); y++) {
    const start = (y - dy) * width + left - dx;
    const end = start + right - left;
    to.usable.set(from.usable.subarray(start, end), y * width + left);
    for (let k = 0; k < from.stack.length; k += length)
      to.stack.set(from.stack.subarray(k + start, k + end), k + y * width + left);
  }
}

/** Where nothing can be said of the moved date, it says nothing against a change. */
function keepCommon(kept: Detection, other: Detection): void {
  for (let i = 0; i < kept.code.length; i++) {
    if (other.code[i] === UNUSABLE || kept.code[i] === UNUSABLE) continue;
    kept.magnitude[i] = Math.min(kept.magnitude[i], other.magnitude[i]);
    if (kept.code[i] === 0) continue;
    const same = other.code[i] === kept.code[i];
    kept.confidence[i] = same ? Math.min(kept.confidence[i], other.confidence[i]) : 0;
    if (same) continue;
    kept.code[i] = 0;
    if (kept.bare !== null) kept.bare[i] = 0;
  }
}
