import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SHADE } from '../kernels/classes.js';
import { writeCog } from '../raster/cog/writer.js';
import { outputSpec, STATE_SLOTS } from '../raster/engine/job.js';
import { takeUnjudged } from '../raster/mask/judged.js';
import type { Db } from '../vector/store/db.js';
import { openStateHistory, type StateHistory, unjudgedMonths } from './state-history.js';
import { gridOfMade } from './testing/scenes.js';

const [WIDTH, HEIGHT] = [40, 20];
const grid = gridOfMade({ path: '', width: WIDTH, height: HEIGHT, bands: 1, value: () => 0 });
const [WATER, OTHER] = [2, 5];
let folder = '';
let history: StateHistory;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuban-states-'));
  const file = join(folder, 'state.tif');
  // columns: ten of water, ten in a shadow, ten of bare ground, ten that nobody saw
  const states = [WATER, SHADE, OTHER, 0];
  const plane = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => states[Math.floor((i % WIDTH) / 10)]);
  await writeCog(file, outputSpec('state', grid), [plane]);
  const nothingRun = { query: async () => [] } as unknown as Db;
  history = await openStateHistory(nothingRun, folder, grid, { month: '2026-08', file });
});
afterAll(async () => {
  await history?.close();
  await rm(folder, { recursive: true, force: true });
});

const whole = { rings: [Float64Array.from([0, 0, WIDTH, 0, WIDTH, HEIGHT, 0, HEIGHT])] };

it('has not seen what lay in a shadow', async () => {
  expect(await history.share('2026-08', whole, ['water'])).toEqual({ usable: 0.5, holding: 0.5 });
  expect(await history.share('2026-08', whole, ['other'])).toEqual({ usable: 0.5, holding: 0.5 });
});

it('has not seen the states that are to count as unseen', async () => {
  expect(await history.share('2026-08', whole, ['water'], ['other'])).toEqual({ usable: 0.25, holding: 1 });
  expect(await history.share('2026-08', whole, ['forest'], ['other', 'water'])).toEqual({
    usable: 0,
    holding: 0,
  });
});

it('counts a shadow as other ground in areas', async () => {
  const counts = await history.transitions('2026-08', '2026-08', [whole]);
  const own = [...counts.subarray(STATE_SLOTS * STATE_SLOTS)];
  const diagonal = Array.from({ length: STATE_SLOTS }, (_, k) => own[k * STATE_SLOTS + k]);
  expect(diagonal).toEqual([200, 0, 200, 0, 0, 400]);
});

it('marks the cells of 8 px that hold ground of the zones which nobody saw', async () => {
  const months = unjudgedMonths(async () => ({ ...history, close: async () => {} }), [whole]);
  const { '2026-08': cells, ...others } = await months(['2026-08', '2026-07']);
  expect(others).toEqual({});
  const window = { x: 0, y: 0, width: WIDTH, height: HEIGHT };
  const length = WIDTH * HEIGHT;
  const taken = (of: typeof cells) => {
    const usable = new Uint8Array(length).fill(1);
    return takeUnjudged({ bands: [], stack: new Float32Array(0), usable }, window, of);
  };
  const expected = Uint8Array.from({ length }, (_, i) => (i % WIDTH >= 24 ? 1 : 0));
  expect(taken(cells)).toEqual(expected);
  // where 4 × 4 px are judged as one
  const [columns, rows] = [WIDTH / 4, HEIGHT / 4];
  const judged = { bands: [], stack: new Float32Array(0), usable: new Uint8Array(columns * rows).fill(1) };
  const inCells = takeUnjudged(judged, { x: 0, y: 0, width: columns, height: rows }, cells, 4);
  expect(inCells).toEqual(Uint8Array.from({ length: columns * rows }, (_, i) => (i % columns >= 6 ? 1 : 0)));
  const elsewhere = { rings: [Float64Array.from([0, 0, 24, 0, 24, HEIGHT, 0, HEIGHT])] };
  expect(taken(await history.unjudged('2026-08', [elsewhere]))).toBeNull();
});

it('reads them off an overview of a large raster: what lies a cell inside a mask, nothing that lies a cell outside', async () => {
  const [width, height] = [1501, 1203];
  const large = gridOfMade({ path: '', width, height, bands: 1, value: () => 0 });
  const isHidden = (i: number) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return (x >= 300 && x < 421 && y >= 77 && y < 190) || (x > 1450 && y > 1150);
  };
  const length = width * height;
  const file = join(folder, 'large.tif');
  const plane = Uint8Array.from({ length }, (_, i) => (isHidden(i) ? 0 : OTHER));
  await writeCog(file, outputSpec('state', large), [plane]);
  const nothingRun = { query: async () => [] } as unknown as Db;
  const states = await openStateHistory(nothingRun, folder, large, { month: '2026-08', file });
  const zone = { rings: [Float64Array.from([0, 0, width, 0, width, height, 0, height])] };
  const cells = await states.unjudged('2026-08', [zone]);
  await states.close();
  const usable = new Uint8Array(length).fill(1);
  const taken = takeUnjudged(
    { bands: [], stack: new Float32Array(0), usable },
    { x: 0, y: 0, width, height },
    cells,
  );
  const around = [-8, 0, 8].flatMap((dy) => [-8, 0, 8].map((dx) => dy * width + dx));
  const within = (i: number) =>
    i % width >= 8 && i % width < width - 8 && around.every((by) => plane[i + by] === 0);
  const beyond = (i: number) => around.every((by) => plane[i + by] !== 0);
  const count = (is: (i: number) => boolean) => plane.reduce((sum, _, i) => sum + (is(i) ? 1 : 0), 0);
  expect(count(within)).toBeGreaterThan(8000);
  expect(count((i) => within(i) && taken?.[i] !== 1)).toBe(0);
  expect(count((i) => beyond(i) && taken?.[i] === 1)).toBe(0);
});
