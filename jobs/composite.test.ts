import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UNUSABLE } from '../kernels/classes.js';
import { stateDetector } from '../kernels/state-detector.js';
import { gridOf } from '../raster/choose-grid.js';
import { commonBands, compare } from '../raster/engine/compare.js';
import type { OpenedScene } from '../raster/engine/prepare.js';
import { openScene, placed } from '../raster/scene.js';
import { drawRuns } from '../raster/testing.js';
import { makeSamples } from '../samples/make.js';
import { type Cloud, repaint, under } from './testing/sky.js';

let dir = '';
let before: OpenedScene;
let clear: OpenedScene;
/** The same month under other skies, taken with other light. */
let west: OpenedScene;
let east: OpenedScene;

const MONTH = '2026-05';
const WHITE = [9000, 8800, 8600, 8800];
const open = async (path: string, month: string): Promise<OpenedScene> => {
  const spec = { files: [path] };
  return { spec, scene: await openScene(spec), month };
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tuban-composite-'));
  const ring = [
    [114.1, 22.54],
    [114.122, 22.54],
    [114.122, 22.547],
    [114.1, 22.547],
    [114.1, 22.54],
  ];
  const district = {
    type: 'FeatureCollection',
    features: [
      {
        type: 'Feature',
        properties: { code: '440303001', name: '桂园街道' },
        geometry: { type: 'Polygon', coordinates: [ring] },
      },
    ],
  };
  const extent = join(dir, 'district.geojson');
  await writeFile(extent, JSON.stringify(district));
  const options = { dir, seed: 1, months: ['2026-04', MONTH], resolution: 2, extent };
  const { scenes } = await makeSamples({ ...options, clouds: false, shift: false });
  const [first, second] = scenes.map(({ file }) => file);
  before = await open(first, '2026-04');
  clear = await open(second, MONTH);
  const sky = async (name: string, clouds: readonly Cloud[], gain: number[], offset: number[]) =>
    open(await repaint(second, join(dir, name), under({ clouds, white: WHITE, gain, offset })), MONTH);
  west = await sky(
    'west.tif',
    [
      { x: 260, y: 140, radius: 120, rim: 50 },
      { x: 640, y: 260, radius: 90, rim: 50 },
    ],
    [1, 1, 1, 1],
    [0, 0, 0, 0],
  );
  // over the seam of blocks at 1024 too
  east = await sky(
    'east.tif',
    [{ x: 1020, y: 180, radius: 110, rim: 50 }],
    [1.1, 1.1, 1.08, 1.06],
    [80, 60, 40, 20],
  );
});
afterAll(async () => {
  for (const opened of [before, clear, west, east]) await opened?.scene.close();
  await rm(dir, { recursive: true, force: true });
});

async function detect(date: readonly OpenedScene[]): Promise<{ codes: Uint8Array; usable: number }> {
  const { grid } = gridOf(placed(before.scene), {});
  const { classes } = stateDetector.computable(commonBands([before, ...date]));
  const result = await compare({
    grid,
    before: [before],
    after: date,
    reference: before,
    detector: stateDetector,
    classes,
    backend: 'webasm',
    align: true,
    normalize: true,
    zones: [],
    clip: false,
    least: [0, 12, 12, 50, 50, 50, 50, 50],
    outputs: {},
    workers: 1,
  });
  return { codes: drawRuns(result.runs, grid), usable: result.usable / result.pixels };
}

const share = (codes: Uint8Array, holds: (code: number, i: number) => boolean) =>
  codes.reduce((sum, code, i) => sum + (holds(code, i) ? 1 : 0), 0) / codes.length;

describe('a month of several scenes', () => {
  it('shows what a cloudless scene shows, in whatever order its scenes came', async () => {
    const cloudless = await detect([clear]);
    const one = await detect([west, east]);
    const other = await detect([east, west]);
    expect(other.codes).toEqual(one.codes);
    expect(one.usable).toBeGreaterThan(cloudless.usable - 0.002);
    const alone = await detect([west]);
    expect(share(alone.codes, (code) => code === UNUSABLE)).toBeGreaterThan(0.05);
    // both change something on this ground
    expect(share(cloudless.codes, (code) => code > 0 && code < UNUSABLE)).toBeGreaterThan(0.005);
    // what differs is one wrong patch of forest gained at the grid’s edge, half of it all, and earthwork here and there
    expect(share(one.codes, (code, i) => code === cloudless.codes[i])).toBeGreaterThan(0.993);
  });
});
