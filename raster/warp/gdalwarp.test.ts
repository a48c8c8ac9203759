import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { crsFromEpsg } from '../crs.js';
import { snappedGrid } from '../grid.js';
import { placementOf } from '../scene.js';
import { realData } from '../testing.js';
import { openRaster } from '../tiff/open.js';
import { controlNet } from './net.js';
import { bilinear, nearest } from './resample.js';
import { readSource } from './source.js';

/**
 * What gdalwarp 3.6.2 made of real scenes (exact coordinates: -et 0; plain bilinear: XSCALE and YSCALE 1, or gdalwarp
 * smooths where a rotated footprint is wider than the grid), as a 16 × 16 lattice of its pixels and the figures of the
 * whole.
 */
const Expected = z.array(
  z.object({
    name: z.string(),
    file: z.string(),
    epsg: z.number(),
    resolution: z.number(),
    bounds: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    method: z.enum(['bilinear', 'near']),
    command: z.string(),
    width: z.number(),
    height: z.number(),
    valid: z.number(),
    bands: z.array(
      z.object({
        band: z.number(),
        mean: z.number(),
        std: z.number(),
        lattice: z.array(z.number().nullable()),
      }),
    ),
  }),
);
const cases = Expected.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, 'gdalwarp.expected.json'), 'utf8')),
);
const LATTICE = 16;
const folder = realData();

describe.skipIf(folder === null)('the warp agrees with gdalwarp', () => {
  it.each(cases)('$name, $method', async (expected) => {
    if (folder === null) return;
    const file = await openRaster(join(folder, expected.file));
    try {
      const [minX, minY, maxX, maxY] = expected.bounds;
      const grid = snappedGrid(crsFromEpsg(expected.epsg), { minX, minY, maxX, maxY }, expected.resolution, [
        minX,
        maxY,
      ]);
      expect([grid.width, grid.height]).toEqual([expected.width, expected.height]);
      const { width, height } = grid;
      const length = width * height;
      const net = controlNet(grid, { x: 0, y: 0, width, height }, placementOf(file.info));
      for (const band of expected.bands) {
        const out = new Float32Array(length);
        const valid = new Uint8Array(length);
        const source = await readSource(file, net, {
          bands: [band.band - 1],
          codes: expected.method === 'near',
        });
        if (source === null) throw new Error('the net does not touch the raster');
        if (expected.method === 'near') {
          nearest(net, source.pixels, source.reduce, out, -1);
          // both files have nodata 0
          for (let i = 0; i < length; i++) valid[i] = out[i] > 0 ? 1 : 0;
        } else {
          bilinear(net, source.pixels, source.reduce, [{ gain: 1, offset: 0 }], [out], valid);
        }
        const lattice = Array.from({ length: LATTICE ** 2 }, (_, k) => {
          const x = Math.floor(((k % LATTICE) + 0.5) * (width / LATTICE));
          const y = Math.floor((Math.floor(k / LATTICE) + 0.5) * (height / LATTICE));
          return valid[y * width + x] === 1 ? out[y * width + x] : null;
        });
        const pairs = lattice.flatMap((value, k) => {
          const other = band.lattice[k];
          return value === null || other === null ? [] : [[value, other] as const];
        });
        expect(pairs.length).toBeGreaterThan(0.95 * band.lattice.filter((v) => v !== null).length);
        const rms = Math.sqrt(pairs.reduce((sum, [a, b]) => sum + (a - b) ** 2, 0) / pairs.length);
        const [mean, std, count] = figures(out, valid);
        // of the band's standard deviation: a share of the signal, not of its pedestal
        expect(rms / band.std).toBeLessThan(expected.method === 'near' ? 1e-9 : 0.01);
        // nodata 0 is judged over all bands here and band by band by gdalwarp, hence not exactly 0
        expect(Math.abs(mean - band.mean) / band.std).toBeLessThan(0.01);
        expect(Math.abs(std - band.std) / band.std).toBeLessThan(0.01);
        expect(Math.abs(count - expected.valid) / length).toBeLessThan(0.01);
      }
    } finally {
      await file.close();
    }
  });
});

function figures(values: Float32Array, valid: Uint8Array): readonly [mean: number, std: number, n: number] {
  let n = 0;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    if (valid[i] === 0) continue;
    n++;
    sum += values[i];
    squares += values[i] ** 2;
  }
  return [sum / n, Math.sqrt(squares / n - (sum / n) ** 2), n];
}
