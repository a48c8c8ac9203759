import { hasByte } from '../../kernels/bytes.js';
import type { DateBlock } from '../../kernels/detector.js';
import type { Grid, Window } from '../grid.js';
import { emptyDate, type PreparedScene, warpScene } from './date.js';
import type { Resampler } from './resampler.js';

/** How near the edge of cloud, shadow or nodata a pixel is better taken from another scene of the month, m. */
const WARY_METRES = 60;
/** The same at most, px: what a block sees around its core must hold it, so that seams make no difference. */
export const MOST_WARY = 32;

/** The same in px of a grid. */
export function waryPx(resolution: number): number {
  return Math.max(1, Math.min(MOST_WARY, Math.round(WARY_METRES / resolution)));
}

/** Takes cloud and shadow out of two looks of one month, each seen against the other. */
export type JudgeLooks = (date: DateBlock, more: DateBlock) => void;

/**
 * The best usable pixels of a month. `date` holds its best scene; a pixel unusable in it, or near what is, comes from the
 * scene of the month in which it lies deepest inside usable ground: rims of clouds are never masked to the pixel. Equally deep, the
 * scene that stands first is kept, so that most of a month comes from one look.
 * Further scenes are only read where the window holds unusable pixels.
 */
export async function composite(
  date: DateBlock,
  scenes: readonly PreparedScene[],
  grid: Grid,
  window: Window,
  {
    judge,
    resampler,
    masked,
  }: {
    readonly judge: JudgeLooks;
    readonly resampler: Resampler;
    /** False where nothing has looked for cloud in `date` yet: then the others are asked though all of it seems usable. */
    readonly masked: boolean;
  },
): Promise<void> {
  const most = waryPx(grid.resolution);
  for (const scene of scenes) {
    if (masked && !hasByte(date.usable, 0)) return;
    const more = emptyDate(date.bands, window);
    await warpScene(scene, grid, window, more, resampler);
    if (!hasByte(more.usable, 1)) continue;
    judge(date, more);
    takeDeeper(date, more, clearance(date.usable, window, most), clearance(more.usable, window, most));
  }
}

function takeDeeper(date: DateBlock, more: DateBlock, own: Uint8Array, other: Uint8Array): void {
  const length = date.usable.length;
  for (let i = 0; i < length; i++) {
    if (other[i] <= own[i]) continue;
    date.usable[i] = 1;
    for (let k = i; k < date.stack.length; k += length) date.stack[k] = more.stack[k];
  }
}

/**
 * How far each pixel lies from the nearest unusable one, px (the larger of columns and rows), `most` at most; 0 where it is
 * unusable itself. What lies beyond the window says nothing. Two passes (Rosenfeld and Pfaltz, 1968).
 */
export function clearance(
  usable: Uint8Array,
  { width, height }: Pick<Window, 'width' | 'height'>,
  most: number,
): Uint8Array {
  const out = new Uint8Array(width * height);
  const sweep = (y: number, x: number, beyond: number, beside: number): void => {
    const i = y * width + x;
    let nearest = out[i];
    const look = (k: number) => {
      if (out[k] < nearest) nearest = out[k] + 1;
    };
    const row = y + beyond;
    if (row >= 0 && row < height) {
      const k = i + beyond * width;
      look(k);
      if (x > 0) look(k - 1);
      if (x < width - 1) look(k + 1);
    }
    if (x + beside >= 0 && x + beside < width) look(i + beside);
    out[i] = nearest;
  };
  for (let i = 0; i < out.length; i++) out[i] = usable[i] === 1 ? most : 0;
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) sweep(y, x, -1, -1);
  for (let y = height - 1; y >= 0; y--) for (let x = width - 1; x >= 0; x--) sweep(y, x, 1, 1);
  return out;
}
