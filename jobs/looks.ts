import type { ChangeClassName } from '../kernels/classes.js';
import { UNUSABLE } from '../kernels/classes.js';
import type { CompareResult } from '../raster/engine/compare.js';
import type { Grid, Window } from '../raster/grid.js';
import { firstOfRow, type Runs } from '../raster/runs.js';
import { boundsOf, eachZoneRow, type Zone, zoneOfRings } from '../raster/zones.js';
import { type Look, lastingCodes, MOST_MONTHS_OPEN } from '../vector/life.js';
import type { Against, DraftPatch } from '../vector/number.js';
import type { PolygonRings } from '../vector/patch.js';
import type { Db } from '../vector/store/db.js';
import { type OpenPatch, openPatches, type RunLooks } from '../vector/store/looks.js';
import { addMonths, monthsBetween } from './options.js';

/** The look back for a before date: months no older than this before the after month. */
export const MOST_MONTHS_BACK = 6;

/** A patch another pair of months is asked about: an earlier one by its number, or a draft by its place. */
interface Subject {
  readonly of: { readonly number: string } | { readonly ord: number };
  readonly class: ChangeClassName;
  readonly rings: PolygonRings;
  readonly kind: Look['kind'];
}

/** A pair of months to be compared again, and where. */
export interface Question {
  /** Months whose scenes make the before date, the most wanted first. */
  readonly beforeMonths: readonly string[];
  readonly subjects: readonly Subject[];
}

/** What a run compares, and what it found. */
export interface Asked {
  readonly month: string;
  readonly against: Against;
  readonly beforeMonths: readonly string[];
  readonly drafts: readonly DraftPatch[];
  readonly grid: Grid;
}

/**
 * The pairs of months that a run looks at besides its own. Its drafts are asked whether an earlier month shows the change
 * too; patches of earlier months that are still suspected, whether this month shows it still. A run against last year
 * asks for the month-on-month patches of forest, which turns with the season.
 */
export async function planQuestions(db: Db, months: readonly string[], asked: Asked): Promise<Question[]> {
  const { month, against, drafts, grid } = asked;
  const srid = grid.crs.epsg ?? 0;
  const since = addMonths(month, -MOST_MONTHS_OPEN);
  const questions = new Map<string, { beforeMonths: readonly string[]; subjects: Subject[] }>();
  const ask = (beforeMonths: readonly string[], subjects: readonly Subject[]) => {
    if (beforeMonths.length === 0 || subjects.length === 0) return;
    const known = questions.get(beforeMonths[0]);
    if (known) known.subjects.push(...subjects);
    else questions.set(beforeMonths[0], { beforeMonths, subjects: [...subjects] });
  };
  const backFrom = (last: string) =>
    months.filter((m) => m <= last && monthsBetween(m, month) <= MOST_MONTHS_BACK).reverse();
  if (against === 'mom') {
    ask(
      backFrom(addMonths(asked.beforeMonths[0], -1)),
      drafts.map((draft, ord) => ({ of: { ord }, class: draft.class, rings: draft.rings, kind: 'earlier' })),
    );
  }
  for (const patch of await openPatches(db, { since, before: month, against, srid })) {
    ask(against === 'mom' ? backFrom(patch.before) : [patch.before], [subjectOf(patch, 'later')]);
  }
  if (against === 'yoy') {
    const forest = await openPatches(db, { since, before: addMonths(month, 1), against: 'mom', srid });
    const seasonal = forest.filter(({ class: name }) => name === 'forest_loss' || name === 'forest_gain');
    ask(
      asked.beforeMonths,
      seasonal.map((patch) => subjectOf(patch, 'year')),
    );
  }
  return [...questions.values()];
}

function subjectOf({ number, class: name, rings }: OpenPatch, kind: Look['kind']): Subject {
  return { of: { number }, class: name, rings, kind };
}

/** Compares a pair of months on the blocks that are wanted; no minimum mapping unit. */
export type ComparePair = (
  beforeMonths: readonly string[],
  wanted: (core: Window) => boolean,
) => Promise<Pick<CompareResult, 'runs'>>;

/** Has the questions answered, a comparison each. */
export async function answerQuestions(
  questions: readonly Question[],
  month: string,
  grid: Grid,
  comparePair: ComparePair,
): Promise<RunLooks> {
  const known: { number: string; look: Look }[] = [];
  const own: { ord: number; look: Look }[] = [];
  for (const { beforeMonths, subjects } of questions) {
    const zones = subjects.map(({ rings }) => zoneOfRings(rings, grid));
    const { runs } = await comparePair(beforeMonths, touching(zones));
    subjects.forEach(({ of, class: name, kind }, k) => {
      const shares = sharesOf(runs, zones[k], grid, lastingCodes(name));
      const look: Look = { kind, before: beforeMonths[0], after: month, ...shares };
      if ('ord' in of) own.push({ ord: of.ord, look });
      else known.push({ number: of.number, look });
    });
  }
  return { known, own };
}

/** Whether a window holds a part of any zone, by their bounds. */
function touching(zones: readonly Zone[]): (window: Window) => boolean {
  const bounds = zones.map(boundsOf);
  return ({ x, y, width, height }) =>
    bounds.some((b) => b.minX < x + width && b.maxX > x && b.minY < y + height && b.maxY > y);
}

/** Of the pixels of a zone the share that can be judged, and of these the share with one of `codes`. */
export function sharesOf(
  runs: Runs,
  zone: Zone,
  grid: Grid,
  codes: ReadonlySet<number>,
): { readonly usable: number; readonly holding: number } {
  let total = 0;
  let unusable = 0;
  let holding = 0;
  const all = { x: 0, y: 0, width: grid.width, height: grid.height };
  eachZoneRow(zone, all, (y, x0, x1) => {
    total += x1 - x0;
    for (let k = firstOfRow(runs, y); k < runs.count && runs.y[k] === y && runs.x0[k] < x1; k++) {
      const shared = Math.min(x1, runs.x1[k]) - Math.max(x0, runs.x0[k]);
      if (shared <= 0) continue;
      if (runs.code[k] === UNUSABLE) unusable += shared;
      else if (codes.has(runs.code[k])) holding += shared;
    }
  });
  const usable = total - unusable;
  return { usable: total > 0 ? usable / total : 0, holding: usable > 0 ? holding / usable : 0 };
}
