import { expect, it } from 'vitest';
import { orderStatistic, robustSpread } from './normalize.js';

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
