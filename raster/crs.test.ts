import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import expected from './crs.expected.json' with { type: 'json' };
import {
  crsFromEpsg,
  crsFromGeoKeys,
  type GeoKeys,
  parseCrs,
  sameCrs,
  transformer,
  utmAt,
  WGS84,
} from './crs.js';
import { BadInput } from './errors.js';
import { openRaster } from './tiff/open.js';

const odd = join(
  process.env.TUBAN_REAL_DATA ?? join(import.meta.dirname, '../../shared/data'),
  'odd_geotiffs',
);
const absent = !existsSync(odd);
if (absent && process.env.TUBAN_REQUIRE_REAL_DATA === '1')
  throw new Error('TUBAN_REQUIRE_REAL_DATA=1, but odd_geotiffs is not there');
if (absent) console.warn('tests on the CRS of odd GeoTIFFs are skipped: TUBAN_REAL_DATA is not there');

/** Longitude and latitude in a geographic system with the datum of the projected one. */
const BASE: Readonly<Record<string, number>> = { 4490: 4490, 4547: 4490, 3857: 4326, 32650: 4326 };

it('WGS84 is what its code is looked up as', () => {
  expect(WGS84).toEqual(crsFromEpsg(4326));
});

describe('transformer', () => {
  it.each(Object.entries(expected))('agrees with PROJ to 1 mm for EPSG:%s', (code, { points }) => {
    const crs = crsFromEpsg(Number(code));
    const base = BASE[code]
      ? crsFromEpsg(BASE[code])
      : { ...WGS84, epsg: null, proj4: '+proj=longlat +ellps=GRS80 +no_defs' };
    const there = transformer(base, crs);
    const back = transformer(crs, base);
    for (const [lon, lat, x, y] of points) {
      const [u, v] = there(lon, lat);
      const metres = crs.kind === 'geographic' ? 111_000 : 1;
      expect(Math.hypot(u - x, v - y) * metres).toBeLessThan(1e-3);
      const [a, b] = back(x, y);
      expect(Math.hypot(a - lon, b - lat) * 111_000).toBeLessThan(1e-3);
    }
  });

  it('changes nothing within one system, to the bit', () => {
    expect(transformer(crsFromEpsg(4547), crsFromEpsg(4547))(500_000.1, 2_500_000.2)).toEqual([
      500_000.1, 2_500_000.2,
    ]);
  });

  it('answers NaN for points that cannot be mapped', () => {
    expect(transformer(WGS84, crsFromEpsg(4547))(Number.NaN, 22)).toEqual([Number.NaN, Number.NaN]);
    expect(transformer(WGS84, crsFromEpsg(3857))(114, 90)[1]).toBeNaN();
  });
});

describe('crsFromEpsg', () => {
  it('knows what is projected, in which unit, and what is geographic', () => {
    expect(crsFromEpsg(4547)).toMatchObject({ epsg: 4547, kind: 'projected', metresPerUnit: 1 });
    expect(crsFromEpsg(4490)).toMatchObject({ epsg: 4490, kind: 'geographic', metresPerUnit: Number.NaN });
    expect(crsFromEpsg(2263).metresPerUnit).toBeCloseTo(0.3048006, 7);
  });

  it('maps to feet where the system is in feet', () => {
    // echo -74 40.7 | gdaltransform -s_srs EPSG:4269 -t_srs EPSG:2263 -output_xy
    const [x, y] = transformer(WGS84, crsFromEpsg(2263))(-74, 40.7);
    expect(Math.hypot(x - 984_250, y - 194_305.338_941)).toBeLessThan(0.01);
  });

  it('refuses a geographic system in grads, which would be taken for degrees', () => {
    expect(() => crsFromEpsg(4807)).toThrow('EPSG:4807 is not in degrees');
  });

  it('keeps x before y for systems whose authority has them the other way round', () => {
    const [x, y] = transformer(WGS84, crsFromEpsg(4547))(114.1, 22.5);
    expect(x).toBeGreaterThan(500_000);
    expect(y).toBeGreaterThan(2_000_000);
  });

  it('refuses an unknown code and text that is none', () => {
    expect(() => crsFromEpsg(999_999)).toThrow(BadInput);
    expect(() => parseCrs('luohu', '--crs')).toThrow('Invalid --crs "luohu"; expected an EPSG code');
    expect(sameCrs(parseCrs('epsg:4547'), parseCrs('4547'))).toBe(true);
  });
});

describe('utmAt', () => {
  it.each([
    [114.1, 22.5, 32650],
    [-74.4, -8.4, 32718],
    [180, 10, 32660],
    [-180, 10, 32601],
  ])('%d, %d lies in EPSG:%d', (lon, lat, epsg) => {
    expect(utmAt([lon, lat]).epsg).toBe(epsg);
  });
});

