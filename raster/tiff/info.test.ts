import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { crsFromEpsg, crsFromGeoKeys } from '../crs.js';
import { dateOf, fillValue, nodataOf } from './metadata.js';
import { openRaster, openRasterFrom } from './open.js';
import { type MadeImage, makeTiff, type Tag } from './testing/make-tiff.js';
import { memorySource } from './testing/memory-source.js';

const plain: MadeImage = { width: 4, height: 4, sample: () => 0 };
async function infoOf(
  tags: Tag[],
  image: MadeImage = plain,
  sourceCrs = undefined as ReturnType<typeof crsFromEpsg> | undefined,
) {
  const source = memorySource(makeTiff([{ ...image, tags }]));
  return (await openRasterFrom(source, 'made.tif', { sourceCrs })).info;
}

const scale: Tag = [33550, 12, [2, 3, 0]];
const tiepoint: Tag = [33922, 12, [0, 0, 0, 500_000, 2_500_000, 0]];
const geoKeys = (...keys: number[][]): Tag => [34735, 3, [1, 1, 0, keys.length, ...keys.flat()]];
const PROJECTED = [1024, 0, 1, 1];
const POINT = [1025, 0, 1, 2];

describe('the georeference', () => {
  it('is the tiepoint and the pixel scale, rows going south', async () => {
    expect((await infoOf([scale, tiepoint])).transform).toEqual([2, 0, 500_000, 0, -3, 2_500_000]);
  });

  it('counts from the pixel the tiepoint names', async () => {
    const other: Tag = [33922, 12, [10, 20, 0, 500_000, 2_500_000, 0]];
    expect((await infoOf([scale, other])).transform).toEqual([2, 0, 499_980, 0, -3, 2_500_060]);
  });

  it('is half a pixel up and left where the coordinates are those of pixel centres', async () => {
    const info = await infoOf([scale, tiepoint, geoKeys(PROJECTED, POINT)]);
    expect(info.transform).toEqual([2, 0, 499_999, 0, -3, 2_500_001.5]);
  });

  it('may be a matrix, turned', async () => {
    const matrix: Tag = [34264, 12, [1, 2, 0, 100, 3, -4, 0, 200, 0, 0, 0, 0, 0, 0, 0, 1]];
    expect((await infoOf([matrix])).transform).toEqual([1, 2, 100, 3, -4, 200]);
  });

  it('is none for ground control points, a singular matrix, numbers that are none, and no tags', async () => {
    expect((await infoOf([[33922, 12, [0, 0, 0, 1, 2, 0, 4, 4, 0, 5, 6, 0]]])).transform).toBeNull();
    expect((await infoOf([[34264, 12, new Array(16).fill(1)]])).transform).toBeNull();
    expect((await infoOf([[33550, 12, [Number.NaN, 1, 0]], tiepoint])).transform).toBeNull();
    expect((await infoOf([])).transform).toBeNull();
  });

  it('is read from the world file beside an image that has none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tuban-world-'));
    try {
      await writeFile(join(folder, 'a.tif'), makeTiff([plain]));
      await writeFile(join(folder, 'a.tfw'), '2\n0\n0\n-2\n101\n199\n');
      const file = await openRaster(join(folder, 'a.tif'));
      expect(file.info.transform).toEqual([2, 0, 100, 0, -2, 200]);
      await file.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the CRS', () => {
  it('is the EPSG code of the keys, projected or geographic', async () => {
    expect((await infoOf([geoKeys(PROJECTED, [3072, 0, 1, 4547])])).crs?.epsg).toBe(4547);
    expect((await infoOf([geoKeys([1024, 0, 1, 2], [2048, 0, 1, 4490])])).crs?.epsg).toBe(4490);
  });

  it('is the one told for a file that names none, and the file’s own where it names one', async () => {
    const told = crsFromEpsg(32650);
    expect((await infoOf([], plain, told)).crs?.epsg).toBe(32650);
    expect((await infoOf([geoKeys(PROJECTED, [3072, 0, 1, 4547])], plain, told)).crs?.epsg).toBe(4547);
    expect((await infoOf([])).crs).toBeNull();
  });

  it('is a definition where the keys spell one out', () => {
    const crs = crsFromGeoKeys({
      GTModelTypeGeoKey: 1,
      PCSCitationGeoKey: 'district grid',
      ProjectedCSTypeGeoKey: 32767,
      ProjectionGeoKey: 32767,
      ProjCoordTransGeoKey: 1,
      GeogEllipsoidGeoKey: 7019,
      ProjLinearUnitsGeoKey: 9001,
      ProjNatOriginLongGeoKey: 114,
      ProjNatOriginLatGeoKey: 0,
      ProjFalseEastingGeoKey: 500_000,
      ProjFalseNorthingGeoKey: 0,
      ProjScaleAtNatOriginGeoKey: 1,
    });
    expect(crs).toMatchObject({ epsg: null, name: 'district grid', kind: 'projected', metresPerUnit: 1 });
    expect(crs?.proj4).toMatch(/\+proj=tmerc .*\+lon_0=114 .*\+x_0=500000 /);
  });

  it('is none, and no error, where a key points at text that is not there', async () => {
    expect((await infoOf([geoKeys(PROJECTED, [1026, 34737, 9, 0])])).crs).toBeNull();
  });
});

