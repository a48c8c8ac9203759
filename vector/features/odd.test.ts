import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Point } from '../../raster/affine.js';
import { BadInput } from '../../raster/errors.js';
import { readDistricts } from '../districts.js';
import { convert } from '../gdal.js';
import { readAddresses } from '../registers/addresses.js';
import { readPermits } from '../registers/permits.js';
import { toGcj02 } from './gcj02.js';

const folder = mkdtempSync(join(tmpdir(), 'tuban-odd-vectors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function write(content: string | Uint8Array, extension = 'geojson'): string {
  const path = join(folder, `v${++count}.${extension}`);
  writeFileSync(path, content);
  return path;
}
const collection = (geometry: unknown, crs?: string) =>
  `{"type":"FeatureCollection",${crs ? `"crs":{"type":"name","properties":{"name":"${crs}"}},` : ''}"features":[{"type":"Feature",
    "properties":{"code":"440303001","name":"桂园街道","number":"A1"},"geometry":${typeof geometry === 'string' ? geometry : JSON.stringify(geometry)}}]}`;
const polygon = (...rings: unknown[]) => ({ type: 'Polygon', coordinates: rings });
const RING: Point[] = [
  [114.1, 22.54],
  [114.12, 22.54],
  [114.12, 22.56],
  [114.1, 22.56],
  [114.1, 22.54],
];

/** The first ring read, or the line it is refused with; anything else is a fault. */
async function districtOf(path: string, from?: 'gcj02'): Promise<readonly Point[] | string> {
  try {
    const { subdistricts } = await readDistricts(path, { from });
    return subdistricts[0].polygons[0][0];
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    expect(error.message).toContain(path);
    return error.message;
  }
}

describe('a boundary that is odd and yet plain is taken', () => {
  it.each([
    ['its ring is not closed', polygon(RING.slice(0, 4))],
    ['its points repeat', polygon(RING.flatMap((p) => [p, p, p]))],
    ['it has heights', polygon(RING.map((p) => [...p, 12.5]))],
    ['it has heights and measures', polygon(RING.map((p) => [...p, 12.5, 1]))],
    ['it has an empty polygon beside', { type: 'MultiPolygon', coordinates: [[], [RING]] }],
  ])('where %s', async (_, geometry) => {
    expect(await districtOf(write(collection(geometry)))).toEqual(RING);
  });

  it('where it is in GCJ-02 and that is said', async () => {
    const ring = await districtOf(write(collection(polygon(RING.map(toGcj02)))), 'gcj02');
    if (typeof ring === 'string') throw new Error(ring);
    const off = ring.map(([x, y], i) => Math.hypot(x - RING[i][0], y - RING[i][1]));
    expect(Math.max(...off)).toBeLessThan(1e-8);
  });
});

describe('a boundary that is no boundary is refused in a line with the cure', () => {
  const bowTie = [RING[0], RING[2], RING[1], RING[3], RING[0]];
  it.each([
    ['it is a bow-tie', collection(polygon(bowTie)), /crosses itself near .*Fix geometries/],
    ['it has a spike', collection(polygon([...RING.slice(0, 4), [114.1, 22.6], RING[0]])), /crosses itself/],
    [
      'it has no area',
      collection(polygon([RING[0], RING[1], RING[0], RING[0]])),
      /without area|crosses itself/,
    ],
    ['it is empty', collection(polygon()), /empty geometry/],
    ['it is nothing', collection('null'), /has no geometry/],
    [
      'it is a line',
      collection({ type: 'LineString', coordinates: RING }),
      /is a LineString; expected a Polygon/,
    ],
    [
      'it has NaN',
      collection('{"type":"Polygon","coordinates":[[[NaN,22],[1,2],[3,4],[1,1]]]}'),
      /not valid JSON/,
    ],
    [
      'it has infinities',
      collection('{"type":"Polygon","coordinates":[[[1e999,22],[1,2],[3,4],[1,1]]]}'),
      /broken Polygon/,
    ],
    ['it has nulls', collection(polygon([[null, 22], ...RING])), /broken Polygon/],
    [
      'latitude comes first',
      collection(polygon(RING.map(([x, y]) => [y, x]))),
      /latitude seems to stand before longitude/,
    ],
    [
      'it is in metres and does not say so',
      collection(polygon(RING.map(([x, y]) => [x * 5000, y * 1e5]))),
      /no longitude, latitude; a file in another CRS/,
    ],
    [
      'it names a CRS nobody knows',
      collection(polygon(RING), 'urn:ogc:def:crs:EPSG::999999'),
      /Unknown CRS|EPSG:999999/,
    ],
    [
      'it names a CRS that it is not in',
      collection(polygon(RING), 'urn:ogc:def:crs:EPSG::4547'),
      /names the CRS EPSG:4547, but its coordinates are degrees/,
    ],
    ['it is nested too deep', '['.repeat(100_000), /not valid JSON|not a GeoJSON/],
  ])('where %s', async (_, text, refusal) => {
    expect(await districtOf(write(text))).toMatch(refusal);
  });

  it('and likewise in WKT', async () => {
    const refusals = [
      ['POLYGON ((114.1 22.5, nan 22.5, 114.1 22.6, 114.1 22.5))', /is no WKT/],
      ['POLYGON ((114.1 22.5, 1e999 22.5, 114.1 22.6, 114.1 22.5))', /is no WKT|geometry/],
      ['POLYGON EMPTY', /is no WKT/],
      [
        'POLYGON ((22.5 114.1, 22.5 114.2, 22.6 114.2, 22.5 114.1))',
        /latitude seems to stand before longitude/,
      ],
    ] as const;
    for (const [wkt, refusal] of refusals) {
      const path = write(`number,wkt\nA1,"${wkt}"\n`, 'csv');
      await expect(readPermits(path)).rejects.toThrow(refusal);
      await expect(readPermits(path)).rejects.toBeInstanceOf(BadInput);
    }
    const { rows } = await readPermits(
      write(
        `number,wkt\nA1,"POLYGON ZM ((114.1 22.5 1 2, 114.2 22.5 1 2, 114.2 22.6 1 2, 114.1 22.5 1 2))"\n`,
        'csv',
      ),
    );
    expect(rows[0].geometry[0][0][1]).toEqual([114.2, 22.5]);
    await expect(readAddresses(write('address,lon,lat\n深南东路1号,Infinity,22.5\n', 'csv'))).rejects.toThrow(
      /no coordinates/,
    );
  });
});

describe('a file that is far too large', () => {
  it('is refused before it is read', async () => {
    const path = write('{');
    truncateSync(path, 200 * 1024 * 1024);
    const before = process.memoryUsage().rss;
    await expect(readDistricts(path)).rejects.toThrow(/has 200 MB, more than 100 MB; cut it to the district/);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });
});

describe('names inside a file lead nowhere', () => {
  const secret = () => write('SECRET', 'txt');

  it('of a virtual dataset that calls itself a shapefile, a GeoPackage or GeoJSON', async () => {
    const vrt = `<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>${secret()}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>`;
    for (const extension of ['shp', 'gpkg', 'geojson']) {
      const path = write(vrt, extension);
      writeFileSync(path.replace(/\.\w+$/, '.shx'), '');
      writeFileSync(path.replace(/\.\w+$/, '.dbf'), '');
      const told = await districtOf(path);
      expect(told).toBeTypeOf('string');
      expect(told).not.toContain('SECRET');
    }
  });

  it('of a layer in a GeoPackage that is written like a path, or like SQL', async () => {
    for (const name of ['../../../../etc/passwd', '/vsicurl/http://[::1]/', 'a"; DROP TABLE "xx"; --']) {
      const plain = 'n'.repeat(name.length);
      const made = await convert({
        files: new Map([['in.geojson', Buffer.from(collection(polygon(RING)))]]),
        source: 'in.geojson',
        options: ['-f', 'GPKG', '-nln', plain],
      });
      const bytes = Buffer.from([...made.values()][0]);
      for (let at = bytes.indexOf(plain); at >= 0; at = bytes.indexOf(plain, at))
        bytes.write(name, at, 'latin1');
      const told = await districtOf(write(bytes, 'gpkg'));
      if (typeof told === 'string') expect(told).toMatch(/cannot be read|no layer of polygons/);
      else expect(told).toHaveLength(5);
    }
  });

  it('of a file beside a shapefile that leads elsewhere: it is read as what it should be, or refused', async () => {
    const made = await convert({
      files: new Map([['in.geojson', Buffer.from(collection(polygon(RING)))]]),
      source: 'in.geojson',
      options: ['-f', 'ESRI Shapefile'],
    });
    const path = join(folder, 'led.shp');
    for (const [name, bytes] of made) writeFileSync(join(folder, name.replace(/^out/, 'led')), bytes);
    rmSync(join(folder, 'led.prj'));
    symlinkSync('/etc/hostname', join(folder, 'led.prj'));
    const told = await districtOf(path);
    expect(JSON.stringify(told)).not.toContain('SECRET');
  });
});
