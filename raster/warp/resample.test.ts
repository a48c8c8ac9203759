import { describe, expect, it } from 'vitest';
import type { Grid } from '../grid.js';
import { placementOf } from '../scene.js';
import { madeFile, madeGrid } from '../testing.js';
import type { RasterFile } from '../tiff/types.js';
import { controlNet, type Shift } from './net.js';
import { bilinear, nearest } from './resample.js';
import { readSource, validMask } from './source.js';

async function warp(
  file: RasterFile,
  grid: Grid,
  shift?: Shift,
  window = { x: 0, y: 0, width: grid.width, height: grid.height },
) {
  const net = controlNet(grid, window, placementOf(file.info), shift);
  const source = await readSource(file, net, { bands: [0] });
  const values = new Float32Array(window.width * window.height);
  const valid = new Uint8Array(values.length);
  if (source !== null) bilinear(net, source.pixels, source.reduce, [{ gain: 1, offset: 0 }], [values], valid);
  return { values, valid, source };
}

const pattern = (x: number, y: number) => ((x * 7919 + y * 104_729) % 251) + 0.25;

describe('warping', () => {
  it('changes nothing where source and grid are the same', async () => {
    const grid = madeGrid(90, 70);
    const { values, valid } = await warp(madeFile(grid, pattern), grid);
    for (let i = 0; i < values.length; i++) expect(values[i]).toBe(pattern(i % 90, Math.floor(i / 90)));
    expect(valid.every((v) => v === 1)).toBe(true);
  });

  it('keeps the place of pixel centres: a ramp of the easting is one on a grid of other phase and size', async () => {
    const file = madeFile(madeGrid(200, 200), (x) => 500_000 + 10 * (x + 0.5) - 500_000);
    const grid = madeGrid(50, 50, { resolution: 7, left: 500_203, top: 2_499_771 });
    const { values } = await warp(file, grid);
    for (let x = 0; x < 50; x++) expect(values[25 * 50 + x]).toBeCloseTo(203 + 7 * (x + 0.5), 2);
  });

  it('keeps them through overview-free reduction too', async () => {
    const file = madeFile(
      madeGrid(400, 400, { resolution: 2 }),
      (x, y) => 2 * (x + 0.5) + 1000 * 2 * (y + 0.5),
    );
    const grid = madeGrid(20, 20, { resolution: 10, left: 500_200, top: 2_499_800 });
    const { values } = await warp(file, grid);
    expect(values[0]).toBeCloseTo(205 + 1000 * 205, -1);
    expect(values[20 * 10 + 10] / (305 + 1000 * 305)).toBeCloseTo(1, 4);
  });

  it('moves content right by dx and down by dy, parts of a pixel included', async () => {
    const grid = madeGrid(40, 40);
    const file = madeFile(grid, (x, y) => (x === 20 && y === 20 ? 100 : 0));
    const whole = await warp(file, grid, { dx: 3, dy: 2 });
    expect(whole.values[22 * 40 + 23]).toBe(100);
    const half = await warp(file, grid, { dx: 0.5, dy: 0 });
    expect([half.values[20 * 40 + 20], half.values[20 * 40 + 21]]).toEqual([50, 50]);
    const down = await warp(file, grid, { dx: 0, dy: 0.25 });
    expect([down.values[20 * 40 + 20], down.values[21 * 40 + 20]]).toEqual([75, 25]);
  });

  it('does not mix nodata into its neighbours, and gives up where most of the weight is nodata', async () => {
    const grid = madeGrid(40, 40);
    const file = madeFile(grid, (x) => (x < 20 ? -9999 : 50), { nodata: -9999 });
    const { values, valid } = await warp(file, grid, { dx: 0.25, dy: 0 });
    // px 20 takes 3/4 of source px 20 and 1/4 of 19; px 19 takes 3/4 of 19
    expect([values[20], valid[20]]).toEqual([50, 1]);
    expect(values[19] === 0 && valid[19] === 0).toBe(true);
    const most = await warp(file, grid, { dx: 0.75, dy: 0 });
    expect(most.valid[20]).toBe(0);
  });

  it('takes NaN for nodata and lets none of it through', async () => {
    const grid = madeGrid(40, 40);
    const { values, valid } = await warp(
      madeFile(grid, (x) => (x === 20 ? Number.NaN : 7)),
      grid,
      { dx: 0.4, dy: 0 },
    );
    expect(values.some(Number.isNaN)).toBe(false);
    expect([valid[20], values[21], valid[21]]).toEqual([0, 7, 1]);
  });

  it('leaves what lies outside the source unusable, to the half pixel', async () => {
    const file = madeFile(madeGrid(20, 20), () => 5);
    const { valid } = await warp(file, madeGrid(40, 40, { left: 499_900, top: 2_500_100 }));
    const count = valid.reduce((sum, v) => sum + v, 0);
    expect(count).toBe(20 * 20);
    expect([valid[10 * 40 + 10], valid[10 * 40 + 9], valid[29 * 40 + 29], valid[30 * 40 + 29]]).toEqual([
      1, 0, 1, 0,
    ]);
  });

  it('reads only what a block needs of a large file', async () => {
    const file = madeFile(madeGrid(8000, 8000), pattern);
    const grid = madeGrid(8000, 8000, { left: 500_003, top: 2_499_996 });
    await warp(file, grid, undefined, { x: 3000, y: 5000, width: 256, height: 256 });
    const read = file.reads.reduce((sum, { window }) => sum + window.width * window.height, 0);
    expect(read).toBeLessThanOrEqual(262 * 262);
    expect(file.reads.every(({ window }) => window.x >= 2995 && window.y >= 4995)).toBe(true);
  });

  it('reads nothing where the block does not touch the file', async () => {
    const file = madeFile(madeGrid(100, 100), pattern);
    const { source } = await warp(file, madeGrid(50, 50, { left: 600_000 }));
    expect(source).toBeNull();
    expect(file.reads).toEqual([]);
  });
});

describe('nearest', () => {
  it('takes the pixel that holds the centre, and what it is told outside', async () => {
    const file = madeFile(madeGrid(10, 10), (x, y) => y * 10 + x);
    const grid = madeGrid(4, 1, { left: 499_994, top: 2_500_004 });
    const net = controlNet(grid, { x: 0, y: 0, width: 4, height: 1 }, placementOf(file.info));
    const source = await readSource(file, net, { bands: [0], codes: true });
    if (source === null) throw new Error('no source');
    const out = new Uint16Array(4);
    nearest(net, source.pixels, source.reduce, out, 999);
    expect([...out]).toEqual([999, 0, 1, 2]);
  });
});

describe('validMask', () => {
  it('calls a pixel empty under nodata 0 only where all bands are 0', () => {
    const bands = [Uint8Array.of(0, 0, 5), Uint8Array.of(0, 3, 0)];
    expect([...(validMask(bands, 0) ?? [])]).toEqual([0, 1, 1]);
  });

  it('calls it empty under any other nodata where one band has it', () => {
    const bands = [Uint16Array.of(65_535, 1, 2), Uint16Array.of(1, 1, 65_535)];
    expect([...(validMask(bands, 65_535) ?? [])]).toEqual([0, 1, 0]);
  });

  it('is null where all pixels hold data', () => {
    expect(validMask([Uint8Array.of(1, 2)], 0)).toBeNull();
    expect(validMask([Uint8Array.of(0, 2)], null)).toBeNull();
  });
});
