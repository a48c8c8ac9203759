import { type Crs, transformer, WGS84 } from '../../../raster/crs.js';
import type { Extent } from '../../../vector/store/patch-index.js';
import type { SqlParameters } from '../../../vector/store/sql.js';
import { densified, type Geometry, mapPositions, rectangle, wktOf } from './cql2/geometry.js';

/** West, south, east, north in degrees. */
export type LonLatBox = readonly [west: number, south: number, east: number, north: number];

/** What features are to meet: a box of parallels and meridians, or a geometry given in degrees. */
export type Ground = { readonly box: LonLatBox } | { readonly geometry: Geometry };

/** Longest straight edge in degrees before a geometry is projected: what is straight in one CRS bends in another. */
const EDGE_DEGREES = 0.01;
/** Ground around the district that geometries are cut to, degrees: far off, a projection has no answer. */
const AROUND_DEGREES = 1;

/** Where the geometries lie that are asked. */
export interface SpatialFrame {
  readonly crs: Crs;
  /** Of the district. */
  readonly box: LonLatBox;
}

/** SQL that is true where the column meets the ground. Written so that the column's index serves. */
export function meetsSql(
  frame: SpatialFrame,
  column: string,
  ground: Ground,
  parameters: SqlParameters,
): string {
  if ('geometry' in ground) return intersectsSql(frame, column, ground.geometry, parameters);
  const sides = projectedSides(frame, ground.box);
  if (sides === null) return 'FALSE';
  const wkt = wktOf({ type: 'Polygon', coordinates: [[...sides.flat(), sides[0][0]]] });
  return `ST_Intersects(${column}, ST_GeomFromText(${parameters.add(wkt)}::text, ${Number(frame.crs.epsg)}))`;
}

/** What extents alone tell of a ground, in the CRS of the frame. */
export interface Reach {
  /** Whose extent is outside does not meet the ground. */
  readonly extent: Extent;
  /** Whose extent is inside meets it; null where that cannot be told. */
  readonly inside: Extent | null;
}

/** Null where nothing can meet the ground. */
export function reachOf(frame: SpatialFrame, ground: Ground): Reach | null {
  if ('geometry' in ground) return reachOfGeometry(frame, ground.geometry);
  const sides = projectedSides(frame, ground.box);
  if (sides === null) return null;
  const [south, east, north, west] = sides;
  const [xs, ys] = [
    (side: readonly Position[]) => side.map(([x]) => x),
    (side: readonly Position[]) => side.map(([, y]) => y),
  ];
  // between the innermost points of opposite sides there is no edge; a side's last point is the first of the next
  const [x0, x1] = [Math.max(...xs(west), south[0][0]), Math.min(...xs(east), north[0][0])];
  const [y0, y1] = [Math.max(...ys(south), east[0][1]), Math.min(...ys(north), west[0][1])];
  return { extent: extentOf(sides.flat()), inside: x0 < x1 && y0 < y1 ? [x0, y0, x1, y1] : null };
}

type Position = readonly [number, number];

/**
 * South, east, north and west side of a box, each without its last point, projected; null where the box is far from the district.
 * They are projected here: a database that loads its projections for every question takes longer for that than for the answer.
 */
function projectedSides(
  { crs, box }: SpatialFrame,
  [w, s, e, n]: LonLatBox,
): readonly [[number, number][], [number, number][], [number, number][], [number, number][]] | null {
  const [west, south, east, north] = around(box);
  const [x0, y0, x1, y1] = [Math.max(w, west), Math.max(s, south), Math.min(e, east), Math.min(n, north)];
  if (!(x0 <= x1 && y0 <= y1)) return null;
  const longest = Math.max(x1 - x0, y1 - y0, EDGE_DEGREES);
  const steps = crs.epsg === 4326 ? 1 : Math.ceil(longest / EDGE_DEGREES);
  const project = transformer(WGS84, crs);
  const ring = densified(rectangle(x0, y0, x1, y1), steps).map(([x, y]): [number, number] => [
    ...project(x, y),
  ]);
  const side = (k: number) => ring.slice(k * steps, (k + 1) * steps);
  return [side(0), side(1), side(2), side(3)];
}

/** SQL that is true where the column meets a geometry given in degrees. */
function intersectsSql(
  { crs, box }: SpatialFrame,
  column: string,
  lonLat: Geometry,
  parameters: SqlParameters,
): string {
  const corners = around(box)
    .map((value) => `${parameters.add(value)}::float8`)
    .join(', ');
  const given = `ST_MakeValid(ST_GeomFromText(${parameters.add(wktOf(finite(lonLat)))}::text, 4326))`;
  // not an overlay, whose arithmetic fails where edges nearly coincide (vector/store/overlay.ts); what it leaves may touch itself
  const cut = `ST_MakeValid(ST_ClipByBox2D(${given}, ST_MakeEnvelope(${corners}, 4326)::box2d))`;
  const own =
    crs.epsg === 4326 ? cut : `ST_Transform(ST_Segmentize(${cut}, ${EDGE_DEGREES}), ${Number(crs.epsg)})`;
  return `ST_Intersects(${column}, ${own})`;
}

/** How much wider than what was projected here the reach of a geometry is, of its size: the database cuts and projects it anew. */
const REACH_MARGIN = 0.01;

function reachOfGeometry(frame: SpatialFrame, lonLat: Geometry): Reach | null {
  const [w, s, e, n] = extentOf(positionsOf(finite(lonLat)));
  const [dx, dy] = [e - w, n - s].map((side) => REACH_MARGIN * Math.max(side, EDGE_DEGREES));
  const sides = projectedSides(frame, [w - dx, s - dy, e + dx, n + dy]);
  return sides && { extent: extentOf(sides.flat()), inside: null };
}

/** A position that cannot be mapped is far away: the pole stands for it, and is cut off. */
function finite(geometry: Geometry): Geometry {
  return mapPositions(geometry, ([x, y]) => (Number.isFinite(x) && Number.isFinite(y) ? [x, y] : [0, 90]));
}

/** The ground that geometries are cut to. */
function around([w, s, e, n]: LonLatBox): LonLatBox {
  return [w - AROUND_DEGREES, s - AROUND_DEGREES, e + AROUND_DEGREES, n + AROUND_DEGREES];
}

function positionsOf(geometry: Geometry): Position[] {
  const found: Position[] = [];
  mapPositions(geometry, (position) => {
    found.push(position);
    return position;
  });
  return found;
}

function extentOf(positions: readonly Position[]): Extent {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of positions) {
    // what cannot be projected may be anywhere
    if (!Number.isFinite(x) || !Number.isFinite(y)) return [-Infinity, -Infinity, Infinity, Infinity];
    [x0, y0] = [Math.min(x0, x), Math.min(y0, y)];
    [x1, y1] = [Math.max(x1, x), Math.max(y1, y)];
  }
  return [x0, y0, x1, y1];
}
