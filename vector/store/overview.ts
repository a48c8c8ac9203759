import type { ChangeClassName } from '../../kernels/classes.js';
import type { LeadStatus } from '../lead.js';
import type { Db } from './db.js';
import { compare, findEntries, type PatchEntry, sincePublished } from './patch-index.js';

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

/** West, south, east, north in WGS84 of all subdistricts, or those of the codes; null where there is none. */
export async function districtBounds(
  db: Db,
  codes: readonly string[] | null = null,
): Promise<[number, number, number, number] | null> {
  const [row] = await db.query<{ w: number | null; s: number | null; e: number | null; n: number | null }>(
    `SELECT ST_XMin(b) AS w, ST_YMin(b) AS s, ST_XMax(b) AS e, ST_YMax(b) AS n
     FROM (SELECT ST_Extent(geom) AS b FROM tuban.subdistrict WHERE $1::text[] IS NULL OR code = ANY ($1::text[])) x`,
    [codes],
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
export async function patchCounts(db: Db, month: string): Promise<ClassCount[]> {
  const counts = new Map<string, { code: string; class: ChangeClassName; count: number; areaM2: number }>();
  for (const entry of await findEntries(db, { month, against: 'mom', scope: null })) {
    if (entry.state === 'dismissed') continue;
    const code = entry.subdistrictCode ?? '';
    const key = `${entry.class} ${code}`;
    const known = counts.get(key) ?? { code, class: entry.class, count: 0, areaM2: 0 };
    counts.set(key, known);
    known.count++;
    known.areaM2 += entry.areaM2;
  }
  return [...counts.values()].sort((a, b) => compare(a.code, b.code) || compare(a.class, b.class));
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
export async function densityCells(db: Db, month: string): Promise<DensityCell[]> {
  const entries = await findEntries(db, { month, against: 'mom', scope: null });
  const sums = new Map<string, CellSum>();
  const cellAt = ({ lon, lat }: Middle): CellSum => {
    const key = `${Math.floor(lon / CELL)} ${Math.floor(lat / CELL)}`;
    const sum = sums.get(key) ?? { lon: 0, lat: 0, places: 0, patches: 0, leads: 0 };
    sums.set(key, sum);
    return sum;
  };
  const leads = await leadMiddles(db, month, entries);
  for (const entry of entries) {
    const lead = leads.get(entry.number);
    if (entry.state === 'dismissed' && lead === undefined) continue;
    addTo(cellAt(entry), entry, { patches: entry.state === 'dismissed' ? 0 : 1, leads: lead ? 1 : 0 });
    leads.delete(entry.number);
  }
  // of patches that have been retired
  for (const lead of leads.values()) addTo(cellAt(lead), lead, { patches: 0, leads: 1 });
  return [...sums.values()].map(({ lon, lat, places, patches, leads }) => ({
    lon: lon / places,
    lat: lat / places,
    patches,
    leads,
  }));
}

type Middle = Pick<PatchEntry, 'lon' | 'lat'>;

/** Sums of what lies in a cell; `places` counts a patch and its lead once. */
interface CellSum {
  lon: number;
  lat: number;
  places: number;
  patches: number;
  leads: number;
}

function addTo(
  sum: CellSum,
  { lon, lat }: Middle,
  { patches, leads }: Pick<CellSum, 'patches' | 'leads'>,
): void {
  sum.lon += lon;
  sum.lat += lat;
  sum.places++;
  sum.patches += patches;
  sum.leads += leads;
}

/** Middles of a month's month-on-month leads that were sent, by number; only those of retired patches are asked for. */
async function leadMiddles(
  db: Db,
  month: string,
  entries: readonly PatchEntry[],
): Promise<Map<string, Middle>> {
  const [{ numbers }] = await db.query<{ readonly numbers: readonly string[] | null }>(
    `SELECT json_agg(number) AS numbers FROM tuban.lead WHERE month = $1 AND disposition = 'sent'`,
    [month],
  );
  const sent = new Set(numbers);
  const middles = new Map<string, Middle>();
  for (const entry of entries) if (sent.delete(entry.number)) middles.set(entry.number, entry);
  if (sent.size === 0) return middles;
  const others = await db.query<Middle & { readonly number: string }>(
    `SELECT number, lon, lat FROM tuban.patch WHERE number = ANY ($1::text[]) AND against = 'mom'`,
    [[...sent]],
  );
  for (const other of others) middles.set(other.number, other);
  return middles;
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
