import { type ChangeClassName, type StateName, UNUSABLE } from '../kernels/classes.js';
import type { CompareResult } from '../raster/engine/compare.js';
import type { Grid, Window } from '../raster/grid.js';
import type { Runs } from '../raster/runs.js';
import { eachZoneRun } from '../raster/zone-runs.js';
import { boundsOf, type Zone, zoneOfRings } from '../raster/zones.js';
import { agreeingCodes, isSeasonal, LEAST_USABLE, type Look, MOST_MONTHS_OPEN } from '../vector/life.js';
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
  /** Null where the detector knows no states: then pairs of months are compared for all classes. */
  readonly states: StateHistory | null;
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
  /** A draft is held against months before its own, an earlier patch against the run's month. */
  readonly kind: 'earlier' | 'later';
}

interface Answer {
  readonly subject: Subject;
  readonly look: Look;
}

/** The state that a class's change comes from or leads to, where the states of single months tell: water and forest. */
const STATE_OF: Readonly<Partial<Record<ChangeClassName, { name: StateName; after: boolean }>>> = {
  water_gain: { name: 'water', after: true },
  water_loss: { name: 'water', after: false },
  forest_gain: { name: 'forest', after: true },
  forest_loss: { name: 'forest', after: false },
};

/**
 * States that an earlier month cannot have shown before a class's change: no wood grows within a year where something was built. What looks so
 * under one that was cut is a cloud that nothing gave away, as in a first month, which has none to be held against.
 */
const UNSEEN: Readonly<Partial<Record<ChangeClassName, readonly StateName[]>>> = { forest_loss: ['built'] };

/** States of ground that no building stands on. */
const UNBUILT: readonly StateName[] = ['water', 'forest', 'green'];

/**
 * What other months say about a run's drafts and about earlier patches that are still suspected. Water and forest are
 * looked up in the states of single months: a shore that was dry before, or a field that was green, has not changed but
 * come round. Hard ground tells nothing of buildings, so theirs and earthwork's months are compared again, on the blocks
 * that matter; but where plants or water were to be seen earlier, no building stood. A run against last year says what
 * month-on-month patches of forest look like over a year.
 */
export async function lookAgain(asked: Asked, sources: Sources): Promise<RunLooks> {
  const { month, against, grid } = asked;
  const since = addMonths(month, -MOST_MONTHS_OPEN);
  const stored = async (of: Against, before: string): Promise<Subject[]> => {
    const patches = await openPatches(sources.db, { since, before, against: of, srid: grid.crs.epsg ?? 0 });
    return patches.map(({ number, class: name, rings, before: own }) => ({
      of: { number },
      class: name,
      zone: zoneOfRings(rings, grid),
      before: own,
      kind: 'later',
    }));
  };
  const open = await stored(against, month);
  // over a year, the month before last says nothing of the change
  const drafts = against !== 'mom' ? [] : asked.drafts.map((draft, ord) => draftSubject(draft, ord, asked));
  const { states } = sources;
  const byState = (subject: Subject) => states !== null && STATE_OF[subject.class] !== undefined;
  const subjects = [...drafts, ...open];
  const answers = [
    ...(states === null ? [] : await askStates(subjects.filter(byState), asked, states)),
    ...(await askPairs(
      subjects.filter((subject) => !byState(subject)),
      asked,
      sources,
    )),
  ];
  if (against === 'yoy') {
    const seasonal = (await stored('mom', addMonths(month, 1))).filter((patch) => isSeasonal(patch.class));
    answers.push(...seasonal.map((subject) => overTheYear(subject, asked)));
  }
  return {
    known: answers.flatMap(({ subject: { of }, look }) => ('number' in of ? [{ ...of, look }] : [])),
    own: answers.flatMap(({ subject: { of }, look }) => ('ord' in of ? [{ ...of, look }] : [])),
  };
}

