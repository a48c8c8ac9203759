import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** Two steps of a second or so: crops and batches as small as they go. */
const SMALL = ['--steps', '20', '--crop', '64', '--batch', '2', '--threads', '1', '--pixel-size', '1'];

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

const Share = z.number().min(0).max(1);
const Scores = z.strictObject({ precision: Share, recall: Share, f1: Share });
const Card = z.strictObject({
  format: z.literal('tuban-model'),
  version: z.literal(1),
  name: z.literal('tiny'),
  revision: z.string(),
  file: z.literal('model.onnx'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  inputs: z.strictObject({
    form: z.literal('pair'),
    layout: z.literal('nchw'),
    names: z.tuple([z.literal('before'), z.literal('after')]),
    bands: z.tuple([z.literal('red'), z.literal('green'), z.literal('blue')]),
    multiple: z.literal(16),
    size: z.null(),
  }),
  pixel_size_m: z.strictObject({ trained: z.literal(1), least: z.number().max(1), most: z.number().min(1) }),
  normalization: z.strictObject({
    kind: z.literal('levels'),
    mean: z.array(z.number()).length(3),
    std: z.array(z.number().positive()).length(3),
  }),
  outputs: z.strictObject({
    name: z.literal('probability'),
    activation: z.literal('none'),
    channels: z.tuple([z.literal('building_new'), z.literal('building_removed')]),
  }),
  margin_px: z.number().int().multipleOf(16).positive(),
  thresholds: z.strictObject({ building_new: Share, building_removed: Share }),
  training: z.strictObject({
    data: z.string(),
    licence: z.literal('CC0'),
    chips: z.literal(2),
    ground: z.string(),
    seed: z.literal(1),
    steps: z.number().int(),
    minutes: z.number().nonnegative(),
    from: z.string().nullable(),
  }),
  figures: z.strictObject({ set: z.literal('val'), building_new: Scores, building_removed: Scores }),
  licence: z.literal('CC0'),
});

const readCard = (folder: string) => Card.parse(JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')));
const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

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

  it('writes ONNX and a card that names it, its inputs, thresholds and figures', () => {
    const card = readCard(join(folder, 'whole'));
    expect(card.sha256).toBe(sha256(join(folder, 'whole', 'model.onnx')));
    expect(card).toMatchObject({
      revision: '1',
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
    expect(readCard(join(folder, 'killed')).sha256).toBe(readCard(join(folder, 'whole')).sha256);
  });

  it('begins from an earlier model, and says so on the card', () => {
    expect(train('tuned', '--from', join(folder, 'whole'), ...SMALL, '--steps', '2')).toMatchObject({
      status: 0,
    });
    const [former, tuned] = ['whole', 'tuned'].map((name) => readCard(join(folder, name)));
    expect(tuned).toMatchObject({ revision: '2', training: { from: 'tiny', steps: 2 } });
    expect(tuned.normalization).toEqual(former.normalization);
    expect(tuned.sha256).not.toBe(former.sha256);
  });

  it('gives the network’s answer to a seeded pair for other runtimes', () => {
    const out = join(folder, 'reference.json');
    expect(run('reference.py', join(folder, 'whole'), '--out', out)).toMatchObject({ status: 0 });
    const part = z.object({ shape: z.array(z.number()), values: z.array(z.number()) });
    const { before, probability } = z
      .object({ before: part, after: part, probability: part })
      .parse(JSON.parse(readFileSync(out, 'utf8')));
    expect(before.shape).toEqual([1, 3, 64, 96]);
    expect(probability.shape).toEqual([1, 2, 64, 96]);
    expect(probability.values.every((p) => p > 0 && p < 1)).toBe(true);
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
