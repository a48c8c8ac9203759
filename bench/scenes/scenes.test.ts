import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRaster } from '../../raster/tiff/open.js';
import { writePlainTiff } from './tiff.js';
import { BANDS, TILE, worldTile } from './world.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuban-bench-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Mean of a band over a column of a tile. */
function columnMean(tile: Uint16Array, column: number, band: number): number {
  let sum = 0;
  for (let row = 0; row < TILE; row++) sum += tile[(row * TILE + column) * BANDS + band];
  return sum / TILE;
}

describe('worldTile', () => {
  it('gives the same samples for the same seed, others for another seed or date', () => {
    const tile = worldTile(1, 'before', 3, 2, 0);
    // by bytes: the matcher takes seconds for a million numbers
    const same = (other: Uint16Array) => Buffer.from(other.buffer).equals(Buffer.from(tile.buffer));
    expect(same(worldTile(1, 'before', 3, 2, 0))).toBe(true);
    expect(same(worldTile(2, 'before', 3, 2, 0))).toBe(false);
    expect(same(worldTile(1, 'after', 3, 2, 0))).toBe(false);
  });

  it('goes on over the border of a tile', () => {
    const [left, right] = [worldTile(1, 'before', 0, 0, 0), worldTile(1, 'before', 1, 0, 0)];
    const across = Math.abs(columnMean(left, TILE - 1, 3) - columnMean(right, 0, 3));
    const far = Math.abs(columnMean(left, 0, 3) - columnMean(right, TILE - 1, 3));
    expect(across).toBeLessThan(40);
    expect(far).toBeGreaterThan(across);
  });

  it('changes a few percent of the ground between the dates', () => {
    const [before, after] = (['before', 'after'] as const).map((date) => worldTile(1, date, 1, 1, 0));
    let changed = 0;
    for (let p = 3; p < before.length; p += BANDS) if (Math.abs(after[p] - before[p]) > 400) changed++;
    const share = changed / (TILE * TILE);
    expect(share).toBeGreaterThan(0.01);
    expect(share).toBeLessThan(0.12);
  });
});

describe('writePlainTiff', () => {
  it('writes what the reader reads back, with its place on the ground', async () => {
    const path = join(folder, 'two-by-two.tif');
    const spec = {
      width: 700,
      height: 600,
      bands: BANDS,
      epsg: 32650,
      transform: [2, 0, 200_000.7, 0, -2, 2_500_000],
    } as const;
    await writePlainTiff(path, spec, (column, row) => worldTile(1, 'after', column, row, 0.35));
    const file = await openRaster(path);
    try {
      expect(file.info).toMatchObject({ width: 700, height: 600, bandCount: BANDS, sampleType: 'uint16' });
      expect(file.info.levels).toHaveLength(1);
      expect(file.info.crs?.epsg).toBe(32650);
      expect(file.info.transform).toEqual(spec.transform);
      const window = { x: 510, y: 511, width: 4, height: 3 };
      const samples = await file.readWindow(0, window, [0, 3]);
      for (let y = 0; y < window.height; y++) {
        for (let x = 0; x < window.width; x++) {
          const [column, row] = [window.x + x, window.y + y];
          const tile = worldTile(1, 'after', Math.floor(column / TILE), Math.floor(row / TILE), 0.35);
          const at = ((row % TILE) * TILE + (column % TILE)) * BANDS;
          const read = samples.map((band) => band[y * window.width + x]);
          expect(read).toEqual([tile[at], tile[at + 3]]);
        }
      }
    } finally {
      await file.close();
    }
  });
});
