import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromFile } from 'geotiff';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crsFromEpsg } from '../crs.js';
import { BadInput } from '../errors.js';
import type { Grid } from '../grid.js';
import { layoutCog } from './layout.js';
import { cogViolations, readDirectories } from './rules.js';
import { type CogSamples, type CogSpec, cogLevels, newSamples, TILE_SIZE } from './spec.js';
import { cutTile, encodeTile, halveTile } from './tile.js';
import { createCog, writeCog } from './writer.js';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tuban-cog-'));
});
afterAll(() => rm(dir, { recursive: true }));

function grid(width: number, height: number, crs = crsFromEpsg(4547)): Grid {
  return { crs, resolution: 2, width, height, transform: [2, 0, 512_000, 0, -2, 2_496_000] };
}

/** Smooth and noisy samples, deterministic; whole numbers within int16. */
function raster(type: CogSpec['sampleType'], width: number, height: number, band = 0): CogSamples {
  const out = newSamples(type, width * height);
  for (let i = 0; i < out.length; i++) {
    const noise = (Math.imul(i + 1, 2_654_435_761) >>> 8) % 97;
    out[i] =
      type === 'uint8'
        ? (noise + band) % 200
        : 20 * (band + 1) + (i % width) + noise - (type === 'int16' ? 300 : 0);
    if (type === 'float32') out[i] = out[i] / 7;
  }
  return out;
}

async function readBack(path: string, index = 0): Promise<CogSamples[]> {
  const file = await fromFile(path);
  try {
    return (await (await file.getImage(index)).readRasters()) as unknown as CogSamples[];
  } finally {
    await file.close();
  }
}

/** Compared as bytes: a matcher walking a million samples takes seconds. */
function sameBytes(a: CogSamples, b: CogSamples): boolean {
  return Buffer.from(a.buffer).equals(Buffer.from(b.buffer));
}

