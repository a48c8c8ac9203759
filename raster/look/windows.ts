import type { BandRole } from '../../kernels/bands.js';
import type { DateBlock } from '../../kernels/detector.js';
import type { Grid, Window } from '../grid.js';
import { type PreparedScene, readDate } from '../warp/date.js';
import { plainResampler, type Resampler } from '../warp/resampler.js';

/** Side of a sample window in px: a power of two, for the FFT. */
export const LOOK_SIZE = 256;
/** Windows a side at most. */
const MOST_PER_SIDE = 4;
/** How far in the outermost lie, as a share of the room: near the edge, so that a field of shifts is not guessed beyond them. */
const FROM_EDGE = 0.06;

/**
 * Sample windows spread evenly over the grid, at full resolution: what the look reads instead of the whole scenes. In a small
 * grid they overlap by half, so that co-registration has windows enough to see where they agree.
 * They may reach beyond a grid smaller than one window.
 */
export function lookWindows(grid: Grid): Window[] {
  const along = (length: number) => {
    const count = Math.min(MOST_PER_SIDE, Math.max(1, Math.floor((2 * length) / LOOK_SIZE) - 1));
    const room = length - LOOK_SIZE;
    if (count === 1) return [Math.floor(room / 2)];
    const [first, span] = [FROM_EDGE, 1 - 2 * FROM_EDGE];
    return Array.from({ length: count }, (_, i) => Math.round(room * (first + (span * i) / (count - 1))));
  };
  const columns = along(grid.width);
  return along(grid.height).flatMap((y) =>
    columns.map((x) => ({ x, y, width: LOOK_SIZE, height: LOOK_SIZE })),
  );
}

/** The windows of one date; windows without a usable pixel are kept, so that lists of two dates stay parallel. */
export async function readLook(
  scenes: readonly PreparedScene[],
  grid: Grid,
  windows: readonly Window[],
  bands: readonly BandRole[],
  resampler: Resampler = plainResampler,
): Promise<DateBlock[]> {
  const result: DateBlock[] = [];
  for (const window of windows)
    result.push(await readDate(scenes, grid, window, bands, undefined, resampler));
  return result;
}
