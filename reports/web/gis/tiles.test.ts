import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VectorTile } from '@mapbox/vector-tile';
import type { FastifyInstance } from 'fastify';
import { PbfReader } from 'pbf';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { writeCog } from '../../../raster/cog/writer.js';
import { transformer, WGS84 } from '../../../raster/crs.js';
import type { OpenedScene } from '../../../raster/engine/prepare.js';
import { gridBounds } from '../../../raster/grid.js';
import { openScene } from '../../../raster/scene.js';
import { publishedRun } from '../../../vector/store/runs.js';
import { GRID } from '../../../vector/store/sample.js';
import { addScene } from '../../../vector/store/scenes.js';
import { openTestDatabase, type TestDatabase } from '../../../vector/store/testing.js';
import { gdalThere } from '../../shared/testing/gdal.js';
import type { SignedIn } from '../permissions.js';
import { imageTiles } from './image-tiles.js';
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
import { boxesMeet, type Tile, tileBox, tileGrid, unitSquareOf } from './tile-math.js';
import { tilejson } from './tilejson.js';
import { vectorTiles } from './vector-tiles.js';

const folder = mkdtempSync(join(tmpdir(), 'tuban-tiles-'));
const scenePath = join(folder, 'scene.tif');
let opened: TestDatabase;
let app: FastifyInstance;
let user: SignedIn | null = PLANNER;
let changePath = '';
const scenes: OpenedScene[] = [];

const toLonLat = transformer(GRID.crs, WGS84);
/** Tile at a zoom that holds a place of the sample grid, metres from its lower left corner. */
function tileAt(zoom: number, x: number, y: number): Tile {
  const [u, v] = unitSquareOf(...toLonLat(500_000 + x, 2_490_000 + y));
  return { z: zoom, x: Math.floor(u * 2 ** zoom), y: Math.floor(v * 2 ** zoom) };
}
/** Pixel of that tile there. */
function pixelAt(zoom: number, x: number, y: number): readonly [number, number] {
  const [u, v] = unitSquareOf(...toLonLat(500_000 + x, 2_490_000 + y));
  const part = (value: number) => Math.floor((value * 2 ** zoom - Math.floor(value * 2 ** zoom)) * 256);
  return [part(u), part(v)];
}
const pathOf = ({ z, x, y }: Tile) => `${z}/${x}/${y}`;

