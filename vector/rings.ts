import Flatbush from 'flatbush';
import type { Point } from '../raster/affine.js';
import type { PolygonRings, Ring } from './patch.js';

/** Signed area of a closed ring, positive where it runs counter-clockwise. Taken from its first point: large coordinates cost no digits. */
export function signedArea(ring: Ring): number {
  if (ring.length === 0) return 0;
  const [x0, y0] = ring[0];
  let sum = 0;
  for (let i = 1; i < ring.length; i++) {
    const [ax, ay] = ring[i - 1];
    const [bx, by] = ring[i];
    sum += (ax - x0) * (by - y0) - (bx - x0) * (ay - y0);
  }
  return sum / 2;
}

/** Outer ring counter-clockwise, holes clockwise: the right-hand rule of RFC 7946, section 3.1.6. */
export function rightHanded(rings: PolygonRings): PolygonRings {
  return rings.map((ring, index) => (signedArea(ring) >= 0 === (index === 0) ? ring : [...ring].reverse()));
}

/** Without points that repeat the one before them. */
export function withoutRepeats(ring: Ring): Ring {
  return ring.filter(([x, y], i) => i === 0 || x !== ring[i - 1][0] || y !== ring[i - 1][1]);
}

/** Below this many segments comparing all pairs is quicker than building an index. */
const INDEX_FROM = 48;

/**
 * A point where two edges of a polygon cross each other or run along each other, null where none do. Touching in a point is
 * let pass. `rings` are closed, without repeated points.
 */
export function findCrossing(rings: PolygonRings): Point | null {
  const edges: Edge[] = rings.flatMap((ring, r) =>
    ring.slice(1).map((b, i) => ({ a: ring[i], b, ring: r, place: i, count: ring.length - 1 })),
  );
  if (edges.length < INDEX_FROM) {
    for (let i = 0; i < edges.length; i++) {
      for (let j = i + 1; j < edges.length; j++) {
        const point = crossing(edges[i], edges[j]);
        if (point) return point;
      }
    }
    return null;
  }
  const index = new Flatbush(edges.length);
  for (const { a, b } of edges) {
    index.add(Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1]));
  }
  index.finish();
  for (let i = 0; i < edges.length; i++) {
    const { a, b } = edges[i];
    const box = [
      Math.min(a[0], b[0]),
      Math.min(a[1], b[1]),
      Math.max(a[0], b[0]),
      Math.max(a[1], b[1]),
    ] as const;
    for (const j of index.search(...box, (candidate) => candidate > i)) {
      const point = crossing(edges[i], edges[j]);
      if (point) return point;
    }
  }
  return null;
}

interface Edge {
  readonly a: Point;
  readonly b: Point;
  readonly ring: number;
  readonly place: number;
  readonly count: number;
}

/** Sign of the turn a → b → c: positive to the left. */
function turn(a: Point, b: Point, c: Point): number {
  return Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
}

function crossing(p: Edge, q: Edge): Point | null {
  const d1 = turn(p.a, p.b, q.a);
  const d2 = turn(p.a, p.b, q.b);
  const d3 = turn(q.a, q.b, p.a);
  const d4 = turn(q.a, q.b, p.b);
  if (d1 * d2 < 0 && d3 * d4 < 0) return meetingPoint(p, q);
  if (d1 !== 0 || d2 !== 0) return null;
  return sharedStretch(p, q);
}

function meetingPoint(p: Edge, q: Edge): Point {
  const [rx, ry] = [p.b[0] - p.a[0], p.b[1] - p.a[1]];
  const [sx, sy] = [q.b[0] - q.a[0], q.b[1] - q.a[1]];
  const t = ((q.a[0] - p.a[0]) * sy - (q.a[1] - p.a[1]) * sx) / (rx * sy - ry * sx);
  return [p.a[0] + t * rx, p.a[1] + t * ry];
}

/** Edges on one line that have more than a point in common: a spike, or a stretch walked twice. */
function sharedStretch(p: Edge, q: Edge): Point | null {
  const axis = Math.abs(p.b[0] - p.a[0]) >= Math.abs(p.b[1] - p.a[1]) ? 0 : 1;
  const from = Math.max(Math.min(p.a[axis], p.b[axis]), Math.min(q.a[axis], q.b[axis]));
  const to = Math.min(Math.max(p.a[axis], p.b[axis]), Math.max(q.a[axis], q.b[axis]));
  return to > from ? (p.a[axis] >= from && p.a[axis] <= to ? p.a : p.b) : null;
}
