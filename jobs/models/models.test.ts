import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cardFor, differenceModel, onnxFile } from '../../kernels/learned/testing.js';
import { crsFromEpsg, transformer, WGS84 } from '../../raster/crs.js';
import type { Subdistrict } from '../../vector/patch.js';
import { openDatabase } from '../../vector/store/db.js';
import { listLeads } from '../../vector/store/leads.js';
import { replaceSubdistricts } from '../../vector/store/subdistricts.js';
import { registerScene } from '../catalogue.js';
import { loadConfig } from '../config.js';
import { runMonth } from '../monthly.js';
import { readRaster } from '../testing/outputs.js';
import { runCli } from '../testing/run-cli.js';
import { type Box, ORIGIN, writeCovers } from '../testing/scenes.js';
import { loadModel } from './load.js';
import { probeModel } from './probe.js';

const folder = mkdtempSync(join(tmpdir(), 'tuban-models-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BANDS = ['blue', 'red', 'nir'] as const;
const OVER = {
  inputs: { form: 'pair', names: ['before', 'after'], bands: BANDS },
  normalization: { kind: 'fixed', mean: [0, 0, 0], std: [1000, 1000, 1000] },
};

/** A model's folder; weights a band on the rise in thousands of digital numbers. */
function writeModel(name: string, file: Uint8Array, over: Readonly<Record<string, unknown>> = {}): string {
  const path = join(folder, `model-${name}`);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'model.onnx'), file);
  writeFileSync(join(path, 'model.json'), JSON.stringify(cardFor(file, { name, ...OVER, ...over })));
  return path;
}

/** What grew redder more than bluer: roofs, and bare ground before them. */
const REDDER = differenceModel([-3, 5, 0], -2);
/** What grew bluer: roofs alone. */
const BLUER = differenceModel([6, 0, 0], -6);

describe('a model’s folder', () => {
  const good = writeModel('good', REDDER);
  const with_ = (name: string, change: (path: string) => void) => {
    const path = join(folder, name);
    cpSync(good, path, { recursive: true });
    change(path);
    return path;
  };
  const card = (path: string, change: (card: Record<string, unknown>) => void) => {
    const read = z
      .record(z.string(), z.unknown())
      .parse(JSON.parse(readFileSync(join(path, 'model.json'), 'utf8')));
    change(read);
    writeFileSync(join(path, 'model.json'), JSON.stringify(read));
  };

  it('is loaded and runs', async () => {
    const model = await loadModel(good);
    expect(model.card.name).toBe('good');
    const probe = await probeModel(model);
    expect(probe).toMatchObject({ layers: 3, weights: 4 });
    expect(probe.speedMpx).toBeGreaterThan(0);
  });

  it.each<[string, (path: string) => void, RegExp]>([
    ['no card', (path) => rmSync(join(path, 'model.json')), /cannot be read \(ENOENT\)/],
    ['a card that is no JSON', (path) => writeFileSync(join(path, 'model.json'), '{'), /is no JSON/],
    [
      'a card of a megabyte',
      (path) => writeFileSync(join(path, 'model.json'), ' '.repeat(2 ** 20)),
      /has 1 MB/,
    ],
    [
      'another file than the card is for',
      (path) => writeFileSync(join(path, 'model.onnx'), BLUER),
      /SHA-256/,
    ],
    ['no file', (path) => rmSync(join(path, 'model.onnx')), /model\.onnx cannot be read/],
    [
      'a link for its file',
      (path) => {
        rmSync(join(path, 'model.onnx'));
        symlinkSync('/etc/hosts', join(path, 'model.onnx'));
      },
      /no plain file/,
    ],
    ['a file outside', (path) => card(path, (c) => Object.assign(c, { file: '../x.onnx' })), /file/],
    ['a newer format', (path) => card(path, (c) => Object.assign(c, { version: 2 })), /version/],
    [
      'a mean too many',
      (path) =>
        card(path, (c) =>
          Object.assign(c, { normalization: { kind: 'fixed', mean: [0, 0, 0, 0], std: [1, 1, 1] } }),
        ),
      /4 means/,
    ],
  ])('with %s is refused', async (name, change, message) => {
    await expect(loadModel(with_(name, change))).rejects.toThrow(message);
  });

  it('whose network takes for ever is ended', async () => {
    // 40 means over 101 × 101 px: minutes for a tile
    const layers = 40;
    const heavy = onnxFile({
      nodes: [
        { operator: 'Sub', inputs: ['after', 'before'], outputs: ['y0'] },
        ...Array.from({ length: layers }, (_, k) => ({
          operator: 'AveragePool',
          inputs: [`y${k}`],
          outputs: [`y${k + 1}`],
          attributes: { kernel_shape: [101, 101], pads: [50, 50, 50, 50] },
        })),
        { operator: 'Identity', inputs: [`y${layers}`], outputs: ['probability'] },
      ],
      weights: [],
      inputs: ['before', 'after'].map((name) => ({ name, dims: ['n', 3, 'h', 'w'] })),
      outputs: [{ name: 'probability', dims: ['n', 3, 'h', 'w'] }],
    });
    const model = await loadModel(writeModel('heavy', heavy));
    await expect(probeModel(model, 3000)).rejects.toThrow(/two small tiles take more than 3 s/);
  });
});

