import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openTestDatabase, type TestDatabase } from '../../../vector/store/testing.js';
import { gdalThere } from '../../shared/testing/gdal.js';
import type { SignedIn } from '../permissions.js';
import { ogc } from './ogc.js';
import {
  bareServer,
  depsOf,
  EAST,
  makeDistrict,
  officerOf,
  PLANNER,
  publishMonth,
  WEST,
} from './testing/parts.js';

const Collection = z.object({
  type: z.literal('FeatureCollection'),
  numberMatched: z.number(),
  numberReturned: z.number(),
  links: z.array(z.object({ rel: z.string(), href: z.string() })),
  features: z.array(
    z.object({
      id: z.string(),
      geometry: z
        .object({ type: z.string(), coordinates: z.array(z.array(z.array(z.unknown()))) })
        .nullable(),
      properties: z.record(z.string(), z.unknown()),
    }),
  ),
});

let opened: TestDatabase;
let app: FastifyInstance;
let user: SignedIn | null = PLANNER;

beforeAll(async () => {
  opened = await openTestDatabase();
  await makeDistrict(opened.db);
  await publishMonth(opened.db, '2026-07');
  await publishMonth(opened.db, '2026-08');
  await opened.db.query(
    `INSERT INTO tuban.lead (number, month, disposition, priority, reasons, suspected_m2, permits, zones, cameras, due)
     SELECT number, month, 'sent', 'high', '[]', area_m2, '[]', '[]', '[]', date '2026-09-10' FROM tuban.patch WHERE class = 'building_new'`,
  );
  app = bareServer(() => user);
  await app.register(ogc, { deps: depsOf(opened.db) });
});
beforeEach(() => {
  user = PLANNER;
});
afterAll(async () => {
  await app?.close();
  await opened?.dispose();
});

const get = (url: string) => app.inject({ method: 'GET', url });
const json = async (url: string) => {
  const answer = await get(url);
  expect(answer.statusCode, `${url}: ${answer.body}`).toBe(200);
  return answer.json();
};
const items = async (collection: string, query: Readonly<Record<string, string>> = {}) =>
  Collection.parse(await json(`/ogc/collections/${collection}/items?${new URLSearchParams(query)}`));
const firstPoint = (page: z.infer<typeof Collection>) => page.features[0].geometry?.coordinates[0][0];
const OGC = 'http://www.opengis.net/def/crs';

describe('OGC API – Features: what it says of itself', () => {
  test('the landing page links the API, conformance and data, as JSON and as HTML', async () => {
    const page = await json('/ogc');
    const rels = page.links.map((l: { rel: string }) => l.rel);
    expect(rels).toEqual(expect.arrayContaining(['self', 'service-desc', 'conformance', 'data']));
    const html = await app.inject({ url: '/ogc', headers: { accept: 'text/html,application/xhtml+xml' } });
    expect(html.headers['content-type']).toContain('text/html');
    expect(html.body).toContain('QGIS');
  });

  test('it declares the conformance classes of Parts 1 to 3 and CQL2', async () => {
    const { conformsTo } = await json('/ogc/conformance');
    for (const part of [
      'features-1/1.0/conf/core',
      'features-2/1.0/conf/crs',
      'features-3/1.0/conf/filter',
      'cql2/1.0/conf/cql2-text',
    ]) {
      expect(conformsTo.some((uri: string) => uri.endsWith(part))).toBe(true);
    }
  });

  test('every collection has an extent, its CRSs, the CRS it is stored in, and queryables', async () => {
    const { collections } = await json('/ogc/collections');
    expect(collections.map((c: { id: string }) => c.id)).toEqual([
      'patches',
      'leads',
      'subdistricts',
      'areas',
    ]);
    const [patches] = collections;
    expect(patches.crs).toEqual([
      `${OGC}/OGC/1.3/CRS84`,
      `${OGC}/EPSG/0/4326`,
      `${OGC}/EPSG/0/4490`,
      `${OGC}/EPSG/0/4547`,
    ]);
    expect(patches.storageCrs).toBe(`${OGC}/EPSG/0/4547`);
    expect(patches.extent.temporal.interval).toEqual([['2026-07-01T00:00:00Z', '2026-08-31T23:59:59Z']]);
    const schema = await json('/ogc/collections/patches/queryables');
    expect(schema.properties.class.enum).toContain('building_new');
    expect(schema.additionalProperties).toBe(false);
  });

  test('the API document names every parameter that is taken', async () => {
    const api = await json('/ogc/api');
    expect(api.openapi).toMatch(/^3\.0/);
    for (const { name } of api.paths['/collections/patches/items'].get.parameters) {
      const { statusCode, body } = await get(
        `/ogc/collections/patches/items?${encodeURIComponent(name)}=%20`,
      );
      expect(body, name).not.toContain('Unknown parameter');
      expect(statusCode).toBeLessThan(500);
    }
  });
});

