import { describe, expect, it } from 'vitest';
import type { Scene } from '../scene.js';
import { madeFile, madeGrid } from '../testing.js';
import { clearance, composite, waryPx } from './composite.js';
import { readDate, unprepared } from './date.js';
import { plainResampler } from './resampler.js';

describe('clearance', () => {
  it('counts px to the nearest unusable pixel, diagonals as one, and what lies beyond the window not at all', () => {
    const usable = Uint8Array.from({ length: 7 * 4 }, (_, i) => (i === 7 + 1 ? 0 : 1));
    const rows = [
      [1, 1, 1, 2, 3, 3, 3],
      [1, 0, 1, 2, 3, 3, 3],
      [1, 1, 1, 2, 3, 3, 3],
      [2, 2, 2, 2, 3, 3, 3],
    ];
    expect([...clearance(usable, { width: 7, height: 4 }, 3)]).toEqual(rows.flat());
  });

  it('is about sixty metres, in a block’s surroundings at most', () => {
    expect([0.5, 2, 10, 60, 500].map(waryPx)).toEqual([32, 30, 6, 1, 1]);
  });
});

const grid = madeGrid(200, 40, { resolution: 10 });

/** A scene of one value that holds no data between two columns. */
function scene(value: number, from: number, to: number): Scene {
  const file = madeFile(grid, (x) => (x >= from && x < to ? 0 : value), { nodata: 0 });
  const bands = new Map([['red', { role: 'red', file, index: 0, scale: 1, offset: 0 }]]);
  return { name: 'made', bands, quality: null, sensor: {} } as unknown as Scene;
}

describe('a composite', () => {
  it('takes a pixel from the scene in which it lies deepest, and from the first where both do alike', async () => {
    const window = { x: 0, y: 0, width: 200, height: 40 };
    const [best, more] = [scene(100, 40, 60), scene(200, 90, 110)].map(unprepared);
    const date = await readDate([best], grid, window, ['red']);
    await composite(date, [more], grid, window, {
      judge: () => {},
      resampler: plainResampler,
      masked: true,
    });
    expect(date.usable.includes(0)).toBe(false);
    // six px from the gap on: the rim is taken from the other as well
    const taken = [...date.stack.subarray(0, 200)].map((value) => (value === 200 ? 1 : 0));
    expect(taken).toEqual(Array.from({ length: 200 }, (_, x) => (x > 34 && x < 65 ? 1 : 0)));
  });
});