describe('what the bands are', () => {
  const gdal = (...items: string[]): Tag => [
    42112,
    2,
    `<GDALMetadata>\n${items.join('\n')}\n</GDALMetadata>`,
  ];

  it('is read from GDAL metadata: description, scale, offset, colour', async () => {
    const info = await infoOf(
      [
        gdal(
          '<Item name="DESCRIPTION" sample="1" role="description">B8 &lt;nir&gt; &#x7EA2;</Item>',
          '<Item name="SCALE" sample="0" role="scale">0.0001</Item>',
          '<Item name="OFFSET" sample="0" role="offset">-0.1</Item>',
          '<Item name="COLORINTERP" sample="1" role="colorinterp">Red</Item>',
          '<Item name="DESCRIPTION" sample="9" role="description">no such band</Item>',
        ),
      ],
      { ...plain, bands: 2 },
    );
    expect(info.bandDescriptions).toEqual([null, 'B8 <nir> 红']);
    expect(info.scales).toEqual([0.0001, 1]);
    expect(info.offsets).toEqual([-0.1, 0]);
    expect(info.colours).toEqual(['grey', 'red']);
  });

  it('is red, green, blue and alpha after the photometric tag and the extra samples', async () => {
    const info = await infoOf(
      [
        [262, 3, [2]],
        [338, 3, [2]],
      ],
      { ...plain, bands: 4 },
    );
    expect(info.colours).toEqual(['red', 'green', 'blue', 'alpha']);
    expect(
      (
        await infoOf(
          [
            [262, 3, [2]],
            [338, 3, [0]],
          ],
          { ...plain, bands: 4 },
        )
      ).colours[3],
    ).toBe('undefined');
    expect((await infoOf([[262, 3, [3]]])).colours).toEqual(['palette']);
  });

  it('reads nodata as the samples hold it', () => {
    expect(nodataOf('nan', 'float32')).toBeNaN();
    expect(nodataOf('-9999 ', 'int16')).toBe(-9999);
    expect(nodataOf('-3.4e38', 'float32')).toBe(Math.fround(-3.4e38));
    expect(nodataOf('-1.7976931348623157e308', 'float32')).toBe(-3.4028234663852886e38);
    expect(nodataOf('-inf', 'float32')).toBe(Number.NEGATIVE_INFINITY);
    expect(nodataOf('none', 'uint8')).toBeNull();
    expect(nodataOf('', 'uint8')).toBeNull();
    expect(fillValue(-9999, 'uint8')).toBe(0);
    expect(fillValue(255, 'uint8')).toBe(255);
  });

  it('takes the date of the picture, if it is one', () => {
    expect(dateOf('2024:03:15 10:00:00')).toBe('2024-03-15');
    expect(dateOf('2024:02:31 10:00:00')).toBeNull();
    expect(dateOf('yesterday')).toBeNull();
  });
});
