import type { ChangeClassName } from '../../kernels/classes.js';
import type { LeadStatus } from '../lead.js';
import type { Db } from './db.js';
import { sincePublished } from './patch-index.js';

/** A month somebody can look at: what was published of it. */
export interface PublishedMonth {
  /** YYYY-MM. */
  readonly month: string;
  /** Whether there is a comparison with the month before, and with last year. */
  readonly mom: boolean;
  readonly yoy: boolean;
  /** Share of the district seen in both dates, 0-1; null where no area was kept. */
  readonly usable: number | null;
  /** Month-on-month patches that may be seen. */
  readonly patches: number;
}

/** Months with a published run, oldest first. @param scope codes of subdistricts that may be seen; null: all */
export function publishedMonths(db: Db, scope: readonly string[] | null): Promise<PublishedMonth[]> {
  return sincePublished(db, `months ${JSON.stringify(scope)}`, () =>
    db.query<PublishedMonth>(
      `WITH coverage AS (
       SELECT run_id, sum(usable_m2) / nullif(sum(total_m2), 0) AS usable FROM tuban.monthly_coverage GROUP BY run_id
     ), found AS (
       SELECT month, count(*)::int AS patches FROM tuban.patch
       WHERE against = 'mom' AND retired_at IS NULL AND ($1::text[] IS NULL OR subdistrict_code = ANY ($1)) GROUP BY month
     )
     SELECT r.month, bool_or(r.against = 'mom') AS mom, bool_or(r.against = 'yoy') AS yoy,
       (array_agg(c.usable ORDER BY CASE r.against WHEN 'mom' THEN 0 WHEN 'first' THEN 1 ELSE 2 END))[1] AS usable,
       coalesce(max(f.patches), 0)::int AS patches
     FROM tuban.run r LEFT JOIN coverage c ON c.run_id = r.id LEFT JOIN found f ON f.month = r.month
     WHERE r.status = 'published' GROUP BY r.month ORDER BY r.month`,
      [scope],
    ),
  );
}

/** West, south, east, north of all subdistricts in WGS84; null where there is none. */
export async function districtBounds(db: Db): Promise<[number, number, number, number] | null> {
  const [row] = await db.query<{ w: number | null; s: number | null; e: number | null; n: number | null }>(
    `SELECT ST_XMin(b) AS w, ST_YMin(b) AS s, ST_XMax(b) AS e, ST_YMax(b) AS n
     FROM (SELECT ST_Extent(geom) AS b FROM tuban.subdistrict) x`,
  );
  const { w, s, e, n } = row;
  return w === null || s === null || e === null || n === null ? null : [w, s, e, n];
}

export interface ClassCount {
  /** '' outside every subdistrict. */
  readonly code: string;
  readonly class: ChangeClassName;
  readonly count: number;
  readonly areaM2: number;
}

/** Month-on-month patches of a month by subdistrict and class, without dismissed ones. */
export function patchCounts(db: Db, month: string): Promise<ClassCount[]> {
  return sincePublished(db, `counts ${month}`, () =>
    db.query<ClassCount>(
      `SELECT coalesce(subdistrict_code, '') AS code, class, count(*)::int AS count, sum(area_m2) AS "areaM2" FROM tuban.patch
     WHERE month = $1 AND against = 'mom' AND retired_at IS NULL AND state <> 'dismissed'
     GROUP BY 1, 2 ORDER BY 1, 2`,
      [month],
    ),
  );
}

export interface StatusCount {
  readonly code: string;
  readonly status: LeadStatus;
  readonly count: number;
  /** Of these, whose visit is overdue. */
  readonly overdue: number;
  readonly high: number;
}

/** Leads that were sent, of patches first seen in a month, by subdistrict and status. @param today YYYY-MM-DD */
export function leadCounts(db: Db, month: string, today: string): Promise<StatusCount[]> {
  return db.query<StatusCount>(
    `SELECT coalesce(l.subdistrict_code, '') AS code, l.status, count(*)::int AS count,
       (count(*) FILTER (WHERE l.status = 'assigned' AND l.due < $2::date))::int AS overdue,
       (count(*) FILTER (WHERE l.priority = 'high' AND l.status IN ('new', 'assigned')))::int AS high
     FROM tuban.lead l WHERE l.month = $1 AND l.disposition = 'sent' GROUP BY 1, 2 ORDER BY 1, 2`,
    [month, today],
  );
}

/** Changes with every step of a lead's life; what rules find anew (priorities) it does not tell. */
export async function leadStamp(db: Db): Promise<number> {
  const [row] = await db.query<{ last: number }>(
    'SELECT coalesce(max(seq), 0)::int AS last FROM tuban.lead_event',
  );
  return row.last;
}

/** How much was found around a place. */
export interface DensityCell {
  /** WGS84, the middle of what was found. */
  readonly lon: number;
  readonly lat: number;
  /** Month-on-month patches, without dismissed ones. */
  readonly patches: number;
  /** Leads that were sent. */
  readonly leads: number;
}

/** Side of a cell, degrees: some 200 m, so that a district has a few thousand at most. */
const CELL = 0.002;

/** Where a month's patches and leads are dense, by cells that have any. */
export function densityCells(db: Db, month: string): Promise<DensityCell[]> {
  return db.query<DensityCell>(
    `SELECT avg(lon) AS lon, avg(lat) AS lat, (count(*) FILTER (WHERE found))::int AS patches, count(number)::int AS leads
     FROM (SELECT p.lon, p.lat, l.number, p.retired_at IS NULL AND p.state <> 'dismissed' AS found
           FROM tuban.patch p LEFT JOIN tuban.lead l ON l.number = p.number AND l.disposition = 'sent'
           WHERE p.month = $1 AND p.against = 'mom') AS one
     WHERE found OR number IS NOT NULL
     GROUP BY floor(lon / $2::float8), floor(lat / $2::float8) ORDER BY 1, 2`,
    [month, CELL],
  );
}

/** Whether a patch is on ground that may be seen; a retired one is not there. */
export async function patchVisible(
  db: Db,
  number: string,
  scope: readonly string[] | null,
): Promise<boolean> {
  const rows = await db.query(
    `SELECT 1 FROM tuban.patch WHERE number = $1 AND retired_at IS NULL
       AND ($2::text[] IS NULL OR subdistrict_code = ANY ($2))`,
    [number, scope],
  );
  return rows.length > 0;
}

/** Whether a lead may be seen: like its patch, but one whose patch has been retired stays. */
export async function leadVisible(db: Db, number: string, scope: readonly string[] | null): Promise<boolean> {
  const rows = await db.query(
    `SELECT 1 FROM tuban.lead l JOIN tuban.patch p ON p.number = l.number
     WHERE l.number = $1 AND ($2::text[] IS NULL OR p.subdistrict_code = ANY ($2))`,
    [number, scope],
  );
  return rows.length > 0;
}
