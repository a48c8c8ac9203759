import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BadInput } from '../raster/errors.js';
import { drawn } from '../vector/testing/class-raster.js';
import { evaluate } from './evaluate.js';
import { type MadeScene, writeScene } from './testing/scenes.js';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tuban-evaluate-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** A raster from rows of digits; `?` is 255. */
async function raster(name: string, rows: string[], more: Partial<MadeScene> = {}): Promise<string> {
  const { width, height, code } = drawn(...rows.map((row) => row.replaceAll('?', '9')));
  const value = (x: number, y: number) => (rows[y][x] === '?' ? 255 : code[y * width + x]);
  return writeScene({ path: join(dir, name), width, height, bands: 1, sampleType: 'uint8', value, ...more });
}

const counts = ({ pixel, object }: Awaited<ReturnType<typeof evaluate>>[number]) =>
  [pixel, object].map((s) => [s.truePositive, s.falsePositive, s.falseNegative]);

describe('evaluate', () => {
  it('scores any change against a truth of 0 and 1, and ignores its 255', async () => {
    const truth = await raster('binary.tif', ['11000?', '11000?', '00000?']);
    const prediction = await raster('any.tif', ['01300?', '01300?', '000004']);
    const scores = await evaluate({ prediction, truth });
    expect(scores.map((s) => s.class)).toEqual(['change']);
    // codes 1 and 3 touch: one object of 4 px, 2 shared of 6, IoU 1/3
    expect(counts(scores[0])).toEqual([
      [2, 2, 2],
      [1, 0, 0],
    ]);
  });

  it('scores one class against a truth of 0 and 1', async () => {
    const truth = await raster('one.tif', ['1100']);
    const prediction = await raster('one-p.tif', ['1411']);
    const [score] = await evaluate({ prediction, truth, class: 'building_new' });
    expect(score.class).toBe('building_new');
    expect(counts(score)[0]).toEqual([1, 2, 1]);
  });

  it('an unusable prediction finds nothing', async () => {
    const truth = await raster('t.tif', ['1100']);
    const prediction = await raster('p.tif', ['?10?']);
    const [score] = await evaluate({ prediction, truth });
    expect(counts(score)[0]).toEqual([1, 0, 1]);
  });

  it('scores every class against a truth of codes', async () => {
    const truth = await raster('codes.tif', ['114477?', '000000?']);
    const prediction = await raster('codes-p.tif', ['104444?', '0000001']);
    const scores = await evaluate({ prediction, truth });
    const byName = new Map(scores.map((s) => [s.class, counts(s)[0]]));
    expect(byName.size).toBe(7);
    expect(byName.get('building_new')).toEqual([1, 0, 1]);
    expect(byName.get('water_gain')).toEqual([2, 2, 0]);
    expect(byName.get('forest_loss')).toEqual([0, 0, 2]);
    expect(byName.get('earthwork')).toEqual([0, 0, 0]);
    expect(await evaluate({ prediction, truth, class: 'water_gain' })).toHaveLength(1);
  });

  it('takes the values that mean changed and unchanged; others are unknown', async () => {
    // 0 unlabelled, 1 unchanged, 2 changed
    const truth = await raster('labels.tif', ['0012', '0021']);
    const prediction = await raster('labels-p.tif', ['1414', '0004']);
    const [both] = await evaluate({ prediction, truth, positive: 2, negative: 1 });
    expect(counts(both)[0]).toEqual([1, 2, 1]);
    const [all] = await evaluate({ prediction, truth, positive: 2 });
    expect(counts(all)[0]).toEqual([1, 4, 1]);
  });

  it('takes a measure with a threshold: changed above it, not at it', async () => {
    const truth = await raster('m.tif', ['1100']);
    const value = (x: number) => [0.9, 0.5, 0.6, 0.1][x];
    const prediction = await raster('m-p.tif', ['0000'], { sampleType: 'float32', value });
    const [score] = await evaluate({ prediction, truth, threshold: 0.5 });
    expect(counts(score)[0]).toEqual([1, 1, 1]);
  });

  it('looks a prediction on another grid up at the centres of the truth’s pixels', async () => {
    const truth = await raster('fine.tif', ['1100', '1100', '0000', '0000'], { resolution: 2 });
    // one pixel covers 2 × 2 of the truth's
    const prediction = await raster('coarse.tif', ['10', '01'], { resolution: 4 });
    const [score] = await evaluate({ prediction, truth });
    expect(counts(score)[0]).toEqual([4, 4, 0]);
  });

  it('shifts by whole pixels: ground counts, not rows and columns', async () => {
    const truth = await raster('here.tif', ['0010', '0000']);
    const prediction = await raster('east.tif', ['1000', '0000'], { origin: [512_004, 2_496_000] });
    const [score] = await evaluate({ prediction, truth });
    expect(counts(score)[0]).toEqual([1, 0, 0]);
  });

  it('finds nothing where the prediction does not reach', async () => {
    const truth = await raster('far.tif', ['11']);
    const prediction = await raster('away.tif', ['11'], { origin: [600_000, 2_496_000] });
    const [score] = await evaluate({ prediction, truth });
    expect(counts(score)[0]).toEqual([0, 0, 2]);
  });

  it('looks through CRSs', async () => {
    const rows = Array.from({ length: 40 }, (_, y) => (y < 20 ? '1' : '0').repeat(40));
    const truth = await raster('cgcs.tif', rows);
    // gdaltransform -s_srs EPSG:4547 -t_srs EPSG:32650 turns 512000 2496000 into 203477.9 2497861.2, with 1.1° of rotation;
    // 20 m of margin around
    const prediction = await raster(
      'utm.tif',
      Array.from({ length: 60 }, (_, y) => (y < 30 ? '1' : '0').repeat(60)),
      { epsg: 32650, origin: [203_456, 2_497_880.4] },
    );
    const [{ pixel }] = await evaluate({ prediction, truth });
    expect(pixel.recall).toBeGreaterThan(0.9);
    expect(pixel.precision).toBeGreaterThan(0.9);
  });

  it('refuses a negative value without a positive one', async () => {
    const truth = await raster('n.tif', ['12']);
    await expect(evaluate({ prediction: truth, truth, negative: 1 })).rejects.toThrow(BadInput);
  });

  it('refuses what is no raster, naming it', async () => {
    const truth = await raster('ok.tif', ['10']);
    const missing = join(dir, 'missing.tif');
    await expect(evaluate({ prediction: missing, truth })).rejects.toThrow(missing);
  });
});
