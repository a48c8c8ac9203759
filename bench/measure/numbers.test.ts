import { describe, expect, it } from 'vitest';
import { exponent, median } from './numbers.js';

describe('median', () => {
  it('is the middle one, and the lower of two middle ones', () => {
    const of = (value: number) => value;
    expect(median([9, 1, 5], of)).toBe(5);
    expect(median([9, 1, 5, 7], of)).toBe(5);
    expect(() => median([], of)).toThrow(RangeError);
  });
});

describe('exponent', () => {
  const times = (law: (pixels: number) => number) =>
    [2048, 4096, 8192].map((side) => ({ pixels: side ** 2, time: law(side ** 2) }));

  it('is that of the law that the times follow', () => {
    expect(exponent(times((n) => 3e-8 * n))).toBeCloseTo(1, 10);
    expect(exponent(times((n) => 3e-8 * n ** 1.2))).toBeCloseTo(1.2, 10);
  });

  it('is unknown for fewer than two sizes', () => {
    expect(exponent([])).toBeNull();
    expect(exponent([{ pixels: 4, time: 1 }])).toBeNull();
    expect(exponent([4, 4].map((pixels) => ({ pixels, time: 1 })))).toBeNull();
  });
});
