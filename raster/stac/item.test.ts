import { describe, expect, it } from 'vitest';
import { BadInput } from '../errors.js';
import { sceneItem } from './item.js';

const TIFF = 'image/tiff; application=geotiff; profile=cloud-optimized';

/** Sentinel-2 as a STAC 1.0 catalogue has it: common names in eo:bands, values in raster:bands, a JPEG2000 twin on S3. */
function sentinel(more: { properties?: object; assets?: object } = {}): Record<string, unknown> {
  const band = (common_name: string, file: string, spatial_resolution: number) => ({
    href: `./${file}.tif`,
    type: TIFF,
    roles: ['data', 'reflectance'],
    'eo:bands': [{ name: common_name, common_name }],
    'raster:bands': [{ nodata: 0, scale: 0.0001, offset: -0.1, spatial_resolution }],
  });
  return {
    type: 'Feature',
    stac_version: '1.0.0',
    id: 'S2B_50QKK_20260803_0_L2A',
    collection: 'sentinel-2-l2a',
    geometry: null,
    properties: {
      datetime: '2026-08-03T02:59:41.123000Z',
      platform: 'sentinel-2b',
      'proj:epsg': 32650,
      ...more.properties,
    },
    assets: {
      'red-jp2': { ...band('red', 'B04', 10), href: 's3://sentinel/B04.jp2', type: 'image/jp2' },
      visual: { ...band('red', 'TCI', 10), roles: ['visual'] },
      // as fine as the broad one and listed before it: only its name speaks against it
      nir08: band('nir08', 'B8A', 10),
      blue: band('blue', 'B02', 10),
      green: band('green', 'B03', 10),
      red: band('red', 'B04', 10),
      nir: band('nir', 'B08', 10),
      coastal: band('coastal', 'B01', 60),
      swir16: band('swir16', 'B11', 20),
      swir22: band('swir22', 'B12', 20),
      scl: { href: './SCL.tif', type: TIFF, roles: ['data'] },
      thumbnail: { href: './thumb.jpg', type: 'image/jpeg', roles: ['thumbnail'] },
      ...more.assets,
    },
    links: [],
  };
}

const ITEM = '/data/S2B/item.json';
const read = (item: object, at = ITEM, sensor?: string) => sceneItem(JSON.stringify(item), at, sensor);
const filesOf = (scene: ReturnType<typeof read>) =>
  Object.fromEntries([...scene.bands].map(([role, { file }]) => [role, file.split('/').at(-1)]));
/** An item with these assets and nothing else said. */
const plain = (assets: object, properties: object = {}) => ({
  type: 'Feature',
  stac_version: '1.1.0',
  id: 'plain',
  properties,
  assets,
});
const messageOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(BadInput);
    return (error as Error).message;
  }
  return 'no error';
};

describe('a Sentinel-2 item of STAC 1.0', () => {
  const scene = read(sentinel());

  it('gives our bands, the broad near infrared before the narrow one, nothing for the eye', () => {
    expect(filesOf(scene)).toEqual({
      blue: 'B02.tif',
      green: 'B03.tif',
      red: 'B04.tif',
      nir: 'B08.tif',
      swir1: 'B11.tif',
      swir2: 'B12.tif',
    });
    expect(scene.bands.get('red')).toMatchObject({ index: 0, scale: 0.0001, offset: -0.1, nodata: '0' });
  });

  it('knows its sensor, its cloud mask, its day and its CRS', () => {
    expect(scene.sensor?.name).toBe('sentinel-2');
    expect(scene.quality).toMatchObject({ file: '/data/S2B/SCL.tif', kind: 'scl' });
    expect(scene.acquired).toBe('2026-08-03');
    expect(scene.bands.get('nir')?.crs?.epsg).toBe(32650);
  });

  it('finds its files beside it, on disk as behind an address', () => {
    expect(scene.bands.get('red')?.file).toBe('/data/S2B/B04.tif');
    const remote = read(sentinel(), 'https://host/items/S2B/item.json?sig=1');
    expect(remote.bands.get('red')?.file).toBe('https://host/items/S2B/B04.tif');
    expect(remote.name).toBe('https://host/items/S2B/item.json');
  });

  it('does not take an offset off twice', () => {
    const harmonized = read(sentinel({ properties: { 'earthsearch:boa_offset_applied': true } }));
    expect(harmonized.bands.get('red')).toMatchObject({ scale: 0.0001, offset: 0 });
  });

  it('makes do with the narrow near infrared', () => {
    expect(filesOf(read(sentinel({ assets: { nir: undefined } }))).nir).toBe('B8A.tif');
  });

  it('tells the day in UTC, and by the start of a period', () => {
    expect(read(sentinel({ properties: { datetime: '2026-08-03T02:00:00+08:00' } })).acquired).toBe(
      '2026-08-02',
    );
    const period = { datetime: null, start_datetime: '2026-08-01T23:59:00Z' };
    expect(read(sentinel({ properties: period })).acquired).toBe('2026-08-01');
    expect(read(sentinel({ properties: { datetime: null } })).acquired).toBe(null);
  });
});

