import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BandRole } from '../kernels/bands.js';
import { writeCog } from './cog/writer.js';
import type { Grid } from './grid.js';
import { openScene, type Scene, type SceneSpec } from './scene.js';
import { sceneStamps } from './scene-files.js';
import { madeGrid } from './testing.js';
import { type FileServer, fileServer } from './tiff/testing/file-server.js';
import { makeTiff } from './tiff/testing/make-tiff.js';
import { readDate, unprepared } from './warp/date.js';

// 10 m and 20 m pixels of the same ground
const FINE = madeGrid(120, 100, { resolution: 10 });
const COARSE = madeGrid(60, 50, { resolution: 20 });

let dir = '';
let server: FileServer;
const at = (name: string) => join(dir, name);

/** One band of one value; cloud (SCL 9) in the left third of the mask. */
async function band(name: string, grid: Grid, value: (x: number) => number): Promise<void> {
  const plane = Uint16Array.from({ length: grid.width * grid.height }, (_, i) => value(i % grid.width));
  await writeCog(at(name), { grid, bands: 1, sampleType: 'uint16', overviews: 'nearest' }, [plane]);
}

const TIFF = 'image/tiff; application=geotiff';
const asset = (href: string, common_name: string) => ({
  href,
  type: TIFF,
  roles: ['data'],
  'eo:bands': [{ name: common_name, common_name }],
  'raster:bands': [{ nodata: 0, scale: 0.001, offset: -0.1 }],
});
const ITEM = {
  type: 'Feature',
  stac_version: '1.0.0',
  id: 'S2_MADE',
  collection: 'sentinel-2-l2a',
  properties: { datetime: '2026-08-03T02:59:41Z', 'proj:epsg': 32650 },
  assets: {
    green: asset('./B03.tif', 'green'),
    nir: asset('B08.tif', 'nir'),
    swir16: asset('./B11.tif', 'swir16'),
    scl: { href: 'SCL.tif', type: TIFF, roles: ['data'] },
  },
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tuban-scene-'));
  await band('B03.tif', FINE, () => 1100);
  await band('B08.tif', FINE, () => 2100);
  await band('B11.tif', COARSE, () => 3100);
  await band('SCL.tif', COARSE, (x) => (x < 20 ? 9 : 4));
  await writeFile(at('item.json'), JSON.stringify(ITEM));
  const names = ['B03.tif', 'B08.tif', 'B11.tif', 'SCL.tif', 'item.json'];
  const files = await Promise.all(
    names.map(async (name) => [`/x/${name}`, await readFile(at(name))] as const),
  );
  server = await fileServer(new Map(files));
  // as an API gives it: no file extension
  server.files.set('/x/S2_MADE', server.files.get('/x/item.json') ?? new Uint8Array());
});
afterEach(() => server.reset());
afterAll(async () => {
  await server.close();
  await rm(dir, { recursive: true });
});

async function withScene<T>(spec: SceneSpec, work: (scene: Scene) => Promise<T> | T): Promise<T> {
  const scene = await openScene(spec);
  try {
    return await work(scene);
  } finally {
    await scene.close();
  }
}

/** Values of the bands at one pixel, and whether it is usable, on the fine grid. */
async function pixel(scene: Scene, roles: readonly BandRole[], x: number, y: number) {
  const window = { x: 0, y: 0, width: FINE.width, height: FINE.height };
  const date = await readDate([unprepared(scene)], FINE, window, roles);
  const i = y * FINE.width + x;
  const values = roles.map((_, b) => Number(date.stack[b * date.usable.length + i].toFixed(4)));
  return { values, usable: date.usable[i] === 1 };
}

