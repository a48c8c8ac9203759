import { describe, expect, it } from 'vitest';
import { groupByRegion, labelRegions, regionSizes } from './regions.js';
import { type ClassRaster, drawn, rasterBy, runsOf, salt, spiral } from './testing/class-raster.js';
import { doubleArea, type PixelRing, traceRegion } from './trace.js';

/** Rings and pixel count of every region. */
function traced(raster: ClassRaster, block?: number): { rings: PixelRing[]; pixels: number }[] {
  const runs = runsOf(raster, { block });
  const labels = labelRegions(runs, { byZone: false });
  const { start, order } = groupByRegion(labels);
  const sizes = regionSizes(runs, labels);
  return Array.from(sizes, (pixels, r) => ({
    pixels,
    rings: traceRegion(runs, order, start[r], start[r + 1]),
  }));
}

/** Outer ring minus holes, px². Throws where orientation or order is not as promised. */
function areaOf(rings: readonly PixelRing[]): number {
  return rings.reduce((sum, ring, i) => sum + ((i === 0 ? 1 : -1) * Math.abs(doubleArea(ring))) / 2, 0);
}

function perimeterOf(rings: readonly PixelRing[]): number {
  let sum = 0;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      sum += Math.abs(ring[i] - ring[j]) + Math.abs(ring[i + 1] - ring[j + 1]);
    }
  }
  return sum;
}

/**
 * GDAL 3.6.2 on the same hashed rasters, 4-connected: `gdal_polygonize.py seeded.tif out.gpkg` (gdal.Polygonize with no
 * option) and the sums over its polygons of value > 0.
 */
const GDAL = [
  {
    seed: 1,
    size: [97, 61],
    density: 0.2,
    classes: 1,
    polygons: 730,
    area: 1171,
    squares: 2967,
    rings: 731,
    perimeter: 3792,
  },
  {
    seed: 2,
    size: [97, 61],
    density: 0.5,
    classes: 2,
    polygons: 1522,
    area: 2940,
    squares: 9788,
    rings: 1524,
    perimeter: 8842,
  },
  {
    seed: 3,
    size: [97, 61],
    density: 0.65,
    classes: 1,
    polygons: 81,
    area: 3875,
    squares: 13_325_003,
    rings: 626,
    perimeter: 5440,
  },
  {
    seed: 4,
    size: [97, 61],
    density: 0.9,
    classes: 3,
    polygons: 2274,
    area: 5340,
    squares: 28_130,
    rings: 2282,
    perimeter: 14_884,
  },
  {
    seed: 5,
    size: [64, 64],
    density: 1,
    classes: 2,
    polygons: 585,
    area: 4096,
    squares: 222_534,
    rings: 725,
    perimeter: 8322,
  },
] as const;

describe('traceRegion', () => {
  it.each(GDAL)('makes the polygons GDAL makes of seed $seed', (expected) => {
    const { seed, size, density, classes, polygons, area, squares, rings, perimeter } = expected;
    const all = traced(salt(size[0], size[1], seed, density, classes));
    const areas = all.map((region) => areaOf(region.rings));
    expect({
      polygons: all.length,
      area: areas.reduce((sum, a) => sum + a, 0),
      squares: areas.reduce((sum, a) => sum + a * a, 0),
      rings: all.reduce((sum, region) => sum + region.rings.length, 0),
      perimeter: all.reduce((sum, region) => sum + perimeterOf(region.rings), 0),
    }).toEqual({ polygons, area, squares, rings, perimeter });
  });

  it('encloses exactly the pixels of every region', () => {
    for (const raster of [salt(60, 60, 11, 0.55, 3), salt(60, 60, 12, 0.8, 1), spiral(31)]) {
      for (const { rings, pixels } of traced(raster)) expect(areaOf(rings)).toBe(pixels);
    }
  });

  it('goes on over seams: runs cut in blocks give the same rings', () => {
    const raster = salt(61, 47, 21, 0.62, 2);
    for (const block of [1, 7, 16, 32]) expect(traced(raster, block)).toEqual(traced(raster));
  });

  it('gives a single pixel its four corners', () => {
    const [{ rings }] = traced(drawn('...', '.1.', '...'));
    expect(rings).toHaveLength(1);
    const points = [0, 2, 4, 6].map((i) => `${rings[0][i]} ${rings[0][i + 1]}`);
    expect(points.sort()).toEqual(['1 1', '1 2', '2 1', '2 2']);
  });

  it('keeps holes, and an island in a hole is a region of its own', () => {
    const all = traced(drawn('1111111', '1.....1', '1.111.1', '1.1.1.1', '1.111.1', '1.....1', '1111111'));
    expect(all.map(({ rings, pixels }) => [rings.length, pixels])).toEqual([
      [2, 24],
      [2, 8],
    ]);
  });

  it('splits a diagonal touch so that no ring passes a point twice', () => {
    const shapes = [
      drawn('11.', '1.1', '111'),
      drawn('.11', '1.1', '111'),
      drawn('111', '1.1', '11.'),
      drawn('111', '1.1', '.11'),
      // two holes touching in a corner
      drawn('1111', '1.11', '11.1', '1111'),
      drawn('1111', '11.1', '1.11', '1111'),
      rasterBy(9, 9, (x, y) => (x % 2 === 1 && y % 2 === 1 ? 0 : 1)),
      rasterBy(11, 11, (x, y) => (x > 0 && y > 0 && x < 10 && y < 10 && (x + y) % 2 === 0 ? 0 : 1)),
    ];
    for (const raster of shapes) {
      for (const { rings, pixels } of traced(raster)) {
        expect(areaOf(rings)).toBe(pixels);
        for (const ring of rings) {
          const points = Array.from(
            { length: ring.length / 2 },
            (_, i) => `${ring[2 * i]} ${ring[2 * i + 1]}`,
          );
          expect(new Set(points).size).toBe(points.length);
        }
      }
    }
  });

  it('puts the outer ring first: it encloses the most', () => {
    for (const { rings } of traced(salt(60, 60, 31, 0.7, 1))) {
      const areas = rings.map((ring) => Math.abs(doubleArea(ring)));
      expect(areas[0]).toBe(Math.max(...areas));
    }
  });
});
