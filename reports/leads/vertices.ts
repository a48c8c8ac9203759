import type { Point } from '../../raster/affine.js';
import { type Crs, crsFromEpsg, transformer } from '../../raster/crs.js';
import { round } from '../../vector/export/features.js';
import type { Ring } from '../../vector/patch.js';

/** A vertex as a surveyor stakes it out. */
export interface Vertex {
  /** CGCS2000 longitude and latitude (EPSG:4490), degrees. */
  readonly lon: number;
  readonly lat: number;
  /** 3-degree Gauss-Kruger: x to the north, y to the east, as Chinese surveyors name them; metres, no zone before y. Null outside China's zones. */
  readonly north: number | null;
  readonly east: number | null;
}

export interface VertexTable {
  /** The main vertices, in the order of the ring, which goes round once. */
  readonly vertices: readonly Vertex[];
  /** How many the outline has in all. */
  readonly total: number;
  /** The 3-degree zone the metres are in; null outside China's. */
  readonly zone: Crs | null;
  /** Its central meridian, degrees. */
  readonly meridian: number | null;
}

const CGCS2000 = 4490;
/** EPSG codes of CGCS2000 / 3-degree Gauss-Kruger without zone number: 4534 for 75°E to 4554 for 135°E. */
const [FIRST_ZONE, FIRST_MERIDIAN, LAST_MERIDIAN] = [4534, 75, 135];

/** Central meridian of the 3-degree zone that holds a longitude; null outside China's zones. */
export function zoneMeridian(lon: number): number | null {
  const meridian = 3 * Math.round(lon / 3);
  return meridian >= FIRST_MERIDIAN && meridian <= LAST_MERIDIAN ? meridian : null;
}

/**
 * The outline's vertices in CGCS2000, `most` of them at the most: those without which it would change its shape most.
 * @param lon of the patch's middle, which decides the zone
 */
export function vertexTable(ring: Ring, crs: Crs, lon: number, most: number): VertexTable {
  const open = ring.slice(0, -1);
  const meridian = zoneMeridian(lon);
  const zone = meridian === null ? null : crsFromEpsg(FIRST_ZONE + (meridian - FIRST_MERIDIAN) / 3);
  const toLonLat = transformer(crs, crsFromEpsg(CGCS2000));
  const toZone = zone === null ? null : transformer(crs, zone);
  const vertices = mainVertices(open, most).map(([x, y]): Vertex => {
    const [u, v] = toLonLat(x, y);
    const [east, north] = toZone === null ? [null, null] : toZone(x, y).map((metres) => round(metres, 2));
    return { lon: round(u, 7), lat: round(v, 7), north, east };
  });
  return { vertices, total: open.length, zone, meridian };
}

/**
 * Douglas and Peucker's (1973) choice, ordered: every vertex is given the distance at which it would be dropped, and the
 * `most` that stay longest are kept, in the order of the ring.
 * @param points of an open ring
 */
export function mainVertices(points: readonly Point[], most: number): Point[] {
  const count = points.length;
  if (count <= most) return [...points];
  const weight = new Float64Array(count);
  const far = farthestFrom(points, 0);
  weight[0] = Number.POSITIVE_INFINITY;
  weight[far] = Number.POSITIVE_INFINITY;
  // index `count` is the first point again
  const spans: [number, number, number][] = [
    [0, far, Number.POSITIVE_INFINITY],
    [far, count, Number.POSITIVE_INFINITY],
  ];
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [from, to, bound] = span;
    let [best, at] = [-1, -1];
    for (let i = from + 1; i < to; i++) {
      const d = distanceToSegment(points[i], points[from], points[to % count]);
      if (d > best) [best, at] = [d, i];
    }
    if (at < 0) continue;
    // never above the one it hangs on, so that the choice of fewer is part of the choice of more
    weight[at] = Math.min(best, bound);
    spans.push([from, at, weight[at]], [at, to, weight[at]]);
  }
  const chosen = [...weight.keys()].sort((a, b) => weight[b] - weight[a] || a - b).slice(0, most);
  return chosen.sort((a, b) => a - b).map((i) => points[i]);
}

function farthestFrom(points: readonly Point[], from: number): number {
  let [best, at] = [-1, 0];
  points.forEach(([x, y], i) => {
    const d = Math.hypot(x - points[from][0], y - points[from][1]);
    if (d > best) [best, at] = [d, i];
  });
  return at;
}

function distanceToSegment([x, y]: Point, [x0, y0]: Point, [x1, y1]: Point): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / length));
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
}
