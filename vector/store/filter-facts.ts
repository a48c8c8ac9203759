import type { ChangeClassName } from '../../kernels/classes.js';
import type { Verdict } from '../filter/fit.js';
import type { Judgeable, PatchEvidence } from '../filter/traits.js';
import { type Life, lifeOf } from '../life.js';
import type { Db } from './db.js';
import { looksOf } from './looks.js';

/** A patch as filters see it, with what its looks alone make of it. */
export interface PatchFacts extends Judgeable {
  readonly life: Life;
}

/** How far earlier verdicts and other patches of the month count as near, metres. */
const NEAR_VERDICT_M = 150;
const NEIGHBOUR_M = 60;
/** Side of the squares that cross-validation parts ground by, metres. */
const GROUND_M = 1000;

/**
 * What filters are asked with, of month-on-month patches by their numbers, retired ones left out. Only verdicts on patches of
 * months before a patch's own are among its facts, so that it is judged today as it would have been then.
 */
export async function patchFacts(db: Db, numbers: readonly string[]): Promise<PatchFacts[]> {
  const rows = await db.query<{
    number: string;
    class: ChangeClassName;
    month: string;
    ground: string;
    area_m2: number;
    compactness: number;
    confidence: number;
    to_bare: boolean;
    evidence: PatchEvidence;
    width: number;
    length: number;
    rejected: number;
    confirmed: number;
    neighbours: number;
  }>(
    `SELECT p.number, p.class, p.month, p.area_m2, p.compactness, p.confidence, p.to_bare, p.evidence,
       floor(ST_X(middle) / $4::float8)::text || ' ' || floor(ST_Y(middle) / $4::float8)::text AS ground,
       least(side_a, side_b) AS width, greatest(side_a, side_b) AS length,
       coalesce(v.rejected, 0) AS rejected, coalesce(v.confirmed, 0) AS confirmed, coalesce(n.count, 0) AS neighbours
     FROM (
       SELECT *, ST_Centroid(box) AS middle,
         ST_Distance(ST_PointN(ST_ExteriorRing(box), 1), ST_PointN(ST_ExteriorRing(box), 2)) AS side_a,
         ST_Distance(ST_PointN(ST_ExteriorRing(box), 2), ST_PointN(ST_ExteriorRing(box), 3)) AS side_b
       FROM (SELECT *, ST_OrientedEnvelope(geom) AS box FROM tuban.patch
             WHERE number = ANY ($1::text[]) AND against = 'mom' AND retired_at IS NULL) AS read) AS p
     LEFT JOIN LATERAL (
       SELECT count(*) FILTER (WHERE l.verdict = 'rejected') AS rejected, count(*) FILTER (WHERE l.verdict = 'confirmed') AS confirmed
       FROM (SELECT number, month, geom FROM tuban.patch
             WHERE geom && ST_Expand(p.geom, $2::float8) AND ST_SRID(geom) = ST_SRID(p.geom) OFFSET 0) AS e
       JOIN tuban.lead l ON l.number = e.number
       WHERE e.month < p.month AND l.verdict IN ('confirmed', 'rejected') AND ST_DWithin(e.geom, p.geom, $2::float8)) AS v ON true
     LEFT JOIN LATERAL (
       SELECT count(*) AS count
       FROM (SELECT number, month, against, retired_at FROM tuban.patch
             WHERE geom && ST_Expand(p.geom, $3::float8) AND ST_SRID(geom) = ST_SRID(p.geom) OFFSET 0) AS e
       WHERE e.month = p.month AND e.against = p.against AND e.retired_at IS NULL AND e.number <> p.number) AS n ON true
     ORDER BY p.number COLLATE "C"`,
    [numbers, NEAR_VERDICT_M, NEIGHBOUR_M, GROUND_M],
  );
  const looks = await looksOf(
    db,
    rows.map(({ number }) => number),
  );
  return rows.map((row) => {
    const own = looks.get(row.number) ?? [];
    const least = (kind: 'earlier' | 'later') => {
      const shares = own.filter((look) => look.kind === kind && look.usable > 0).map((look) => look.holding);
      return shares.length === 0 ? null : Math.min(...shares);
    };
    return {
      number: row.number,
      class: row.class,
      month: row.month,
      ground: row.ground,
      areaM2: row.area_m2,
      compactness: row.compactness,
      // a box of no width is that of no patch: pixels have a side
      elongation: row.width > 0 ? row.length / row.width : 1,
      fill: row.width > 0 ? Math.min(1, row.area_m2 / (row.width * row.length)) : 1,
      confidence: row.confidence,
      toBare: row.to_bare,
      laterHolding: least('later'),
      earlierHolding: least('earlier'),
      rejectedNear: row.rejected,
      confirmedNear: row.confirmed,
      neighbours: row.neighbours,
      evidence: row.evidence,
      life: lifeOf(row.class, own),
    };
  });
}

/** Rejections that say nothing against the detection: the change is there. */
const REAL_CHANGE = ['permitted'];

/**
 * People's verdicts on patches first seen before a month (YYYY-MM), with what is known of the patches: confirmed ones are
 * right, rejected ones false alarms. Patches nobody found or has been to are left out, and those rejected because the
 * change is permitted: it is one.
 */
export async function verdictsBefore(db: Db, month: string): Promise<Verdict[]> {
  const rows = await db.query<{ number: string; right: boolean }>(
    `SELECT number, verdict = 'confirmed' AS right FROM tuban.lead
     WHERE month < $1 AND verdict IN ('confirmed', 'rejected') AND NOT coalesce(reject_reason = ANY ($2::text[]), false)
     ORDER BY number COLLATE "C"`,
    [month, REAL_CHANGE],
  );
  const right = new Map(rows.map((row) => [row.number, row.right]));
  const facts = await patchFacts(db, [...right.keys()]);
  return facts.map(({ life, ...patch }) => ({ patch, right: right.get(patch.number) ?? false }));
}
