import { type ChangeClassName, type StateName, UNUSABLE } from '../kernels/classes.js';
import type { CompareResult } from '../raster/engine/compare.js';
import type { Grid, Window } from '../raster/grid.js';
import { firstOfRow, type Runs } from '../raster/runs.js';
import { boundsOf, eachZoneRow, type Zone, zoneOfRings } from '../raster/zones.js';
import { isSeasonal, type Look, lastingCodes, MOST_MONTHS_OPEN } from '../vector/life.js';
import type { Against, DraftPatch } from '../vector/number.js';
import type { Db } from '../vector/store/db.js';
import { openPatches, type RunLooks } from '../vector/store/looks.js';
import { addMonths, monthsBetween } from './options.js';
import type { StateHistory } from './state-history.js';

/** How far a before date may reach back for the last usable pixel. */
export const MOST_MONTHS_BACK = 6;
/** Months of states asked: a year, so that every season is among them. */
const MONTHS_OF_STATES = 12;

/** A run's own comparison, and what it found. */
export interface Asked {
  readonly month: string;
  readonly against: Against;
  readonly beforeMonths: readonly string[];
  readonly grid: Grid;
  readonly drafts: readonly DraftPatch[];
  readonly runs: Runs;
}

/** What looks are taken from. */
export interface Sources {
  readonly db: Db;
  /** All months with scenes, oldest first. */
  readonly months: readonly string[];
  readonly states: StateHistory;
  /** Compares other months with the run's on the blocks that are wanted; no minimum mapping unit. */
  comparePair(
    beforeMonths: readonly string[],
    wanted: (core: Window) => boolean,
  ): Promise<Pick<CompareResult, 'runs'>>;
}

/** A patch that other months are asked about: an earlier one by its number, or a draft by its place. */
interface Subject {
  readonly of: { readonly number: string } | { readonly ord: number };
  readonly class: ChangeClassName;
  readonly zone: Zone;
  /** Month it was compared with. */
  readonly before: string;
}

/** The state that a class's change comes from or leads to, where the states of single months tell: water and forest. */
const STATE_OF: Readonly<Partial<Record<ChangeClassName, { name: StateName; after: boolean }>>> = {
  water_gain: { name: 'water', after: true },
  water_loss: { name: 'water', after: false },
  forest_gain: { name: 'forest', after: true },
  forest_loss: { name: 'forest', after: false },
};

/**
 * What other months say about a run's drafts and about earlier patches that are still suspected. Water and forest are
 * looked up in the states of single months: a shore that was dry before, or a field that was green, has not changed but
 * come round. Hard ground tells nothing of buildings, so theirs and earthwork's months are compared again, on the blocks
 * that matter. A run against last year says what month-on-month patches of forest look like over a year.
 */
export async function lookAgain(asked: Asked, sources: Sources): Promise<RunLooks> {
  const { month, against, grid } = asked;
  const { db, states } = sources;
  const found: { known: RunLooks['known'][number][]; own: RunLooks['own'][number][] } = {
    known: [],
    own: [],
  };
  const tell = ({ of }: Subject, look: Look) => {
    if ('ord' in of) found.own.push({ ord: of.ord, look });
    else found.known.push({ number: of.number, look });
  };
  const srid = grid.crs.epsg ?? 0;
  const since = addMonths(month, -MOST_MONTHS_OPEN);
  const stored = async (kind: Against, before: string): Promise<Subject[]> =>
    (await openPatches(db, { since, before, against: kind, srid })).map((patch) => ({
      of: { number: patch.number },
      class: patch.class,
      zone: zoneOfRings(patch.rings, grid),
      before: patch.before,
    }));
  const drafts = asked.drafts.map(
    (draft, ord): Subject => ({
      of: { ord },
      class: draft.class,
      zone: zoneOfRings(draft.rings, grid),
      before: asked.beforeMonths[0],
    }),
  );
  const open = await stored(against, month);

  const stateLook = async (subject: Subject, kind: 'earlier' | 'later', of: string): Promise<void> => {
    const state = STATE_OF[subject.class];
    if (state === undefined) return;
    const { usable, holding } = await states.share(of, subject.zone, state.name);
    const expected = state.after === (kind === 'later');
    const months = kind === 'later' ? { before: subject.before, after: of } : { before: of, after: month };
    tell(subject, { kind, ...months, usable, holding: expected ? holding : 1 - holding });
  };
  const earlier = states.months.filter(
    (m) => m < asked.beforeMonths[0] && monthsBetween(m, month) <= MONTHS_OF_STATES,
  );
  if (against === 'mom')
    for (const draft of drafts) for (const m of earlier) await stateLook(draft, 'earlier', m);
  for (const patch of open) await stateLook(patch, 'later', month);

  const backFrom = (last: string) =>
    sources.months.filter((m) => m <= last && monthsBetween(m, month) <= MOST_MONTHS_BACK).reverse();
  const pairs = new Map<
    string,
    { months: readonly string[]; asks: { subject: Subject; kind: Look['kind'] }[] }
  >();
  const ask = (months: readonly string[], subject: Subject, kind: Look['kind']) => {
    if (months.length === 0 || STATE_OF[subject.class] !== undefined) return;
    const known = pairs.get(months[0]);
    if (known) known.asks.push({ subject, kind });
    else pairs.set(months[0], { months, asks: [{ subject, kind }] });
  };
  if (against === 'mom')
    for (const draft of drafts) ask(backFrom(addMonths(draft.before, -1)), draft, 'earlier');
  for (const patch of open) ask(against === 'mom' ? backFrom(patch.before) : [patch.before], patch, 'later');
  for (const { months, asks } of pairs.values()) {
    const { runs } = await sources.comparePair(months, touching(asks.map(({ subject }) => subject.zone)));
    for (const { subject, kind } of asks) {
      const shares = sharesOf(runs, subject.zone, grid, lastingCodes(subject.class));
      tell(subject, { kind, before: months[0], after: month, ...shares });
    }
  }

  if (against === 'yoy') {
    const seasonal = (await stored('mom', addMonths(month, 1))).filter((patch) => isSeasonal(patch.class));
    for (const patch of seasonal) {
      const shares = sharesOf(asked.runs, patch.zone, grid, lastingCodes(patch.class));
      tell(patch, { kind: 'year', before: asked.beforeMonths[0], after: month, ...shares });
    }
  }
  return found;
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
