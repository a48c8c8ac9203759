import type {
  LeadDisposition,
  LeadStatus,
  LeadVerdict,
  PermitOverlap,
  RejectReason,
  SeeingCamera,
  ZoneOverlap,
} from '../lead.js';
import type { Db } from './db.js';
import { difference, intersection, repaired, union } from './overlay.js';

/** What the registers and earlier leads say of a patch's ground. Areas are planar, in the CRS of the patch's grid. */
export interface LeadFacts {
  /** Overlapping permits, the largest overlap first. */
  readonly permits: readonly PermitOverlap[];
  /** Area outside every valid permit, m². */
  readonly outsideM2: number;
  /** The part of it that lies farther than a pixel from every valid permit, m²: an outline is not surer than that. */
  readonly beyondM2: number;
  readonly zones: readonly ZoneOverlap[];
  readonly address: { readonly text: string; readonly distanceM: number } | null;
  /** Cameras that see it, nearest first. */
  readonly cameras: readonly SeeingCamera[];
  /** Leads of earlier months near it, nearest first. */
  readonly earlier: readonly EarlierLead[];
}

export interface EarlierLead {
  readonly number: string;
  /** Month its patch was first seen in. */
  readonly month: string;
  readonly disposition: LeadDisposition;
  readonly status: LeadStatus;
  readonly verdict: LeadVerdict | null;
  readonly rejectReason: RejectReason | null;
  /** Share of the patch that its patch covers, 0-1. */
  readonly covered: number;
  /** Between the outlines; 0 where they overlap. */
  readonly distanceM: number;
}

/** Metres between the points of an outline that a camera is asked for. */
const OUTLINE_STEP_M = 10;
/** Overlaps below this are borders that touch, m². */
const LEAST_OVERLAP_M2 = 0.1;
/** Added to a search in degrees for metres: the ellipsoid's radii differ by less. */
const ELLIPSOID_SLACK = 1.02;

/**
 * The facts of patches by number, in a few statements however many they are. Runs inside a transaction: the patches stand
 * in a temporary table meanwhile. Intersections are taken in longitude and latitude, where the registers are, and their
 * areas in the CRS of the grid: over the size of a patch the straight lines of both agree to a millimetre.
 * @param nearM how far earlier leads are looked for, metres
 */
export async function leadFacts(
  tx: Db,
  numbers: readonly string[],
  { nearM }: { readonly nearM: number },
): Promise<Map<string, LeadFacts>> {
  await stagePatches(tx, numbers);
  const permits = await permitOverlaps(tx);
  const outside = await outsidePermits(tx);
  const zones = await zoneOverlaps(tx);
  const addresses = await nearestAddresses(tx);
  const cameras = await seeingCameras(tx);
  const earlier = await earlierLeads(tx, nearM);
  const areas = await tx.query<{ number: string; area: number }>(
    'SELECT number, area_m2 AS area FROM pg_temp.lead_patch',
  );
  await tx.query('DROP TABLE pg_temp.lead_patch');
  return new Map(
    areas.map(({ number, area }): [string, LeadFacts] => {
      const [share] = outside.get(number) ?? [{ outside: 1, beyond: 1 }];
      return [
        number,
        {
          permits: permits.get(number) ?? [],
          outsideM2: round(area * share.outside),
          beyondM2: round(area * share.beyond),
          zones: zones.get(number) ?? [],
          address: addresses.get(number)?.[0] ?? null,
          cameras: cameras.get(number) ?? [],
          earlier: earlier.get(number) ?? [],
        },
      ];
    }),
  );
}

/** The answers of a query with a column `patch`, by that; each without it, in the query's order. */
async function grouped<T>(tx: Db, sql: string, params: readonly unknown[] = []): Promise<Map<string, T[]>> {
  const rows = await tx.query<{ patch: string; answer: T }>(
    `SELECT patch, to_jsonb(asked) - 'patch' AS answer FROM (${sql}) AS asked`,
    params,
  );
  const groups = new Map<string, T[]>();
  for (const { patch, answer } of rows) {
    const known = groups.get(patch);
    if (known) known.push(answer);
    else groups.set(patch, [answer]);
  }
  return groups;
}

