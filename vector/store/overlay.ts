/**
 * Cutting polygons with polygons in SQL, on a lattice of a tenth of a millimetre (PostGIS 3.1 and later). Without one GEOS tries
 * plain arithmetic first and takes an exception where edges nearly coincide. A server recovers; the embedded database
 * (PGlite 0.5.8) answers such a query with no rows and no error, and is spoilt until it is opened again.
 */

/** Side of the lattice where coordinates are metres, and degrees. */
const LATTICE_M = '0.0001';
const LATTICE_DEGREES = '0.000000001';

type Frame = 'metres' | 'degrees';
const lattice = (frame: Frame) => (frame === 'metres' ? LATTICE_M : LATTICE_DEGREES);

/** What two geometries (SQL expressions) share. */
export function intersection(a: string, b: string, frame: Frame): string {
  return `ST_Intersection(${a}, ${b}, ${lattice(frame)})`;
}

/** What `a` has and `b` has not. */
export function difference(a: string, b: string, frame: Frame): string {
  return `ST_Difference(${a}, ${b}, ${lattice(frame)})`;
}

/** The union of a column, as an aggregate. */
export function union(column: string, frame: Frame): string {
  return `ST_Union(${column}, ${lattice(frame)})`;
}

/** What a GROUP BY has of polygons written as text: the one there is as it is, several made one. In degrees. */
export function joined(column: string): string {
  return `ST_Multi(CASE WHEN count(*) = 1 THEN min(${column})::geometry ELSE ${union(`${column}::geometry`, 'degrees')} END)`;
}

/** The areas of an invalid polygon: what else comes of repairing it (lines, points) cannot be cut on a lattice. */
export function repaired(geometry: string): string {
  return `ST_CollectionExtract(ST_MakeValid(${geometry}), 3)`;
}