/** Gauss-Kruger at 114° E on CGCS2000, spelled out as GDAL writes a system without a code. */
const SPELLED: GeoKeys = {
  GTModelTypeGeoKey: 1,
  GeographicTypeGeoKey: 4490,
  ProjectedCSTypeGeoKey: 32767,
  ProjectionGeoKey: 32767,
  ProjCoordTransGeoKey: 1,
  ProjLinearUnitsGeoKey: 9001,
  ProjNatOriginLongGeoKey: 114,
  ProjNatOriginLatGeoKey: 0,
  ProjScaleAtNatOriginGeoKey: 1,
  ProjFalseEastingGeoKey: 500_000,
  ProjFalseNorthingGeoKey: 0,
};

describe('crsFromGeoKeys', () => {
  it('takes a code where there is one', () => {
    expect(crsFromGeoKeys({ GTModelTypeGeoKey: 1, ProjectedCSTypeGeoKey: 4547 })?.epsg).toBe(4547);
    expect(crsFromGeoKeys({ GTModelTypeGeoKey: 2, GeographicTypeGeoKey: 4490 })?.epsg).toBe(4490);
  });

  it('takes a user-defined projected system that names its geographic one, and keeps its keys', () => {
    const crs = crsFromGeoKeys({ ...SPELLED, PCSCitationGeoKey: 'Luohu grid' });
    expect(crs).toMatchObject({ epsg: null, name: 'Luohu grid', kind: 'projected', metresPerUnit: 1 });
    expect(crs?.geoKeys).toMatchObject(SPELLED);
    if (crs === null) return;
    const [x, y] = transformer(crsFromEpsg(4490), crs)(114.1, 22.5);
    const [u, v] = transformer(crsFromEpsg(4490), crsFromEpsg(4547))(114.1, 22.5);
    expect(Math.hypot(x - u, y - v)).toBeLessThan(1e-3);
  });

  it('refuses what else is wrong with the keys', () => {
    const { ProjCoordTransGeoKey: _, ...unprojected } = SPELLED;
    expect(crsFromGeoKeys(unprojected)).toBeNull();
    expect(crsFromGeoKeys({ ...SPELLED, ProjCoordTransGeoKey: 99 })).toBeNull();
    expect(crsFromGeoKeys({ ...SPELLED, GeographicTypeGeoKey: 3999 })).toBeNull();
    expect(crsFromGeoKeys({ ...SPELLED, ProjLinearUnitsGeoKey: 9999 })).toBeNull();
    expect(crsFromGeoKeys({})).toBeNull();
  });

  it('refuses an unknown projected code beside a known geographic one, rather than taking that', () => {
    expect(
      crsFromGeoKeys({ GTModelTypeGeoKey: 1, ProjectedCSTypeGeoKey: 20_999, GeographicTypeGeoKey: 4326 }),
    ).toBeNull();
  });

  it('refuses a user-defined Mercator, which may be the spherical one', () => {
    expect(crsFromGeoKeys({ ...SPELLED, ProjCoordTransGeoKey: 7 })).toBeNull();
  });

  it('does not mind a vertical system that nobody knows', () => {
    expect(crsFromGeoKeys({ ...SPELLED, VerticalCSTypeGeoKey: 12_345 })?.kind).toBe('projected');
  });
});

describe.skipIf(absent)('user-defined systems of real files', () => {
  // gdalinfo -json FILE gives the WKT; echo X Y | gdaltransform -s_srs WKT -t_srs EPSG:4326 -output_xy, GDAL 3.6.2
  it.each([
    ['gdal_autotest_gcore/byte_user_defined_geokeys.tif', 13.7763178193943, 52.4880826849463],
    ['rasterio_tests/rgb1.tif', -78.3478261159933, 24.9800005611196],
    ['rio_cogeo_fixtures/image_colormap.tif', -101.841705988645, 24.3229704825651],
    ['rio_cogeo_fixtures/image_missing_nodata.tif', -74.1088459627277, 44.9669645777985],
    [
      'rio_cogeo_fixtures/validate/image_known_incompatible_ghost_headers.tif',
      -83.5936477947381,
      36.7338124240629,
    ],
  ])('%s has its middle where GDAL has it', async (name, lon, lat) => {
    const file = await openRaster(join(odd, name));
    try {
      const { crs, transform, width, height } = file.info;
      if (crs === null || transform === null) throw new Error('no georeference');
      const [a, b, c, d, e, f] = transform;
      const [x, y] = [(a * width + b * height) / 2 + c, (d * width + e * height) / 2 + f];
      const found = transformer(crs, WGS84)(x, y);
      expect(Math.hypot(found[0] - lon, found[1] - lat)).toBeLessThan(1e-7);
    } finally {
      await file.close();
    }
  });

  it.each([
    'gdal_autotest_gcore/projection_3856.tif',
    'gdal_autotest_gcore/weird_mercator_2sp.tif',
  ])('%s, a Mercator of another kind, is not guessed', async (name) => {
    const file = await openRaster(join(odd, name));
    expect(file.info.crs).toBeNull();
    await file.close();
  });
});