describe('writeCog', () => {
  it.each([
    ['uint8', 1],
    ['uint8', 3],
    ['uint16', 4],
    ['int16', 2],
    ['float32', 1],
    ['float32', 3],
  ] as const)('gives %s samples of %i bands back unchanged', async (sampleType, bands) => {
    const path = join(dir, `${sampleType}-${bands}.tif`);
    const planes = Array.from({ length: bands }, (_, b) => raster(sampleType, 700, 530, b));
    await writeCog(path, { grid: grid(700, 530), bands, sampleType, overviews: 'average' }, planes);
    const back = await readBack(path);
    expect(back.map((band, b) => sameBytes(band, planes[b]))).toEqual(planes.map(() => true));
  });

  it.each([
    [100, 80, 1],
    [512, 512, 1],
    [513, 20, 2],
    [2100, 1300, 4],
  ])('obeys the rules of COG validators at %i × %i px with %i levels', async (width, height, levels) => {
    const path = join(dir, `rules-${width}.tif`);
    await writeCog(path, { grid: grid(width, height), bands: 1, sampleType: 'uint8', overviews: 'nearest' }, [
      raster('uint8', width, height),
    ]);
    expect(await cogViolations(path)).toEqual([]);
    expect(await readDirectories(path)).toHaveLength(levels);
  });

  it('places the image: EPSG code, origin, pixel size, nodata, band names, date', async () => {
    const path = join(dir, 'tags.tif');
    const planes = [0, 1].map((b) => raster('uint16', 20, 10, b));
    const descriptions = ['red', 'n<i>r & 近红外'];
    const spec = { bands: 2, sampleType: 'uint16', nodata: 0, overviews: 'average', descriptions } as const;
    await writeCog(path, { ...spec, grid: grid(20, 10), acquired: '2026-08-15' }, planes);
    const file = await fromFile(path);
    const image = await file.getImage();
    expect(image.getGeoKeys()).toEqual({
      GTModelTypeGeoKey: 1,
      GTRasterTypeGeoKey: 1,
      ProjectedCSTypeGeoKey: 4547,
    });
    expect(image.getOrigin()).toEqual([512_000, 2_496_000, 0]);
    expect(image.getResolution().slice(0, 2)).toEqual([2, -2]);
    expect(image.getGDALNoData()).toBe(0);
    expect(await image.getGDALMetadata(0)).toMatchObject({ DESCRIPTION: 'red' });
    expect((await readDirectories(path))[0].tags.has(306)).toBe(true);
    await file.close();
  });

  it('writes the keys of a user-defined system back as they came', async () => {
    const keys = {
      GTModelTypeGeoKey: 1,
      GTRasterTypeGeoKey: 1,
      GTCitationGeoKey: 'Shenzhen local',
      GeographicTypeGeoKey: 4490,
      ProjectedCSTypeGeoKey: 32767,
      ProjectionGeoKey: 32767,
      ProjCoordTransGeoKey: 1,
      ProjLinearUnitsGeoKey: 9001,
      ProjNatOriginLongGeoKey: 114.05,
      ProjNatOriginLatGeoKey: 0,
      ProjFalseEastingGeoKey: 500000,
      ProjFalseNorthingGeoKey: 12.5,
      ProjScaleAtNatOriginGeoKey: 1,
    };
    const crs = { ...crsFromEpsg(4547), epsg: null, name: 'Shenzhen local', geoKeys: keys };
    const path = join(dir, 'local.tif');
    await writeCog(path, { grid: grid(9, 9, crs), bands: 1, sampleType: 'uint8', overviews: 'nearest' }, [
      raster('uint8', 9, 9),
    ]);
    const file = await fromFile(path);
    expect((await file.getImage()).getGeoKeys()).toEqual(keys);
    await file.close();
  });

  it('writes a palette as a colour map', async () => {
    const path = join(dir, 'palette.tif');
    const palette = new Map([[2, [255, 128, 0] as const]]);
    await writeCog(path, { grid: grid(4, 4), bands: 1, sampleType: 'uint8', overviews: 'nearest', palette }, [
      new Uint8Array(16).fill(2),
    ]);
    const [{ tags }] = await readDirectories(path);
    expect(tags.get(262)).toEqual([3]);
    const map = tags.get(320) ?? [];
    expect([map[2], map[256 + 2], map[512 + 2]]).toEqual([65_535, 128 * 257, 0]);
  });

  it('writes a BigTIFF where asked, readable all the same', async () => {
    const path = join(dir, 'big.tif');
    const plane = raster('uint16', 1100, 600);
    const spec = { bands: 1, sampleType: 'uint16', overviews: 'average', bigTiff: true } as const;
    await writeCog(path, { ...spec, grid: grid(1100, 600) }, [plane]);
    expect(await cogViolations(path)).toEqual([]);
    expect(sameBytes((await readBack(path))[0], plane)).toBe(true);
  });

  it('leaves no temporary file behind, also where it fails', async () => {
    const folder = await mkdtemp(join(dir, 'clean-'));
    const spec = { grid: grid(8, 8), bands: 1, sampleType: 'uint8', overviews: 'nearest' } as const;
    await writeCog(join(folder, 'a.tif'), spec, [new Uint8Array(64)]);
    await expect(writeCog(join(folder, 'b.tif'), spec, [new Uint16Array(64)])).rejects.toThrow(RangeError);
    const crs = { ...crsFromEpsg(4547), epsg: null, name: 'mine' };
    const failing = writeCog(join(folder, 'c.tif'), { ...spec, grid: grid(8, 8, crs) }, [new Uint8Array(64)]);
    await expect(failing).rejects.toThrow(BadInput);
    expect((await readdir(folder)).sort()).toEqual(['a.tif']);
  });

  it('names the file and the cure where the spec contradicts itself', async () => {
    const spec = { grid: grid(8, 8), bands: 2, sampleType: 'uint8', overviews: 'nearest' } as const;
    const planes = [new Uint8Array(64), new Uint8Array(64)];
    const path = join(dir, 'wrong.tif');
    await expect(writeCog(path, { ...spec, palette: new Map() }, planes)).rejects.toThrow(
      /wrong\.tif: a palette/,
    );
    await expect(writeCog(path, { ...spec, level: 0 }, planes)).rejects.toThrow(/level 0; expected 1 to 9/);
    await writeFile(join(dir, 'file'), '');
    await expect(writeCog(join(dir, 'file', 'a.tif'), spec, planes)).rejects.toThrow(BadInput);
  });
});

describe('createCog', () => {
  it('makes the same file whatever the order of its tiles', async () => {
    const spec: CogSpec = { grid: grid(1700, 1100), bands: 1, sampleType: 'uint16', overviews: 'average' };
    const plane = raster('uint16', 1700, 1100);
    const ordered = join(dir, 'ordered.tif');
    const shuffled = join(dir, 'shuffled.tif');
    await writeCog(ordered, spec, [plane]);
    const writer = await createCog(shuffled, spec);
    const tiles = Array.from({ length: 12 }, (_, i) => [((i * 7) % 12) % 4, Math.floor(((i * 7) % 12) / 4)]);
    await Promise.all(
      tiles.map(([col, row]) => {
        const tile = cutTile([plane], 1700, 1100, col, row, spec);
        return writer.putTile(col, row, encodeTile(tile, spec), halveTile(tile, spec));
      }),
    );
    await writer.close();
    expect((await readFile(shuffled)).equals(await readFile(ordered))).toBe(true);
  });

  it('fills tiles never put with nodata, in the overviews too', async () => {
    const spec: CogSpec = {
      grid: grid(1500, 1500),
      bands: 1,
      sampleType: 'uint8',
      overviews: 'nearest',
      nodata: 255,
    };
    const path = join(dir, 'sparse.tif');
    const writer = await createCog(path, spec);
    const tile = new Uint8Array(TILE_SIZE * TILE_SIZE).fill(7);
    await writer.putTile(1, 1, encodeTile(tile, spec), halveTile(tile, spec));
    await writer.close();
    const [full] = await readBack(path);
    expect([full[0], full[600 * 1500 + 600], full[1200 * 1500 + 600]]).toEqual([255, 7, 255]);
    const [quarter] = await readBack(path, 2);
    expect(quarter).toHaveLength(375 * 375);
    expect([quarter[0], quarter[150 * 375 + 150], quarter[300 * 375 + 150]]).toEqual([255, 7, 255]);
    expect(await cogViolations(path)).toEqual([]);
  });

  it('refuses a tile outside the grid, and one put twice', async () => {
    const spec: CogSpec = { grid: grid(600, 100), bands: 1, sampleType: 'uint8', overviews: 'nearest' };
    const writer = await createCog(join(dir, 'twice.tif'), spec);
    const tile = new Uint8Array(TILE_SIZE * TILE_SIZE);
    const put = (col: number, row: number) =>
      writer.putTile(col, row, encodeTile(tile, spec), halveTile(tile, spec));
    await put(0, 0);
    await expect(put(0, 0)).rejects.toThrow(/twice/);
    await expect(put(0, 1)).rejects.toThrow(/outside/);
    await writer.abort();
  });
});

