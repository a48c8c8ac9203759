import { type Crs, transformer, WGS84 } from '../../../raster/crs.js';
import type { Db } from '../../../vector/store/db.js';
import type { SqlParameters } from '../../../vector/store/sql.js';
import { densified, type Geometry, mapPositions, rectangle, wktOf } from './cql2/geometry.js';

/** West, south, east, north in degrees. */
export type LonLatBox = readonly [west: number, south: number, east: number, north: number];

/** Longest straight edge in degrees before a geometry is projected: what is straight in one CRS bends in another. */
const EDGE_DEGREES = 0.01;
/** Ground around the district that geometries are cut to, degrees: far off, a projection has no answer. */
const AROUND_DEGREES = 1;

/** Box of all subdistricts; null before the first import. */
export async function districtBox(db: Db): Promise<LonLatBox | null> {
  const [row] = await db.query<{ w: number | null; s: number; e: number; n: number }>(
    `SELECT ST_XMin(box) AS w, ST_YMin(box) AS s, ST_XMax(box) AS e, ST_YMax(box) AS n
     FROM (SELECT ST_Extent(geom)::geometry AS box FROM tuban.subdistrict) AS b`,
  );
  return row === undefined || row.w === null ? null : [row.w, row.s, row.e, row.n];
}

export interface SpatialFrame {
  /** Geometry column. */
  readonly sql: string;
  readonly crs: Crs;
  readonly box: LonLatBox;
  readonly parameters: SqlParameters;
}

/**
 * SQL that is true where the column meets a box of parallels and meridians. It is projected here: a database that loads its
 * projections for every question takes longer for that than for the answer.
 */
export function meetsBoxSql({ sql, crs, box, parameters }: SpatialFrame, lonLat: LonLatBox): string {
  const [w, s, e, n] = lonLat;
  const [x0, y0] = [Math.max(w, box[0] - AROUND_DEGREES), Math.max(s, box[1] - AROUND_DEGREES)];
  const [x1, y1] = [Math.min(e, box[2] + AROUND_DEGREES), Math.min(n, box[3] + AROUND_DEGREES)];
  if (!(x0 <= x1 && y0 <= y1)) return 'FALSE';
  const steps = Math.ceil(Math.max(x1 - x0, y1 - y0, EDGE_DEGREES) / EDGE_DEGREES);
  const ring = densified(rectangle(x0, y0, x1, y1), crs.epsg === 4326 ? 1 : steps);
  const project = transformer(WGS84, crs);
  const own = mapPositions({ type: 'Polygon', coordinates: [ring] }, ([x, y]) => project(x, y));
  return `ST_Intersects(${sql}, ST_GeomFromText(${parameters.add(wktOf(own))}::text, ${Number(crs.epsg)}))`;
}

/** SQL that is true where the column meets a geometry given in degrees. Written so that the column's index serves. */
export function intersectsSql({ sql, crs, box, parameters }: SpatialFrame, lonLat: Geometry): string {
  // a position that cannot be mapped is far away: the pole stands for it, and is cut off
  const finite = mapPositions(lonLat, ([x, y]) =>
    Number.isFinite(x) && Number.isFinite(y) ? [x, y] : [0, 90],
  );
  const [w, s, e, n] = box;
  const around = [w - AROUND_DEGREES, s - AROUND_DEGREES, e + AROUND_DEGREES, n + AROUND_DEGREES]
    .map((value) => `${parameters.add(value)}::float8`)
    .join(', ');
  const given = `ST_MakeValid(ST_GeomFromText(${parameters.add(wktOf(finite))}::text, 4326))`;
  // not an overlay, whose arithmetic fails where edges nearly coincide (vector/store/overlay.ts); what it leaves may touch itself
  const cut = `ST_MakeValid(ST_ClipByBox2D(${given}, ST_MakeEnvelope(${around}, 4326)::box2d))`;
  const own =
    crs.epsg === 4326 ? cut : `ST_Transform(ST_Segmentize(${cut}, ${EDGE_DEGREES}), ${Number(crs.epsg)})`;
  return `ST_Intersects(${sql}, ${own})`;
}
