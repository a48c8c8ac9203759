import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crsFromEpsg } from '../raster/crs.js';
import { BadInput } from '../raster/errors.js';
import { drawn } from '../vector/testing/class-raster.js';
import { evaluate } from './evaluate.js';
import { type MadeScene, ORIGIN, writeScene } from './testing/scenes.js';

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

interface MadePatch {
  readonly class?: string;
  readonly confidence?: number;
  readonly state?: string;
  readonly after?: string;
  /** Rectangle in px of 2 m from the corner of `raster`. */
  readonly box: readonly [x: number, y: number, width: number, height: number];
}

async function patches(name: string, made: readonly MadePatch[]): Promise<string> {
  const features = made.map(({ box: [x, y, w, h], ...rest }) => {
    const corner = (i: number, j: number) => [ORIGIN[0] + 2 * (x + i), ORIGIN[1] - 2 * (y + j)];
    const ring = [corner(0, 0), corner(0, h), corner(w, h), corner(w, 0), corner(0, 0)];
    const properties = {
      class: 'building_new',
      confidence: 0.5,
      state: 'suspected',
      after: '2026-08',
      ...rest,
    };
    return { type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] }, properties };
  });
  const crs = { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::4547' } };
  const path = join(dir, name);
  await writeFile(path, JSON.stringify({ type: 'FeatureCollection', crs, features }));
  return path;
}

