import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadModel } from '../jobs/models/load.js';
import { openModel } from '../kernels/learned/session.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** Two steps of a second or so: crops and batches as small as they go. */
const SMALL = [
  ...['--steps', '20', '--crop', '64', '--batch', '2', '--threads', '1', '--pixel-size', '1'],
  ...['--small', '0.5'],
];

/** A Python that has the recipe's packages; Debian's is asked first, whatever other Python the PATH names. */
function findPython(): string | null {
  const candidates = process.env.TUBAN_PYTHON ? [process.env.TUBAN_PYTHON] : ['/usr/bin/python3', 'python3'];
  return candidates.find((p) => spawnSync(p, ['-c', 'import torch, rasterio']).status === 0) ?? null;
}

const python = findPython();
const skipped = python === null && process.env.CI !== 'true';
if (skipped)
  console.warn(
    'training is not tested: no Python with python3-torch and python3-rasterio (TUBAN_PYTHON names one)',
  );

function run(script: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(python ?? 'python3', [join(HERE, script), ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** Lines of JSON that a training says. */
const linesOf = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => z.looseObject({ event: z.string() }).parse(JSON.parse(line)));

/** What the rest of the project takes: the card and the file looked through. */
const readCard = async (folder: string) => (await loadModel(folder)).card;

describe.skipIf(skipped)('the training recipe', () => {
  let folder = '';
  let dataset = '';
  const train = (out: string, ...args: string[]) =>
    run(
      'train.py',
      dataset,
      '--out',
      join(folder, out),
      '--name',
      'tiny',
      '--licence',
      'CC0',
      '--data-licence',
      'CC0',
      ...args,
    );

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tuban-training-'));
    dataset = join(folder, 'dataset');
    expect(run('tiny_dataset.py', dataset)).toMatchObject({ status: 0 });
    expect(train('whole', ...SMALL)).toMatchObject({ status: 0 });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('writes ONNX and a card that names it, its inputs, thresholds and figures', async () => {
    const score = { precision: expect.any(Number), recall: expect.any(Number), f1: expect.any(Number) };
    expect(await readCard(join(folder, 'whole'))).toMatchObject({
      name: 'tiny',
      revision: '1',
      inputs: {
        form: 'pair',
        names: ['before', 'after'],
        bands: ['red', 'green', 'blue'],
        multiple: 16,
        size: null,
      },
      pixel_size_m: { trained: 1 },
      normalization: { kind: 'levels' },
      outputs: { activation: 'none', channels: ['building_new', 'building_removed'] },
      thresholds: { building_new: expect.any(Number), building_removed: expect.any(Number) },
      figures: { set: 'val', building_new: score },
      training: { steps: 20, from: null, ground: 'held back by ground' },
    });
  });

  it('killed and gone on with, comes to the same model as undisturbed', async () => {
    const args = ['--out', join(folder, 'killed'), '--name', 'tiny', '--every', '0', ...SMALL];
    const child = spawn(python ?? 'python3', [join(HERE, 'train.py'), dataset, ...args]);
    await new Promise<void>((resolve) => {
      let said = '';
      child.stdout.on('data', (chunk) => {
        said += String(chunk);
        if (said.includes('"step": 7,')) child.kill('SIGKILL');
      });
      child.on('close', () => resolve());
    });
    const { status, stdout } = train('killed', '--resume', ...SMALL);
    expect(status).toBe(0);
    const [start] = linesOf(stdout);
    expect(start.step).toBeGreaterThanOrEqual(7);
    expect(start.step).toBeLessThan(20);
    expect((await readCard(join(folder, 'killed'))).sha256).toBe(
      (await readCard(join(folder, 'whole'))).sha256,
    );
  });

  it('learns from swapped dates also where labels tell of new buildings alone, and tells of no others', async () => {
    const alone = join(folder, 'alone');
    expect(run('tiny_dataset.py', alone, 'new-alone')).toMatchObject({ status: 0 });
    const out = join(folder, 'alone-model');
    expect(run('train.py', alone, '--out', out, '--name', 'alone', ...SMALL)).toMatchObject({ status: 0 });
    const card = await readCard(out);
    expect(card.outputs.channels).toEqual(['building_new', 'none']);
    expect(Object.keys(card.thresholds)).toEqual(['building_new']);
    const { unknown, known } = python3(`
import json
from batches import Batches
from dataset import read_dataset
data = read_dataset(${JSON.stringify(alone)}, 1.0)
batches = Batches([c for c in data.chips if c.split == "train"], data.bands, data.codes, 1, 8, 64, 0.0)
labels = [batches(step)[2].numpy() for step in range(20)]
print(json.dumps({"known": [int(sum((l == code).sum() for l in labels)) for code in data.codes.values()],
                  "unknown": int(sum((l == 255).sum() for l in labels))}))
`);
    const [built, razed] = known;
    // as often one way as the other, and nothing left out but the edge that the labels leave out
    expect(Math.min(built, razed) / Math.max(built, razed)).toBeGreaterThan(0.6);
    expect(unknown).toBeLessThan(0.1 * 20 * 8 * 64 * 64);
  });

  /** What a few lines of Python print, with the recipe's modules at hand. */
  const python3 = (script: string) => {
    const { stdout, stderr } = spawnSync(python ?? 'python3', ['-c', script], {
      cwd: HERE,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  };

  it('tells what a chance means from held-back regions, and nothing from a few', () => {
    const { over, line, few, turned } = python3(`
import json
import numpy as np
from calibration import fit_line, regions_of
probability = np.zeros((20, 20))
probability[2:7, 2:7] = 0.9
probability[10:15, 10:15] = 0.7
probability[18, 18] = 0.9
truth = np.zeros((20, 20), bool)
truth[2:7, 4:9] = True
over = regions_of(probability, np.ones((20, 20), bool), truth, 0.5, 2.0)
rng = np.random.default_rng(1)
chances = rng.uniform(0.5, 0.99, 20000)
odds = 0.5 * np.log(chances / (1 - chances)) - 0.7
right = (rng.random(20000) < 1 / (1 + np.exp(-odds))).astype(float)
print(json.dumps({"over": over, "line": fit_line(chances, right), "few": fit_line(chances[:25], right[:25]),
  "turned": fit_line(chances, 1 - right)}))`);
    // one of 4 m² is no patch; of the first 15 of 25 px are true
    expect(over).toEqual([
      [expect.closeTo(0.9, 9), expect.closeTo(0.7, 9)],
      [true, false],
    ]);
    expect(line.slope).toBeCloseTo(0.5, 1);
    expect(line.intercept).toBeCloseTo(-0.7, 1);
    expect([few, turned]).toEqual([null, null]);
  });

  it('weighs the pixels of a lone house over those of a hall, if asked to', () => {
    const found = python3(`
import torch
from batches import rarity
changed = torch.zeros(1, 64, 64)
changed[0, 8:12, 8:12] = 1
changed[0, 30:60, 30:60] = 1
at = lambda power: rarity(changed, power)[0][[0, 10, 45], [0, 10, 45]].tolist()
print([at(0), at(0.5), at(1)])`);
    const share = 16 / 17 ** 2;
    const expected = [0, 0.5, 1].map((power) => [0, share ** -power, 1].map((v) => expect.closeTo(v, 3)));
    expect(found).toEqual(expected);
  });

  it('begins from an earlier model, and says so on the card', async () => {
    expect(train('tuned', '--from', join(folder, 'whole'), ...SMALL, '--steps', '2')).toMatchObject({
      status: 0,
    });
    const [former, tuned] = await Promise.all(['whole', 'tuned'].map((name) => readCard(join(folder, name))));
    expect(tuned).toMatchObject({ revision: '2', training: { from: 'tiny', steps: 2 } });
    expect(tuned.normalization).toEqual(former.normalization);
    expect(tuned.sha256).not.toBe(former.sha256);
  });

  it.each<[string, () => string[]]>([
    ['noise', () => []],
    ['a held-back change', () => ['--dataset', dataset]],
  ])('says in ONNX Runtime what it says in PyTorch, of %s', async (_, more) => {
    const out = join(folder, 'reference.json');
    const size = ['--height', '64', '--width', '96'];
    expect(run('reference.py', join(folder, 'whole'), '--out', out, ...size, ...more())).toMatchObject({
      status: 0,
    });
    const Part = z.object({ shape: z.array(z.number()), values: z.array(z.number()) });
    const { before, after, probability } = z
      .object({ before: Part, after: Part, probability: Part })
      .parse(JSON.parse(readFileSync(out, 'utf8')));
    expect([before.shape, probability.shape]).toEqual([
      [1, 3, 64, 96],
      [1, 2, 64, 96],
    ]);
    const session = await openModel(await loadModel(join(folder, 'whole')));
    const [first, second] = [before, after].map(({ values }) => Float32Array.from(values));
    const { data } = await session.run(first, second, 96, 64).finally(() => session.close());
    expect(Math.max(...probability.values) - Math.min(...probability.values)).toBeGreaterThan(0.001);
    for (const [k, value] of probability.values.entries())
      expect(Math.abs(data[k] - value)).toBeLessThan(1e-4);
  });

  it('refuses a dataset whose chip is not there, or that is of another version, and says what to do', () => {
    const broken = join(folder, 'broken');
    cpSync(dataset, broken, { recursive: true });
    rmSync(join(broken, 'train', 'B', 'ground_1_0_0.tif'));
    const gone = run('train.py', broken, '--out', join(folder, 'none'), '--name', 'tiny', ...SMALL);
    expect(gone.status).toBe(2);
    expect(gone.stderr).toMatch(
      /^train\.py: .*train\/B\/ground_1_0_0\.tif: cannot be read .*export the dataset again\n$/,
    );
    writeFileSync(join(broken, 'dataset.json'), '{"format": "tuban-dataset", "version": 9}');
    const other = run('train.py', broken, '--out', join(folder, 'none'), '--name', 'tiny', ...SMALL);
    expect(other.status).toBe(2);
    expect(other.stderr).toContain('not a dataset of version 1');
  });
});
