import { expect, it } from 'vitest';
import { floors, slopeOf } from './slope.js';

it('tells the growth an hour below the saw teeth', () => {
  const points = Array.from({ length: 720 }, (_, i) => {
    const s = 10 * i;
    return { s, value: 100 + (2 * s) / 3600 + (i % 30) };
  });
  const least = floors(points, 300);
  expect(least).toHaveLength(24);
  expect(slopeOf(least)?.anHour).toBeCloseTo(2 / 102, 3);
  expect(slopeOf([{ s: 0, value: 1 }])).toBeNull();
});

it('tells how sure the growth is', () => {
  const points = Array.from({ length: 60 }, (_, i) => ({ s: 60 * i, value: 100 + (i % 2) }));
  const slope = slopeOf(points);
  expect(Math.abs(slope?.anHour ?? 1)).toBeLessThan(2 * (slope?.error ?? 0));
  expect(slope?.error).toBeCloseTo(0.00226, 4);
});
