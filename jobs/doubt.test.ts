import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHANGE_CLASSES } from '../kernels/classes.js';
import { stateDetector } from '../kernels/state-detector.js';
import { gridOf } from '../raster/choose-grid.js';
import { commonBands, compare } from '../raster/engine/compare.js';
import type { OpenedScene } from '../raster/engine/prepare.js';
import { openScene, placed } from '../raster/scene.js';
import { REAL_DATA, skipsWithout } from './testing/real-data.js';
import { repaint } from './testing/sky.js';

const SENSOR = 'naip';
let dir = '';
let before: OpenedScene;
const opened: OpenedScene[] = [];

const open = async (path: string): Promise<OpenedScene> => {
  const spec = { files: [path], sensor: SENSOR };
  const scene = { spec, scene: await openScene(spec) };
  opened.push(scene);
  return scene;
};

/** Changed pixels, of regions that are not all but nothing. */
async function detect(after: OpenedScene, align = true) {
  const { grid } = gridOf(placed(before.scene), {});
  const { classes } = stateDetector.computable(commonBands([before, after]));
  const { runs, tolerance } = await compare({
    grid,
    before: [before],
    after: [after],
    reference: before,
    detector: stateDetector,
    classes,
    backend: 'webasm',
    align,
    normalize: true,
    zones: [],
    clip: false,
    least: [0, 2, 8, 8, 8, 8, 8, 8],
    outputs: {},
    workers: 1,
  });
  const counts = new Float64Array(256);
  for (let k = 0; k < runs.count; k++) counts[runs.code[k]] += runs.x1[k] - runs.x0[k];
  const changed = CHANGE_CLASSES.reduce((sum, { code }) => sum + counts[code], 0);
  return { changed, tolerance };
}

describe.skipIf(skipsWithout('series_naip'))('a NAIP date against itself', () => {
  const date = join(REAL_DATA, 'series_naip/m_4709963_se_14_1_20140720.tif');
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tuban-doubt-'));
    before = await open(date);
  });
  afterAll(async () => {
    for (const { scene } of opened) await scene.close();
    await rm(dir, { recursive: true, force: true });
  });

  it('shifted where no window can tell, shows little of what it shows when the georeference is believed', async () => {
    // stripes without data leave no window with ground enough
    const striped = (value: number, x: number, y: number) => ((x + y) % 100 < 45 ? Number.NaN : value);
    const shifted = await open(await repaint(date, join(dir, 'shifted.tif'), striped, [2, -2]));
    const doubted = await detect(shifted);
    const believed = await detect(shifted, false);
    expect([doubted.tolerance, believed.tolerance]).toEqual([2, 0]);
    expect(believed.changed).toBeGreaterThan(500);
    expect(doubted.changed).toBeLessThan(believed.changed / 10);
  });
});
