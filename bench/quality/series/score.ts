import { join } from 'node:path';
import { type ClassScore, judgedPatches, scoreFound } from '../../../jobs/evaluate.js';
import { type FilePatch, ofPatches, readPatches } from '../../../jobs/prediction.js';
import { CHANGE_CLASSES, UNUSABLE } from '../../../kernels/classes.js';
import { WRONG } from '../../../vector/objects.js';
import { precisionAtLeads, reliabilityOf } from '../../../vector/reliability.js';
import { pooled } from '../../../vector/score.js';
import type { Countable } from '../tally.js';
import { judgeBuildings, type SeriesPatch, share } from './buildings.js';
import { readSeriesTruth, type SeriesTruth } from './truth.js';

/** Which patches are judged, by their state at the end of the series. */
export const CHOICES = ['all', 'standing', 'confirmed'] as const;
export type Choice = (typeof CHOICES)[number];

const TAKES: Readonly<Record<Choice, (patch: FilePatch) => boolean>> = {
  all: () => true,
  standing: ({ state }) => state !== 'dismissed',
  confirmed: ({ state }) => state === 'confirmed',
};

/** One class of one month (new buildings: of a whole series). */
export interface SeriesScore extends Countable {
  readonly choice: Choice;
  readonly class: string;
  /** Wrong patches by what was made where they lie. */
  readonly wrongOn: Readonly<Record<string, number>>;
}

/** A month's patches and truth. */
interface Month {
  readonly index: number;
  readonly patches: readonly FilePatch[];
  readonly codes: Uint8Array;
}

/** Scores of a series; `exports` holds `YYYY-MM.geojson` of every month but the first. */
export async function scoreSeries(
  samples: string,
  months: readonly string[],
  exports: string,
  leads: number,
): Promise<SeriesScore[]> {
  const truth = await readSeriesTruth(samples, months);
  const scores: SeriesScore[] = [];
  const all: Month[] = [];
  for (let index = 1; index < months.length; index++) {
    const patches = await readPatches(join(exports, `${months[index]}.geojson`));
    all.push({ index, patches, codes: await truth.codes(index) });
  }
  for (const choice of CHOICES) {
    // nothing can confirm the patches of the last month
    const judged = choice === 'confirmed' ? all.slice(0, -1) : all;
    const monthly = judged.flatMap((month) => monthScores(truth, month, choice, leads));
    scores.push(...monthly.filter((score) => score.class !== 'building_new'));
    const pixels = monthly.filter((score) => score.class === 'building_new');
    scores.push(buildingScore(truth, all, choice, leads, pixels));
  }
  return scores;
}

function monthScores(
  truth: SeriesTruth,
  month: Month,
  choice: Choice,
  leads: number,
): (ClassScore & SeriesScore)[] {
  const { width, height } = truth.frame;
  const prediction = ofPatches(month.patches.filter(TAKES[choice]), truth.frame);
  const known = month.codes.map((code) => (code === UNUSABLE ? 0 : 1));
  return CHANGE_CLASSES.map(({ code, name }) => ({
    choice,
    wrongOn: {},
    ...scoreFound(prediction.of([code]), {
      name,
      real: { width, height, data: month.codes.map((value) => (value === code ? 1 : 0)) },
      known,
      unusable: () => false,
      pixelKm2: truth.pixelKm2,
      months: 1,
      leads,
    }),
  }));
}

/** New buildings as objects of the whole series; their pixels as of the months. */
function buildingScore(
  truth: SeriesTruth,
  months: readonly Month[],
  choice: Choice,
  leads: number,
  monthly: readonly ClassScore[],
): SeriesScore {
  const found = months.map((month) => ofPatches(month.patches.filter(TAKES[choice]), truth.frame).of([1]));
  const patches = found.flatMap(({ objects: { count, start, pixels } }, k) =>
    Array.from({ length: count }, (_, a) => ({
      month: months[k].index,
      pixels: [...pixels.subarray(start[a], start[a + 1])],
    })),
  );
  const isKnown = patches.map(
    ({ month, pixels }) => share(pixels, (pixel) => months[month - 1].codes[pixel] !== UNUSABLE) >= 0.5,
  );
  const buildings = truth.things.filter((thing) => thing.class === 'building_new');
  const judged = judgeBuildings(truth, buildings, patches, (a) => isKnown[a], choice === 'confirmed');
  const sure = judgedPatches(
    {
      ...found[0],
      confidence: Float64Array.from(found.flatMap(({ confidence }) => [...(confidence ?? [])])),
      months: patches.map(({ month }) => truth.months[month]),
    },
    judged.found,
  );
  const wrong = patches.filter((_, a) => judged.found[a] === WRONG);
  const sum = (of: (score: ClassScore) => number) => monthly.reduce((total, score) => total + of(score), 0);
  return {
    choice,
    class: 'building_new',
    pixel: pooled(monthly.map(({ pixel }) => pixel)),
    object: judged.score,
    hidden: 0,
    judgedKm2: sum(({ judgedKm2 }) => judgedKm2 ?? Number.NaN),
    leads: sure && precisionAtLeads(sure, leads),
    reliability: sure && reliabilityOf(sure),
    wrongOn: countBy(wrong.map((patch) => causeOf(truth, patch))),
  };
}

/** What was made where a wrong patch lies: what happened in its own month first, then before, then ever. */
function causeOf(truth: SeriesTruth, { month, pixels }: SeriesPatch): string {
  const own = new Set(pixels);
  const here = truth.things.filter((thing) => thing.pixels.some((pixel) => own.has(pixel)));
  const cause =
    here.find((thing) => thing.month === month) ??
    here.findLast((thing) => thing.month < month) ??
    here.find((thing) => thing.month > month);
  if (cause === undefined) return 'nothing';
  if (cause.month === month) return cause.what;
  // a building found late, as where a cloud's surroundings were masked, costs nobody a trip in vain
  return `${cause.what} of ${cause.month < month ? 'an earlier' : 'a later'} month`;
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
