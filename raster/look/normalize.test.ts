import { describe, expect, it } from 'vitest';
import type { BandRole } from '../../kernels/bands.js';
import type { DateBlock } from '../../kernels/detector.js';
import { gridOf } from '../choose-grid.js';
import { openScene, placed } from '../scene.js';
import { realData } from '../testing.js';
import { unprepared } from '../warp/date.js';
import { type Normalization, normalize, orderStatistic, robustSpread } from './normalize.js';
import { lookWindows, readLook } from './windows.js';

/** Seeded values, many of them alike. */
function made(length: number, kinds: number): Float64Array {
  let state = 5;
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state % kinds) - kinds / 3;
  });
}

it.each([
  [1, 10],
  [2, 10],
  [100, 3],
  [1001, 1_000_000],
  [5000, 1],
])('picks of %i values, %i kinds of them, what sorting would put there', (length, kinds) => {
  const sorted = made(length, kinds).sort();
  for (const k of [0, length >> 2, length >> 1, length - 1]) {
    expect(orderStatistic(made(length, kinds), k)).toBe(sorted[k]);
  }
});

it('measures spread by the median of distances to the median, whatever lies far off', () => {
  expect(robustSpread(Float64Array.of(9, 10, 11, 12, 13))).toBeCloseTo(1.4826);
  expect(robustSpread(Float64Array.of(9, 10, 11, 12, 1e9))).toBeCloseTo(1.4826);
  expect(robustSpread(new Float64Array())).toBe(0);
});

const SIDE = 256;
const BANDS: readonly BandRole[] = ['blue', 'green', 'red', 'nir'];

/** Seeded noise of spread 1, about. */
function noise(seed: number): () => number {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return () => (next() + next() + next() - 1.5) * 2;
}

/** Squares of four covers with a grain, as reflectance × 10,000; the last of them new ground where `changed`. */
function ground(changed: (x: number, y: number) => boolean, seed: number): DateBlock {
  const covers = [
    [600, 700, 500, 250],
    [400, 600, 400, 3200],
    [900, 1200, 1500, 2400],
    [1900, 2000, 2100, 2300],
    [3200, 3300, 3400, 3500],
  ];
  const grain = noise(7);
  const own = noise(seed);
  const stack = new Float32Array(BANDS.length * SIDE * SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    const cover = changed(x, y) ? covers[4] : covers[(Math.floor(x / 17) * 5 + Math.floor(y / 13) * 3) % 4];
    const shade = 1 + 0.06 * grain();
    cover.forEach((value, b) => {
      stack[b * SIDE * SIDE + i] = value * shade + 15 * own();
    });
  }
  return { bands: BANDS, stack, usable: new Uint8Array(SIDE * SIDE).fill(1) };
}

/** Under other light: each band by its gain and offset. */
function seenUnder(date: DateBlock, gains: readonly number[], offsets: readonly number[]): DateBlock {
  const length = date.usable.length;
  const stack = date.stack.map(
    (value, i) => value * gains[Math.floor(i / length)] + offsets[Math.floor(i / length)],
  );
  return { ...date, stack };
}

/** What a normalization leaves of gain and offset: RMS over the pixels, as a share of the mean signal; the worst band's. */
function leftOver(
  dates: readonly DateBlock[],
  { maps }: Normalization,
  gains: readonly number[],
  offsets: readonly number[],
): number {
  const bands = dates[0].bands.map((role, b) => {
    const { gain, offset } = maps[role] ?? { gain: 1, offset: 0 };
    let [squares, sum, count] = [0, 0, 0];
    for (const { stack, usable } of dates) {
      for (let i = 0; i < usable.length; i++) {
        if (usable[i] === 0) continue;
        const value = stack[b * usable.length + i];
        const off = gain * (value * gains[b] + offsets[b]) + offset - value;
        squares += off * off;
        sum += value;
        count++;
      }
    }
    return Math.sqrt(squares / count) / (sum / count);
  });
  return Math.max(...bands);
}

const LIGHTS = [
  [
    [0.8, 0.9, 1.1, 1.25],
    [300, 200, 120, 50],
  ],
  [
    [1.25, 1.15, 0.95, 0.8],
    [-100, 60, 150, 250],
  ],
] as const;

describe('normalization', () => {
  it.each(
    LIGHTS,
  )('takes out gains of %j and offsets of %j to 1 % of the signal, a tenth of the ground built over', (gains, offsets) => {
    // one new quarter: change is no sprinkle
    const built = (x: number, y: number) => x < 81 && y < 81;
    const fixed = [ground(() => false, 3)];
    const after = [ground(built, 4)];
    const found = normalize(fixed, [seenUnder(after[0], gains, offsets)]);
    expect(found.refused).toEqual([]);
    expect(leftOver(fixed, found, gains, offsets)).toBeLessThan(0.01);
  });

  it('is not moved by what is unusable in either date', () => {
    const [gains, offsets] = LIGHTS[0];
    const fixed = ground(() => false, 3);
    const moved = seenUnder(
      ground(() => false, 4),
      gains,
      offsets,
    );
    const clean = normalize([fixed], [moved]);
    const fouled = { ...moved, stack: moved.stack.slice(), usable: moved.usable.slice() };
    // clouds in one date that a mask has found, and no data in the other
    for (let i = 0; i < SIDE * SIDE; i++) {
      if (i % SIDE < 60) for (let b = 0; b < 4; b++) fouled.stack[b * SIDE * SIDE + i] = 9000;
      if (i % SIDE < 60) fouled.usable[i] = 0;
    }
    const found = normalize([fixed], [fouled]);
    expect(leftOver([fixed], clean, gains, offsets)).toBeLessThan(0.01);
    expect(leftOver([fixed], found, gains, offsets)).toBeLessThan(0.01);
  });
});

const series = realData('series_naip');
describe.skipIf(series === null)('normalization of NAIP', () => {
  it.each(
    LIGHTS,
  )('takes gains of %j and hazes out to 1 % of the signal, a tenth of the ground of another year', async (gains, offsets) => {
    const [first, second] = await Promise.all(
      ['20140720', '20150926'].map((day) =>
        openScene({ files: [`${series}/m_4709963_se_14_1_${day}.tif`], sensor: 'naip' }),
      ),
    );
    try {
      const { grid } = gridOf(placed(first), {});
      const windows = lookWindows(grid);
      const fixed = await readLook([unprepared(first)], grid, windows, BANDS);
      const other = await readLook([unprepared(second)], grid, windows, BANDS);
      const grain = noise(11);
      const after = fixed.map((date, k): DateBlock => {
        const length = date.usable.length;
        const stack = date.stack.map((value, i) => {
          const [x, y] = [i % SIDE, Math.floor((i % length) / SIDE)];
          return x < 81 && y < 81 ? other[k].stack[i] : value + 2 * grain();
        });
        return { ...date, stack };
      });
      // of numbers to 255
      const haze = offsets.map((offset) => offset / 20);
      const found = normalize(
        fixed,
        after.map((date) => seenUnder(date, gains, haze)),
      );
      expect(found.refused).toEqual([]);
      expect(leftOver(fixed, found, gains, haze)).toBeLessThan(0.01);
    } finally {
      await first.close();
      await second.close();
    }
  });
});
