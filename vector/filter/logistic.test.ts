import { describe, expect, it } from 'vitest';
import { fitLogistic } from './logistic.js';

describe('fitLogistic', () => {
  // 10 cases a place, of which 1, 3, 5, 7 and 9 are right: the log odds are symmetric about the third
  const cases = [0, 1, 2, 3, 4].flatMap((x) =>
    Array.from({ length: 10 }, (_, k) => ({ x, right: k < 1 + 2 * x ? 1 : 0 })),
  );

  it('finds the line of the log odds', () => {
    const [intercept, slope] = fitLogistic(
      cases.map(({ x }) => [x]),
      cases.map(({ right }) => right),
      0,
    );
    // at the maximum of likelihood the expected counts are those that were seen
    const chance = (x: number) => 1 / (1 + Math.exp(-intercept - slope * x));
    expect(intercept + 2 * slope).toBeCloseTo(0, 9);
    expect(cases.reduce((sum, { x }) => sum + x * chance(x), 0)).toBeCloseTo(
      cases.reduce((sum, { x, right }) => sum + x * right, 0),
      6,
    );
  });

  it('stays finite where a line parts the cases', () => {
    const [, slope] = fitLogistic([[0], [0], [1], [1]], [0, 0, 1, 1]);
    expect(slope).toBeGreaterThan(0.3);
    expect(slope).toBeLessThan(5);
  });
});