describe('items of other kinds', () => {
  it('STAC 1.1: bands with prefixed names; what the asset says holds for its bands', () => {
    const scene = read(
      plain(
        {
          image: {
            href: 'https://host/image.tif?sig=1',
            type: 'image/vnd.stac.geotiff',
            nodata: 'nan',
            'raster:scale': 0.5,
            'proj:code': 'EPSG:4547',
            bands: [
              { name: 'b1', 'eo:common_name': 'nir' },
              { 'eo:common_name': 'pan' },
              { name: 'green', 'raster:scale': 2 },
            ],
          },
        },
        { 'proj:code': 'EPSG:32650' },
      ),
    );
    const of = (role: 'nir' | 'green') => scene.bands.get(role);
    expect([...scene.bands.keys()].sort()).toEqual(['green', 'nir']);
    expect(of('nir')).toMatchObject({
      index: 0,
      scale: 0.5,
      offset: null,
      nodata: 'nan',
      file: 'https://host/image.tif?sig=1',
    });
    expect(of('green')).toMatchObject({ index: 2, scale: 2 });
    expect(of('nir')?.crs?.epsg).toBe(4547);
  });

  it('Landsat: its near infrared is nir08, its cloud mask QA_PIXEL', () => {
    const assets = {
      nir08: { href: 'LC09_SR_B5.TIF', type: TIFF, 'eo:bands': [{ name: 'OLI_B5', common_name: 'nir08' }] },
      red: { href: 'LC09_SR_B4.TIF', type: TIFF, 'eo:bands': [{ name: 'OLI_B4', common_name: 'red' }] },
      qa_pixel: { href: 'LC09_QA_PIXEL.TIF', type: TIFF, roles: ['cloud', 'cloud-shadow'] },
    };
    const scene = read(plain(assets, { platform: 'landsat-9' }));
    expect(scene.sensor?.name).toBe('landsat-8');
    expect(filesOf(scene)).toEqual({ red: 'LC09_SR_B4.TIF', nir: 'LC09_SR_B5.TIF' });
    expect(scene.quality).toMatchObject({ file: '/data/S2B/LC09_QA_PIXEL.TIF', kind: 'qa_pixel' });
  });

  it('of the same band in several resolutions the finest', () => {
    const band = (gsd: number) => ({
      href: `${gsd}.tif`,
      type: TIFF,
      gsd,
      'eo:bands': [{ common_name: 'red' }],
    });
    expect(filesOf(read(plain({ B04_60m: band(60), B04_10m: band(10), B04_20m: band(20) })))).toEqual({
      red: '10.tif',
    });
  });

  it('without named bands: by key and by the file names of the sensor, which the user may name', () => {
    const assets = {
      red: { href: 'a.tif', type: TIFF },
      swir: { href: 'X_B11_20m.tif', type: TIFF },
      other: { href: 'X_B12_20m.tif', type: TIFF, 'eo:bands': [{ common_name: 'cirrus' }] },
    };
    expect(filesOf(read(plain(assets)))).toEqual({ red: 'a.tif' });
    expect(filesOf(read(plain(assets), ITEM, 'sentinel-2'))).toEqual({
      red: 'a.tif',
      swir1: 'X_B11_20m.tif',
    });
  });

  it('top-of-atmosphere Sentinel-2 is not taken for surface reflectance', () => {
    const item = {
      ...plain({ red: { href: 'B04.tif' } }, { platform: 'sentinel-2a' }),
      collection: 'sentinel-2-l1c',
    };
    expect(read(item).sensor).toBe(null);
  });

  it('an asset on S3 is read by its alternate https address', () => {
    const red = {
      href: 's3://bucket/red.tif',
      type: TIFF,
      alternate: { https: { href: 'https://host/red.tif' } },
    };
    expect(read(plain({ red })).bands.get('red')?.file).toBe('https://host/red.tif');
  });

  it('an asset on S3 alone is read there where the item is our own, or lies there itself', () => {
    const item = JSON.stringify(plain({ red: { href: 's3://bucket/2026 年/red.tif', type: TIFF } }));
    for (const at of ['/data/item.json', 's3://bucket/item.json'])
      expect(sceneItem(item, at).bands.get('red')?.file).toBe('s3://bucket/2026 年/red.tif');
    expect(() => sceneItem(item, 'https://host/item.json')).toThrow(/no asset|cannot be read/);
    const beside = JSON.stringify(plain({ red: { href: './红.tif', type: TIFF } }));
    expect(sceneItem(beside, 's3://bucket/2026/item.json').bands.get('red')?.file).toBe(
      's3://bucket/2026/红.tif',
    );
  });
});

