import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UNUSABLE } from '../../kernels/classes.js';
import { indexDetector } from '../../kernels/index-detector.js';
import { writeCog } from '../cog/writer.js';
import type { Grid } from '../grid.js';
import { openScene } from '../scene.js';
import { drawRuns, madeGrid } from '../testing.js';
import { openRaster } from '../tiff/open.js';
import { folderStore } from './block-store.js';
import { type CompareRequest, compare } from './compare.js';
import { type Journal, openJournal } from './journal.js';
import { shareBlocks } from './panels.js';
import { runBlocks } from './pool.js';
import type { OpenedScene } from './prepare.js';

const folder = mkdtempSync(join(tmpdir(), 'tuban-compare-'));
// more than one block of 1024 px either way
const SIDE = 1100;
const grid = madeGrid(SIDE, SIDE, { epsg: 4547, resolution: 2 });
const BANDS = ['green', 'red', 'nir'] as const;

/** Squares of water, forest and bare ground that change from one date to the next; a corner without data after. */
function plane(date: number, band: number, data = (_x: number) => true): Uint16Array {
  const surfaces = [
    [120, 60, 20],
    [80, 50, 400],
    [200, 230, 280],
  ];
  const out = new Uint16Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const square = Math.floor(x / 37) * 31 + Math.floor(y / 41) * 17;
      const surface = (square + (square % 5 === 0 ? date : 0)) % 3;
      const empty = !data(x) || (date === 1 && x < 20 && y < 30);
      out[y * SIDE + x] = empty ? 0 : surfaces[surface][band] + ((x * 7 + y * 13 + date) % 9);
    }
  }
  return out;
}

async function write(name: string, planes: Uint16Array[], on: Grid = grid): Promise<string> {
  const path = join(folder, name);
  const spec = {
    grid: on,
    bands: 3,
    sampleType: 'uint16',
    nodata: 0,
    overviews: 'average',
    level: 1,
  } as const;
  await writeCog(path, { ...spec, descriptions: [...BANDS] }, planes);
  return path;
}

const opened: OpenedScene[] = [];
async function open(path: string): Promise<OpenedScene> {
  const spec = { files: [path] };
  const scene = { spec, scene: await openScene(spec) };
  opened.push(scene);
  return scene;
}

const planesOf = (date: number, data?: (x: number) => boolean) => [0, 1, 2].map((b) => plane(date, b, data));
let expected: Uint8Array;
let before: OpenedScene;
let after: OpenedScene;

beforeAll(async () => {
  const [first, second] = [planesOf(0), planesOf(1)];
  expected = expectedCodes(first, second);
  before = await open(await write('before.tif', first));
  after = await open(await write('after.tif', second));
});
afterAll(async () => {
  for (const { scene } of opened) await scene.close();
  rmSync(folder, { recursive: true });
});

const request = (more: Partial<CompareRequest> = {}): CompareRequest => ({
  grid,
  before: [before],
  after: [after],
  reference: before,
  detector: indexDetector,
  classes: ['water_gain', 'water_loss', 'forest_loss'],
  backend: 'webasm',
  align: false,
  normalize: false,
  zones: [],
  clip: false,
  outputs: {},
  workers: 1,
  ...more,
});

/** The codes of the design's index differencing, written out. */
function expectedCodes(first: readonly Uint16Array[], second: readonly Uint16Array[]): Uint8Array {
  const index = (p: number, q: number) => (p - q) / (p + q);
  return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
    if (second.every((band) => band[i] === 0)) return UNUSABLE;
    const [v0, v1] = [first, second].map(([, red, nir]) => index(nir[i], red[i]));
    const [w0, w1] = [first, second].map(([green, , nir]) => index(green[i], nir[i]));
    if (w1 > 0.1 && w0 < 0) return 4;
    if (w0 > 0.1 && w1 < 0) return 5;
    return v0 > 0.5 && v0 - v1 > 0.2 && w1 < 0 ? 7 : 0;
  });
}

const differing = (a: Uint8Array, b: Uint8Array) => a.reduce((n, v, i) => n + (v === b[i] ? 0 : 1), 0);

describe('compare', () => {
  it.each([
    1, 2,
  ])('gives the codes of plain index differencing, over block seams, with %d workers', async (workers) => {
    const magnitude = join(folder, `magnitude-${workers}.tif`);
    const result = await compare(request({ workers, outputs: { magnitude } }));
    expect(new Set(expected)).toEqual(new Set([0, 4, 5, 7, UNUSABLE]));
    expect(differing(drawRuns(result.runs, grid), expected)).toBe(0);
    expect(result.pixels).toBe(SIDE * SIDE);
    expect(result.usable).toBe(SIDE * SIDE - 20 * 30);
    expect(result.backend).toBe('webasm');
    const file = await openRaster(magnitude);
    expect([file.info.width, file.info.height, file.info.sampleType]).toEqual([SIDE, SIDE, 'float32']);
    await file.close();
  });

  it('goes on from the blocks a journal kept, and comes to the same', async () => {
    const kept = openJournal(folderStore(join(folder, 'journal')));
    let computed = 0;
    const counting: Journal = {
      ...kept,
      put: async (result) => {
        computed++;
        await kept.put(result);
      },
    };
    const one = await compare(request({ journal: counting }));
    expect(computed).toBe(4);
    const two = await compare(request({ journal: counting }));
    expect(computed).toBe(4);
    expect(two.runs).toEqual(one.runs);
    expect(two.transitions).toEqual(one.transitions);
    await compare(request({ journal: counting, classes: ['water_gain'] }));
    expect(computed).toBe(8);
  });

  it('mosaics the scenes of a date: each fills what those before it left empty', async () => {
    const left = await open(
      await write(
        'left.tif',
        planesOf(1, (x) => x < 600),
      ),
    );
    const right = await open(
      await write(
        'right.tif',
        planesOf(1, (x) => x >= 500),
      ),
    );
    const result = await compare(request({ after: [left, right], workers: 2 }));
    expect(differing(drawRuns(result.runs, grid), expected)).toBe(0);
  });

  it('comes to the same in threads that read the headers themselves', async () => {
    const result = await compare(
      request({
        run: (job, blocks, { take }) =>
          runBlocks(job, blocks, {
            workers: 2,
            shared: shareBlocks([before, after], job),
            headers: new Map(),
            onResult: take,
          }),
      }),
    );
    expect(differing(drawRuns(result.runs, grid), expected)).toBe(0);
  });

  it('stops when it is told to, and leaves no file behind', async () => {
    const confidence = join(folder, 'never.tif');
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(compare(request({ signal, outputs: { confidence } }))).rejects.toThrow('enough');
    await expect(openRaster(confidence)).rejects.toThrow(/never\.tif/);
  });
});