describe('evaluate', () => {
  it('scores patches: pixels by their centres, each patch an object of its own', async () => {
    const truth = await raster('p-truth.tif', ['11110000', '11110000', '0000000?']);
    const prediction = await patches('p.geojson', [
      // touch each other: two objects, of which one is right
      { box: [0, 0, 3, 2] },
      { box: [3, 0, 1, 2] },
      { box: [6, 0, 1, 1], class: 'water_gain' },
      // less than half of a pixel
      { box: [5, 1, 0.4, 0.4] },
    ]);
    const [score] = await evaluate({ prediction, truth, classes: ['building_new'] });
    expect(counts(score)).toEqual([
      [8, 0, 0],
      [1, 1, 0],
    ]);
    expect(counts((await evaluate({ prediction, truth }))[0])).toEqual([
      [8, 1, 0],
      [1, 2, 0],
    ]);
  });

  it('filters patches by state', async () => {
    const truth = await raster('s-truth.tif', ['1100']);
    const prediction = await patches('s.geojson', [
      { box: [0, 0, 2, 1], state: 'confirmed' },
      { box: [3, 0, 1, 1], state: 'dismissed' },
    ]);
    const objectsOf = async (state?: 'confirmed' | 'suspected') =>
      counts((await evaluate({ prediction, truth, state }))[0])[1];
    expect(await objectsOf()).toEqual([1, 1, 0]);
    expect(await objectsOf('confirmed')).toEqual([1, 0, 0]);
    expect(await objectsOf('suspected')).toEqual([0, 0, 1]);
  });

  it('visits the surest patches of each month', async () => {
    const truth = await raster('l-truth.tif', ['1010101000']);
    const prediction = await patches('l.geojson', [
      { box: [0, 0, 1, 1], confidence: 0.6, after: '2026-07-15' },
      { box: [9, 0, 1, 1], confidence: 0.7, after: '2026-07-15' },
      { box: [2, 0, 1, 1], confidence: 0.3, after: '2026-08' },
      { box: [8, 0, 1, 1], confidence: 0.2, after: '2026-08' },
    ]);
    const [score] = await evaluate({ prediction, truth, leads: 1, months: 2 });
    expect(score.leads).toEqual({ leads: 1, visited: 2, right: 1, precision: 0.5 });
  });

  it('refuses what goes with a raster for patches, and the other way round', async () => {
    const truth = await raster('mix.tif', ['10']);
    const prediction = await patches('mix.geojson', []);
    await expect(evaluate({ prediction, truth, threshold: 0.5 })).rejects.toThrow('--threshold');
    await expect(evaluate({ prediction, truth, confidence: truth })).rejects.toThrow('--confidence');
    await expect(evaluate({ prediction: truth, truth, state: 'confirmed' })).rejects.toThrow('--state');
    const strange = await patches('strange.geojson', [{ box: [0, 0, 1, 1], class: 'castle' }]);
    await expect(evaluate({ prediction: strange, truth })).rejects.toThrow('feature 1 is no patch');
  });

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
    const [score] = await evaluate({ prediction, truth, classes: ['building_new'] });
    expect(score.class).toBe('building_new');
    expect(counts(score)[0]).toEqual([1, 2, 1]);
  });

  it('does not judge what the prediction calls unusable, and counts what was there', async () => {
    const truth = await raster('t.tif', ['1100']);
    const prediction = await raster('p.tif', ['?10?']);
    const [score] = await evaluate({ prediction, truth });
    expect(counts(score)[0]).toEqual([1, 0, 0]);
    expect(score.hidden).toBe(1);
    // 2 px of 4 m²
    expect(score.judgedKm2).toBeCloseTo(8e-6, 12);
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
    expect(await evaluate({ prediction, truth, classes: ['water_gain'] })).toHaveLength(1);
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

  it('judges several classes together against 0 and 1, each on its own against codes', async () => {
    const truth = await raster('both.tif', ['11100']);
    const prediction = await raster('both-p.tif', ['12040']);
    const classes = ['building_new', 'building_removed'] as const;
    const [both, ...others] = await evaluate({ prediction, truth, classes });
    expect(others).toEqual([]);
    expect(both.class).toBe('building_new+building_removed');
    expect(counts(both)[0]).toEqual([2, 0, 1]);
    const codes = await raster('both-codes.tif', ['12100']);
    expect((await evaluate({ prediction, truth: codes, classes })).map((s) => counts(s)[0])).toEqual([
      [1, 0, 1],
      [1, 0, 0],
    ]);
  });

  it('takes the confidence of a change raster from beside it, or from where it is said', async () => {
    const folder = await mkdtemp(join(dir, 'diff-'));
    const truth = await raster('sure.tif', ['1100000000']);
    const prediction = await raster(join(basename(folder), 'change.tif'), ['1100110000']);
    const sure = (x: number) => (x < 2 ? [0.9, 0.7][x] : 0.25);
    await raster(join(basename(folder), 'confidence.tif'), ['0000000000'], {
      sampleType: 'float32',
      value: sure,
    });
    const [score] = await evaluate({ prediction, truth, leads: 1, months: 1 });
    // one right patch of confidence 0.8, one wrong one of 0.25
    const bins = score.reliability?.bins.filter(({ patches }) => patches > 0) ?? [];
    expect(bins.map(({ patches, shareRight }) => [patches, shareRight])).toEqual([
      [1, 0],
      [1, 1],
    ]);
    expect(bins[1].meanConfidence).toBeCloseTo(0.8, 6);
    expect(score.reliability?.expectedCalibrationError).toBeCloseTo((0.25 + 0.2) / 2, 6);
    expect(score.leads).toEqual({ leads: 1, visited: 1, right: 1, precision: 1 });
    const other = await raster('other-name.tif', ['1100110000']);
    expect((await evaluate({ prediction: other, truth }))[0].reliability).toBeNull();
    const confidence = join(folder, 'confidence.tif');
    expect((await evaluate({ prediction: other, truth, confidence }))[0].reliability?.patches).toBe(2);
  });

  it('tells false patches a km² and month, in degrees too', async () => {
    const rows = Array.from({ length: 50 }, (_, y) => (y === 25 ? '1' : '0').repeat(50));
    const prediction = await raster('false.tif', rows, { resolution: 20 });
    const truth = await raster(
      'none.tif',
      rows.map(() => '0'.repeat(50)),
      { resolution: 20 },
    );
    // 1 km²
    const [score] = await evaluate({ prediction, truth, months: 4 });
    expect(score.judgedKm2).toBeCloseTo(1, 9);
    expect(score.falsePerKm2).toBeCloseTo(1, 9);
    expect(score.falsePerKm2Month).toBeCloseTo(0.25, 9);
    const degrees = { epsg: 4326, resolution: 1e-4, origin: [114.1, 22.56] as const };
    const lonLat = await raster('lonlat.tif', rows, degrees);
    // 1e-4° at 22.56° N: 10.28 m × 11.07 m; UTM stretches areas by less than 0.3 % here
    const [{ judgedKm2 }] = await evaluate({ prediction: lonLat, truth: lonLat });
    expect((judgedKm2 ?? 0) / (2500 * 10.28e-3 * 11.07e-3)).toBeCloseTo(1, 2);
  });

  it('takes the CRS of files that carry none', async () => {
    const bytes = await readFile(await raster('with-crs.tif', ['0010']));
    // the tag of the GeoKeys (34735, SHORT) becomes a private one
    bytes[bytes.indexOf(Uint8Array.of(0xaf, 0x87, 3, 0))] = 0xff;
    const truth = join(dir, 'without-crs.tif');
    await writeFile(truth, bytes);
    const prediction = await patches('crs.geojson', [{ box: [2, 0, 1, 1] }]);
    await expect(evaluate({ prediction, truth })).rejects.toThrow('--source-crs');
    const [score] = await evaluate({ prediction, truth, sourceCrs: crsFromEpsg(4547) });
    expect(counts(score)[0]).toEqual([1, 0, 0]);
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
