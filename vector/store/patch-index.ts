import type { ChangeClassName } from '../../kernels/classes.js';
import type { Against } from '../number.js';
import type { PatchState } from '../patch.js';
import type { Db } from './db.js';

/** What lists and tiles ask of a patch: all but its outline. */
export interface PatchEntry {
  readonly number: string;
  readonly class: ChangeClassName;
  readonly state: PatchState;
  readonly subdistrictCode: string | null;
  readonly areaM2: number;
  /** 0-1. */
  readonly confidence: number;
  /** Its middle, WGS84. */
  readonly lon: number;
  readonly lat: number;
}

export interface PatchQuery {
  readonly month?: string;
  readonly against?: 'mom' | 'yoy';
  readonly classes?: readonly ChangeClassName[];
  readonly states?: readonly PatchState[];
  /** Codes of subdistricts asked for. */
  readonly subdistricts?: readonly string[];
  readonly minAreaM2?: number;
  /** 0-1. */
  readonly minConfidence?: number;
  /** Codes of subdistricts that may be seen; null: all. */
  readonly scope: readonly string[] | null;
}

/**
 * Patches kept in memory beside the database, so that a list is filtered, counted and sorted, and a tile made, without
 * asking it for thousands of rows each time. Months are read when first asked for. Only publishing changes patches: every
 * question first asks which runs are published, and when, and forgets everything when that has changed.
 */
interface Index {
  readonly stamp: string;
  readonly months: ReadonlyMap<string, () => Promise<MonthEntries>>;
  readonly answers: Map<string, Promise<unknown>>;
}

/** Patches of a month and comparison by number, and those of each subdistrict. */
interface MonthEntries {
  readonly all: readonly PatchEntry[];
  readonly bySubdistrict: ReadonlyMap<string | null, readonly PatchEntry[]>;
}

/** A vector tile of a full month has half a megabyte, most have some kilobytes. */
const MOST_ANSWERS = 300;

interface PublishedRun {
  readonly id: number;
  readonly month: string;
  readonly against: Against;
  readonly published_at: string;
}

const indexes = new WeakMap<Db, Index>();

async function indexOf(db: Db): Promise<Index> {
  const runs = await db.query<PublishedRun>(
    `SELECT id, month, against, published_at FROM tuban.run WHERE status = 'published' ORDER BY month, against`,
  );
  const stamp = JSON.stringify(runs);
  const known = indexes.get(db);
  if (known?.stamp === stamp) return known;
  const months = new Map(
    runs.map(({ month, against }) => [`${month} ${against}`, once(() => readEntries(db, month, against))]),
  );
  const made = { stamp, months, answers: new Map<string, Promise<unknown>>() };
  indexes.set(db, made);
  return made;
}

/** Patches of a query by number. */
export async function findEntries(db: Db, query: PatchQuery): Promise<PatchEntry[]> {
  const { months } = await indexOf(db);
  const wanted = [...months].filter(([key]) => {
    const [month, against] = key.split(' ');
    return month === (query.month ?? month) && against === (query.against ?? against);
  });
  const one = onlySubdistrict(query);
  const parts: (readonly PatchEntry[])[] = [];
  for (const [, read] of wanted) {
    const { all, bySubdistrict } = await read();
    parts.push(one === null ? all : (bySubdistrict.get(one) ?? []));
  }
  // each is in order, and numbers begin with month and comparison: one after the other they are in order, too
  const full = parts.filter((part) => part.length > 0).sort((a, b) => compare(a[0].number, b[0].number));
  const found: PatchEntry[] = [];
  for (const part of full) for (const entry of part) if (meets(entry, query)) found.push(entry);
  const apart = full.every((part, k) => k === 0 || (full[k - 1].at(-1)?.number ?? '') < part[0].number);
  return apart ? found : found.sort((a, b) => compare(a.number, b.number));
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

function meets(entry: PatchEntry, query: PatchQuery): boolean {
  const { classes, states, subdistricts, minAreaM2 = 0, minConfidence = 0, scope } = query;
  const among = (codes: readonly string[] | null | undefined) =>
    !codes || (entry.subdistrictCode !== null && codes.includes(entry.subdistrictCode));
  return (
    entry.areaM2 >= minAreaM2 &&
    entry.confidence >= minConfidence &&
    (!classes || classes.includes(entry.class)) &&
    (!states || states.includes(entry.state)) &&
    among(subdistricts) &&
    among(scope)
  );
}

async function readEntries(db: Db, month: string, against: Against): Promise<MonthEntries> {
  const all = await db.query<PatchEntry>(
    `SELECT number, class, state, subdistrict_code AS "subdistrictCode", area_m2 AS "areaM2", confidence, lon, lat
     FROM tuban.patch WHERE month = $1 AND against = $2 AND retired_at IS NULL ORDER BY number COLLATE "C"`,
    [month, against],
  );
  const bySubdistrict = new Map<string | null, PatchEntry[]>();
  for (const entry of all) {
    const own = bySubdistrict.get(entry.subdistrictCode);
    if (own === undefined) bySubdistrict.set(entry.subdistrictCode, [entry]);
    else own.push(entry);
  }
  return { all, bySubdistrict };
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
