import type { ChangeClassName } from '../../kernels/classes.js';
import type { Against } from '../number.js';
import type { PatchState } from '../patch.js';
import type { Db } from './db.js';
import { type MonthEntries, type PatchEntry, readMonth } from './patch-months.js';

export type { PatchEntry } from './patch-months.js';

/** Least x and y, most x and y. */
export type Extent = readonly [x0: number, y0: number, x1: number, y1: number];

export interface PatchQuery {
  readonly month?: string;
  /** The first and the last month asked for. */
  readonly from?: string;
  readonly to?: string;
  readonly against?: 'mom' | 'yoy';
  readonly classes?: readonly ChangeClassName[];
  readonly states?: readonly PatchState[];
  /** Codes of subdistricts asked for. */
  readonly subdistricts?: readonly string[];
  readonly minAreaM2?: number;
  /** 0-1. */
  readonly minConfidence?: number;
  /** Only patches whose own extent meets it; in the CRS they are stored in. */
  readonly extent?: Extent;
  /** Codes of subdistricts that may be seen; null: all. */
  readonly scope: readonly string[] | null;
}

/**
 * Patches kept in memory beside the database, so that a list is filtered, counted and sorted, and a tile made, without
 * asking it for thousands of rows each time. Months are read when first asked for. Only publishing changes patches, and
 * another choice of filter: every question first asks which runs are published, and when, and which filter judges, and
 * forgets everything when that has changed.
 */
interface Index {
  readonly stamp: string;
  readonly months: ReadonlyMap<string, () => Promise<MonthEntries>>;
  readonly answers: Map<string, Promise<unknown>>;
}

/** A vector tile of a full month has half a megabyte, most have some kilobytes. */
const MOST_ANSWERS = 300;

interface Stamp {
  /** Published runs: id, month, comparison, and when. */
  readonly runs: readonly (readonly [number, string, Against, string])[] | null;
  readonly filters: unknown;
}

const indexes = new WeakMap<Db, Index>();

async function indexOf(db: Db): Promise<Index> {
  // one row: every question asks this first
  const [now] = await db.query<Stamp>(
    `SELECT (SELECT json_agg(json_build_array(id, month, against, published_at) ORDER BY month, against)
             FROM tuban.run WHERE status = 'published') AS runs,
       json_build_array((SELECT max(id) FROM tuban.false_alarm_filter),
         (SELECT json_agg(json_build_array(mode, filter_id)) FROM tuban.filter_use)) AS filters`,
  );
  const stamp = JSON.stringify(now);
  const known = indexes.get(db);
  if (known?.stamp === stamp) return known;
  const months = new Map(
    (now.runs ?? []).map(([, month, against]) => [
      `${month} ${against}`,
      once(() => readMonth(db, month, against)),
    ]),
  );
  const made = { stamp, months, answers: new Map<string, Promise<unknown>>() };
  indexes.set(db, made);
  return made;
}

/** Patches of a query by number. */
export async function findEntries(db: Db, query: PatchQuery): Promise<readonly PatchEntry[]> {
  const { months } = await indexOf(db);
  const wanted = [...months].filter(([key]) => {
    const [month, against] = key.split(' ');
    const { from = month, to = month } = query;
    const inTime = month === (query.month ?? month) && from <= month && month <= to;
    return inTime && against === (query.against ?? against);
  });
  const one = onlySubdistrict(query);
  const asked = asksOf(query, one);
  const none: readonly PatchEntry[] = [];
  const parts: (readonly PatchEntry[])[] = [];
  for (const [, read] of wanted) {
    const month = await read();
    const among = one === null ? month.all : (month.bySubdistrict.get(one) ?? []);
    const near = query.extent === undefined ? among : entriesNear(month, among, query.extent);
    const found = asked.length === 0 ? near : near.filter((entry) => asked.every((holds) => holds(entry)));
    if (found.length > 0) parts.push(found);
  }
  // each is in order, and numbers begin with month and comparison: one after the other they are in order, too
  parts.sort((a, b) => compare(a[0].number, b[0].number));
  // `flat` would look at every patch
  const found = parts.length === 1 ? parts[0] : none.concat(...parts);
  const apart = parts.every((part, k) => k === 0 || (parts[k - 1].at(-1)?.number ?? '') < part[0].number);
  return apart ? found : [...found].sort((a, b) => compare(a.number, b.number));
}

function entriesNear(
  { all, boxes }: MonthEntries,
  among: readonly PatchEntry[],
  extent: Extent,
): readonly PatchEntry[] {
  const near: PatchEntry[] = [];
  for (let k = 0; k < among.length; k++) {
    // extents lie one after the other: most patches need not be touched
    if (isNear(boxes, among === all ? k : among[k].place, extent)) near.push(among[k]);
  }
  return near;
}

/** Whether the extent of the patch at a place of its month meets another. */
export function isNear(boxes: Float64Array, place: number, extent: Extent): boolean {
  const k = 4 * place;
  // by index: this is asked of every patch, and taking an array apart costs more than the question
  return (
    boxes[k] <= extent[2] &&
    boxes[k + 1] <= extent[3] &&
    boxes[k + 2] >= extent[0] &&
    boxes[k + 3] >= extent[1]
  );
}

/** The one subdistrict that a query is about; null where it is about several. */
function onlySubdistrict({ subdistricts, scope }: PatchQuery): string | null {
  const codes = subdistricts ?? scope;
  return codes?.length === 1 ? codes[0] : null;
}

/** Reads all published months, the newest first, so that nobody waits for them later. */
export async function warmPatches(db: Db, signal: AbortSignal): Promise<void> {
  const { months } = await indexOf(db);
  for (const [, read] of [...months].reverse()) {
    if (signal.aborted) return;
    await read();
  }
}

/**
 * An answer about published patches, remembered until a run is published.
 * @param key names the question with its parameters
 */
export async function sincePublished<T>(db: Db, key: string, ask: () => Promise<T>): Promise<T> {
  const { answers } = await indexOf(db);
  // one key is one question, and its answers are of one type
  const answer = (answers.get(key) as Promise<T> | undefined) ?? ask();
  // the most lately asked for stand last
  answers.delete(key);
  answers.set(key, answer);
  answer.catch(() => answers.delete(key));
  for (const old of answers.keys()) {
    if (answers.size <= MOST_ANSWERS) break;
    answers.delete(old);
  }
  return answer;
}

export function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What is asked of a patch besides month, comparison, place and its one subdistrict: nothing, where nothing is. */
function asksOf(query: PatchQuery, one: string | null): ((entry: PatchEntry) => boolean)[] {
  const { classes, states, subdistricts, minAreaM2 = 0, minConfidence = 0, scope } = query;
  const asked: ((entry: PatchEntry) => boolean)[] = [];
  const among = (codes: readonly string[] | null | undefined) => {
    if (!codes || (codes.length === 1 && codes[0] === one)) return;
    asked.push(({ subdistrictCode }) => subdistrictCode !== null && codes.includes(subdistrictCode));
  };
  if (classes) asked.push((entry) => classes.includes(entry.class));
  if (states) asked.push((entry) => states.includes(entry.state));
  among(subdistricts);
  among(scope);
  if (minAreaM2 > 0) asked.push((entry) => entry.areaM2 >= minAreaM2);
  if (minConfidence > 0) asked.push((entry) => entry.confidence >= minConfidence);
  return asked;
}

/** Asks when first needed; an answer that failed is asked for again. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => {
    asked ??= ask().catch((error: unknown) => {
      asked = null;
      throw error;
    });
    return asked;
  };
}
