import { describe, expect, it } from 'vitest';
import { WGS84 } from './crs.js';
import { madeGrid } from './testing.js';
import { rasterizeZones, type Zone, zoneOnGrid } from './zones.js';

const zone = (...rings: number[][]): Zone => ({ rings: rings.map((ring) => Float64Array.from(ring)) });
const box = (x0: number, y0: number, x1: number, y1: number) => [x0, y0, x1, y0, x1, y1, x0, y1];
const all = { x: 0, y: 0, width: 30, height: 30 };
const count = (plane: Uint16Array, value: number) => plane.filter((v) => v === value).length;

describe('rasterizeZones', () => {
  it('takes the pixels whose centre lies inside, and no others', () => {
    const plane = rasterizeZones([zone(box(2.4, 3.6, 5.6, 8.4))], all);
    // centres 2.5 to 5.5 across, 4.5 to 7.5 down
    expect(count(plane, 1)).toBe(4 * 4);
    expect([plane[4 * 30 + 2], plane[4 * 30 + 5], plane[4 * 30 + 6], plane[3 * 30 + 2]]).toEqual([
      1, 1, 0, 0,
    ]);
  });

  it('leaves holes out, and keeps islands in them and further parts', () => {
    const plane = rasterizeZones(
      [zone(box(0, 0, 20, 20), box(5, 5, 15, 15), box(8, 8, 12, 12), box(22, 22, 24, 24))],
      all,
    );
    expect(count(plane, 1)).toBe(400 - 100 + 16 + 4);
    expect([plane[6 * 30 + 6], plane[9 * 30 + 9], plane[22 * 30 + 22]]).toEqual([0, 1, 1]);
  });

  it('gives every pixel of adjacent polygons to exactly one of them', () => {
    // a crooked border shared point for point
    const border = [10.5, 0, 13.25, 7.5, 8.5, 15.5, 17.75, 22.1, 12.5, 30];
    const back = [12.5, 30, 17.75, 22.1, 8.5, 15.5, 13.25, 7.5, 10.5, 0];
    const left = zone([0, 0, ...border, 0, 30]);
    const right = zone([30, 0, 30, 30, ...back]);
    const one = rasterizeZones([left], all);
    const other = rasterizeZones([right], all);
    for (let i = 0; i < one.length; i++) expect(one[i] + other[i]).toBe(1);
    const both = rasterizeZones([left, right], all);
    expect(count(both, 0)).toBe(0);
    expect(count(both, 1)).toBe(count(one, 1));
  });

  it('lets the first win where zones overlap', () => {
    const plane = rasterizeZones([zone(box(0, 0, 10, 10)), zone(box(5, 5, 15, 15))], all);
    expect([count(plane, 1), count(plane, 2)]).toEqual([100, 75]);
  });

  it('is the same over windows as over the whole', () => {
    const zones = [zone([3, 2, 27, 5, 20, 28, 8, 19]), zone([25, 20, 29, 29, 14, 27])];
    const whole = rasterizeZones(zones, all);
    const window = { x: 7, y: 11, width: 15, height: 16 };
    const part = rasterizeZones(zones, window);
    for (let y = 0; y < 16; y++)
      for (let x = 0; x < 15; x++) expect(part[y * 15 + x]).toBe(whole[(y + 11) * 30 + x + 7]);
  });

  it('finds nothing of a zone beyond the window', () => {
    expect(count(rasterizeZones([zone(box(40, 40, 50, 50))], all), 1)).toBe(0);
  });
});

describe('zoneOnGrid', () => {
  it('takes closed rings and open ones alike', () => {
    const grid = {
      ...madeGrid(10, 10),
      crs: WGS84,
      resolution: 0.001,
      transform: [0.001, 0, 114, 0, -0.001, 22] as const,
    };
    const ring = [
      [114.002, 21.998],
      [114.006, 21.998],
      [114.006, 21.994],
      [114.002, 21.994],
    ] as const;
    const window = { x: 0, y: 0, width: 10, height: 10 };
    const open = rasterizeZones([zoneOnGrid([[ring]], grid)], window);
    const closed = rasterizeZones([zoneOnGrid([[[...ring, ring[0]]]], grid)], window);
    expect(count(open, 1)).toBe(16);
    expect(closed).toEqual(open);
  });
});