/** To a tenth: a second look at the same ground must say the same. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}

async function stagePatches(tx: Db, numbers: readonly string[]): Promise<void> {
  await tx.query(
    `CREATE TEMPORARY TABLE lead_patch ON COMMIT DROP AS
     SELECT number, month, area_m2, srid, px, geom, centre, middle, outline, ST_MaxDistance(geom, middle) AS reach,
       CASE WHEN ST_IsValid(lonlat) THEN lonlat ELSE ${repaired('lonlat')} END AS lonlat
     FROM (
       SELECT p.number, p.month, p.area_m2, ST_SRID(p.geom) AS srid, (r.grid ->> 'resolution')::float8 AS px,
         CASE WHEN ST_IsValid(p.geom) THEN p.geom ELSE ${repaired('p.geom')} END AS geom,
         ST_Transform(p.geom, 4326) AS lonlat, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326) AS centre,
         ST_Transform(ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326), ST_SRID(p.geom)) AS middle,
         ST_Transform(ST_Segmentize(ST_Boundary(p.geom), $2::float8), 4326) AS outline
       FROM tuban.patch p JOIN tuban.run r ON r.id = p.run_id WHERE p.number = ANY ($1::text[])) AS read`,
    [numbers, OUTLINE_STEP_M],
  );
  await tx.query('ANALYZE pg_temp.lead_patch');
}

/** Pairs of patch and permit; OFFSET keeps this a look into the spatial index for each patch. */
const PERMIT_PAIRS = `SELECT p.number AS patch, p.lonlat, p.geom AS ground, p.srid, p.px, m.*,
    coalesce(m.valid_from, m.date, '-infinity'::date) < ((p.month || '-01')::date + interval '1 month')
      AND coalesce(m.valid_to, 'infinity'::date) >= (p.month || '-01')::date AS valid
  FROM pg_temp.lead_patch p
  CROSS JOIN LATERAL (SELECT * FROM tuban.permit WHERE geom && p.lonlat OFFSET 0) AS m
  WHERE ST_Intersects(p.lonlat, m.geom)`;

function permitOverlaps(tx: Db): Promise<Map<string, PermitOverlap[]>> {
  return grouped(
    tx,
    `SELECT patch, number, authority, level, date, valid_from AS "validFrom", valid_to AS "validTo", approved_m2 AS "approvedM2",
       round(overlap::numeric, 1)::float8 AS "overlapM2", valid
     FROM (SELECT *, ST_Area(ST_Transform(${intersection('lonlat', 'geom', 'degrees')}, srid)) AS overlap FROM (${PERMIT_PAIRS}) AS pair) AS o
     WHERE overlap >= $1::float8 ORDER BY patch, overlap DESC, number COLLATE "C"`,
    [LEAST_OVERLAP_M2],
  );
}

/** Of each patch on valid permits the share outside them, and the share more than a pixel outside. */
function outsidePermits(tx: Db): Promise<Map<string, { outside: number; beyond: number }[]>> {
  return grouped(
    tx,
    `WITH covered AS (
       SELECT patch, ground, px, ${union('ST_Transform(geom, srid)', 'metres')} AS permitted FROM (${PERMIT_PAIRS}) AS pair
       WHERE valid GROUP BY patch, ground, px)
     SELECT patch, ST_Area(${difference('ground', 'permitted', 'metres')}) / ST_Area(ground) AS outside,
       ST_Area(${difference('ground', 'ST_Buffer(permitted, px)', 'metres')}) / ST_Area(ground) AS beyond
     FROM covered`,
  );
}

function zoneOverlaps(tx: Db): Promise<Map<string, ZoneOverlap[]>> {
  return grouped(
    tx,
    `SELECT patch, kind, name, round(sum(overlap)::numeric, 1)::float8 AS "overlapM2" FROM (
       SELECT p.number AS patch, z.kind, z.name, ST_Area(ST_Transform(${intersection('p.lonlat', 'z.geom', 'degrees')}, p.srid)) AS overlap
       FROM pg_temp.lead_patch p
       CROSS JOIN LATERAL (SELECT * FROM tuban.protected_zone_piece WHERE geom && p.lonlat OFFSET 0) AS z
       WHERE ST_Intersects(p.lonlat, z.geom)) AS o
     GROUP BY patch, kind, name HAVING sum(overlap) >= $1::float8
     ORDER BY patch, sum(overlap) DESC, kind, name COLLATE "C"`,
    [LEAST_OVERLAP_M2],
  );
}

/**
 * The nearest address to the outline; of several inside it the one nearest its middle. The index knows the nearest in
 * degrees: no address that is nearer in metres lies farther in degrees than that by more than a degree of latitude is
 * longer than one of longitude. Within that distance all are measured, in the CRS of the grid.
 */