function draftSubject(draft: DraftPatch, ord: number, { grid, beforeMonths }: Asked): Subject {
  const zone = zoneOfRings(draft.rings, grid);
  return { of: { ord }, class: draft.class, zone, before: beforeMonths[0], kind: 'earlier' };
}

/** Drafts in every month's states up to a year before theirs, earlier patches in the run's own. */
async function askStates(
  subjects: readonly Subject[],
  { month, beforeMonths }: Asked,
  states: StateHistory,
): Promise<Answer[]> {
  const earlier = states.months.filter(
    (m) => m < beforeMonths[0] && monthsBetween(m, month) <= MONTHS_OF_STATES,
  );
  const answers: Answer[] = [];
  for (const subject of subjects) {
    const state = STATE_OF[subject.class];
    if (state === undefined) continue;
    const { kind, zone } = subject;
    for (const of of kind === 'earlier' ? earlier : [month]) {
      const unseen = kind === 'earlier' ? (UNSEEN[subject.class] ?? []) : [];
      const { usable, holding } = await states.share(of, zone, [state.name], unseen);
      const share = state.after === (kind === 'later') ? holding : 1 - holding;
      const before = kind === 'later' ? subject.before : of;
      answers.push({ subject, look: { kind, before, after: month, usable, holding: share } });
    }
  }
  return answers;
}

/** One comparison for all subjects that want the same before month. */
async function askPairs(
  subjects: readonly Subject[],
  { month, against, grid }: Asked,
  { months, comparePair, states }: Sources,
): Promise<Answer[]> {
  const backFrom = (last: string) =>
    months.filter((m) => m <= last && monthsBetween(m, month) <= MOST_MONTHS_BACK).reverse();
  const pairs = new Map<string, { readonly back: readonly string[]; readonly subjects: Subject[] }>();
  for (const subject of subjects) {
    const { before, kind } = subject;
    const back = against === 'yoy' ? [before] : backFrom(kind === 'later' ? before : addMonths(before, -1));
    if (back.length === 0) continue;
    const known = pairs.get(back[0]);
    if (known) known.subjects.push(subject);
    else pairs.set(back[0], { back, subjects: [subject] });
  }
  const answers: Answer[] = [];
  for (const { back, subjects: asking } of pairs.values()) {
    const { runs } = await comparePair(back, touching(asking.map(({ zone }) => zone)));
    for (const subject of asking) {
      const { kind, class: name, zone } = subject;
      const { usable, holding: shown } = sharesOf(runs, zone, grid, agreeingCodes(name, kind));
      const unbuilt =
        states === null || kind === 'later' || name !== 'building_new'
          ? 0
          : await unbuiltShare(states, back[0], zone);
      const holding = Math.max(shown, unbuilt);
      answers.push({ subject, look: { kind, before: back[0], after: month, usable, holding } });
    }
  }
  return answers;
}

/** Of a zone the share that plants or water covered in a month; 0 where too little of it was seen. */
async function unbuiltShare(states: StateHistory, month: string, zone: Zone): Promise<number> {
  if (!states.months.includes(month)) return 0;
  const { usable, holding } = await states.share(month, zone, UNBUILT);
  return usable >= LEAST_USABLE ? holding : 0;
}

function overTheYear(subject: Subject, { runs, grid, beforeMonths, month }: Asked): Answer {
  const shares = sharesOf(runs, subject.zone, grid, agreeingCodes(subject.class, 'year'));
  return { subject, look: { kind: 'year', before: beforeMonths[0], after: month, ...shares } };
}

/** Whether a window holds a part of any zone, by their bounds. */
export function touching(zones: readonly Zone[]): (window: Window) => boolean {
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
  let unusable = 0;
  let holding = 0;
  const total = eachZoneRun(runs, zone, grid, (k, shared) => {
    if (runs.code[k] === UNUSABLE) unusable += shared;
    else if (codes.has(runs.code[k])) holding += shared;
  });
  const usable = total - unusable;
  return { usable: total > 0 ? usable / total : 0, holding: usable > 0 ? holding / usable : 0 };
}
