import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromFile } from 'geotiff';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classByName, UNUSABLE } from '../kernels/classes.js';
import { apply, invert } from '../raster/affine.js';
import { cogViolations } from '../raster/cog/rules.js';
import { transformer, WGS84 } from '../raster/crs.js';
import { snappedGrid } from '../raster/grid.js';
import { areaOfFile, ringHolds } from './area.js';
import { COVER } from './cover.js';
import { schematicDistrict, WORLD_CRS } from './district.js';
import { makeSamples, type SampleSet } from './make.js';
import { monthIndices, sunOf, takeOf } from './months.js';
import { sceneRenderer, type World } from './scene.js';
import { newHit } from './surface.js';
import { createTerrain } from './terrain.js';

// coarse enough to be quick; no change is smaller than two of its px
const RESOLUTION = 5;
const MONTHS = ['2025-08', '2026-06', '2026-07'];
let dir = '';
let set: SampleSet;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tuban-samples-'));
  set = await makeSamples({ dir: join(dir, 'a'), seed: 5, months: MONTHS, resolution: RESOLUTION });
});
afterAll(() => rm(dir, { recursive: true }));

async function bands(path: string): Promise<{ samples: ArrayLike<number>[]; width: number; height: number }> {
  const file = await fromFile(path);
  try {
    const samples = await (await file.getImage()).readRasters();
    return { samples: [...samples] as ArrayLike<number>[], width: samples.width, height: samples.height };
  } finally {
    await file.close();
  }
}

describe('the schematic district', () => {
  it('has ten subdistricts whose areas sum to that of their common outline: no gap, no overlap', () => {
    const { features } = schematicDistrict(5);
    expect(features.map((f) => f.properties?.code).sort()).toEqual(
      Array.from({ length: 10 }, (_, i) => `4403030${String(i + 1).padStart(2, '0')}`),
    );
    // every inner edge is walked once in each direction; what is left over must close into one outline
    const edges = new Map<string, number>();
    for (const { geometry } of features) {
      const [ring] = geometry.coordinates;
      for (let i = 0; i + 1 < ring.length; i++) {
        const [a, b] = [ring[i].join(), ring[i + 1].join()];
        if (edges.delete(`${b} ${a}`)) continue;
        expect(edges.has(`${a} ${b}`)).toBe(false);
        edges.set(`${a} ${b}`, 1);
      }
    }
    const next = new Map([...edges.keys()].map((edge) => edge.split(' ') as [string, string]));
    const start = [...next.keys()][0];
    let steps = 0;
    for (let at = next.get(start); at && at !== start && steps < 1000; at = next.get(at)) steps++;
    expect(steps + 1).toBe(edges.size);
  });

  it('says that it is schematic', () => {
    for (const { properties } of schematicDistrict(1).features) expect(properties?.schematic).toBe(true);
  });
});

