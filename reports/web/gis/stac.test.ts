import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { writeCog } from '../../../raster/cog/writer.js';
import { publishedRun } from '../../../vector/store/runs.js';
import { GRID } from '../../../vector/store/sample.js';
import { addScene } from '../../../vector/store/scenes.js';
import { openTestDatabase, type TestDatabase } from '../../../vector/store/testing.js';
import { gdalThere } from '../../shared/testing/gdal.js';
import { stac } from './stac.js';
import { bareServer, depsOf, makeDistrict, PLANNER, publishMonth } from './testing/parts.js';

/** The rules of STAC 1.1 that an item must keep, and those of the extensions used: no validator works without a network. */
const Link = z.object({ rel: z.string().min(1), href: z.url() });
const Classes = z
  .array(
    z.object({
      value: z.number().int(),
      name: z.string().regex(/^[0-9A-Za-z_-]+$/),
      color_hint: z
        .string()
        .regex(/^[0-9A-F]{6}$/)
        .optional(),
    }),
  )
  .min(1);
const Item = z
  .object({
    type: z.literal('Feature'),
    stac_version: z.literal('1.1.0'),
    stac_extensions: z.array(z.url()),
    id: z.string().min(1),
    collection: z.string(),
    geometry: z.object({
      type: z.literal('Polygon'),
      coordinates: z.array(z.array(z.array(z.number()).length(2)).min(4)),
    }),
    bbox: z.array(z.number()).length(4),
    properties: z.looseObject({
      datetime: z.iso.datetime().nullable(),
      start_datetime: z.iso.datetime().optional(),
      end_datetime: z.iso.datetime().optional(),
      'proj:code': z
        .string()
        .regex(/^[A-Z]+:\d+$/)
        .nullable(),
      'proj:shape': z.array(z.number().int()).length(2).optional(),
      'proj:transform': z.array(z.number()).min(6).optional(),
      'processing:software': z.record(z.string(), z.string()).optional(),
      renders: z.record(z.string(), z.object({ assets: z.array(z.string()).min(1) })).optional(),
    }),
    links: z.array(Link),
    assets: z.record(
      z.string(),
      z.looseObject({
        href: z.url(),
        roles: z.array(z.string()),
        'file:size': z.number().int().optional(),
        'classification:classes': Classes.optional(),
      }),
    ),
  })
  .refine(
    ({ properties: p }) =>
      p.datetime !== null || (p.start_datetime !== undefined && p.end_datetime !== undefined),
  )
  .refine(({ links }) =>
    ['self', 'root', 'parent', 'collection'].every((rel) => links.some((l) => l.rel === rel)),
  )
  .refine(({ properties, assets }) =>
    Object.values(properties.renders ?? {}).every((render) => render.assets.every((key) => key in assets)),
  );

const folder = mkdtempSync(join(tmpdir(), 'tuban-stac-'));
const scene = join(folder, 'scene 影像.tif');
let opened: TestDatabase;
let app: FastifyInstance;

beforeAll(async () => {
  opened = await openTestDatabase();
  const { db } = opened;
  await makeDistrict(db);
  await publishMonth(db, '2026-08');
  const run = await publishedRun(db, { month: '2026-08', against: 'mom' });
  const rasters = join(folder, 'runs', String(run?.id));
  mkdirSync(rasters, { recursive: true });
  const codes = new Uint8Array(GRID.width * GRID.height).fill(1);
  await writeCog(
    join(rasters, 'change.tif'),
    { grid: GRID, bands: 1, sampleType: 'uint8', overviews: 'nearest' },
    [codes],
  );
  writeFileSync(scene, 'not looked into');
  const ring = [
    [114, 22.5],
    [114.01, 22.5],
    [114.01, 22.51],
    [114, 22.51],
    [114, 22.5],
  ] as const;
  const common = {
    month: '2026-08',
    sensor: 'gaofen-2',
    crs: 'EPSG:4547',
    footprint: ring,
    resolutionM: 2,
    bands: {},
  };
  await addScene(db, { ...common, files: [scene], acquired: '2026-08-15' });
  await addScene(db, { ...common, files: ['https://host/far.tif?signature=secret'], acquired: null });
  app = bareServer(() => PLANNER);
  await app.register(stac, {
    deps: depsOf(db, { config: { district: '罗湖区', stateDir: folder, publicUrl: '' } }),
  });
});
afterAll(async () => {
  await app?.close();
  await opened?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });
const local = (address: string) => address.replace(/^http:\/\/[^/]+/, '');