describe('what cannot be used is named, with the cure', () => {
  it.each([
    [
      'a Collection',
      { type: 'Collection', stac_version: '1.0.0' },
      /is a STAC Collection, which is no scene; give one of its Items/,
    ],
    ['a Catalog', { type: 'Catalog', stac_version: '1.0.0' }, /is a STAC Catalog/],
    [
      'search results',
      { type: 'FeatureCollection', features: [] },
      /a FeatureCollection\), which is no scene; give one STAC Item/,
    ],
    ['other GeoJSON', { type: 'Feature', properties: {} }, /JSON but no STAC Item/],
    ['an item without assets', plain({}), /none of its assets is a GeoTIFF; it has no assets/],
    [
      'no GeoTIFF',
      plain({ B04: { href: 'B04.jp2', type: 'image/jp2' }, meta: { href: 'm.xml' } }),
      /it has B04 \(image\/jp2\), meta \(no media type\); give an item with assets of type image\/tiff/,
    ],
    [
      'another store alone',
      plain({ red: { href: 'gs://bucket/red.tif?sig=SECRET', type: TIFF } }),
      /its asset red lies at gs:\/\/bucket\/red.tif, which cannot be read; give an item with https addresses/,
    ],
    [
      'one band on another store',
      sentinel({
        assets: { green: { href: 'gs://b/g.tif', type: TIFF, 'eo:bands': [{ common_name: 'green' }] } },
      }),
      /its asset green lies at gs:\/\/b\/g.tif/,
    ],
    ['an asset without href', plain({ red: { type: TIFF } }), /no sound STAC Item \(assets.red.href: /],
  ])('%s', (_name, item, message) => {
    const text = messageOf(() => read(item));
    expect(text).toMatch(message);
    expect(text.startsWith(`${ITEM}: `)).toBe(true);
    expect(text).not.toMatch(/SECRET/);
  });

  it('text that is no JSON', () => {
    expect(messageOf(() => sceneItem('{ no', ITEM))).toMatch(/no GeoTIFF and no valid JSON/);
  });

  it('a file:// href that is no path of this machine', () => {
    for (const href of ['file://elsewhere/red.tif', 'file:///a%2Fred.tif']) {
      const text = messageOf(() => read(plain({ red: { href, type: TIFF } })));
      expect(text.startsWith(`${ITEM}: `), text).toBe(true);
    }
  });

  it('an item from afar does not reach into this machine', () => {
    const red = { href: 'file:///etc/passwd', type: TIFF };
    expect(messageOf(() => read(plain({ red }), 'https://host/item.json'))).toMatch(
      /file:\/\/\/etc\/passwd, which cannot/,
    );
    const absolute = read(plain({ red: { href: '/etc/red.tif', type: TIFF } }), 'https://host/a/item.json');
    expect(absolute.bands.get('red')?.file).toBe('https://host/etc/red.tif');
  });
});