describe('makeSamples', () => {
  it('gives the same bytes for the same seed, others for another', async () => {
    const options = { months: MONTHS.slice(0, 2), resolution: 20 };
    const make = (name: string, seed: number) => makeSamples({ ...options, dir: join(dir, name), seed });
    const [a, b, c] = [await make('s1', 9), await make('s2', 9), await make('s3', 10)];
    const bytes = (made: SampleSet) =>
      Promise.all(
        [...made.scenes, ...made.truth].map(async ({ file }) => (await readFile(file)).toString('base64')),
      );
    expect((await bytes(a)).join() === (await bytes(b)).join()).toBe(true);
    expect((await bytes(a)).join() === (await bytes(c)).join()).toBe(false);
  });

  it('writes a scene a month and a truth raster a pair, all of them valid COGs', async () => {
    expect(set.scenes.map((s) => s.month)).toEqual(MONTHS);
    expect(set.truth.map((t) => `${t.before} ${t.after}`)).toEqual([
      '2025-08 2026-06',
      '2025-08 2026-07',
      '2026-06 2026-07',
    ]);
    for (const { file } of [...set.scenes, ...set.truth]) expect(await cogViolations(file)).toEqual([]);
  });

  it('puts truth on the grid a run would use', async () => {
    const { bounds } = await areaOfFile(set.districtsFile);
    const grid = snappedGrid(WORLD_CRS, bounds, RESOLUTION);
    const file = await fromFile(set.truth[0].file);
    const image = await file.getImage();
    expect([image.getWidth(), image.getHeight()]).toEqual([grid.width, grid.height]);
    expect(image.getOrigin().slice(0, 2)).toEqual([grid.transform[2], grid.transform[5]]);
    await file.close();
  });

  it('has every change class in the truth, and nothing but the classes', async () => {
    const codes = new Set<number>();
    for (const { file } of set.truth)
      for (const code of Array.from((await bands(file)).samples[0])) codes.add(code);
    for (const code of [0, 1, 2, 3, 4, 5, 6, 7]) expect(codes).toContain(code);
    expect([...codes].every((code) => code <= 7 || code === UNUSABLE)).toBe(true);
  });

  it('lists each change where the truth has it, and no truth outside the list', async () => {
    const { bounds } = await areaOfFile(set.districtsFile);
    const grid = snappedGrid(WORLD_CRS, bounds, RESOLUTION);
    const toWorld = transformer(WGS84, WORLD_CRS);
    const pixel = invert(grid.transform);
    for (let i = 1; i < MONTHS.length; i++) {
      const pair = set.truth.find((t) => t.before === MONTHS[i - 1] && t.after === MONTHS[i]);
      const left = Array.from((await bands(pair?.file ?? '')).samples[0]);
      const listed = set.changes.filter((c) => c.month === MONTHS[i] && c.class !== null);
      expect(listed.length).toBeGreaterThan(10);
      let agree = 0;
      let seen = 0;
      for (const change of listed) {
        const ring = change.ring.map(([lon, lat]) => apply(pixel, ...toWorld(lon, lat)));
        const columns = ring.map(([x]) => x);
        const rows = ring.map(([, y]) => y);
        for (let y = Math.floor(Math.min(...rows)) - 1; y <= Math.max(...rows) + 1; y++) {
          for (let x = Math.floor(Math.min(...columns)) - 1; x <= Math.max(...columns) + 1; x++) {
            const k = y * grid.width + x;
            if (ringHolds(ring, x + 0.5, y + 0.5) && left[k] !== UNUSABLE) {
              seen++;
              if (left[k] === classByName(change.class ?? '')?.code) agree++;
            }
            // the outline of a blob is a polygon of its smooth edge: the px along it count as listed
            left[k] = 0;
          }
        }
      }
      expect(agree / seen).toBeGreaterThan(0.97);
      expect(left.filter((code) => code !== 0 && code !== UNUSABLE)).toEqual([]);
    }
  });

  it('keeps traps out of the truth, and leaves them out when asked to', async () => {
    expect(new Set(set.changes.filter((c) => c.trap).map((c) => c.trap)).size).toBeGreaterThanOrEqual(5);
    for (const change of set.changes) expect((change.class === null) !== (change.trap === null)).toBe(true);
    const plain = await makeSamples({
      dir: join(dir, 'plain'),
      seed: 5,
      months: MONTHS.slice(0, 2),
      resolution: 20,
      traps: false,
      clouds: false,
      shift: false,
    });
    expect(plain.changes.every((c) => c.trap === null)).toBe(true);
    expect(plain.takes.every((t) => t.cloudCover === 0 && t.wedge === 0 && t.shift[0] === 0)).toBe(true);
    expect(Array.from((await bands(plain.truth[0].file)).samples[0])).not.toContain(UNUSABLE);
  });

  it('darkens water towards nir and brightens vegetation there', async () => {
    const { samples } = await bands(set.scenes[0].file);
    const [, green, red, nir] = samples;
    let water = 0;
    let vegetation = 0;
    for (let i = 0; i < nir.length; i++) {
      if (nir[i] < green[i] && nir[i] < 700) water++;
      if ((nir[i] - red[i]) / (nir[i] + red[i]) > 0.5) vegetation++;
    }
    expect(water / nir.length).toBeGreaterThan(0.02);
    expect(vegetation / nir.length).toBeGreaterThan(0.25);
  });

  it('refuses months it cannot read or that do not ascend, naming them', async () => {
    const base = { dir: join(dir, 'no'), seed: 1, resolution: 10 };
    await expect(makeSamples({ ...base, months: ['2026-13'] })).rejects.toThrow(
      /"2026-13"; expected YYYY-MM/,
    );
    await expect(makeSamples({ ...base, months: ['2026-08', '2026-07'] })).rejects.toThrow(/does not follow/);
    await expect(makeSamples({ ...base, months: ['2026-08'], resolution: 0 })).rejects.toThrow(
      /resolution "0"/,
    );
  });
});

describe('the sun', () => {
  it('stands high in summer and low in the south-east in winter, so that shadows turn and lengthen', () => {
    const june = sunOf(6);
    const december = sunOf(12);
    expect(june.elevation).toBeGreaterThan(62);
    expect(december.elevation).toBeLessThan(42);
    expect(december.azimuth).toBeGreaterThan(140);
    expect(june.azimuth).toBeLessThan(95);
  });

  it('throws the shadow of a tower to the west in summer, longer and to the north-west in winter', () => {
    // one tower, 40 m high and 20 m wide, on a paved plain
    const grid = {
      crs: WORLD_CRS,
      resolution: 2,
      width: 100,
      height: 100,
      transform: [2, 0, 0, 0, -2, 200],
    } as const;
    const world: World = {
      bounds: { minX: 0, minY: 0, maxX: 200, maxY: 200 },
      seed: 1,
      terrain: createTerrain({ minX: 0, minY: 0, maxX: 200, maxY: 200 }, 1),
      surface: {
        at(x, y, _month, hit) {
          const tower = Math.abs(x - 100) < 10 && Math.abs(y - 100) < 10;
          Object.assign(hit, newHit(), {
            cover: tower ? COVER.roof_concrete : COVER.paving,
            height: tower ? 40 : 0,
          });
        },
      },
    };
    const shadowOf = (month: string) => {
      const [index] = monthIndices([month]);
      const take = takeOf(month, index, 0, 1, { clouds: false, shift: false });
      const tile = sceneRenderer(world, grid, take)(0, 0);
      const pixels: (readonly [x: number, y: number])[] = [];
      for (let y = 0; y < 100; y++) {
        for (let x = 0; x < 100; x++) if (tile[4 * (512 * y + x) + 3] < 750) pixels.push([x - 50, y - 50]);
      }
      const mean = (axis: 0 | 1) => pixels.reduce((sum, p) => sum + p[axis], 0) / pixels.length;
      return { area: pixels.length, east: mean(0), south: mean(1) };
    };
    const june = shadowOf('2026-06');
    const december = shadowOf('2026-12');
    expect(june.east).toBeLessThan(-7);
    expect(Math.abs(june.south)).toBeLessThan(2);
    expect(december.south).toBeLessThan(-8);
    expect(december.east).toBeLessThan(-4);
    expect(december.area).toBeGreaterThan(1.5 * june.area);
  });
});
