import { describe, expect, it } from 'vitest';
import type { Affine } from './affine.js';
import { fitsForArea, gridOf, type PlacedRaster } from './choose-grid.js';
import { crsFromEpsg, transformer, WGS84 } from './crs.js';
import { BadInput } from './errors.js';
import { gridBounds, pixelArea, snappedGrid } from './grid.js';

const raster = (epsg: number, transform: Affine, width = 1000, height = 800): PlacedRaster => ({
  name: 'before.tif',
  crs: crsFromEpsg(epsg),
  transform,
  width,
  height,
});
const LUOHU = [114.13, 22.56] as const;

describe('gridOf', () => {
  it('keeps the lattice of BEFORE where CRS and pixel size are its own', () => {
    const transform: Affine = [2, 0, 503_201.37, 0, -2, 2_496_771.11];
    const { grid, notes } = gridOf(raster(4547, transform), {});
    expect(grid).toMatchObject({ width: 1000, height: 800, transform, resolution: 2 });
    expect(notes).toEqual([]);
    expect(pixelArea(grid)).toBe(4);
  });

  it('snaps to whole multiples of the resolution where it is another', () => {
    const { grid } = gridOf(raster(4547, [2, 0, 503_201.37, 0, -2, 2_496_771.11]), { resolution: 5 });
    expect(grid.transform).toEqual([5, 0, 503_200, 0, -5, 2_496_775]);
    const bounds = gridBounds(grid);
    expect(bounds.maxX).toBeGreaterThanOrEqual(505_201.37);
    expect(bounds.minY).toBeLessThanOrEqual(2_495_171.11);
  });

  it('makes square pixels of the same area in UTM from degrees', () => {
    const degrees = 5.36e-6;
    const { grid, notes } = gridOf(raster(4326, [degrees, 0, LUOHU[0], 0, -degrees, LUOHU[1]]), {});
    expect(grid.crs.epsg).toBe(32650);
    // 0.552 m × 0.594 m at 22.56° N
    expect(grid.resolution).toBeCloseTo(Math.sqrt(0.5514 * 0.5936), 2);
    expect(grid.transform[0]).toBe(-grid.transform[4]);
    expect(notes.join()).toContain('EPSG:4326 cannot carry areas');
  });

  it('never takes web Mercator for the grid, and says so', () => {
    const [x, y] = transformer(WGS84, crsFromEpsg(3857))(...LUOHU);
    const { grid, notes } = gridOf(raster(3857, [10, 0, x, 0, -10, y]), { crs: crsFromEpsg(3857) });
    expect(grid.crs.epsg).toBe(32650);
    expect(notes).toEqual(['EPSG:3857 cannot carry areas in m² here; the grid is in EPSG:32650']);
    expect(grid.resolution).toBeCloseTo(10 * Math.cos((LUOHU[1] * Math.PI) / 180), 1);
  });

  it('covers all of a raster that comes to lie askew', () => {
    const before = raster(32651, [30, 0, 203_325, 0, -30, 3_604_935], 400, 400);
    const { grid } = gridOf(before, { crs: crsFromEpsg(32650) });
    const bounds = gridBounds(grid);
    const project = transformer(before.crs, grid.crs);
    for (const [x, y] of [
      [203_325, 3_604_935],
      [215_325, 3_604_935],
      [203_325, 3_592_935],
      [215_325, 3_592_935],
    ]) {
      const [u, v] = project(x, y);
      expect(u > bounds.minX && u < bounds.maxX && v > bounds.minY && v < bounds.maxY).toBe(true);
    }
  });

  it('refuses a grid beyond all bounds and a georeference outside the world', () => {
    expect(() => gridOf(raster(4547, [2, 0, 5e5, 0, -2, 25e5]), { resolution: 1e-3 })).toThrow(
      /give a coarser --resolution/,
    );
    expect(() => gridOf(raster(4326, [1, 0, 4000, 0, -1, 3000]), {})).toThrow(BadInput);
  });
});

describe('snappedGrid', () => {
  const crs = crsFromEpsg(4547);

  it('puts all extents on one lattice', () => {
    const extents = [0.3, 1.7, 8.25, 9.999].map((d) => ({
      minX: 500_000 + d,
      minY: 2_500_000 - d,
      maxX: 501_000 + d,
      maxY: 2_501_000 - d,
    }));
    for (const grid of extents.map((bounds) => snappedGrid(crs, bounds, 2.5, [1.25, 0.5]))) {
      expect((grid.transform[2] - 1.25) % 2.5).toBeCloseTo(0, 6);
      expect((grid.transform[5] - 0.5) % 2.5).toBeCloseTo(0, 6);
    }
  });

  it('adds no row for an edge that lies on the lattice but for rounding', () => {
    const bounds = { minX: 0.1 + 0.2, minY: 0, maxX: 0.9, maxY: 0.6 };
    expect(snappedGrid(crs, bounds, 0.3)).toMatchObject({ width: 2, height: 2 });
  });
});

describe('fitsForArea', () => {
  it.each([
    [4547, true],
    [32650, true],
    [3857, false],
    [4490, false],
    [2263, false],
  ])('EPSG:%d at Luohu: %s', (epsg, fits) => {
    expect(fitsForArea(crsFromEpsg(epsg), LUOHU)).toBe(fits);
  });
});