describe('a STAC Item as a scene', () => {
  const places = [
    ['a file', () => at('item.json')],
    ['an address', () => `${server.origin}/x/item.json?sig=SECRET`],
    ['an address without extension', () => `${server.origin}/x/S2_MADE`],
  ] as const;

  it.each(
    places,
  )('%s: bands of 10 m and 20 m on one grid, scaled, with clouds masked', async (_name, place) => {
    await withScene({ files: [place()] }, async (scene) => {
      expect(scene.sensor.name).toBe('sentinel-2');
      expect(scene.acquired).toBe('2026-08-03');
      expect([scene.width, scene.height]).toEqual([120, 100]);
      expect([...scene.bands.keys()]).toEqual(['green', 'nir', 'swir1']);
      expect(scene.bands.get('swir1')?.file.info.nodata).toBe(0);
      const roles = ['green', 'nir', 'swir1'] as const;
      expect(await pixel(scene, roles, 80, 50)).toEqual({ values: [1, 2, 3], usable: true });
      expect((await pixel(scene, roles, 10, 50)).usable).toBe(false);
    });
  });

  it('its path tells addresses apart without telling their signature', async () => {
    const [one, two] = await Promise.all(
      ['SECRET1', 'SECRET2'].map((sig) =>
        withScene({ files: [`${server.origin}/x/item.json?sig=${sig}`] }, ({ path }) => path),
      ),
    );
    expect(one).not.toBe(two);
    expect(one).toMatch(new RegExp(`^${server.origin}/x/item.json#[0-9a-f]{8}$`));
  });

  it('--bands is refused where the item has several images', async () => {
    const opening = openScene({ files: [at('item.json')], bands: { red: 1 } });
    await expect(opening).rejects.toThrow(
      /item.json: --bands counts the bands of one file, the item has several/,
    );
  });

  it('is a scene of its own', async () => {
    const opening = openScene({ files: [at('B03.tif'), at('item.json')] });
    await expect(opening).rejects.toThrow(/item.json: is a STAC Item, a scene of its own; give it alone/);
  });

  it('an asset that is not there is named, and no file stays open', async () => {
    const assets = { ...ITEM.assets, nir: asset('gone.tif', 'nir') };
    await writeFile(at('broken.json'), JSON.stringify({ ...ITEM, assets }));
    await expect(openScene({ files: [at('broken.json')] })).rejects.toThrow(/gone.tif: no such file/);
  });

  it('without named bands, its one image is read as that file alone would be', async () => {
    const image = { href: 'B03.tif', type: TIFF };
    await writeFile(at('nameless.json'), JSON.stringify({ ...ITEM, collection: 'own', assets: { image } }));
    await expect(openScene({ files: [at('nameless.json')] })).rejects.toThrow(/B03.tif: no band is known/);
    const spec = { files: [at('nameless.json')], bands: { green: 1 } };
    expect(await withScene(spec, ({ bands }) => [...bands.keys()])).toEqual(['green']);
  });

  it('gives its CRS to files that name none', async () => {
    const bare = makeTiff([
      {
        width: 8,
        height: 8,
        tags: [
          [33550, 12, [10, 10, 0]],
          [33922, 12, [0, 0, 0, 500_000, 2_500_000, 0]],
        ],
        sample: () => 7,
      },
    ]);
    await writeFile(at('bare.tif'), bare);
    await writeFile(at('bare.json'), JSON.stringify({ ...ITEM, assets: { red: asset('bare.tif', 'red') } }));
    expect(await withScene({ files: [at('bare.json')] }, ({ placement }) => placement.crs.epsg)).toBe(32650);
  });
});

describe('band files behind addresses', () => {
  it('are one scene of their sensor, as files on disk are', async () => {
    const files = ['B03', 'B08', 'B11', 'SCL'].map((name) => `${server.origin}/x/${name}.tif?sig=SECRET`);
    await withScene({ files, sensor: 'sentinel-2' }, async (scene) => {
      expect([...scene.bands.keys()]).toEqual(['green', 'nir', 'swir1']);
      expect(scene.quality?.kind).toBe('scl');
      expect(scene.bands.get('nir')?.file.info.path).toMatch(/\/x\/B08.tif#[0-9a-f]{8}$/);
      expect((await pixel(scene, ['green'], 80, 50)).values).toEqual([1100]);
    });
  });

  it('one that is refused is named without its signature', async () => {
    const opening = openScene({ files: [`${server.origin}/x/gone.tif?sig=SECRET`] });
    const message = await opening.then(String, (error: Error) => error.message);
    expect(message).toMatch(/\/x\/gone.tif: answered 404 Not Found; there is no such file/);
    expect(message).not.toMatch(/SECRET/);
  });
});

describe('sceneStamps', () => {
  it('of an item are those of the files that are read', async () => {
    const stamps = await sceneStamps([`${server.origin}/x/item.json`]);
    expect(stamps.map(({ file }) => basename(file)).sort()).toEqual([
      'B03.tif',
      'B08.tif',
      'B11.tif',
      'SCL.tif',
    ]);
    expect(stamps.every(({ size, version }) => Number(size) > 0 && version === '"1"')).toBe(true);
  });

  it('of a folder are those of the TIFFs in it', async () => {
    const stamps = await sceneStamps([dir]);
    expect(stamps.map(({ file }) => file)).toContain(at('B11.tif'));
  });
});
