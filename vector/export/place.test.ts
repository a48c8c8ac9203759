import { describe, expect, it } from 'vitest';
import { crsFromEpsg, transformer, WGS84 } from '../../raster/crs.js';
import type { PolygonRings } from '../patch.js';
import { netMapper } from './net.js';
import { roundingPlacer, roundTo } from './place.js';

const GRID = crsFromEpsg(4547);

describe('netMapper', () => {
  // Luohu in its own zone, far from the zone's meridian, at high latitude, web Mercator, degrees
  it.each([
    [4547, 4326, 512_000, 2_496_000],
    [4547, 4326, 900_000, 2_496_000],
    [32633, 4326, 700_000, 8_800_000],
    [3857, 4326, 12_700_000, 2_580_000],
    [4547, 32650, 512_000, 2_496_000],
    [4326, 4547, 114.1, 22.5],
  ])('EPSG:%i to EPSG:%i agrees with the exact answer to 0.1 mm', (from, to, x, y) => {
    const source = crsFromEpsg(from);
    const target = crsFromEpsg(to);
    const exact = transformer(source, target);
    const map = netMapper(source, target);
    const at = new Float64Array(2);
    const unit = source.kind === 'geographic' ? 1e-5 : 1;
    const most = target.kind === 'geographic' ? 1e-9 : 1e-4;
    for (let k = 0; k < 500; k++) {
      const [px, py] = [x + ((k * 37.7) % 3000) * unit, y + ((k * 91.3) % 2000) * unit];
      map(px, py, at);
      const [ex, ey] = exact(px, py);
      expect(Math.abs(at[0] - ex)).toBeLessThan(most);
      expect(Math.abs(at[1] - ey)).toBeLessThan(most);
    }
  });

  it('gives NaN where the exact answer is none', () => {
    const at = new Float64Array(2);
    const map = netMapper(GRID, WGS84);
    map(Number.NaN, 2_496_000, at);
    expect([...at]).toEqual([Number.NaN, Number.NaN]);
    map(512_000, Number.POSITIVE_INFINITY, at);
    expect([...at]).toEqual([Number.NaN, Number.NaN]);
    map(512_000, 2_496_000, at);
    expect(at[0]).toBeCloseTo(114.1167, 3);
  });
});

describe('roundTo', () => {
  it('rounds the decimal digits as toFixed does, ties and near ties too', () => {
    const values = [0, 0.5, 1.5, -0.5, 1.005, 1.0005, -1.0005, 0.1 + 0.2, 114.12345675, 22.50000005, 1e-9];
    for (let k = 0; k < 2000; k++) values.push(((k * 0.618_033_988_749) % 1) * 200 - 100, (k + 0.5) / 1000);
    for (const decimals of [0, 3, 6, 7]) {
      const scale = 10 ** decimals;
      // + 0: a negative zero is a zero
      for (const v of values)
        expect(roundTo(v, scale, decimals) / scale + 0).toBe(Number(v.toFixed(decimals)) + 0);
    }
  });
});

describe('roundingPlacer', () => {
  const place = (rings: PolygonRings, decimals = 3) => roundingPlacer(GRID, GRID, decimals)(rings);
  const lattice: PolygonRings = [
    [
      [0, 0],
      [10, 0],
      [10, 10],
      [5.001, 10],
      [5.001, 5],
      [5, 5],
      [5, 10],
      [0, 10],
      [0, 0],
    ],
  ];

  it('refuses a polygon whose edges meet by rounding, though it is rectilinear', () => {
    expect(place(lattice, 3)).not.toBeNull();
    expect(place(lattice, 2)).toBeNull();
  });

  it('refuses what rounding leaves without area or number', () => {
    const tiny: PolygonRings = [
      [
        [0, 0],
        [1e-5, 0],
        [0, 1e-5],
        [0, 0],
      ],
    ];
    expect(place(tiny)).toBeNull();
    expect(place([lattice[0].map(([x]) => [x, Number.NaN] as const)])).toBeNull();
  });

  it('turns rings right-handed', () => {
    const clockwise = [[...lattice[0]].reverse()];
    const placed = place(clockwise);
    expect(placed && [...placed.steps.slice(0, 4)]).toEqual([0, 0, 10_000, 0]);
  });
});