/** Roofs and bare ground, by turns, on a meadow. */
const SIDE = [560, 200] as const;
const BOXES: readonly Box[] = Array.from({ length: 24 }, (_, k) => ({
  x: 24 + 44 * (k % 12),
  y: 40 + 80 * Math.floor(k / 12),
  width: 14,
  height: 12,
  cover: k % 2 === 0 ? 'roof' : 'bare',
}));

describe('a district with a model', () => {
  const state = join(folder, 'state');
  const work = join(folder, 'work');
  const env = { TUBAN_STATE_DIR: state };
  const tuban = (...args: string[]) => runCli(args, work, env);
  const redder = writeModel('redder', REDDER);
  const bluer = writeModel('bluer', BLUER);
  const withDb = async <T>(job: (db: Awaited<ReturnType<typeof openDatabase>>) => Promise<T>) => {
    const db = await openDatabase({ url: '', dataDir: join(state, 'database'), holder: 'test' });
    return job(db).finally(() => db.close());
  };

  beforeAll(async () => {
    mkdirSync(work, { recursive: true });
    const toLonLat = transformer(crsFromEpsg(4547), WGS84);
    const corner = (x: number, y: number) => toLonLat(ORIGIN[0] + 2 * x, ORIGIN[1] - 2 * y);
    const [w, h] = SIDE;
    const ring = [corner(4, h - 4), corner(w - 4, h - 4), corner(w - 4, 4), corner(4, 4), corner(4, h - 4)];
    const one: Subdistrict = { code: '440303001', name: '桂园街道', polygons: [[ring]] };
    const july = await writeCovers(join(folder, '2026-07.tif'), SIDE, [], { acquired: '2026-07-05' });
    const august = await writeCovers(join(folder, '2026-08.tif'), SIDE, BOXES, { acquired: '2026-08-05' });
    await withDb(async (db) => {
      await replaceSubdistricts(db, [one]);
      await registerScene(db, { files: [july] }, '2026-07');
      await registerScene(db, { files: [august] }, '2026-08');
    });
  }, 180_000);

  it('keeps models by name, and runs use the one that was chosen', async () => {
    expect(await tuban('models', 'list')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('built-in'),
    });
    expect(await tuban('models', 'add', redder)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^added redder@1/),
    });
    expect(await tuban('models', 'add', redder)).toMatchObject({
      stdout: expect.stringMatching(/^already there: redder@1/),
    });
    expect(await tuban('models', 'use', 'redder')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/redder@1 is not used: only 0 held-back verdicts/),
    });
    expect(await tuban('models', 'use', 'redder', '--anyway')).toMatchObject({ status: 0 });
    expect(await tuban('models', 'use', 'bluer', '--anyway')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/known: buildings-samples@\d+, redder@1/),
    });

    const config = { ...loadConfig(work, env), stateDir: state, workers: 1 };
    await withDb(async (db) => {
      await runMonth(db, config, { month: '2026-07', against: null });
      const [{ patches, summary }] = await runMonth(db, config, { month: '2026-08', against: null });
      expect(summary).toMatchObject({ detector: 'onnx', model: { id: 'redder@1' } });
      const buildings = patches.filter((patch) => patch.class === 'building_new');
      expect(buildings).toHaveLength(BOXES.length);
      expect(new Set(buildings.map(({ model }) => model))).toEqual(new Set(['redder@1']));
      expect(
        patches.filter((patch) => patch.class !== 'building_new').every(({ model }) => model === null),
      ).toBe(true);
      expect(summary.not_computed).toEqual(['building_removed']);
    });
    const exported = join(work, 'p.geojson');
    await tuban('patches', 'export', '--month', '2026-08', '--format', 'geojson', '--out', exported);
    expect(readFileSync(exported, 'utf8')).toContain('"model":"redder@1"');
  }, 120_000);

  it('takes a better one on the officers’ verdicts, refuses a worse one, and goes back', async () => {
    const cover = await withDb(async (db) => {
      const leads = await listLeads(db);
      const found = new Map<string, string>();
      const toGrid = transformer(WGS84, crsFromEpsg(4547));
      for (const { number, patch } of leads) {
        const [x, y] = toGrid(...patch.centroid);
        const [px, py] = [(x - ORIGIN[0]) / 2, (ORIGIN[1] - y) / 2];
        const box = BOXES.find((b) => px >= b.x && px < b.x + b.width && py >= b.y && py < b.y + b.height);
        const verdict = box?.cover === 'roof' ? 'confirmed' : 'rejected';
        found.set(number, verdict);
        await db.query('UPDATE tuban.lead SET status = $2, verdict = $2 WHERE number = $1', [
          number,
          verdict,
        ]);
      }
      return found;
    });
    expect([...cover.values()].filter((verdict) => verdict === 'confirmed')).toHaveLength(12);
    await tuban('models', 'add', bluer);
    const checked = await tuban('models', 'check', 'bluer', '--all-verdicts', '--leads', '12', '--json');
    expect(JSON.parse(checked.stdout)).toMatchObject({
      leads: 24,
      right: 12,
      better: true,
      scores: [{ visited: 12 }, { visited: 12, precision: 1 }],
    });
    expect(await tuban('models', 'use', 'bluer', '--all-verdicts', '--leads', '12')).toMatchObject({
      status: 0,
    });
    const worse = await tuban('models', 'use', 'redder', '--all-verdicts', '--leads', '12');
    expect(worse).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/no better on 24 held-back verdicts/),
    });
    const listed = JSON.parse((await tuban('models', 'list', '--json')).stdout);
    expect([listed.in_use, listed.before[0].model]).toEqual(['bluer@1', 'redder@1']);
    expect(await tuban('models', 'use', '--former')).toMatchObject({
      stdout: 'runs from now on use redder@1\n',
    });
    expect(await tuban('models', 'use', '--none')).toMatchObject({
      stdout: 'runs from now on use the built-in detector\n',
    });
  }, 120_000);

  it('makes chips of verdicts: confirmed are the class, rejected are none, the rest is not known', async () => {
    const out = join(work, 'chips');
    const done = await tuban('dataset', 'export', '--out', out, '--chip', '128', '--json');
    expect(done).toMatchObject({ status: 0 });
    const manifest = JSON.parse(readFileSync(join(out, 'dataset.json'), 'utf8'));
    expect(manifest).toMatchObject({
      format: 'tuban-dataset',
      sample_type: 'uint16',
      classes: { building_new: 1 },
      verdicts: { confirmed: 12, rejected: 12 },
    });
    expect(existsSync(`${out}.new`)).toBe(false);
    let [positive, known] = [0, 0];
    // one piece of ground holds the whole district
    const used = ['train', 'val', 'test'].filter(
      (split) => readdirSync(join(out, split, 'label')).length > 0,
    );
    expect(used).toHaveLength(1);
    for (const file of readdirSync(join(out, used[0], 'label'))) {
      const { data } = await readRaster(join(out, used[0], 'label', file));
      for (const value of data) {
        expect([0, 1, 255]).toContain(value);
        if (value === 1) positive++;
        if (value !== 255) known++;
      }
      for (const part of ['A', 'B']) expect(existsSync(join(out, used[0], part, file))).toBe(true);
    }
    expect(positive).toBeGreaterThan(12 * 100);
    expect(positive).toBeLessThanOrEqual(12 * 168);
    expect(known).toBeGreaterThan(10 * positive);
    expect(await tuban('dataset', 'export', '--out', out)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/is not empty/),
    });
    expect(await tuban('dataset', 'export', '--out', join(work, 'other'), '--val', '0.5')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/--val without --pairs; of verdicts the same ground is always held back/),
    });
  }, 60_000);

  it('goes on with the built-in detector where the model does not fit, and says why', async () => {
    const coarse = writeModel('coarse', REDDER, { pixel_size_m: { trained: 10, least: 8, most: 12 } });
    const [before, after] = ['2026-07', '2026-08'].map((month) => join(folder, `${month}.tif`));
    const out = join(work, 'diff');
    const done = await tuban('diff', before, after, '--model', coarse, '--out', out, '--json');
    const summary = JSON.parse(done.stdout);
    // 4 cells of 2 m make 8 m: they fit
    expect(summary).toMatchObject({ detector: 'onnx', model: { id: 'coarse@1' } });
    const fine = writeModel('fine', REDDER, { pixel_size_m: { trained: 1, least: 0.5, most: 1.5 } });
    const other = JSON.parse(
      (await tuban('diff', before, after, '--model', fine, '--out', out, '--json')).stdout,
    );
    expect(other).toMatchObject({ detector: 'states', model: null });
    expect(other.notes).toContainEqual(
      expect.stringMatching(
        /^model fine@1 does not fit these scenes: .*; the built-in detector judged them$/,
      ),
    );
    expect(await tuban('diff', before, after, '--detector', 'onnx', '--out', out)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/Detector onnx needs a model/),
    });
    expect(
      await tuban('diff', before, after, '--detector', 'indices', '--model', fine, '--out', out),
    ).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/takes no model/),
    });
  }, 120_000);
});
