import { describe, expect, it } from 'vitest';
import { groupByRegion, labelRegions, NO_REGION, regionFinder, regionSizes } from './regions.js';
import { drawn, rasterBy, runsOf, salt } from './testing/class-raster.js';

/** Sizes of 4-connected regions by flood fill, in raster order of first pixels: the plain way. */
function flooded({ width, height, code }: ReturnType<typeof salt>): number[] {
  const seen = new Uint8Array(code.length);
  const sizes: number[] = [];
  for (let i = 0; i < code.length; i++) {
    if (code[i] === 0 || code[i] === 255 || seen[i]) continue;
    const stack = [i];
    seen[i] = 1;
    let size = 0;
    while (stack.length > 0) {
      const at = stack.pop() ?? 0;
      size++;
      const x = at % width;
      for (const next of [x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1, at - width, at + width]) {
        if (next < 0 || next >= width * height || seen[next] || code[next] !== code[i]) continue;
        seen[next] = 1;
        stack.push(next);
      }
    }
    sizes.push(size);
  }
  return sizes;
}

describe('labelRegions', () => {
  it.each([
    0.1, 0.3, 0.5, 0.59, 0.7, 0.9, 1,
  ])('finds the regions of a flood fill at density %d', (density) => {
    for (let seed = 1; seed <= 8; seed++) {
      const raster = salt(53, 37, seed, density, 1 + (seed % 3));
      const runs = runsOf(raster);
      expect([...regionSizes(runs, labelRegions(runs, { byZone: false }))]).toEqual(flooded(raster));
    }
  });

  it('does not join pixels that touch in a corner', () => {
    const runs = runsOf(rasterBy(12, 12, (x, y) => (x + y) % 2));
    expect(labelRegions(runs, { byZone: false }).count).toBe(72);
  });

  it('does not join across an empty row', () => {
    const runs = runsOf(drawn('111', '...', '111'));
    expect(labelRegions(runs, { byZone: false }).count).toBe(2);
  });

  it('gives unusable pixels no region', () => {
    const runs = runsOf(rasterBy(3, 1, (x) => (x === 1 ? 255 : 4)));
    expect([...labelRegions(runs, { byZone: false }).label]).toEqual([0, NO_REGION, 1]);
  });

  it('ends regions at zone borders only where asked', () => {
    const runs = runsOf(drawn('1111', '1111'), { zone: (x) => (x < 2 ? 0 : 1) });
    expect(labelRegions(runs, { byZone: true }).count).toBe(2);
    expect(labelRegions(runs, { byZone: false }).count).toBe(1);
  });
});

describe('groupByRegion', () => {
  it('lists every run of every region once, in raster order', () => {
    const runs = runsOf(salt(40, 40, 3, 0.6, 2));
    const labels = labelRegions(runs, { byZone: false });
    const { start, order } = groupByRegion(labels);
    expect([...order].sort((a, b) => a - b)).toEqual([...runs.y.keys()]);
    for (let r = 0; r < labels.count; r++) {
      const own = [...order.subarray(start[r], start[r + 1])];
      expect(own.every((k) => labels.label[k] === r)).toBe(true);
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
  });
});

describe('regionFinder', () => {
  it('finds the region of every pixel, and none beside them', () => {
    const salted = salt(40, 30, 5, 0.5, 3);
    const raster = rasterBy(40, 30, (x, y) => (y === 7 ? 0 : salted.code[y * 40 + x]));
    const runs = runsOf(raster);
    const labels = labelRegions(runs, { byZone: false });
    const expected = new Int32Array(40 * 30).fill(NO_REGION);
    for (let k = 0; k < runs.count; k++) {
      expected.fill(labels.label[k], runs.y[k] * 40 + runs.x0[k], runs.y[k] * 40 + runs.x1[k]);
    }
    const regionAt = regionFinder(runs, labels);
    const found = Int32Array.from(expected, (_, i) => regionAt(i % 40, Math.floor(i / 40)));
    expect(found).toEqual(expected);
    for (const [x, y] of [
      [-1, 0],
      [40, 0],
      [0, -1],
      [0, 30],
      [0, 1000],
    ])
      expect(regionAt(x, y)).toBe(NO_REGION);
  });
});
