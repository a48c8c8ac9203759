import { describe, expect, it } from 'vitest';
import type { Point } from '../../raster/affine.js';
import { BadInput } from '../../raster/errors.js';
import { seeded } from '../../raster/tiff/testing/random.js';
import { assertInFrame, assertSameFrame } from './frame.js';
import { fromGcj02, toGcj02 } from './gcj02.js';

const bent = (points: readonly Point[]) => points.map(toGcj02);
const square = (x: number, y: number, side: number): Point[] => [
  [x, y],
  [x + side, y],
  [x + side, y + side],
  [x, y + side],
  [x, y],
];
const subdistrict = (code: string, ring: readonly Point[]) => ({ code, name: code, polygons: [[ring]] });
const DISTRICT = [
  subdistrict('1', square(114.1, 22.54, 0.03)),
  subdistrict('2', square(114.13, 22.54, 0.03)),
];
const random = seeded(7);
const scattered = (count: number): Point[] =>
  Array.from({ length: count }, () => [114.1 + 0.06 * random(), 22.54 + 0.03 * random()]);

describe('GCJ-02', () => {
  it('is what the public implementations have it', () => {
    // the pair of points of googollee/eviltransform
    const [x, y] = toGcj02([121.5272106, 31.1774276]);
    expect([x, y]).toEqual([expect.closeTo(121.531541859215, 7), expect.closeTo(31.17530398364597, 7)]);
  });

  it('comes back to a tenth of a millimetre, wherever in China', () => {
    for (let i = 0; i < 2000; i++) {
      const place: Point = [75 + 55 * random(), 19 + 33 * random()];
      const [x, y] = fromGcj02(toGcj02(place));
      expect(111_320 * Math.hypot(x - place[0], y - place[1])).toBeLessThan(1e-3);
    }
  });

  it('shifts nothing outside China, and makes nothing of what is no place', () => {
    expect(fromGcj02([2.35, 48.85])).toEqual([2.35, 48.85]);
    expect(fromGcj02([Number.NaN, 1])).toEqual([Number.NaN, 1]);
  });
});

describe('a file in GCJ-02 is found', () => {
  const moved = DISTRICT.map(({ code, polygons }) => subdistrict(code, bent(polygons[0][0])));

  it('where its subdistricts were imported before', () => {
    const told = () => assertSameFrame('new.geojson', moved, DISTRICT);
    expect(told).toThrow(BadInput);
    expect(told).toThrow(
      /^new\.geojson: its coordinates seem to be GCJ-02: .* lie \d{3} m from those there are, converted [01] m\. Say --from gcj02/,
    );
  });

  it('where its places should lie in the district', () => {
    const told = () => assertInFrame('permits.csv', bent(scattered(400)), DISTRICT);
    expect(told).toThrow(
      /^permits\.csv: its coordinates seem to be GCJ-02: \d+ of its places lie outside.*--from gcj02/,
    );
  });

  it('and no other is taken for one', () => {
    const grown = [
      subdistrict('1', square(114.1, 22.54, 0.034)),
      subdistrict('3', square(114.2, 22.6, 0.01)),
    ];
    expect(() => assertSameFrame('new.geojson', grown, DISTRICT)).not.toThrow();
    expect(() => assertSameFrame('new.geojson', DISTRICT, [])).not.toThrow();
    expect(() => assertInFrame('a.csv', scattered(400), DISTRICT)).not.toThrow();
    // all round the district, as a zone of the whole city is
    const round = scattered(400).map(
      ([x, y]): Point => [x + 0.5 * (random() - 0.5), y + 0.5 * (random() - 0.5)],
    );
    expect(() => assertInFrame('a.csv', round, DISTRICT)).not.toThrow();
    expect(() => assertInFrame('a.csv', bent(scattered(400)), [])).not.toThrow();
  });
});
