import type { Db } from './db.js';
import { intersection, repaired } from './overlay.js';

/** Least overlap (intersection over union) at which a draft and a former patch are the same patch. */
export const SAME_PATCH_IOU = 0.5;

/** A draft and a former patch of the same class and subdistrict that overlap. */
export interface Overlap {
  /** Place in the drafts. */
  readonly ord: number;
  readonly number: string;
  readonly iou: number;
}

/**
 * Overlaps between the drafts in the temporary table `draft_patch` (publish.ts) and all patches that month ever had, retired
 * ones included: a result that comes back gets its numbers back.
 *
 * Areas are planar, in the grid's CRS. Equal polygons, the rule in a re-run, are told apart from the rest before the
 * intersection is computed. Former patches of another CRS are brought into this one.
 */
export async function findOverlaps(
  db: Db,
  scope: { readonly month: string; readonly against: string; readonly srid: number },
): Promise<Overlap[]> {
  return db.query<Overlap>(
    `WITH former AS MATERIALIZED (
       SELECT number, class, subdistrict_code, geom FROM (
         SELECT number, class, subdistrict_code,
           CASE WHEN ST_SRID(geom) = $3::int THEN geom
                WHEN ST_SRID(geom) > 0 AND $3::int > 0 THEN ST_Transform(geom, $3::int) END AS geom
         FROM tuban.patch WHERE month = $1 AND against = $2) AS p
       WHERE geom IS NOT NULL),
     pair AS (
       SELECT d.ord, f.number, d.geom = f.geom AS equal,
         -- the planar area of an invalid polygon means nothing
         CASE WHEN ST_IsValid(d.geom) THEN d.geom ELSE ${repaired('d.geom')} END AS a,
         CASE WHEN ST_IsValid(f.geom) THEN f.geom ELSE ${repaired('f.geom')} END AS b
       FROM former f CROSS JOIN LATERAL (
         -- OFFSET keeps this a look into the spatial index for each patch: joined by class, 100,000 patches take hours
         SELECT * FROM pg_temp.draft_patch WHERE geom && f.geom OFFSET 0) AS d
       WHERE d.class = f.class AND d.subdistrict_code IS NOT DISTINCT FROM f.subdistrict_code),
     common AS (
       SELECT ord, number, equal, CASE WHEN NOT equal THEN ST_Area(${intersection('a', 'b', 'metres')}) END AS area,
         CASE WHEN NOT equal THEN ST_Area(a) + ST_Area(b) END AS summed
       FROM pair)
     SELECT ord, number, iou FROM (
       SELECT ord, number, CASE WHEN equal THEN 1 ELSE area / nullif(summed - area, 0) END AS iou FROM common) AS o
     WHERE iou >= $4::float8`,
    [scope.month, scope.against, scope.srid, SAME_PATCH_IOU],
  );
}

/** One to one, best first: place in the drafts to the number it keeps. Ties go to the earlier draft, then the lower number. */
export function assignNumbers(overlaps: readonly Overlap[]): Map<number, string> {
  const ranked = [...overlaps].sort(
    (a, b) => b.iou - a.iou || a.ord - b.ord || (a.number < b.number ? -1 : 1),
  );
  const kept = new Map<number, string>();
  const given = new Set<string>();
  for (const { ord, number } of ranked) {
    if (kept.has(ord) || given.has(number)) continue;
    kept.set(ord, number);
    given.add(number);
  }
  return kept;
}
