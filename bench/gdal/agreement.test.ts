import { describe, expect, it } from 'vitest';
import { dropSmall } from './agreement.js';

/** Rows of digits to codes; `x` is unusable (255). */
function raster(...rows: string[]) {
  const codes = Uint8Array.from([...rows.join('')], (c) => (c === 'x' ? 255 : Number(c)));
  return { width: rows[0].length, height: rows.length, codes };
}

describe('dropSmall', () => {
  it('drops regions of fewer pixels, 4-connected and of one class, and keeps the rest as it is', () => {
    const given = raster(
      '4400x', //
      '0407x',
      '00770',
      '55000',
      '54070',
    );
    dropSmall(given, 3);
    expect(given).toEqual(
      raster(
        '4400x', //
        '0407x',
        '00770',
        '55000',
        '50000',
      ),
    );
  });

  it('follows a region larger than its first reserve to the end', () => {
    const side = 80;
    const codes = new Uint8Array(side * side).fill(4);
    dropSmall({ width: side, height: side, codes }, side * side);
    expect(codes.every((code) => code === 4)).toBe(true);
    dropSmall({ width: side, height: side, codes }, side * side + 1);
    expect(codes.every((code) => code === 0)).toBe(true);
  });
});