describe('items', () => {
  test('a feature has the properties of the exports, and its id is its number', async () => {
    const page = await items('patches', { month: '2026-08', limit: '1' });
    expect(page).toMatchObject({ numberMatched: 5, numberReturned: 1 });
    const [{ id, properties }] = page.features;
    expect(properties).toMatchObject({
      number: id,
      month: '2026-08',
      against: 'mom',
      class_zh: expect.any(String),
    });
  });

  test('next links lead through all items, each once, and the header has them too', async () => {
    const seen: string[] = [];
    let url = '/ogc/collections/patches/items?limit=3';
    for (let pages = 0; url !== '' && pages < 9; pages++) {
      const answer = await get(url);
      const page = Collection.parse(answer.json());
      seen.push(...page.features.map((f) => f.id));
      const next = page.links.find((l) => l.rel === 'next')?.href ?? '';
      expect(String(answer.headers.link).includes('rel="next"')).toBe(next !== '');
      url = next.replace(/^http:\/\/[^/]+/, '');
    }
    expect(seen).toHaveLength(10);
    expect(new Set(seen).size).toBe(10);
  });

  test('coordinates stand in the order of axes of the CRS asked for, and Content-Crs names it', async () => {
    const number = (await items('patches', { month: '2026-08' })).features[0].id;
    const at = async (crs: string) => {
      const answer = await get(
        `/ogc/collections/patches/items?number=${number}&crs=${encodeURIComponent(crs)}`,
      );
      expect(answer.headers['content-crs']).toBe(`<${crs}>`);
      return firstPoint(Collection.parse(answer.json()));
    };
    const [lon, lat] = z.tuple([z.number(), z.number()]).parse(await at(`${OGC}/OGC/1.3/CRS84`));
    expect(lon).toBeCloseTo(114, 1);
    expect(lat).toBeCloseTo(22.5, 1);
    expect(await at(`${OGC}/EPSG/0/4326`)).toEqual([lat, lon]);
    // CGCS2000 and WGS84 are one to a centimetre here
    expect(await at(`${OGC}/EPSG/0/4490`)).toEqual([expect.closeTo(lat, 6), expect.closeTo(lon, 6)]);
    const [north, east] = z.tuple([z.number(), z.number()]).parse(await at(`${OGC}/EPSG/0/4547`));
    expect(north).toBeGreaterThan(2_489_999);
    expect(east).toBeGreaterThanOrEqual(500_000);
    expect(east).toBeLessThan(501_001);
  });

  test('a box finds the same items in every CRS', async () => {
    const [[lon, lat]] = z
      .array(z.tuple([z.number(), z.number()]))
      .parse(
        z
          .array(z.unknown())
          .parse(
            (await items('patches', { class: 'forest_loss', month: '2026-08' })).features[0].geometry
              ?.coordinates[0],
          ),
      );
    const d = 0.0003;
    for (const [crs, bbox] of [
      [`${OGC}/OGC/1.3/CRS84`, [lon, lat, lon + d, lat + d]],
      [`${OGC}/EPSG/0/4490`, [lat, lon, lat + d, lon + d]],
      [`${OGC}/EPSG/0/4547`, [2_490_200, 500_200, 2_490_230, 500_230]],
    ] as const) {
      const page = await items('patches', { month: '2026-08', bbox: bbox.join(','), 'bbox-crs': crs });
      expect(
        page.features.map((f) => f.properties.class),
        crs,
      ).toEqual(['forest_loss']);
    }
  });

  test('boxes of the whole world, over the date line and elsewhere', async () => {
    expect((await items('patches', { bbox: '-180,-90,180,90' })).numberMatched).toBe(10);
    expect((await items('patches', { bbox: '100,-80,-170,80' })).numberMatched).toBe(10);
    expect((await items('patches', { bbox: '-170,-80,100,80' })).numberMatched).toBe(0);
    expect((await items('subdistricts', { bbox: '-180,-90,180,90' })).numberMatched).toBe(2);
    expect((await items('patches', { bbox: '113,22,0,115,23,9' })).numberMatched).toBe(10);
  });

  test('datetime takes instants and open intervals', async () => {
    const count = async (datetime: string) => (await items('patches', { datetime })).numberMatched;
    expect(await count('2026-08-15')).toBe(5);
    expect(await count('2026-07-15T00:00:00Z/..')).toBe(10);
    expect(await count('../2026-06-30')).toBe(0);
    expect(await count('2026-07-01/2026-07-31')).toBe(5);
  });

  test('filters in text and JSON and parameters by name find the same', async () => {
    const text = await items('patches', {
      filter: "class = 'building_new' AND area_m2 BETWEEN 300 AND 500 AND month = '2026-08'",
    });
    const cql = {
      op: 'and',
      args: [
        { op: '=', args: [{ property: 'class' }, 'building_new'] },
        { op: '>=', args: [{ property: 'area_m2' }, 300] },
        { op: '=', args: [{ property: 'month' }, '2026-08'] },
      ],
    };
    const asJson = await items('patches', { filter: JSON.stringify(cql), 'filter-lang': 'cql2-json' });
    const byName = await items('patches', { class: 'building_new', area_m2: '400', month: '2026-08' });
    expect(text.numberMatched).toBe(2);
    expect(asJson.features.map((f) => f.id)).toEqual(text.features.map((f) => f.id));
    expect(byName.features.map((f) => f.id)).toEqual(text.features.map((f) => f.id));
  });

  test('S_INTERSECTS asks the ground, in the filter’s CRS', async () => {
    const inMetres = await items('patches', {
      filter: "S_INTERSECTS(geometry, POINT(2490105 500105)) AND month IN ('2026-08')",
      'filter-crs': `${OGC}/EPSG/0/4547`,
    });
    expect(inMetres.numberMatched).toBe(1);
    expect((await items('patches', { filter: 'S_INTERSECTS(geometry, POINT(0 0))' })).numberMatched).toBe(0);
    expect(
      (await items('areas', { filter: 'S_INTERSECTS(geometry, BBOX(113,22,115,23))' })).numberMatched,
    ).toBe(4);
    const crossed = 'S_INTERSECTS(geometry, POLYGON((113 22,115 23,115 22,113 23,113 22)))';
    expect(
      (await get(`/ogc/collections/patches/items?filter=${encodeURIComponent(crossed)}`)).statusCode,
    ).toBe(200);
  });

  test('each comparison works on every queryable of every collection', async () => {
    for (const collection of ['patches', 'leads', 'subdistricts', 'areas']) {
      const { properties } = await json(`/ogc/collections/${collection}/queryables`);
      for (const [name, { type, format }] of Object.entries<{ type?: string; format: string }>(properties)) {
        const value =
          type === 'number'
            ? '1'
            : type === 'boolean'
              ? 'TRUE'
              : format === 'date'
                ? "DATE('2026-09-01')"
                : format === 'date-time'
                  ? "TIMESTAMP('2026-09-01T00:00:00Z')"
                  : "'x'";
        const filter = type === undefined ? `${name} IS NOT NULL` : `${name} <> ${value} OR ${name} IS NULL`;
        const answer = await get(`/ogc/collections/${collection}/items?filter=${encodeURIComponent(filter)}`);
        expect(answer.statusCode, `${collection}: ${filter}: ${answer.body.slice(0, 300)}`).toBe(200);
      }
    }
  });

  test('land states come by month and subdistrict, ground outside them without geometry', async () => {
    const page = await items('areas', { month: '2026-08' });
    expect(page.features.map((f) => f.id)).toEqual([
      `2026-08.mom.${EAST}`,
      `2026-08.mom.${WEST}`,
      '2026-08.mom.outside',
    ]);
    expect(page.features[0].properties).toMatchObject({
      built_m2: 130,
      before_built_m2: 100,
      usable_m2: 900,
    });
    expect(page.features[2].geometry).toBeNull();
  });

  test.each([
    ['limit=0', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=many', 'limit'],
    ['limit=1&limit=2', 'more than once'],
    ['offset=1e9', 'offset'],
    ['bbox=1,2,3', 'bbox'],
    ['bbox=1,2,3,x', 'bbox'],
    ['bbox=1,5,3,4', 'bbox'],
    ['bbox-crs=EPSG:4326', 'bbox-crs'],
    ['crs=http://www.opengis.net/def/crs/EPSG/0/3857', 'crs'],
    ['datetime=yesterday', 'datetime'],
    ['datetime=2026-09-01/2026-08-01', 'datetime'],
    ['datetime=2026-01-01/2026-02-01/2026-03-01', 'datetime'],
    ['colour=red', 'Unknown parameter "colour"'],
    ['area_m2=big', 'area_m2'],
    ["filter=colour%3D'red'", 'unknown property'],
    ['filter=x&filter-lang=sql', 'filter-lang'],
    ['filter=%7B&filter-lang=cql2-json', 'not JSON'],
    ['f=gml', 'f: '],
    ['class=a%00b', 'NUL'],
  ])('%s is a 400 that names it', async (query, words) => {
    const answer = await get(`/ogc/collections/patches/items?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json().detail).toContain(words);
  });

  test('a collection or an item that is not there is a 404', async () => {
    for (const url of [
      '/ogc/collections/cats',
      '/ogc/collections/patches/items/nothing',
      '/ogc/collections/patches/items/a%00b',
    ]) {
      expect((await get(url)).statusCode, url).toBe(404);
    }
  });
});

describe('officers', () => {
  test('see leads, patches and areas of their own subdistricts only, by id too', async () => {
    const foreign = (await items('leads', { subdistrict_code: WEST })).features[0].id;
    user = officerOf(EAST);
    for (const collection of ['patches', 'leads', 'areas']) {
      const codes = (await items(collection)).features.map((f) => f.properties.subdistrict_code);
      expect(new Set(codes), collection).toEqual(new Set([EAST]));
      const or = await items(collection, { filter: `subdistrict_code = '${WEST}' OR TRUE` });
      expect(new Set(or.features.map((f) => f.properties.subdistrict_code)), collection).toEqual(
        new Set([EAST]),
      );
    }
    expect((await get(`/ogc/collections/leads/items/${foreign}`)).statusCode).toBe(404);
    expect((await get(`/ogc/collections/patches/items/${foreign}`)).statusCode).toBe(404);
    expect((await items('subdistricts')).numberMatched).toBe(2);
    user = PLANNER;
    expect((await get(`/ogc/collections/leads/items/${foreign}`)).statusCode).toBe(200);
  });
});

describe.skipIf(!gdalThere())('GDAL’s OAPIF driver', () => {
  test('reads every collection over HTTP', async () => {
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    const run = promisify(execFile);
    const count = async (collection: string) => {
      const { stdout } = await run('ogrinfo', ['-so', '-ro', `OAPIF:${address}/ogc`, collection], {
        timeout: 60_000,
      });
      return Number(/Feature Count: (\d+)/.exec(stdout)?.[1]);
    };
    expect(await count('patches')).toBe(10);
    expect(await count('leads')).toBe(6);
    expect(await count('subdistricts')).toBe(2);
    expect(await count('areas')).toBe(6);
    const { stdout } = await run('ogrinfo', [
      '-ro',
      `OAPIF:${address}/ogc`,
      'patches',
      '-where',
      "class = 'forest_loss'",
    ]);
    expect(stdout.match(/^OGRFeature/gm)).toHaveLength(2);
  });
});
