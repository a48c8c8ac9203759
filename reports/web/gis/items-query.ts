import { Problem } from '../problem.js';
import type { Collection } from './collection.js';
import { crsByUri, type NamedCrs, offeredCrs } from './place.js';

/** What `/items` is asked for. */
export interface ItemsQuery {
  readonly limit: number;
  readonly offset: number;
  /** Corners in the order of axes of `bboxCrs`. */
  readonly bbox: readonly [number, number, number, number] | null;
  readonly bboxCrs: NamedCrs;
  readonly crs: NamedCrs;
  /** Months, YYYY-MM, both included; null: open. */
  readonly datetime: { readonly from: string | null; readonly to: string | null } | null;
  readonly filter: string | null;
  readonly filterLang: 'cql2-text' | 'cql2-json';
  readonly filterCrs: NamedCrs;
  /** Queryables that are asked for by name. */
  readonly equals: readonly { readonly name: string; readonly value: string | number | boolean }[];
}

export const DEFAULT_LIMIT = 100;
/** A larger `limit` means this one. */
export const MOST_LIMIT = 10_000;
/** Paging further than this is somebody's mistake. */
const MOST_OFFSET = 10_000_000;

const KNOWN = [
  'f',
  'limit',
  'offset',
  'bbox',
  'bbox-crs',
  'crs',
  'datetime',
  'filter',
  'filter-lang',
  'filter-crs',
];

export type RawQuery = Readonly<Record<string, string>>;

/** A query string with each parameter once. @throws Problem 400 */
export function singleValues(query: unknown): RawQuery {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(query ?? {})) {
    if (typeof value !== 'string') throw new Problem(400, `${name}: given more than once`);
    if (value.includes('\0')) throw new Problem(400, `${name}: holds a NUL character`);
    result[name] = value;
  }
  return result;
}

/** @throws Problem 400 naming the parameter that is unknown or cannot be used. */
export function readItemsQuery(raw: RawQuery, collection: Collection): ItemsQuery {
  const asked = collection.queryables.filter((q) => q.type !== 'geometry');
  for (const name of Object.keys(raw)) {
    if (KNOWN.includes(name) || asked.some((q) => q.name === name)) continue;
    const known = [...KNOWN, ...asked.map((q) => q.name)].join(', ');
    throw new Problem(400, `Unknown parameter "${name}"; known are ${known}`);
  }
  const offered = offeredCrs(collection.crs);
  const filterLang = raw['filter-lang'] ?? 'cql2-text';
  if (filterLang !== 'cql2-text' && filterLang !== 'cql2-json') {
    throw new Problem(400, `filter-lang: "${filterLang}" is not known; expected cql2-text or cql2-json`);
  }
  return {
    limit: Math.min(MOST_LIMIT, whole(raw.limit, 'limit', 1, DEFAULT_LIMIT)),
    offset: whole(raw.offset, 'offset', 0, 0),
    bbox: raw.bbox === undefined ? null : readBbox(raw.bbox),
    bboxCrs: crsByUri(offered, raw['bbox-crs'], 'bbox-crs'),
    crs: crsByUri(offered, raw.crs, 'crs'),
    datetime: raw.datetime === undefined ? null : readDatetime(raw.datetime),
    filter: raw.filter ?? null,
    filterLang,
    filterCrs: crsByUri(offered, raw['filter-crs'], 'filter-crs'),
    equals: asked.flatMap(({ name, type }) =>
      raw[name] === undefined ? [] : [{ name, value: typed(name, raw[name], type) }],
    ),
  };
}

function whole(text: string | undefined, name: string, least: number, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= least && value <= MOST_OFFSET) return value;
  throw new Problem(400, `${name}: "${text}" is not a whole number from ${least}`);
}

function typed(name: string, text: string, type: string): string | number | boolean {
  if (type === 'number') {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value)) return value;
    throw new Problem(400, `${name}: "${text}" is not a number`);
  }
  if (type !== 'boolean') return text;
  if (text === 'true' || text === 'false') return text === 'true';
  throw new Problem(400, `${name}: "${text}" is neither true nor false`);
}

/** Four numbers, or six of which the heights are left out. */
function readBbox(text: string): readonly [number, number, number, number] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if ((values.length === 4 || values.length === 6) && values.every(Number.isFinite)) {
    const [x0, y0] = values;
    const [x1, y1] = values.length === 4 ? values.slice(2) : values.slice(3);
    if (y0 <= y1) return [x0, y0, x1, y1];
  }
  throw new Problem(400, `bbox: "${text}" is not a box; expected four numbers, lower corner first`);
}

const INSTANT =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))?$/i;

/** RFC 3339: a date or an instant, or two with a slash between, `..` or nothing for an open end. Items have months. */
function readDatetime(text: string): { from: string | null; to: string | null } {
  const parts = text.split('/');
  const month = (part: string): string | null => {
    if (parts.length === 2 && (part === '..' || part === '')) return null;
    if (INSTANT.test(part)) return part.slice(0, 7);
    throw new Problem(
      400,
      `datetime: "${text}" is not a time; expected e.g. 2026-08-01, 2026-08-01/2026-08-31 or 2026-08-01/..`,
    );
  };
  const [from, to] = parts.length === 1 ? [month(text), month(text)] : parts.slice(0, 2).map(month);
  if (parts.length > 2 || (from === null && to === null && text !== '../..' && text !== '/')) {
    throw new Problem(400, `datetime: "${text}" is not a time`);
  }
  if (from !== null && to !== null && from > to)
    throw new Problem(400, `datetime: "${text}" ends before it begins`);
  return { from, to };
}
