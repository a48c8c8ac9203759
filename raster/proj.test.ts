import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { crsFromEpsg, transformer, WGS84 } from './crs.js';
import { seeded } from './tiff/testing/random.js';

/** Where each system is for: longitudes and latitudes, west, south, east, north. */
const AREAS: Readonly<Record<number, readonly [number, number, number, number]>> = {
  4490: [73, 16, 135, 54],
  4547: [112.5, 18, 115.5, 51],
  3857: [-180, -85, 180, 85],
  32649: [108, 0, 114, 84],
  32650: [114, 0, 120, 84],
};
/** The geographic system of the same datum. */
const BASES: Readonly<Record<number, number>> = { 4490: 4490, 4547: 4490 };
const POINTS = 1000;
const METRES_PER_DEGREE = 111_320;

const there = spawnSync('gdaltransform', ['--version']).status === 0;
if (!there && process.env.CI !== 'true')
  console.warn('comparison with PROJ is skipped: gdaltransform is not there; apt-get install gdal-bin');

type Pair = readonly [x: number, y: number];

/** The points by PROJ, as GDAL calls it. */
function byProj(points: readonly Pair[], from: number, to: number): Pair[] {
  const options = ['-s_srs', `EPSG:${from}`, '-t_srs', `EPSG:${to}`, '-output_xy'];
  const { stdout, status } = spawnSync('gdaltransform', options, {
    input: points.map(([x, y]) => `${x} ${y}`).join('\n'),
    encoding: 'utf8',
    // as many digits as there are
    env: { ...process.env, LC_ALL: 'C' },
  });
  expect(status).toBe(0);
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [x, y] = line.split(/\s+/).map(Number);
      return [x, y];
    });
}

describe.skipIf(!there && process.env.CI !== 'true')('points are where PROJ has them, to 1 mm', () => {
  it.each(Object.keys(AREAS).map(Number))('1,000 of EPSG:%d, there and back', (epsg) => {
    const random = seeded(epsg);
    const [west, south, east, north] = AREAS[epsg];
    const places = Array.from(
      { length: POINTS },
      (): Pair => [west + (east - west) * random(), south + (north - south) * random()],
    );
    const base = BASES[epsg] ?? 4326;
    const crs = crsFromEpsg(epsg);
    const own = base === 4326 ? WGS84 : crsFromEpsg(base);
    const project = transformer(own, crs);
    const back = transformer(crs, own);
    const expected = byProj(places, base, epsg);
    expect(expected).toHaveLength(POINTS);
    const unit = crs.kind === 'geographic' ? METRES_PER_DEGREE : 1;
    const off = places.map(([lon, lat], i) => {
      const [x, y] = project(lon, lat);
      return unit * Math.hypot(x - expected[i][0], y - expected[i][1]);
    });
    expect(Math.max(...off)).toBeLessThan(1e-3);
    const returned = expected.map(([x, y], i) => {
      const [lon, lat] = back(x, y);
      return METRES_PER_DEGREE * Math.hypot(lon - places[i][0], lat - places[i][1]);
    });
    expect(Math.max(...returned)).toBeLessThan(1e-3);
  });
});