describe('overviews', () => {
  it('average ignores nodata, and is nodata only where all four are', async () => {
    const spec: CogSpec = {
      grid: grid(513, 2),
      bands: 1,
      sampleType: 'uint8',
      overviews: 'average',
      nodata: 0,
    };
    const plane = new Uint8Array(2 * 513);
    plane.set([10, 0, 0, 0, 4, 6]);
    plane.set([20, 0, 0, 0, 4, 8], 513);
    const path = join(dir, 'average.tif');
    await writeCog(path, spec, [plane]);
    const [half] = await readBack(path, 1);
    expect([...half.slice(0, 3)]).toEqual([15, 0, 6]);
  });

  it('repeats the edge, so that the last odd column is not darkened', async () => {
    const spec: CogSpec = { grid: grid(1025, 3), bands: 1, sampleType: 'uint16', overviews: 'average' };
    const path = join(dir, 'edge.tif');
    await writeCog(path, spec, [new Uint16Array(3 * 1025).fill(900)]);
    for (const index of [1, 2]) expect(new Set((await readBack(path, index))[0])).toEqual(new Set([900]));
  });

  it('nearest keeps codes as they are', async () => {
    const spec: CogSpec = { grid: grid(600, 600), bands: 1, sampleType: 'uint8', overviews: 'nearest' };
    const plane = Uint8Array.from({ length: 600 * 600 }, (_, i) =>
      ((i % 3) + Math.floor(i / 600)) % 2 === 0 ? 1 : 7,
    );
    const path = join(dir, 'codes.tif');
    await writeCog(path, spec, [plane]);
    const [half] = await readBack(path, 1);
    expect(half.every((_, i) => half[i] === plane[2 * Math.floor(i / 300) * 600 + 2 * (i % 300)])).toBe(true);
  });
});

describe('encodeTile', () => {
  it('gives bytes of its own each time, so that one can be transferred away', () => {
    const spec = { bands: 1, sampleType: 'float32', overviews: 'average', nodata: Number.NaN } as const;
    const tile = new Float32Array(TILE_SIZE * TILE_SIZE).fill(Number.NaN);
    const first = encodeTile(tile, spec);
    const length = first.length;
    structuredClone(first, { transfer: [first.buffer as ArrayBuffer] });
    expect(first.length).toBe(0);
    expect(encodeTile(tile, spec).length).toBe(length);
  });

  it('refuses samples of another type or length', () => {
    const spec = { bands: 1, sampleType: 'uint8', overviews: 'nearest' } as const;
    expect(() => encodeTile(new Uint8Array(5), spec)).toThrow(RangeError);
    expect(() => halveTile(new Uint16Array(TILE_SIZE * TILE_SIZE), spec)).toThrow(RangeError);
  });
});

describe('layoutCog', () => {
  it('turns to BigTIFF where offsets would pass 4 GiB, with the smallest overview first', () => {
    const spec: CogSpec = { grid: grid(1500, 1000), bands: 1, sampleType: 'uint16', overviews: 'average' };
    const sizes = (bytes: number) =>
      cogLevels(spec.grid).map(({ cols, rows }) => new Array(cols * rows).fill(bytes));
    expect(layoutCog(spec, sizes(1000)).bigTiff).toBe(false);
    const big = layoutCog(spec, sizes(2 ** 30));
    expect(big.bigTiff).toBe(true);
    expect(big.offsets[2][0]).toBe(big.header.length);
    expect(big.offsets[0][5]).toBe(big.header.length + (1 + 2 + 5) * 2 ** 30);
    expect(big.fileSize).toBe(big.header.length + 9 * 2 ** 30);
  });
});
