import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type EvaluateRequest, evaluate } from '../../jobs/evaluate.js';
import { readWhole } from '../../jobs/prediction.js';
import { openRaster } from '../../raster/tiff/open.js';
import type { SampleArray } from '../../raster/tiff/types.js';
import { pixelScore, pooled, type Score } from '../../vector/score.js';
import { runChild } from '../measure/child.js';
import { CLASSICAL } from './classical/methods.js';
import type { Planes } from './classical/planes.js';
import { MAGNITUDE, pairsOf, type RealPair, type RealSet } from './sets.js';
import { type Tally, tally } from './tally.js';

export interface RealResult {
  readonly set: string;
  readonly aim: number;
  readonly pairs: number;
  readonly tuban: Tally;
  /** Pixel F1 of each pair. */
  readonly each: Readonly<Record<string, number>>;
  readonly classical: Readonly<Record<string, Score>>;
}

export interface RealOptions {
  readonly data: string;
  readonly cli: string;
  readonly work: string;
  readonly classical: boolean;
  readonly leads: number;
  readonly tell: (text: string) => void;
}

/** Runs the CLI on every pair of a set and judges it on the truth's own pixels. Null where the set is not there. */
export async function measureReal(set: RealSet, options: RealOptions): Promise<RealResult | null> {
  const pairs = pairsOf(options.data, set.name);
  if (pairs.length === 0) {
    options.tell(`${set.name}: no pairs in ${options.data}, left out`);
    return null;
  }
  const scores: Awaited<ReturnType<typeof evaluate>>[number][] = [];
  const classical = new Map<string, Score[]>(CLASSICAL.map(({ name }) => [name, []]));
  for (const pair of pairs) {
    const out = join(options.work, `${set.name}-${pair.name}`);
    await mkdir(out, { recursive: true });
    const bands = set.bands === undefined ? [] : ['--bands', set.bands];
    await runChild(process.execPath, [options.cli, 'diff', pair.before, pair.after, '--out', out, ...bands]);
    const [score] = await evaluate({ ...requestOf(set, pair, out), leads: options.leads });
    scores.push(score);
    if (options.classical) {
      for (const [name, one] of await scoreClassical(set, pair)) classical.get(name)?.push(one);
    }
    await rm(out, { recursive: true, force: true });
    options.tell(`  ${set.name} ${pair.name}: F1 ${(100 * score.pixel.f1).toFixed(1)}`);
  }
  return {
    set: set.name,
    aim: set.aim,
    pairs: pairs.length,
    tuban: tally(scores),
    each: Object.fromEntries(pairs.map(({ name }, k) => [name, scores[k].pixel.f1])),
    classical: options.classical
      ? Object.fromEntries([...classical].map(([name, list]) => [name, pooled(list)]))
      : {},
  };
}

function requestOf({ classes, labels }: RealSet, { truth }: RealPair, out: string): EvaluateRequest {
  return classes === null
    ? { prediction: join(out, 'magnitude.tif'), threshold: MAGNITUDE, truth, ...labels }
    : { prediction: join(out, 'change.tif'), truth, classes, ...labels };
}

/** The methods that know no classes, on the pixels as the files hold them. */
export async function scoreClassical(
  { labels }: RealSet,
  pair: RealPair,
): Promise<[name: string, score: Score][]> {
  const planes = await readPlanes(pair);
  const { width, height } = planes;
  const file = await openRaster(pair.truth);
  const truth = await readWhole(file).finally(() => file.close());
  const positive = labels?.positive ?? 1;
  const negative = labels?.negative ?? 0;
  const known = Uint8Array.from(truth, (value) => (value === positive || value === negative ? 1 : 0));
  const real = { width, height, data: Uint8Array.from(truth, (value) => (value === positive ? 1 : 0)) };
  return CLASSICAL.map((method) => {
    const data = method.changed(planes);
    return [method.name, pixelScore({ width, height, data }, real, known)];
  });
}

/** All bands of both dates; the files of these sets lie on one grid. */
async function readPlanes({ before, after, truth }: RealPair): Promise<Planes> {
  const read = async (path: string) => {
    const file = await openRaster(path);
    try {
      const { width, height, bandCount } = file.info;
      const all = Array.from({ length: bandCount }, (_, band) => band);
      const bands: SampleArray[] = await file.readWindow(0, { x: 0, y: 0, width, height }, all);
      return { width, height, bands };
    } finally {
      await file.close();
    }
  };
  const [one, two] = [await read(before), await read(after)];
  if (one.width !== two.width || one.height !== two.height || one.bands.length !== two.bands.length)
    throw new Error(`${before} and ${after} differ in size; ${truth} cannot judge them pixel by pixel`);
  return { width: one.width, height: one.height, before: one.bands, after: two.bands };
}
