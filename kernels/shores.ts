import { codeOf } from './classes.js';
import type { Detection } from './detector.js';

const WATER = [codeOf('water_gain'), codeOf('water_loss')];
/** Magnitude, of 127, from which a pixel beside changed water has surely changed too. */
const SURELY_CHANGED = 96;
/** Half-width in px of the square that must lie inside a body of changed water: specks have no shore to be given back. */
const CORE = 2;

/**
 * Gives changed water its shore back. Open water is told by being smooth, which it is not where the window of the texture
 * reaches over its edge: as many pixels as that window reaches, bodies of changed water grow into what has surely changed
 * and is nothing else. Overwrites code and confidence; `stride` px a row.
 */
export function growShores(
  { code, confidence, magnitude, bare }: Detection,
  stride: number,
  reach: number,
): void {
  let front = bodies(code, stride);
  for (let step = 0; step < reach && front.length > 0; step++) {
    const next: number[] = [];
    for (const at of front) {
      eachNeighbour(at, stride, code.length, (to) => {
        if (code[to] !== 0 || magnitude[to] < SURELY_CHANGED) return;
        code[to] = code[at];
        confidence[to] = confidence[at];
        if (bare !== null) bare[to] = bare[at];
        next.push(to);
      });
    }
    front = next;
  }
}

/** Places of changed water that hangs together with a square of it. */
function bodies(code: Uint8Array, stride: number): number[] {
  const found: number[] = [];
  // most blocks hold none
  if (!WATER.some((value) => code.includes(value))) return found;
  const seen = new Uint8Array(code.length);
  for (const value of WATER) {
    for (let at = code.indexOf(value); at >= 0; at = code.indexOf(value, at + 1)) {
      if (seen[at] === 1 || !isCore(code, at, stride)) continue;
      seen[at] = 1;
      const stack = [at];
      for (let own = stack.pop(); own !== undefined; own = stack.pop()) {
        found.push(own);
        eachNeighbour(own, stride, code.length, (to) => {
          if (seen[to] === 1 || code[to] !== value) return;
          seen[to] = 1;
          stack.push(to);
        });
      }
    }
  }
  return found;
}

function isCore(code: Uint8Array, at: number, stride: number): boolean {
  const column = at % stride;
  if (column < CORE || column >= stride - CORE) return false;
  const first = at - CORE * stride;
  if (first < 0 || at + CORE * stride >= code.length) return false;
  for (let row = first; row <= at + CORE * stride; row += stride)
    for (let to = row - CORE; to <= row + CORE; to++) if (code[to] !== code[at]) return false;
  return true;
}

function eachNeighbour(at: number, stride: number, length: number, visit: (to: number) => void): void {
  const column = at % stride;
  if (at >= stride) visit(at - stride);
  if (column > 0) visit(at - 1);
  if (column < stride - 1) visit(at + 1);
  if (at + stride < length) visit(at + stride);
}