test('from the root, links lead to both collections and to every item', async () => {
  const root = (await get('/stac')).json();
  expect(root).toMatchObject({ type: 'Catalog', stac_version: '1.1.0' });
  const children = root.links.filter((l: { rel: string }) => l.rel === 'child');
  expect(children).toHaveLength(2);
  for (const child of children) {
    const collection = (await get(local(child.href))).json();
    expect(collection).toMatchObject({
      type: 'Collection',
      license: 'other',
      extent: { temporal: { interval: [['2026-08-01T00:00:00Z', '2026-08-31T23:59:59Z']] } },
    });
    const items = collection.links.find((l: { rel: string }) => l.rel === 'items');
    const { features } = (await get(local(items.href))).json();
    for (const feature of features) {
      Item.parse(feature);
      const self = feature.links.find((l: { rel: string }) => l.rel === 'self');
      expect((await get(local(self.href))).json()).toEqual(feature);
    }
    expect(features).toHaveLength(collection.id === 'scenes' ? 2 : 1);
  }
});

test('pages of items are linked', async () => {
  const first = (await get('/stac/collections/scenes/items?limit=1')).json();
  const next = first.links.find((l: { rel: string }) => l.rel === 'next');
  const second = (await get(local(next.href))).json();
  expect(second.features[0].id).not.toBe(first.features[0].id);
  expect(second.links.some((l: { rel: string }) => l.rel === 'next')).toBe(false);
  expect((await get('/stac/collections/scenes/items?limit=0')).statusCode).toBe(400);
});

test('a change item tells its classes, its colours, where it lies and what made it', async () => {
  const item = Item.parse((await get('/stac/collections/changes/items/2026-08.mom')).json());
  expect(item.properties).toMatchObject({ 'proj:code': 'EPSG:4547', 'proj:shape': [500, 500] });
  expect(item.assets.change['classification:classes']?.map((c) => c.name)).toContain('building_new');
  expect(Object.keys(item.assets)).toEqual(['change']);
});

test('a file behind an address is not handed out, and its signature not shown', async () => {
  const { body } = await get('/stac/collections/scenes/items');
  expect(body).not.toContain('secret');
});

test('files come whole or by the range asked for', async () => {
  const { features } = (await get('/stac/collections/scenes/items')).json();
  const [asset] = features.flatMap((f: { assets: object }) => Object.values(f.assets));
  const url = local(asset.href);
  const whole = await get(url);
  expect(whole.body).toBe('not looked into');
  expect(whole.headers['accept-ranges']).toBe('bytes');
  const cases: [string, number, string][] = [
    ['bytes=0-2', 206, 'not'],
    ['bytes=11-', 206, 'into'],
    ['bytes=-4', 206, 'into'],
    ['bytes=11-999', 206, 'into'],
    ['bytes=0-1,3-4', 200, 'not looked into'],
    ['bytes=5-2', 200, 'not looked into'],
    ['lines=1-2', 200, 'not looked into'],
  ];
  for (const [range, status, text] of cases) {
    const answer = await get(url, { range });
    expect([answer.statusCode, answer.body], range).toEqual([status, text]);
  }
  expect((await get(url, { range: 'bytes=0-2' })).headers['content-range']).toBe('bytes 0-2/15');
  expect((await get(url, { range: 'bytes=15-' })).statusCode).toBe(416);
  expect((await get(url, { range: 'bytes=0-2', 'if-range': '"other"' })).statusCode).toBe(200);
  expect((await get(url, { 'if-none-match': String(whole.headers.etag) })).statusCode).toBe(304);
});

test('nothing but the item’s own files can be fetched', async () => {
  const own = '/stac/collections/changes/items/2026-08.mom/assets';
  expect((await get(`${own}/change`)).statusCode).toBe(200);
  for (const url of [
    `${own}/state`,
    `${own}/..%2F..%2Fscene`,
    `${own}/change.tif`,
    '/stac/collections/changes/items/..%2F1/assets/change',
    '/stac/collections/cats',
    '/stac/collections/scenes/items/x',
  ]) {
    expect((await get(url)).statusCode, url).toBe(404);
  }
});

test.skipIf(!gdalThere())('GDAL reads the change raster behind its address', async () => {
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  const { stdout } = await promisify(execFile)('gdalinfo', [
    '-checksum',
    `/vsicurl/${address}/stac/collections/changes/items/2026-08.mom/assets/change`,
  ]);
  expect(stdout).toContain('Size is 500, 500');
});
