import { expect, it } from 'vitest';
import { floors, sharePerHour } from './slope.js';

it('tells the growth an hour below the saw teeth', () => {
  const points = Array.from({ length: 720 }, (_, i) => {
    const s = 10 * i;
    return { s, value: 100 + (2 * s) / 3600 + (i % 30) };
  });
  const least = floors(points, 300);
  expect(least).toHaveLength(24);
  expect(sharePerHour(least)).toBeCloseTo(2 / 102, 3);
  expect(sharePerHour([{ s: 0, value: 1 }])).toBeNull();
});
