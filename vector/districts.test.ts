import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { crsFromEpsg, transformer, WGS84 } from '../raster/crs.js';
import { BadInput } from '../raster/errors.js';
import { readDistricts } from './districts.js';
import { convert } from './gdal.js';

const folder = mkdtempSync(join(tmpdir(), 'tuban-districts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Coordinates = number[][];
/** A square of a hundredth of a degree (about a kilometre), its lower left corner so many of them from 114, 22. */
const cell = (column: number, row = 0, size = 1): Coordinates => {
  const [x, y, s] = [114 + column / 100, 22 + row / 100, size / 100];
  return [
    [x, y],
    [x + s, y],
    [x + s, y + s],
    [x, y + s],
    [x, y],
  ];
};
const feature = (properties: object, ...rings: Coordinates[]) => ({
  type: 'Feature',
  properties,
  geometry: { type: 'Polygon', coordinates: rings },
});
const one = (rings: Coordinates[], properties: object = { code: '1', name: '甲' }) =>
  feature(properties, ...rings);

let count = 0;
const write = (content: unknown, extension = 'geojson'): string => {
  const path = join(folder, `f${++count}.${extension}`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
const collection = (features: unknown[], more: object = {}) =>
  write({ type: 'FeatureCollection', features, ...more });
const problem = async (path: string, options = {}) =>
  readDistricts(path, options).then(
    () => 'no error',
    (error: unknown) => (error instanceof BadInput ? error.message : `not BadInput: ${error}`),
  );

test('a clean file gives its subdistricts in order and no warning', async () => {
  const path = collection([
    feature({ code: 2, name: '乙' }, cell(1)),
    feature({ code: '1', name: '甲' }, cell(0)),
  ]);
  expect(await readDistricts(path)).toEqual({
    subdistricts: [
      { code: '2', name: '乙', polygons: [[cell(1)]] },
      { code: '1', name: '甲', polygons: [[cell(0)]] },
    ],
    warnings: [],
  });
});

test('features that share a code become one, repeats are left out with a warning', async () => {
  const { subdistricts, warnings } = await readDistricts(
    collection([one([cell(0)]), one([cell(5)]), one([cell(0)])]),
  );
  expect(subdistricts).toEqual([{ code: '1', name: '甲', polygons: [[cell(0)], [cell(5)]] }]);
  expect(warnings).toEqual([expect.stringMatching(/feature 3 \(甲\) repeats an earlier feature/)]);
});

test('one code for two names is refused', async () => {
  const path = collection([one([cell(0)]), one([cell(1)], { code: '1', name: '乙' })]);
  expect(await problem(path)).toMatch(/feature 2 \(乙\): code 1 already belongs to "甲".*--code-field/);
});

test('rings are closed and wound by the right-hand rule, repeated points dropped', async () => {
  const ring = [...cell(0).slice(0, 4)].reverse();
  const hole = cell(0.2, 0.2, 0.5);
  const { subdistricts } = await readDistricts(collection([one([[ring[0], ...ring], hole])]));
  const [[outer, inner]] = subdistricts[0].polygons;
  expect(outer).toHaveLength(5);
  expect(outer).toEqual([ring[0], ring[3], ring[2], ring[1], ring[0]]);
  expect(inner).toEqual([...hole].reverse());
});

test('a missing property lists those there are and names the option', async () => {
  const path = collection([one([cell(0)], { adcode: '1', 名称: '甲' })]);
  expect(await problem(path)).toMatch(
    /feature 1: has no property "code"; .*--code-field \(there are: adcode, 名称\)/,
  );
  expect(await problem(path, { codeField: 'adcode' })).toMatch(/no property "name"; .*--name-field/);
  const { subdistricts } = await readDistricts(path, { codeField: 'adcode', nameField: '名称' });
  expect(subdistricts[0]).toMatchObject({ code: '1', name: '甲' });
});

test.each([
  [
    'a bow-tie',
    one([
      [
        [114, 22],
        [114.01, 22.01],
        [114.01, 22],
        [114, 22.01],
        [114, 22],
      ],
    ]),
    /feature 1 \(甲\): its boundary crosses itself near 114.005, 22.005; repair/,
  ],
  ['a hole across the outer ring', one([cell(0), cell(0.5)]), /crosses itself|without/],
  [
    'a spike',
    one([
      [
        [114, 22],
        [114.01, 22],
        [114.01, 22.01],
        [114.01, 22.02],
        [114.01, 22.01],
        [114, 22.01],
        [114, 22],
      ],
    ]),
    /crosses itself/,
  ],
  [
    'metres without a crs',
    one([
      [
        [500000, 2490000],
        [500100, 2490000],
        [500100, 2490100],
        [500000, 2490000],
      ],
    ]),
    /500000, 2490000, which is no longitude, latitude.*"crs"/,
  ],
  [
    'a point',
    { type: 'Feature', properties: { name: '甲' }, geometry: { type: 'Point', coordinates: [1, 2] } },
    /feature 1 \(甲\): is a Point; expected a Polygon/,
  ],
  ['no geometry', { type: 'Feature', properties: {}, geometry: null }, /has no geometry/],
  [
    'null in a coordinate',
    one([
      [
        [114, null as unknown as number],
        [1, 1],
        [2, 2],
        [1, 1],
      ],
    ]),
    /broken Polygon/,
  ],
  [
    'a line as ring',
    one([
      [
        [114, 22],
        [114.01, 22.01],
        [114, 22],
      ],
    ]),
    /ring without area/,
  ],
  [
    'an empty polygon',
    {
      type: 'Feature',
      properties: { code: 1, name: '甲' },
      geometry: { type: 'MultiPolygon', coordinates: [] },
    },
    /empty geometry/,
  ],
  ['a code with a slash', one([cell(0)], { code: '../x', name: '甲' }), /code "..\/x" has characters/],
  ['an empty name', one([cell(0)], { code: '1', name: ' ' }), /has an empty "name"/],
])('%s is refused, naming the feature', async (_, bad, message) => {
  expect(await problem(collection([bad]))).toMatch(message);
});

test('files that are none are refused by name', async () => {
  expect(await problem(join(folder, 'none.geojson'))).toMatch(/none\.geojson cannot be read/);
  expect(await problem(write('{'))).toMatch(/not valid JSON/);
  expect(await problem(write([one([cell(0)])]))).toMatch(/not a GeoJSON FeatureCollection/);
  expect(await problem(collection([]))).toMatch(/no features/);
  expect(await problem(write('x', 'kml'))).toMatch(/expected .geojson, .json, .shp or .gpkg/);
  expect(await problem(write('x', 'gpkg'))).toMatch(/cannot be read/);
  expect(await problem(write('x', 'shp'))).toMatch(/lacks the .shx/);
});

test('the crs member is minded', async () => {
  const to = transformer(WGS84, crsFromEpsg(4547));
  const moved = cell(0).map(([x, y]) => [...to(x, y)]);
  const path = collection([one([moved])], {
    crs: { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::4547' } },
  });
  const [[outer]] = (await readDistricts(path)).subdistricts[0].polygons;
  cell(0).forEach(([x, y], i) => {
    expect(outer[i][0]).toBeCloseTo(x, 8);
    expect(outer[i][1]).toBeCloseTo(y, 8);
  });
  const crs84 = collection([one([cell(0)])], {
    crs: { type: 'name', properties: { name: 'urn:ogc:def:crs:OGC:1.3:CRS84' } },
  });
  expect((await readDistricts(crs84)).subdistricts[0].polygons).toEqual([[cell(0)]]);
});

test('overlaps and gaps are measured and told', async () => {
  const overlapping = collection([one([cell(0)]), one([cell(0.9)], { code: '2', name: '乙' })]);
  // a tenth of 1.03 km × 1.11 km
  expect((await readDistricts(overlapping)).warnings).toEqual([
    expect.stringMatching(/^甲 and 乙 overlap by about 1[12] ha;/),
  ]);
  const holed = collection([one([cell(0), cell(0.25, 0.25, 0.5)])]);
  expect((await readDistricts(holed)).warnings).toEqual([
    expect.stringMatching(/^about 29 ha between the subdistricts/),
  ]);
});

const SQUARE = {
  type: 'FeatureCollection',
  features: [one([cell(0)], { code: '440303003', name: '东门街道' })],
};
const asFormat = async (options: string[], source: unknown = SQUARE) =>
  convert({
    files: new Map([['in.geojson', Buffer.from(JSON.stringify(source))]]),
    source: 'in.geojson',
    options,
  });

test('a GeoPackage in another CRS comes back in longitude, latitude', async () => {
  const path = join(folder, 'd.gpkg');
  const files = await asFormat(['-f', 'GPKG', '-t_srs', 'EPSG:4547']);
  writeFileSync(path, files.get('out.gpkg') ?? '');
  const { subdistricts, warnings } = await readDistricts(path);
  expect(warnings).toEqual([]);
  expect(subdistricts[0]).toMatchObject({ code: '440303003', name: '东门街道' });
  subdistricts[0].polygons[0][0].forEach(([x, y]) => {
    expect(Math.abs(((x - 114) * 100) % 1)).toBeLessThan(1e-5);
    expect(y).toBeGreaterThan(21.9999999);
  });
});

describe.each([
  ['UTF-8 with its .cpg', ['-lco', 'ENCODING=UTF-8'], true],
  ['UTF-8 without .cpg', ['-lco', 'ENCODING=UTF-8'], false],
])('a shapefile in %s', (title, options, withCpg) => {
  test('keeps its Chinese names', async () => {
    const stem = join(folder, title.replaceAll(/\W/g, ''));
    for (const [name, bytes] of await asFormat(['-f', 'ESRI Shapefile', '-t_srs', 'EPSG:4547', ...options])) {
      if (withCpg || !name.endsWith('.cpg')) writeFileSync(stem + name.slice(3), bytes);
    }
    const { subdistricts } = await readDistricts(`${stem}.shp`);
    expect(subdistricts).toEqual([expect.objectContaining({ code: '440303003', name: '东门街道' })]);
    expect(subdistricts[0].polygons[0][0][0][0]).toBeCloseTo(114, 6);
  });
});

test.each([
  ['a .cpg that says GBK', 'GBK', 0],
  ['a .cpg that says 936', '936', 0],
  ['the language driver of a Chinese dBASE', null, 0x4d],
  ['nothing that says so', null, 0],
])('a shapefile in GBK with %s keeps its Chinese names', async (_, cpg, driver) => {
  const stem = join(folder, `gbk${cpg}${driver}`);
  const latin = structuredClone(SQUARE);
  // GBK bytes of 东门街道, one character a byte
  latin.features[0].properties = { code: '440303003', name: '\xb6\xab\xc3\xc5\xbd\xd6\xb5\xc0' };
  for (const [name, bytes] of await asFormat(
    ['-f', 'ESRI Shapefile', '-lco', 'ENCODING=ISO-8859-1'],
    latin,
  )) {
    if (name.endsWith('.cpg')) continue;
    if (name.endsWith('.dbf')) bytes[29] = driver;
    writeFileSync(stem + name.slice(3), bytes);
  }
  if (cpg) writeFileSync(`${stem}.cpg`, cpg);
  const { subdistricts } = await readDistricts(`${stem}.shp`);
  expect(subdistricts[0].name).toBe('东门街道');
});

const real = process.env.TUBAN_REAL_DATA ?? fileURLToPath(new URL('../../shared/data', import.meta.url));
const luohu = join(real, 'luohu');
const absent = !existsSync(luohu);
if (absent && process.env.TUBAN_REQUIRE_REAL_DATA === '1')
  throw new Error('TUBAN_REQUIRE_REAL_DATA=1, but the real data is not there');
if (absent) console.warn('tests on the boundaries of Luohu are skipped: TUBAN_REAL_DATA is not there');

describe.skipIf(absent)('the boundaries of Luohu', () => {
  test('ten subdistricts without gaps or overlaps', async () => {
    const { subdistricts, warnings } = await readDistricts(join(luohu, 'luohu_subdistricts_wgs84.geojson'));
    expect(subdistricts.map((s) => s.code)).toContain('440303010');
    expect(subdistricts).toHaveLength(10);
    expect(warnings).toEqual([]);
  });

  test('the simplified ones: no code is told with its cure, then slivers and overlaps', async () => {
    const path = join(luohu, 'luohu_subdistricts_simplified_javaeer.geojson');
    expect(await problem(path)).toMatch(
      /no property "code".*--code-field \(there are: name, province, city, county\)/,
    );
    const { subdistricts, warnings } = await readDistricts(path, { codeField: 'name' });
    expect(subdistricts).toHaveLength(10);
    expect(warnings.some((warning) => /overlap by about/.test(warning))).toBe(true);
    expect(warnings.some((warning) => /belong to none/.test(warning))).toBe(true);
  });

  test('an array of features is no FeatureCollection', async () => {
    expect(await problem(join(luohu, 'datav_440303_gcj02.geojson'))).toMatch(
      /not a GeoJSON FeatureCollection/,
    );
  });

  test('a file of DataV is told to be off', async () => {
    const features = JSON.parse(readFileSync(join(luohu, 'datav_440303_gcj02.geojson'), 'utf8'));
    const { warnings } = await readDistricts(collection(features), { codeField: 'adcode' });
    expect(warnings).toContainEqual(expect.stringMatching(/GCJ-02/));
  });
});