function nearestAddresses(tx: Db): Promise<Map<string, { text: string; distanceM: number }[]>> {
  return grouped(
    tx,
    `SELECT DISTINCT ON (patch) patch, text, round(distance::numeric, 1)::float8 AS "distanceM" FROM (
       SELECT p.number AS patch, a.text, ST_Distance(p.geom, a.at) AS distance, ST_Distance(p.middle, a.at) AS from_middle
       FROM pg_temp.lead_patch p
       CROSS JOIN LATERAL (
         SELECT geom <-> p.lonlat AS degrees FROM tuban.address ORDER BY geom <-> p.lonlat LIMIT 1) AS first
       CROSS JOIN LATERAL (
         SELECT text, ST_Transform(geom, p.srid) AS at FROM tuban.address
         WHERE geom && ST_Expand(p.lonlat, first.degrees * $1::float8 / cos(radians(ST_Y(p.centre)))) OFFSET 0) AS a) AS near
     ORDER BY patch, distance, from_middle, text COLLATE "C"`,
    [ELLIPSOID_SLACK],
  );
}

/**
 * Cameras with any point of the patch (its middle, its outline) in range and within the field of view. Most are told apart
 * by the circle around the patch's middle that holds all of it; only those that may see some of that are asked point by point.
 */
function seeingCameras(tx: Db): Promise<Map<string, SeeingCamera[]>> {
  return grouped(
    tx,
    `WITH around AS (
       SELECT number, lonlat, centre, outline, reach * $1::float8 + 1 AS reach, c.id, c.name, c.geom, c.bearing, c.view, c.range_m,
         ST_Distance(c.geom::geography, p.centre::geography) AS away,
         degrees(ST_Azimuth(c.geom::geography, p.centre::geography)) AS towards
       FROM pg_temp.lead_patch p
       CROSS JOIN LATERAL (
         SELECT * FROM tuban.camera WHERE ST_DWithin(geom::geography, p.centre::geography,
           p.reach * $1::float8 + 1 + (SELECT max(range_m) FROM tuban.camera)) OFFSET 0) AS c),
     possible AS MATERIALIZED (
       SELECT *, ST_Distance(geom::geography, lonlat::geography) AS distance FROM around
       WHERE away <= range_m + reach AND (away <= reach OR
         abs(towards - bearing - 360 * round((towards - bearing) / 360)) <= view / 2 + degrees(asin(reach / away))))
     SELECT number AS patch, id, name, round(distance::numeric, 1)::float8 AS "distanceM",
       round(coalesce(towards, 0)::numeric, 1)::float8 AS bearing
     FROM possible c
     WHERE c.distance <= c.range_m AND EXISTS (
       SELECT 1 FROM (
         SELECT (d).geom::geography AS point, degrees(ST_Azimuth(c.geom::geography, (d).geom::geography)) - c.bearing AS turn
         FROM ST_DumpPoints(ST_Collect(c.centre, c.outline)) AS d) AS seen
       WHERE ST_Distance(c.geom::geography, point) <= c.range_m AND (turn IS NULL OR abs(turn - 360 * round(turn / 360)) <= c.view / 2))
     ORDER BY patch, c.distance, c.id COLLATE "C"`,
    [ELLIPSOID_SLACK],
  );
}

function earlierLeads(tx: Db, nearM: number): Promise<Map<string, EarlierLead[]>> {
  return grouped(
    tx,
    `SELECT p.number AS patch, l.number, l.month, l.disposition, l.status, l.verdict, l.reject_reason AS "rejectReason",
       round((ST_Area(${intersection('p.geom', 'e.geom', 'metres')}) / ST_Area(p.geom))::numeric, 4)::float8 AS covered,
       round(ST_Distance(p.geom, e.geom)::numeric, 1)::float8 AS "distanceM"
     FROM pg_temp.lead_patch p
     CROSS JOIN LATERAL (
       SELECT number, CASE WHEN ST_IsValid(geom) THEN geom ELSE ${repaired('geom')} END AS geom FROM tuban.patch
       WHERE geom && ST_Expand(p.geom, $1::float8) AND ST_SRID(geom) = p.srid AND month < p.month OFFSET 0) AS e
     JOIN tuban.lead l ON l.number = e.number
     WHERE ST_DWithin(p.geom, e.geom, $1::float8)
     ORDER BY patch, covered DESC, "distanceM", l.number COLLATE "C"`,
    [nearM],
  );
}
