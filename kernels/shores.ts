import { classByName } from './classes.js';
import type { Detection } from './detector.js';

const WATER: ReadonlySet<number> = new Set(
  (['water_gain', 'water_loss'] as const).flatMap((name) => classByName(name)?.code ?? []),
);
/** Magnitude, of 127, from which a pixel beside changed water has surely changed too. */
const SURELY_CHANGED = 96;

/**
 * Gives changed water its shore back. Open water is told by being smooth, which it is not where the window of the texture
 * reaches over its edge: as many pixels as that window reaches, changed water grows into what has surely changed and is
 * nothing else. Overwrites code and confidence; `stride` px a row.
 */
export function growShores(
  { code, confidence, magnitude, bare }: Detection,
  stride: number,
  reach: number,
): void {
  let front: number[] = [];
  for (let at = 0; at < code.length; at++) if (WATER.has(code[at])) front.push(at);
  for (let step = 0; step < reach && front.length > 0; step++) {
    const next: number[] = [];
    for (const at of front) {
      const column = at % stride;
      for (const to of [
        at - stride,
        column > 0 ? at - 1 : -1,
        column < stride - 1 ? at + 1 : -1,
        at + stride,
      ]) {
        if (to < 0 || to >= code.length || code[to] !== 0 || magnitude[to] < SURELY_CHANGED) continue;
        code[to] = code[at];
        confidence[to] = confidence[at];
        if (bare !== null) bare[to] = bare[at];
        next.push(to);
      }
    }
    front = next;
  }
}
