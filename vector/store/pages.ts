import { type Crs, crsFromEpsg, transformer, WGS84 } from '../../raster/crs.js';
import type { Lead, LeadDisposition, LeadStatus } from '../lead.js';
import type { Patch, Ring } from '../patch.js';
import type { Db } from './db.js';
import { LEAD_COLUMNS, type LeadRow, leadFromRow } from './leads.js';
import { compare, findEntries, type PatchEntry, type PatchQuery } from './patch-index.js';
import { PATCH_COLUMNS, type PatchRow, patchesByNumber, patchFromRow } from './patches.js';
import { type SqlParameters, sqlParameters } from './sql.js';

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

export const PATCH_SORTS = ['number', 'area', '-area', 'confidence', '-confidence'] as const;
export type PatchSort = (typeof PATCH_SORTS)[number];

/** A patch with its extent in WGS84 longitude, latitude: west, south, east, north. */
export interface PlacedPatch {
  readonly patch: Patch;
  readonly bbox: readonly [number, number, number, number];
}

/** A page of patches; rings in the CRS of their run's grid. */
export async function patchPage(
  db: Db,
  query: PatchQuery,
  ask: PageAsk<PatchSort>,
): Promise<Page<PlacedPatch>> {
  const { value, turn } = PATCH_ORDERS[ask.sort];
  const order = (a: PageMark, b: PageMark) => turn * compare(a.value, b.value) || compare(a.number, b.number);
  const marks = (await findEntries(db, query)).map((entry) => ({
    number: entry.number,
    value: value(entry),
  }));
  const { after } = ask;
  const found = firstOf(
    after === null ? marks : marks.filter((mark) => order(mark, after) > 0),
    order,
    ask.limit + 1,
  );
  const page = found.slice(0, ask.limit);
  const next = found.length > ask.limit ? page[page.length - 1] : null;
  const rows = await db.query<PatchRow & { readonly srid: number }>(
    `SELECT ${PATCH_COLUMNS}, ST_SRID(geom) AS srid FROM tuban.patch WHERE number = ANY ($1::text[])`,
    [page.map(({ number }) => number)],
  );
  const place = new Map(page.map(({ number }, index) => [number, index]));
  rows.sort((a, b) => (place.get(a.number) ?? 0) - (place.get(b.number) ?? 0));
  const placed = rows.map((row) => {
    const patch = patchFromRow(row);
    return { patch, bbox: lonLatBox(patch.rings[0], crsFromEpsg(row.srid)) };
  });
  return { rows: placed, total: marks.length, next };
}

/** The first `count` in an order, in it: a list of thousands is not sorted for the fifty of a page. */
export function firstOf<T>(all: readonly T[], order: (a: T, b: T) => number, count: number): T[] {
  const first: T[] = [];
  for (const one of all) {
    if (first.length === count && (count === 0 || order(one, first[count - 1]) >= 0)) continue;
    let [from, to] = [0, first.length];
    // most lists come in order: behind the last one is looked at first
    if (to > 0 && order(one, first[to - 1]) >= 0) from = to;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (order(one, first[middle]) < 0) to = middle;
      else from = middle + 1;
    }
    first.splice(from, 0, one);
    if (first.length > count) first.pop();
  }
  return first;
}

interface PatchOrder {
  readonly value: (entry: PatchEntry) => string | number;
  /** 1 upwards, -1 downwards; equal values by number. */
  readonly turn: 1 | -1;
}

const PATCH_ORDERS: Readonly<Record<PatchSort, PatchOrder>> = {
  number: { value: (entry) => entry.number, turn: 1 },
  area: { value: (entry) => entry.areaM2, turn: 1 },
  '-area': { value: (entry) => entry.areaM2, turn: -1 },
  confidence: { value: (entry) => entry.confidence, turn: 1 },
  '-confidence': { value: (entry) => entry.confidence, turn: -1 },
};

/** Extent of a ring, in WGS84. Here and not in SQL: the embedded PROJ takes seconds for its first point. */
function lonLatBox(ring: Ring, crs: Crs): PlacedPatch['bbox'] {
  const place = transformer(crs, WGS84);
  const points = ring.map(([x, y]) => place(x, y));
  const [lons, lats] = [points.map(([lon]) => lon), points.map(([, lat]) => lat)];
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

/** All patches of a query by number, `most` at most. */
export async function queryPatches(db: Db, query: PatchQuery, most: number): Promise<Patch[]> {
  const entries = (await findEntries(db, query)).slice(0, most);
  return patchesByNumber(
    db,
    entries.map(({ number }) => number),
  );
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

/** Columns that `lead_list` holds. */
function leadWhere(query: LeadQuery, { add }: SqlParameters): string {
  const { month, statuses, dispositions, subdistricts, overdueOn, scope } = query;
  return all([
    'true',
    month && `month = ${add(month)}`,
    statuses && `status = ANY (${add(statuses)}::text[])`,
    dispositions && `disposition = ANY (${add(dispositions)}::text[])`,
    subdistricts && `subdistrict_code = ANY (${add(subdistricts)}::text[])`,
    overdueOn && `disposition = 'sent' AND status = 'assigned' AND due < ${add(overdueOn)}::date`,
    scope && `subdistrict_code = ANY (${add(scope)}::text[])`,
  ]);
}

/** Conditions that all hold; those that were not asked for are left out, so that the planner knows which index serves. */
function all(conditions: readonly (string | false | null | undefined)[]): string {
  return conditions.filter((one) => typeof one === 'string' && one !== '').join(' AND ');
}

/** Leads without a last day come after all others. */
const NO_DUE = '9999-12-31';

/** A page of leads by number, or the next due first; rings in the CRS of their run's grid. */
export async function leadPage(db: Db, query: LeadQuery, ask: PageAsk<LeadSort>): Promise<Page<Lead>> {
  const byDue = ask.sort === 'due';
  const due = `coalesce(due, '${NO_DUE}'::date)`;
  const order = byDue ? `${due}, number COLLATE "C"` : 'number COLLATE "C"';
  const parameters = sqlParameters();
  const { add } = parameters;
  const where = leadWhere(query, parameters);
  const [{ total }] = await db.query<{ total: number }>(
    `SELECT count(*)::int AS total FROM tuban.lead WHERE ${where}`,
    parameters.values,
  );
  const { after } = ask;
  const later = ({ value, number }: PageMark) =>
    byDue
      ? `(${due}, number COLLATE "C") > (${add(value)}::date, ${add(number)}::text)`
      : `number COLLATE "C" > ${add(number)}::text`;
  const rows = await db.query<LeadRow>(
    `SELECT q.* FROM (
       SELECT ${LEAD_COLUMNS} FROM tuban.lead l JOIN tuban.patch p ON p.number = l.number WHERE l.number IN (
         SELECT number FROM tuban.lead WHERE ${all([where, after && later(after)])} ORDER BY ${order} LIMIT ${add(ask.limit + 1)}::int)
     ) q ORDER BY ${order}`,
    parameters.values,
  );
  const own = rows.slice(0, ask.limit);
  const last = rows.length > ask.limit ? own[own.length - 1] : null;
  return {
    rows: own.map(leadFromRow),
    total,
    next: last && { value: byDue ? (last.due ?? NO_DUE) : last.number, number: last.number },
  };
}
