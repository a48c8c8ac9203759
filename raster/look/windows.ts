import type { BandRole } from '../../kernels/bands.js';
import type { DateBlock } from '../../kernels/detector.js';
import type { Grid, Window } from '../grid.js';
import { type PreparedScene, readDate } from '../warp/date.js';
import { plainResampler, type Resampler } from '../warp/resampler.js';

/** Side of a sample window in px: a power of two, for the FFT. */
export const LOOK_SIZE = 256;
/** Windows a side at most. */
const MOST_PER_SIDE = 4;
/** A side of so many px can show a field of shifts; a shorter one has its windows side by side. */
const LEAST_OVERLAPPING = 2.5 * LOOK_SIZE;
/** How far in the outermost lie, as a share of the room: near the edge, so that a field of shifts is not guessed beyond them. */
const FROM_EDGE = 0.06;

/**
 * Sample windows spread evenly over the grid, at full resolution: what the look reads instead of the whole scenes. In a
 * grid of few windows they overlap by half, so that co-registration has enough of them to see a field.
 * They may reach beyond a grid smaller than one window.
 */
export function lookWindows(grid: Grid): Window[] {
  const along = (length: number) => {
    const room = length - LOOK_SIZE;
    const apart = Math.max(1, Math.floor(length / LOOK_SIZE));
    if (length < LEAST_OVERLAPPING)
      return Array.from({ length: apart }, (_, i) => Math.round((room * (i + 0.5)) / apart));
    const count = Math.min(MOST_PER_SIDE, Math.floor((2 * length) / LOOK_SIZE) - 1);
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