beforeAll(async () => {
  opened = await openTestDatabase();
  const { db } = opened;
  await makeDistrict(db);
  await publishMonth(db, '2026-08');
  const { width, height } = GRID;
  const plane = (value: (x: number, y: number) => number) =>
    Uint16Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width)));
  // blue, green, red, nir: the west is red, the east is blue, with a gradient so that the stretch has a range
  const west = (x: number) => x < width / 2;
  await writeCog(scenePath, { grid: GRID, bands: 4, sampleType: 'uint16', overviews: 'average', nodata: 0 }, [
    plane((x, y) => (west(x) ? 200 : 3000) + y),
    plane((_, y) => 500 + y),
    plane((x, y) => (west(x) ? 3000 : 200) + y),
    plane(() => 1000),
  ]);
  const run = await publishedRun(db, { month: '2026-08', against: 'mom' });
  changePath = join(folder, 'runs', String(run?.id), 'change.tif');
  mkdirSync(join(changePath, '..'), { recursive: true });
  // stripes of classes 1 and 6 with no change between, unusable at the top
  const codes = Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return y < 50 ? 255 : [0, 1, 0, 6][Math.floor(x / 40) % 4];
  });
  await writeCog(changePath, { grid: GRID, bands: 1, sampleType: 'uint8', overviews: 'nearest' }, [codes]);
  const [w, s] = toLonLat(500_000, 2_490_000);
  const [e, n] = toLonLat(501_000, 2_491_000);
  await addScene(db, {
    month: '2026-08',
    sensor: 'generic',
    files: [scenePath],
    crs: 'EPSG:4547',
    footprint: [
      [w, s],
      [e, s],
      [e, n],
      [w, n],
      [w, s],
    ],
    acquired: '2026-08-15',
    resolutionM: 2,
    bands: { bands: null, sourceCrs: null },
  });
  const spec = { files: [scenePath] };
  scenes.push({ spec, scene: await openScene(spec), month: '2026-08' });
  app = bareServer(() => user);
  const deps = depsOf(db, {
    config: { district: '', stateDir: folder, publicUrl: 'https://tuban.example/' },
    scenes: async () => scenes,
    now: () => new Date(),
  });
  for (const plugin of [vectorTiles, imageTiles, tilejson]) await app.register(plugin, { deps });
});
beforeEach(() => {
  user = PLANNER;
});
afterAll(async () => {
  await app?.close();
  await Promise.all(scenes.map(({ scene }) => scene.close()));
  await opened?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const get = (url: string, headers: Record<string, string> = {}) =>
  app.inject({ method: 'GET', url, headers });

async function layerOf(url: string, name: string) {
  const answer = await get(url);
  expect(answer.statusCode, answer.body).toBe(200);
  const layer = new VectorTile(new PbfReader(answer.rawPayload)).layers[name];
  return Array.from({ length: layer?.length ?? 0 }, (_, i) => layer.feature(i));
}
const pixels = async (body: Buffer) =>
  (await sharp(body).ensureAlpha().raw().toBuffer({ resolveWithObject: true })).data;
async function rgbaAt(url: string, [x, y]: readonly [number, number]): Promise<number[]> {
  const answer = await get(url);
  expect(answer.statusCode, answer.body).toBe(200);
  const at = 4 * (y * 256 + x);
  return [...(await pixels(answer.rawPayload)).subarray(at, at + 4)];
}

describe('tiles of the web map scheme', () => {
  test('a tile’s box holds its place, its neighbours share its edges', () => {
    const tile = { z: 16, x: 53535, y: 28550 };
    const [w, s, e, n] = tileBox(tile);
    expect(tileBox({ ...tile, x: tile.x + 1 })[0]).toBeCloseTo(e, 12);
    expect(tileBox({ ...tile, y: tile.y + 1 })[3]).toBeCloseTo(s, 12);
    const toMetres = transformer(WGS84, tileGrid(tile).crs);
    const { minX, maxY } = gridBounds(tileGrid(tile));
    const [x, y] = toMetres(w, n);
    expect(x).toBeCloseTo(minX, 4);
    expect(y).toBeCloseTo(maxY, 4);
  });

  test.each([
    '99/0/0',
    '3/8/0',
    '3/0/8',
    '-1/0/0',
    '1.5/0/0',
    'a/b/c',
    '3/1e0/0',
  ])('%s is no tile: 400', async (tile) => {
    for (const url of [`/tiles/patches/${tile}.pbf?month=2026-08`, `/tiles/image/2026-08/${tile}.webp`]) {
      expect((await get(url)).statusCode, url).toBe(400);
    }
  });
});

describe('vector tiles', () => {
  const tile = tileAt(13, 500, 250);

  test('hold the patches of the month with what a map filters by', async () => {
    const features = await layerOf(`/tiles/patches/${pathOf(tile)}.pbf?month=2026-08`, 'patches');
    expect(features.map((f) => f.properties.class).sort()).toEqual(
      ['building_new', 'building_new', 'building_new', 'forest_loss', 'water_gain'].sort(),
    );
    expect(Object.keys(features[0].properties).sort()).toEqual([
      'area_m2',
      'class',
      'confidence',
      'number',
      'state',
      'subdistrict_code',
    ]);
    expect(await layerOf(`/tiles/patches/${pathOf(tile)}.pbf?month=2026-07`, 'patches')).toEqual([]);
  });

  test('draw a patch where it is', async () => {
    const [water] = await layerOf(
      `/tiles/patches/${pathOf(tile)}.pbf?month=2026-08&class=water_gain`,
      'patches',
    );
    const ring = water.loadGeometry()[0];
    const [u, v] = unitSquareOf(...toLonLat(500_720, 2_490_220));
    const [x, y] = [(u * 2 ** 13 - tile.x) * 4096, (v * 2 ** 13 - tile.y) * 4096];
    const [xs, ys] = [ring.map((p) => p.x), ring.map((p) => p.y)];
    expect((Math.min(...xs) + Math.max(...xs)) / 2).toBeCloseTo(x, -0.5);
    expect((Math.min(...ys) + Math.max(...ys)) / 2).toBeCloseTo(y, -0.5);
  });

  test('from far away a patch is still a square of a few px; of those over each other the largest is drawn', async () => {
    const counts: number[] = [];
    for (const zoom of [0, 5, 9, 12, 14]) {
      const features = await layerOf(
        `/tiles/patches/${pathOf(tileAt(zoom, 500, 250))}.pbf?month=2026-08`,
        'patches',
      );
      counts.push(features.length);
      const areas = features.map(({ properties }) => Number(properties.area_m2));
      expect(Math.max(...areas), `zoom ${zoom}`).toBe(1600);
      for (const feature of features) {
        const xs = feature.loadGeometry()[0].map((p) => p.x);
        expect(Math.max(...xs) - Math.min(...xs)).toBeGreaterThanOrEqual(20);
      }
    }
    expect(counts[0]).toBe(1);
    expect(counts.at(-1)).toBe(5);
  });

  test.each([
    ['class=building_new,water_gain', 4],
    ['state=confirmed', 1],
    [`subdistrict=${EAST}`, 2],
    ['min_area=500', 2],
    ['min_confidence=0.8', 4],
    ['against=yoy', 0],
  ])('filter %s', async (filter, count) => {
    expect(
      await layerOf(`/tiles/patches/${pathOf(tile)}.pbf?month=2026-08&${filter}`, 'patches'),
    ).toHaveLength(count);
  });

  test.each([
    '',
    'month=2026-13',
    'month=2026-08&class=cats',
    'month=2026-08&colour=red',
    'month=2026-08&min_area=-1',
    'month=2026-08&month=2026-07',
    "month=2026-08&subdistrict=';",
  ])('query "%s" is a 400', async (query) => {
    expect((await get(`/tiles/patches/${pathOf(tile)}.pbf?${query}`)).statusCode).toBe(400);
  });

  test('an officer gets the patches of the own subdistricts, whatever is asked for', async () => {
    user = officerOf(WEST);
    for (const filter of ['', `&subdistrict=${EAST},${WEST}`]) {
      const features = await layerOf(`/tiles/patches/${pathOf(tile)}.pbf?month=2026-08${filter}`, 'patches');
      expect(features.map((f) => f.properties.subdistrict_code)).toEqual([WEST, WEST, WEST]);
    }
    expect(
      await layerOf(`/tiles/patches/${pathOf(tile)}.pbf?month=2026-08&subdistrict=${EAST}`, 'patches'),
    ).toEqual([]);
  });

  test('a tile the client has is not sent again', async () => {
    const url = `/tiles/patches/${pathOf(tile)}.pbf?month=2026-08`;
    const { headers } = await get(url);
    const again = await get(url, { 'if-none-match': String(headers.etag) });
    expect(again.statusCode).toBe(304);
    expect(again.rawPayload).toHaveLength(0);
  });

  test('subdistricts with code and name', async () => {
    const features = await layerOf(`/tiles/subdistricts/${pathOf(tile)}.pbf`, 'subdistricts');
    expect(features.map((f) => f.properties.name).sort()).toEqual(['东门街道', '西街道'].sort());
  });
});

describe('image tiles', () => {
  const at = (zoom: number, x: number, y: number) =>
    `/tiles/image/2026-08/${pathOf(tileAt(zoom, x, y))}.webp`;

  test('show the scene where it lies, with one stretch for all tiles, and nothing beside it', async () => {
    for (const zoom of [14, 16, 18]) {
      const [r, , b, alpha] = await rgbaAt(at(zoom, 250, 500), pixelAt(zoom, 250, 500));
      expect(alpha).toBe(255);
      expect(r - b, `west at ${zoom}`).toBeGreaterThan(120);
      const east = await rgbaAt(at(zoom, 750, 500), pixelAt(zoom, 750, 500));
      expect(east[2] - east[0], `east at ${zoom}`).toBeGreaterThan(120);
      expect((await rgbaAt(at(zoom, -60, 500), pixelAt(zoom, -60, 500)))[3], `outside at ${zoom}`).toBe(0);
    }
  });

  test('a tile without the scene is empty, and not rendered', async () => {
    const answer = await get('/tiles/image/2026-08/12/0/0.webp');
    expect(answer.statusCode).toBe(200);
    expect((await pixels(answer.rawPayload)).every((value) => value === 0)).toBe(true);
    expect(existsSync(join(folder, 'tiles/image/2026-08/12'))).toBe(false);
  });

  test('are kept on disk until the scene’s file is another', async () => {
    await get(at(16, 250, 500));
    const kept = () => readdirSync(join(folder, 'tiles/image/2026-08'));
    const [first] = kept();
    expect(kept()).toHaveLength(1);
    utimesSync(scenePath, new Date(), new Date(Date.now() - 60_000));
    const later = bareServer(() => user);
    await later.register(imageTiles, {
      deps: depsOf(opened.db, {
        config: { district: '', stateDir: folder, publicUrl: '' },
        scenes: async () => scenes,
      }),
    });
    expect((await later.inject(at(16, 250, 500))).statusCode).toBe(200);
    await later.close();
    expect(kept()).toHaveLength(1);
    expect(kept()).not.toContain(first);
  });

  test('a month without scenes is a 404', async () => {
    expect((await get(`/tiles/image/2020-01/${pathOf(tileAt(16, 250, 500))}.webp`)).statusCode).toBe(404);
    expect((await get('/tiles/image/2020-01.json')).statusCode).toBe(404);
    expect((await get('/tiles/image/..%2F..%2Fetc/1/0/0.webp')).statusCode).toBe(400);
  });
});

describe('change tiles', () => {
  const at = (x: number, y: number) => `/tiles/change/2026-08/mom/${pathOf(tileAt(17, x, y))}.png`;

  test('show classes in their colours, unusable ground as a veil, no change not at all', async () => {
    expect(await rgbaAt(at(120, 500), pixelAt(17, 120, 500))).toEqual([0xd7, 0x19, 0x1c, 255]);
    expect(await rgbaAt(at(280, 500), pixelAt(17, 280, 500))).toEqual([0x1a, 0x98, 0x50, 255]);
    expect((await rgbaAt(at(40, 500), pixelAt(17, 40, 500)))[3]).toBe(0);
    expect((await rgbaAt(at(500, 950), pixelAt(17, 500, 950)))[3]).toBe(90);
  });

  test('an officer’s are cut to the own subdistricts', async () => {
    user = officerOf(EAST);
    expect((await rgbaAt(at(120, 500), pixelAt(17, 120, 500)))[3]).toBe(0);
    expect((await rgbaAt(at(760, 500), pixelAt(17, 760, 500)))[3]).toBe(255);
    user = PLANNER;
    expect((await rgbaAt(at(120, 500), pixelAt(17, 120, 500)))[3]).toBe(255);
  });

  test('a comparison that was not run is a 404', async () => {
    expect((await get(at(120, 500).replace('mom', 'yoy'))).statusCode).toBe(404);
  });

  test.skipIf(!gdalThere())('lie where gdalwarp puts them', async () => {
    const tile = tileAt(16, 500, 500);
    const { minX, minY, maxX, maxY } = gridBounds(tileGrid(tile));
    const warped = join(folder, 'warped');
    execFileSync('gdalwarp', [
      '-q',
      '-of',
      'ENVI',
      '-t_srs',
      'EPSG:3857',
      '-te',
      ...[minX, minY, maxX, maxY].map(String),
      '-ts',
      '256',
      '256',
      '-r',
      'near',
      '-ovr',
      'NONE',
      changePath,
      warped,
    ]);
    const theirs = readFileSync(warped);
    const ours = await pixels((await get(`/tiles/change/2026-08/mom/${pathOf(tile)}.png`)).rawPayload);
    let same = 0;
    for (let i = 0; i < 65536; i++)
      if ((theirs[i] === 1) === (ours[4 * i] === 0xd7 && ours[4 * i + 3] === 255)) same++;
    expect(same / 65536).toBeGreaterThan(0.995);
  });
});

describe('TileJSON', () => {
  test('names the address of the tiles as the client reaches them, with the filters asked for', async () => {
    const { tiles, vector_layers, bounds } = (
      await get('/tiles/patches.json?month=2026-08&class=water_gain')
    ).json();
    const [address] = tiles;
    expect(address).toBe(
      'https://tuban.example/tiles/patches/{z}/{x}/{y}.pbf?month=2026-08&against=mom&class=water_gain',
    );
    expect(vector_layers[0].id).toBe('patches');
    expect(boxesMeet(bounds, tileBox(tileAt(14, 500, 500)))).toBe(true);
  });

  test('of images goes as deep as the pixels do', async () => {
    const { maxzoom, minzoom } = (await get('/tiles/image/2026-08.json')).json();
    // 2 m a px: zoom 16 is 2.2 m there, 17 is 1.1 m
    expect([minzoom, maxzoom]).toEqual([6, 17]);
    expect((await get('/tiles/change/2026-08/mom.json')).statusCode).toBe(200);
    expect((await get('/tiles/subdistricts.json')).statusCode).toBe(200);
  });
});
