import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { crsFromEpsg, WGS84 } from '../../raster/crs.js';
import { BadInput, Unavailable } from '../../raster/errors.js';
import { describeVectors } from '../gdal.js';
import type { Patch, PolygonRings } from '../patch.js';
import { findCrossing, signedArea } from '../rings.js';
import { draftAt, square } from '../store/sample.js';
import { type ExportFormat, exportPatches } from './export.js';
import { patchFeatureCollection } from './features.js';

const folder = mkdtempSync(join(tmpdir(), 'tuban-export-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const GRID = crsFromEpsg(4547);
const CGCS2000 = crsFromEpsg(4490);

const HOLED: PolygonRings = [...square(0, 0, 30), [...square(10, 10, 5)[0]].reverse()];
const PATCHES: readonly Patch[] = [
  {
    number: '202608-M-440303003-10001',
    ...draftAt(0, 0, 30, { rings: HOLED, areaM2: 875 }),
    filtering: null,
  },
  {
    number: '202608-M-000000000-70001',
    ...draftAt(100, 0, 10, {
      class: 'forest_loss',
      subdistrictCode: null,
      subdistrict: null,
      before: null,
      toBare: true,
      decided: null,
      state: 'dismissed',
    }),
    filtering: {
      filter: 3,
      chance: 0.1,
      held: true,
      zh: '与此前核查否定的 14 处相似',
      en: 'like 14 rejected before',
    },
  },
];

const write = async (
  name: string,
  format: ExportFormat,
  patches: readonly Patch[] = PATCHES,
  crs = GRID,
): Promise<string> => {
  const out = join(folder, name);
  await exportPatches(patches, { format, crs, gridCrs: GRID, out });
  return out;
};

const Layers = z.object({
  layers: z
    .array(
      z.object({
        name: z.string(),
        featureCount: z.number(),
        fields: z.array(z.object({ name: z.string(), type: z.string() })),
        geometryFields: z.array(
          z.object({
            type: z.string(),
            extent: z.array(z.number()).optional(),
            coordinateSystem: z.object({ projjson: z.object({ id: z.object({ code: z.number() }) }) }),
          }),
        ),
      }),
    )
    .length(1),
});

async function look(...paths: string[]) {
  const files = new Map(
    paths.map((path, i) => [`in${path.slice(path.lastIndexOf('.'))}`, readFileSync(paths[i])]),
  );
  return Layers.parse(await describeVectors({ files, source: [...files.keys()][0] })).layers[0];
}

test('GeoJSON is RFC 7946: longitude, latitude, right-handed, seven decimals, no crs member', async () => {
  const text = readFileSync(await write('a.geojson', 'geojson', PATCHES, WGS84), 'utf8');
  const collection = JSON.parse(text);
  expect(collection).toEqual(JSON.parse(JSON.stringify(patchFeatureCollection(PATCHES, GRID))));
  expect(Object.keys(collection)).toEqual(['type', 'features']);
  const rings = collection.features[0].geometry.coordinates;
  expect(signedArea(rings[0])).toBeGreaterThan(0);
  expect(signedArea(rings[1])).toBeLessThan(0);
  // gdaltransform -s_srs EPSG:4547 -t_srs EPSG:4490 (GDAL 3.6.2): 500000 2490000 → 114 22.5075195094684
  expect(rings[0][0][0]).toBe(114);
  expect(rings[0][0][1]).toBe(22.5075195);
  expect(text).not.toMatch(/\d\.\d{8,}/);
});

test('the properties of a feature are those of the contract', () => {
  const [first, second] = patchFeatureCollection(PATCHES, GRID).features;
  expect(first.properties).toEqual({
    number: '202608-M-440303003-10001',
    class: 'building_new',
    class_zh: '新增建筑',
    subdistrict_code: '440303003',
    subdistrict: '东门街道',
    before: '2026-07',
    after: '2026-08',
    area_m2: 875,
    area_mu: 1.3125,
    confidence: 0.875,
    state: 'suspected',
    perimeter_m: 120,
    compactness: 0.7854,
    centroid: [(114.123456789).toFixed(7), 22.5].map(Number),
    to_bare: false,
    decided: null,
    model: null,
    held_zh: null,
    held_en: null,
  });
  expect(second.properties).toMatchObject({
    subdistrict: null,
    before: null,
    to_bare: true,
    state: 'dismissed',
    held_zh: '与此前核查否定的 14 处相似',
    held_en: 'like 14 rejected before',
  });
});

test('GeoJSON in another CRS carries the old crs member and that CRS’s x, y', async () => {
  const collection = patchFeatureCollection(PATCHES, GRID, GRID);
  expect(collection.crs?.properties.name).toBe('urn:ogc:def:crs:EPSG::4547');
  expect(collection.features[0].geometry.coordinates[0][0]).toEqual([500_000, 2_490_000]);
  const layer = await look(await write('b.geojson', 'geojson', PATCHES, CGCS2000));
  expect(layer.geometryFields[0].coordinateSystem.projjson.id.code).toBe(4490);
});

test('a polygon that rounding would break keeps its digits', () => {
  // a neck half a millimetre wide: rounded to millimetres its sides meet
  const neck: PolygonRings = [
    [
      [0, 0],
      [10, 0],
      [10, 10],
      [5.0004, 10],
      [5.0004, 5],
      [5.0001, 5],
      [5.0001, 10],
      [0, 10],
      [0, 0],
    ],
  ];
  const [feature] = patchFeatureCollection([{ ...PATCHES[0], rings: neck }], GRID, GRID).features;
  expect(feature.geometry.coordinates[0]).toContainEqual([5.0004, 10]);
  expect(findCrossing(neck)).toBeNull();
});

for (const [epsg, crs] of [
  [4547, GRID],
  [4490, CGCS2000],
  [4326, WGS84],
] as const) {
  test(`a GeoPackage records EPSG:${epsg}, its layer and its fields`, async () => {
    const layer = await look(await write(`c${epsg}.gpkg`, 'gpkg', PATCHES, crs));
    expect(layer).toMatchObject({ name: 'patches', featureCount: 2 });
    expect(layer.geometryFields[0].type).toBe('Polygon');
    expect(layer.geometryFields[0].coordinateSystem.projjson.id.code).toBe(epsg);
    expect(layer.fields.map((field) => field.name)).toEqual([
      'number',
      'class',
      'class_zh',
      'subdistrict_code',
      'subdistrict',
      'before',
      'after',
      'area_m2',
      'area_mu',
      'confidence',
      'state',
      'perimeter_m',
      'compactness',
      'centroid_lon',
      'centroid_lat',
      'to_bare',
      'decided',
      'model',
      'held_zh',
      'held_en',
    ]);
    if (epsg !== 4547) expect(layer.geometryFields[0].extent?.[0]).toBeCloseTo(114, 3);
  });
}

test('a shapefile has all its parts, Chinese in UTF-8, and its CRS is recognized', async () => {
  const out = await write('d.shp', 'shp', PATCHES, GRID);
  const parts = ['.dbf', '.shx', '.prj', '.cpg'].map((ext) => out.replace('.shp', ext));
  expect(readFileSync(parts[3], 'utf8')).toBe('UTF-8');
  expect(readFileSync(parts[0]).includes(Buffer.from('东门街道'))).toBe(true);
  expect(readFileSync(parts[2], 'utf8')).toContain('CGCS2000_3_Degree_GK_CM_114E');
  const layer = await look(out, ...parts);
  expect(layer.featureCount).toBe(2);
  expect(layer.fields.every((field) => field.name.length <= 10)).toBe(true);
});

test('CSV starts with a byte order mark, holds WKT, and leaves numbers alone', async () => {
  const text = readFileSync(await write('e.csv', 'csv'), 'utf8');
  expect(text.startsWith('\uFEFFnumber,class,class_zh,')).toBe(true);
  const [, first] = text.split('\r\n');
  expect(first).toContain('"新增建筑","440303003","东门街道"');
  expect(first).toContain('"POLYGON ((500000 2490000,');
});

test('a text that a spreadsheet would run is disarmed in CSV, a negative number is not touched', async () => {
  const evil = { ...PATCHES[0], subdistrict: '=HYPERLINK("http://x")', centroid: [-73.9, -1] as const };
  const text = readFileSync(await write('f.csv', 'csv', [evil]), 'utf8');
  expect(text).toContain(`"'=HYPERLINK(""http://x"")"`);
  expect(text).toContain(',-73.9,-1,');
});

test('no patches make valid empty files with all their fields', async () => {
  const collection = JSON.parse(readFileSync(await write('g.geojson', 'geojson', []), 'utf8'));
  expect(collection.features).toEqual([]);
  expect(
    readFileSync(await write('g.csv', 'csv', []), 'utf8')
      .trim()
      .split('\r\n'),
  ).toHaveLength(1);
  const gpkg = await look(await write('g.gpkg', 'gpkg', []));
  expect([gpkg.featureCount, gpkg.fields.length]).toEqual([0, 20]);
  const shp = await write('g.shp', 'shp', []);
  const layer = await look(shp, ...['.dbf', '.shx', '.prj', '.cpg'].map((ext) => shp.replace('.shp', ext)));
  expect([layer.featureCount, layer.fields.length]).toEqual([0, 20]);
});

test('a file is replaced, and nothing temporary stays', async () => {
  writeFileSync(join(folder, 'h.gpkg'), 'old');
  await write('h.gpkg', 'gpkg');
  expect((await look(join(folder, 'h.gpkg'))).featureCount).toBe(2);
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('a shapefile by another name, and a folder that is a file, are told with the cure', async () => {
  await expect(write('i.zip', 'shp')).rejects.toThrow(BadInput);
  writeFileSync(join(folder, 'file'), '');
  await expect(write('file/j.csv', 'csv')).rejects.toThrow(Unavailable);
});

test('loading GDAL leaves no global behind', () => {
  expect('location' in globalThis).toBe(false);
});
