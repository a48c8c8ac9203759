import { codeOf, UNUSABLE } from '../../kernels/classes.js';
import { CONFIDENCE_STEPS } from '../../kernels/confidence.js';
import type { DetectorKind } from '../../kernels/detector.js';
import { commonBands, compare } from '../../raster/engine/compare.js';
import { defaultWorkers } from '../../raster/engine/pool.js';
import type { Grid } from '../../raster/grid.js';
import type { Runs } from '../../raster/runs.js';
import { eachZoneRun } from '../../raster/zone-runs.js';
import type { Zone } from '../../raster/zones.js';
import { type JudgedPatch, precisionAtLeads } from '../../vector/reliability.js';
import type { Db } from '../../vector/store/db.js';
import { chooseClasses } from '../change.js';
import type { Config } from '../config.js';
import { comparisonsOf } from '../dataset/from-verdicts.js';
import { judgedLeads, leadsWithVerdict, splitOfZone } from '../dataset/verdicts.js';
import { openDistrictArchive } from '../district-archive.js';
import { touching } from '../looks.js';
import { judgeOf } from './judge.js';

/** How a detector ranks leads whose verdict is known. */
export interface VerdictScore {
  /** Of the leads a month's budget allows, those it ranks first: share that was right. */
  readonly precision: number;
  readonly visited: number;
  /** Mean precision over all depths of the ranking (average precision). */
  readonly average: number;
}

export interface VerdictTest {
  readonly leads: number;
  readonly right: number;
  /** A score a detector, in their order. */
  readonly scores: readonly VerdictScore[];
}

export interface ScoreRequest {
  /** Site visits a month. */
  readonly budget: number;
  /** All verdicts, not those on held-back ground alone: for models that have learnt none of them. */
  readonly all: boolean;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Lets detectors judge anew the ground of leads whose verdict is known and was held back from training: each sees both dates of a
 * lead, and ranks it by the mean chance that it gives its class over the lead's pixels.
 */
export async function scoreOnVerdicts(
  db: Db,
  config: Config,
  detectors: readonly DetectorKind[],
  request: ScoreRequest,
): Promise<VerdictTest> {
  const known = await leadsWithVerdict(db);
  if (known.length === 0) return { leads: 0, right: 0, scores: detectors.map(() => rankingScore([], 0)) };
  const archive = await openDistrictArchive(db, config);
  try {
    const { grid, reference } = archive;
    const leads = judgedLeads(known, grid).filter(({ zone }) => request.all || splitOfZone(zone) === 'test');
    const ranked = detectors.map((): JudgedPatch[] => []);
    const comparisons = comparisonsOf(leads);
    const steps = comparisons.length * detectors.length;
    let done = 0;
    for (const { before: first, after: last, leads: own } of comparisons) {
      const [before, after] = [await archive.before(first), await archive.after(last)];
      const bands = commonBands([...before, ...after]);
      for (const [k, asked] of detectors.entries()) {
        request.onProgress?.(done++, steps);
        const { detector } = judgeOf(asked, bands, grid.resolution);
        const { classes } = chooseClasses(detector, bands, undefined, `month ${last}`);
        const { runs } = await compare({
          grid,
          before,
          after,
          reference,
          detector,
          classes,
          backend: config.backend,
          align: true,
          normalize: true,
          zones: [],
          clip: false,
          wanted: touching(own.map(({ zone }) => zone)),
          outputs: {},
          workers: config.workers ?? defaultWorkers(),
          signal: request.signal,
        });
        for (const { lead, right, zone } of own)
          ranked[k].push({
            right,
            confidence: chanceIn(runs, zone, grid, codeOf(lead.patch.class)),
            month: last,
          });
      }
    }
    request.onProgress?.(steps, steps);
    return {
      leads: leads.length,
      right: leads.filter(({ right }) => right).length,
      scores: ranked.map((list) => rankingScore(list, request.budget)),
    };
  } finally {
    await archive.close();
  }
}

/** The mean chance that a class is given over a zone's pixels, 0-1; those that cannot be judged are left out. */
export function chanceIn(runs: Runs, zone: Zone, grid: Grid, code: number): number {
  let unusable = 0;
  let chance = 0;
  const total = eachZoneRun(runs, zone, grid, (k, shared) => {
    if (runs.code[k] === UNUSABLE) unusable += shared;
    else if (runs.code[k] === code)
      chance += (shared * runs.confidence[k]) / (CONFIDENCE_STEPS * (runs.x1[k] - runs.x0[k]));
  });
  const pixels = total - unusable;
  return pixels > 0 ? chance / pixels : 0;
}

/** Of equal chances the wrong ones stand first: a ranking that cannot tell gains nothing by its order. */
export function rankingScore(judged: readonly JudgedPatch[], budget: number): VerdictScore {
  const sorted = [...judged].sort((a, b) => b.confidence - a.confidence || Number(a.right) - Number(b.right));
  const { precision, visited } = precisionAtLeads(sorted, budget);
  let right = 0;
  let sum = 0;
  sorted.forEach((patch, k) => {
    if (!patch.right) return;
    right++;
    sum += right / (k + 1);
  });
  return { precision: visited > 0 ? precision : 0, visited, average: right > 0 ? sum / right : 0 };
}

/** Fewer held-back verdicts, or fewer of either kind, choose nothing. */
const LEAST_LEADS = 20;
const LEAST_OF_A_KIND = 5;

/** Why a candidate is not to be used beside the present detector; null where it is better. */
export function whyNot(test: VerdictTest): string | null {
  const [present, candidate] = test.scores;
  const wrong = test.leads - test.right;
  if (test.leads < LEAST_LEADS || test.right < LEAST_OF_A_KIND || wrong < LEAST_OF_A_KIND)
    return `only ${test.leads} held-back verdicts (${test.right} right, ${wrong} wrong) tell them apart; expected ${LEAST_LEADS} with ${LEAST_OF_A_KIND} of either kind`;
  const better =
    candidate.precision > present.precision ||
    (candidate.precision === present.precision && candidate.average > present.average);
  return better
    ? null
    : `it is no better on ${test.leads} held-back verdicts: precision ${percent(candidate.precision)} against ${percent(present.precision)} of the present one`;
}

export const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
