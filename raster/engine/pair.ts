import type { DateBlock } from '../../kernels/detector.js';
import type { Window } from '../grid.js';
import { splitMonth } from '../look/order.js';
import type { CellSummer } from '../mask/cell-sums.js';
import { maskObscured, maskPair } from '../mask/obscured.js';
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
  { grid, bands, look }: Pick<BlockJob, 'grid' | 'bands' | 'look'>,
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
  const masks = look !== null && !same(before, after);
  const against = (other: DateBlock) => (date: DateBlock) => {
    if (masks) maskObscured(date, other, look, frame);
  };
  const [month, earlier] = splitMonth(before);
  const asCame = masks && earlier.length > 0 ? [copyOf(first), copyOf(second)] : null;
  if (masks) {
    const sums = cellSums && ([await cellSums(first), await cellSums(second)] as const);
    maskPair(first, second, look, frame, sums);
  }
  clock.lap('mask');
  // a look of another month is no fellow: ground changes between them, and a cloud is told by the pair of dates
  const fill = async (date: DateBlock, scenes: readonly PreparedScene[], other: DateBlock, mask: Mask) => {
    const [[, ...fellows], others] = splitMonth(scenes);
    const judge: JudgeLooks = (best, more) => {
      if (look === null) return;
      against(other)(more);
      maskPair(best, more, look, frame);
    };
    await composite(date, fellows, grid, window, { judge, resampler, masked: !same(before, after) });
    await fillGaps(date, others, grid, window, { mask, resampler });
  };
  // The next month back judges both once more: a cloud over a cloud, a shadow where there was one. So the before date is masked as it
  // was in its own run: what was not compared then must not pass for known ground now. A composite has had its fellows to judge it.
  let judged = asCame;
  await fill(first, before, second, (more) => {
    if (masks && judged !== null) {
      if (month.length === 1) maskObscured(judged[0], more, look, frame, first.usable);
      maskObscured(judged[1], more, look, frame, second.usable);
    }
    judged = null;
    against(second)(more);
  });
  await fill(second, after, first, against(first));
  clock.lap('fill_gaps');
  return [first, second];
}

/** A date that keeps what is usable of it now. */
function copyOf(date: DateBlock): DateBlock {
  return { ...date, usable: date.usable.slice() };
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
