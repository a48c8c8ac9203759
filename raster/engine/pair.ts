import type { DateBlock } from '../../kernels/detector.js';
import type { Window } from '../grid.js';
import { splitMonth } from '../look/order.js';
import type { CellSummer } from '../mask/cell-sums.js';
import { giveBack, takeUnjudged, type UnjudgedCells } from '../mask/judged.js';
import { maskObscured, maskPair, maskShadows } from '../mask/obscured.js';
import { composite, type JudgeLooks } from '../warp/composite.js';
import { fillGaps, type Mask, type PreparedScene, readDate } from '../warp/date.js';
import type { Resampler } from '../warp/resampler.js';
import type { BlockJob } from './job.js';

/** What is made once for all windows of a shape: the arrays the pixels of both dates go into, and what resamples them. */
export interface PairBench {
  readonly dates: readonly [DateBlock, DateBlock];
  readonly resampler: Resampler;
  /** Sums the mask's cells where a GPU does so; elsewhere they are summed by rows. */
  readonly cellSums: CellSummer | null;
}

/**
 * Both dates, each masked against the first look of the other. Scenes with a quality band bring their own mask, and
 * without a look at the scenes there are no levels to judge by.
 */
export async function readPair(
  { grid, cell, bands, look, unjudged }: Pick<BlockJob, 'grid' | 'cell' | 'bands' | 'look' | 'unjudged'>,
  before: readonly PreparedScene[],
  after: readonly PreparedScene[],
  window: Window,
  { dates, resampler, cellSums }: PairBench,
  clock: Stopwatch = stopwatch(),
): Promise<readonly [DateBlock, DateBlock]> {
  const first = await readDate(before.slice(0, 1), grid, window, bands, dates[0], resampler);
  const second = await readDate(after.slice(0, 1), grid, window, bands, dates[1], resampler);
  clock.lap('read_warp');
  const frame = { width: window.width, height: window.height, resolution: grid.resolution };
  const against = (other: DateBlock) => (date: DateBlock) => {
    if (look !== null && !same(before, after)) maskObscured(date, other, look, frame);
  };
  let bothCloudy = false;
  if (look !== null && !same(before, after)) {
    const sums = cellSums && ([await cellSums(first), await cellSums(second)] as const);
    bothCloudy = maskPair(first, second, look, frame, sums).bothCloudy;
  }
  clock.lap('mask');
  // a look of another month is no fellow: ground changes between them, and a cloud is told by the pair of dates
  const fill = async (
    date: DateBlock,
    scenes: readonly PreparedScene[],
    other: DateBlock,
    known: Readonly<Record<string, UnjudgedCells>>,
  ) => {
    const [[best, ...fellows], earlier] = splitMonth(scenes);
    const judge: JudgeLooks = (own, more) => {
      if (look === null) return;
      against(other)(more);
      maskPair(own, more, look, frame);
    };
    await composite(date, fellows, grid, window, { judge, resampler, masked: !same(before, after) });
    const withhold = (own: DateBlock, { month }: PreparedScene) => {
      const cells = month === null ? undefined : known[month];
      return cells === undefined ? null : takeUnjudged(own, window, cells, cell);
    };
    const withheld = withhold(date, best);
    const mask: Mask = (more, scene) => {
      against(other)(more);
      withhold(more, scene);
    };
    await fillGaps(date, earlier, grid, window, { mask, resampler });
    if (withheld !== null) giveBack(date, withheld);
  };
  await fill(first, before, second, unjudged);
  // under the clouds of the before date's first look another one may lie bare now
  if (bothCloudy && before.length > 1 && look !== null) maskShadows(second, first, look, frame);
  await fill(second, after, first, {});
  clock.lap('fill_gaps');
  return [first, second];
}

/** A first month is compared with itself. */
function same(before: readonly PreparedScene[], after: readonly PreparedScene[]): boolean {
  return before[0].scene.path === after[0].scene.path;
}

export type Stopwatch = ReturnType<typeof stopwatch>;

/** Milliseconds between laps, by their names. */
export function stopwatch() {
  const laps: Record<string, number> = {};
  let last = performance.now();
  return {
    laps,
    lap(name: string) {
      const now = performance.now();
      laps[name] = (laps[name] ?? 0) + now - last;
      last = now;
    },
  };
}
