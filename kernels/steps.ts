import type { DateBlock, SceneLook } from './detector.js';
import { litScore } from './states.js';

/** Added to a band's mean before steps are related to it, as a share of bright ground: noise in shadow is no outline. */
const FLOOR = 0.05;

/** How far from a place relative steps are looked at, px. */
export const STEP_REACH = 2;

/** Relative steps of a date at places of its planes: root mean square over the bands. */
export function stepsOf(
  { bands, stack, usable }: DateBlock,
  look: Pick<SceneLook, 'dark' | 'high'>,
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

/** Added to brightness, as a share of the scene's median, before its logarithm is taken: what is dark is all alike. */
const DARKEST = 0.1;

/** Brightness of a date at places of its planes, and whether a cast shadow lies there, as the states are judged (states.ts). */
export function lightOf(
  { bands, stack, usable }: DateBlock,
  look: SceneLook,
): { isShaded(at: number): boolean; logBrightness(at: number): number } {
  const planes = bands.map((role, b) => ({ role, start: b * usable.length, dark: look.dark[role] ?? 0 }));
  const visible = planes.filter(({ role }) => role === 'red' || role === 'green' || role === 'blue');
  const nir = planes.find(({ role }) => role === 'nir');
  const over = (plane: { readonly start: number; readonly dark: number }, at: number) =>
    Math.max(0, stack[plane.start + at] - plane.dark);
  const brightness = (at: number) => {
    let sum = 0;
    for (const plane of visible) sum += over(plane, at);
    return sum / (Math.max(1, visible.length) * look.brightness);
  };
  const infraredHigh = look.high.nir ?? 1;
  return {
    isShaded(at) {
      const bright = brightness(at);
      return litScore(nir ? (bright + over(nir, at) / infraredHigh) / 2 : bright) < 0.5;
    },
    logBrightness: (at) => Math.log(brightness(at) + DARKEST),
  };
}
