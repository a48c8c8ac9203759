import type { PixelRing } from './trace.js';

/** Most that smoothing may change a patch's area, as a share. */
const MOST_AREA_CHANGE = 0.01;

/**
 * Smooths the stairs of a traced boundary: every corner is cut between the midpoints of its two unit edges. Cuts of
 * different corners meet at most in a midpoint, so rings stay simple, never cross one another, and rings that touched
 * in a corner come apart: what was valid stays valid. A ring has four more convex than concave corners and each cut is
 * 1/8 px², so the area moves by exactly 1/2 px² a ring; regions that this would change by more than 1 % keep their corners.
 */
export function smoothRings(rings: readonly PixelRing[], areaPx: number): readonly PixelRing[] {
  // the outer ring shrinks, holes shrink too and so give their half back
  const change = Math.abs(rings.length - 2) / 2;
  if (change > areaPx * MOST_AREA_CHANGE) return rings;
  return rings.map(cutCorners);
}

function cutCorners(ring: PixelRing): PixelRing {
  const points: number[] = [];
  const n = ring.length;
  for (let i = 0; i < n; i += 2) {
    const x = ring[i];
    const y = ring[i + 1];
    const before = (i + n - 2) % n;
    const after = (i + 2) % n;
    push(points, x - Math.sign(x - ring[before]) / 2, y - Math.sign(y - ring[before + 1]) / 2);
    push(points, x + Math.sign(ring[after] - x) / 2, y + Math.sign(ring[after + 1] - y) / 2);
  }
  return Float64Array.from(dropStraight(points));
}

/** Adds a point unless it repeats the last. */
function push(points: number[], x: number, y: number): void {
  const n = points.length;
  if (n >= 2 && points[n - 2] === x && points[n - 1] === y) return;
  points.push(x, y);
}

/** Leaves out points on the straight line between their neighbours, and a last point equal to the first. */
function dropStraight(points: number[]): number[] {
  let n = points.length;
  if (points[0] === points[n - 2] && points[1] === points[n - 1]) n -= 2;
  const kept: number[] = [];
  for (let i = 0; i < n; i += 2) {
    const a = (i + n - 2) % n;
    const b = (i + 2) % n;
    const cross =
      (points[i] - points[a]) * (points[b + 1] - points[i + 1]) -
      (points[i + 1] - points[a + 1]) * (points[b] - points[i]);
    if (cross !== 0) kept.push(points[i], points[i + 1]);
  }
  return kept;
}
