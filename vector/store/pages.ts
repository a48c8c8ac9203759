import type { ChangeClassName } from '../../kernels/classes.js';
import type { Lead, LeadDisposition, LeadStatus } from '../lead.js';
import type { Patch, PatchState } from '../patch.js';
import type { Db } from './db.js';
import { LEAD_COLUMNS, type LeadRow, leadFromRow } from './leads.js';
import { PATCH_COLUMNS, type PatchRow, patchFromRow } from './patches.js';

/**
 * Long lists in pages: a page begins after the last row of the one before (keyset), so that rows that come or go between
 * two pages shift nothing, and the last page costs no more than the first.
 */
export interface PageAsk<Sort extends string> {
  readonly sort: Sort;
  readonly limit: number;
  /** The last row of the page before; null: the first page. */
  readonly after: PageMark | null;
}

/** A row's place in a list: the value it is sorted by, and its number. */
export interface PageMark {
  readonly value: string | number;
  readonly number: string;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Of all pages. */
  readonly total: number;
  /** Null on the last page. */
  readonly next: PageMark | null;
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

export const PATCH_SORTS = ['number', 'area', '-area', 'confidence', '-confidence'] as const;
export type PatchSort = (typeof PATCH_SORTS)[number];

const PATCH_WHERE = `retired_at IS NULL AND ($1::text IS NULL OR month = $1) AND ($2::text IS NULL OR against = $2)
  AND ($3::text[] IS NULL OR class = ANY ($3)) AND ($4::text[] IS NULL OR state = ANY ($4))
  AND ($5::text[] IS NULL OR subdistrict_code = ANY ($5)) AND ($6::float8 IS NULL OR area_m2 >= $6)
  AND ($7::float8 IS NULL OR confidence >= $7) AND ($8::text[] IS NULL OR subdistrict_code = ANY ($8))`;

function patchParams(query: PatchQuery): unknown[] {
  return [
    query.month ?? null,
    query.against ?? null,
    query.classes ?? null,
    query.states ?? null,
    query.subdistricts ?? null,
    query.minAreaM2 ?? null,
    query.minConfidence ?? null,
    query.scope,
  ];
}

/** A patch with its extent in WGS84 longitude, latitude: west, south, east, north. */
export interface PlacedPatch {
  readonly patch: Patch;
  readonly bbox: readonly [number, number, number, number];
}

const BBOX = `ST_XMin(e) AS west, ST_YMin(e) AS south, ST_XMax(e) AS east, ST_YMax(e) AS north`;

interface PlacedRow extends PatchRow {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/** A page of patches; rings in the CRS of their run's grid. */
export async function patchPage(
  db: Db,
  query: PatchQuery,
  ask: PageAsk<PatchSort>,
): Promise<Page<PlacedPatch>> {
  const { key, value, order, beyond } = PATCH_ORDERS[ask.sort];
  const params = patchParams(query);
  const rows = await db.query<PlacedRow>(
    `SELECT q.*, ${BBOX} FROM (
       SELECT ${PATCH_COLUMNS}, ST_Transform(geom, 4326) AS e FROM tuban.patch
       WHERE ${PATCH_WHERE} AND ($10::text IS NULL OR ${beyond}) ORDER BY ${order} LIMIT $9
     ) q ORDER BY ${order}`,
    [
      ...params,
      ask.limit + 1,
      ask.after?.number ?? null,
      ...(key === 'number' ? [] : [ask.after?.value ?? null]),
    ],
  );
  const [{ total }] = await db.query<{ total: number }>(
    `SELECT count(*)::int AS total FROM tuban.patch WHERE ${PATCH_WHERE}`,
    params,
  );
  return pageOf(rows, ask.limit, total, value, (row) => ({
    patch: patchFromRow(row),
    bbox: [row.west, row.south, row.east, row.north],
  }));
}

/** Ways to sort; `beyond` compares with $10, the number, and $11, the value. */
const PATCH_ORDERS: Readonly<
  Record<
    PatchSort,
    {
      readonly key: 'number' | 'area_m2' | 'confidence';
      readonly value: (row: PatchRow) => string | number;
      readonly order: string;
      readonly beyond: string;
    }
  >
> = {
  number: {
    key: 'number',
    value: (row) => row.number,
    order: 'number COLLATE "C"',
    beyond: 'number COLLATE "C" > $10',
  },
  area: byValue('area_m2', '>'),
  '-area': byValue('area_m2', '<'),
  confidence: byValue('confidence', '>'),
  '-confidence': byValue('confidence', '<'),
};

function byValue(key: 'area_m2' | 'confidence', side: '>' | '<') {
  return {
    key,
    value: (row: PatchRow) => row[key],
    order: `${key} ${side === '<' ? 'DESC' : 'ASC'}, number COLLATE "C"`,
    beyond: `${key} ${side} $11::float8 OR (${key} = $11::float8 AND number COLLATE "C" > $10)`,
  } as const;
}

/** All patches of a query by number, `most` at most. */
export async function queryPatches(db: Db, query: PatchQuery, most: number): Promise<Patch[]> {
  const rows = await db.query<PatchRow>(
    `SELECT ${PATCH_COLUMNS} FROM tuban.patch WHERE ${PATCH_WHERE} ORDER BY number COLLATE "C" LIMIT $9`,
    [...patchParams(query), most],
  );
  return rows.map(patchFromRow);
}

export interface LeadQuery {
  readonly month?: string;
  readonly statuses?: readonly LeadStatus[];
  readonly dispositions?: readonly LeadDisposition[];
  readonly subdistricts?: readonly string[];
  /** Only those whose visit is overdue on this day, YYYY-MM-DD. */
  readonly overdueOn?: string;
  /** Codes of subdistricts that may be seen; null: all. */
  readonly scope: readonly string[] | null;
}

export const LEAD_SORTS = ['number', 'due'] as const;
export type LeadSort = (typeof LEAD_SORTS)[number];

const LEAD_FROM = `tuban.lead l JOIN tuban.patch p ON p.number = l.number
  WHERE ($1::text IS NULL OR l.month = $1) AND ($2::text[] IS NULL OR l.status = ANY ($2))
    AND ($3::text[] IS NULL OR l.disposition = ANY ($3)) AND ($4::text[] IS NULL OR p.subdistrict_code = ANY ($4))
    AND ($5::date IS NULL OR (l.disposition = 'sent' AND l.status = 'assigned' AND l.due < $5))
    AND ($6::text[] IS NULL OR p.subdistrict_code = ANY ($6))`;

/** Leads without a last day come after all others. */
const NO_DUE = '9999-12-31';

/** A page of leads by number, or the next due first; rings in the CRS of their run's grid. */
export async function leadPage(db: Db, query: LeadQuery, ask: PageAsk<LeadSort>): Promise<Page<Lead>> {
  const params = [
    query.month ?? null,
    query.statuses ?? null,
    query.dispositions ?? null,
    query.subdistricts ?? null,
    query.overdueOn ?? null,
    query.scope,
  ];
  const due = `coalesce(l.due, '${NO_DUE}'::date)`;
  const byDue = ask.sort === 'due';
  const beyond = byDue
    ? `${due} > $9::date OR (${due} = $9::date AND l.number COLLATE "C" > $8)`
    : 'l.number COLLATE "C" > $8';
  const rows = await db.query<LeadRow>(
    `SELECT ${LEAD_COLUMNS} FROM ${LEAD_FROM} AND ($8::text IS NULL OR ${beyond})
     ORDER BY ${byDue ? `${due}, ` : ''}l.number COLLATE "C" LIMIT $7`,
    [...params, ask.limit + 1, ask.after?.number ?? null, ...(byDue ? [ask.after?.value ?? null] : [])],
  );
  const [{ total }] = await db.query<{ total: number }>(
    `SELECT count(*)::int AS total FROM ${LEAD_FROM}`,
    params,
  );
  const value = (row: LeadRow) => (byDue ? (row.due ?? NO_DUE) : row.number);
  return pageOf(rows, ask.limit, total, value, leadFromRow);
}

/** `rows` has one more than the page where another follows. */
function pageOf<Row extends { readonly number: string }, Out>(
  rows: readonly Row[],
  limit: number,
  total: number,
  value: (row: Row) => string | number,
  out: (row: Row) => Out,
): Page<Out> {
  const own = rows.slice(0, limit);
  const last = own[own.length - 1];
  const more = rows.length > limit;
  return { rows: own.map(out), total, next: more ? { value: value(last), number: last.number } : null };
}
