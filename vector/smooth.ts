import { NO_REGION } from './regions.js';
import { doubleArea, type PixelRing } from './trace.js';

/** Most that smoothing may change a patch's area, as a share. */
const MOST_AREA_CHANGE = 0.01;

/** Whether the corner of a pixel (grid px, by its upper left) may be cut off. */
export type Cuttable = (x: number, y: number) => boolean;

/**
 * Smooths the stairs of traced boundaries: every corner is cut between the midpoints of its two unit edges. Cuts of
 * different corners meet at most in a midpoint, so rings stay simple, never cross one another, and rings that touched
 * in a corner come apart: what was valid stays valid. A cut takes 1/8 px² from one pixel: a region's own at a convex
 * corner, a neighbour's at a concave one. Regions whose area would change by more than 1 % keep their corners, and
 * nobody cuts into them; so the polygons of neighbours never overlap.
 *
 * @param regions rings and pixel count of each region
 * @param regionAt region of a pixel (grid px), NO_REGION for none
 */
export function smoothRegions(
  regions: readonly { readonly rings: readonly PixelRing[]; readonly pixels: number }[],
  regionAt: (x: number, y: number) => number,
): (readonly PixelRing[])[] {
  const smooth = new Uint8Array(regions.length).fill(1);
  const cuttable: Cuttable = (x, y) => {
    const region = regionAt(x, y);
    return region === NO_REGION || smooth[region] === 1;
  };
  // a region that keeps its corners takes cuts from its neighbours, whose area then changes otherwise: until none more does
  for (let settled = false; !settled; ) {
    settled = true;
    regions.forEach(({ rings, pixels }, region) => {
      if (smooth[region] === 0 || Math.abs(areaChange(rings, cuttable)) <= pixels * MOST_AREA_CHANGE) return;
      smooth[region] = 0;
      settled = false;
    });
  }
  return regions.map(({ rings }, region) =>
    smooth[region] === 1 ? rings.map((ring) => cutCorners(ring, cuttable)) : rings,
  );
}

/** By how many px² the cuts change the area of a region. */
function areaChange(rings: readonly PixelRing[], cuttable: Cuttable): number {
  let eighths = 0;
  rings.forEach((ring, place) => {
    // a ring of positive area turns by +1 at its convex corners; what is convex for a hole is concave for its region
    const outward = doubleArea(ring) > 0 === (place === 0) ? 1 : -1;
    forEachCorner(ring, (x, y, inX, inY, outX, outY) => {
      if (cuttable(...cornerPixel(x, y, inX, inY, outX, outY))) {
        eighths -= outward * (inX * outY - inY * outX);
      }
    });
  });
  return eighths / 8;
}

/** The pixel that a cut at a corner goes through. */
function cornerPixel(
  x: number,
  y: number,
  inX: number,
  inY: number,
  outX: number,
  outY: number,
): [x: number, y: number] {
  return [Math.floor(x + (outX - inX) / 2), Math.floor(y + (outY - inY) / 2)];
}

/** Visits the corners of a ring with the unit steps that lead there and on. */
function forEachCorner(
  ring: PixelRing,
  visit: (x: number, y: number, inX: number, inY: number, outX: number, outY: number) => void,
): void {
  const n = ring.length;
  for (let i = 0; i < n; i += 2) {
    const [x, y] = [ring[i], ring[i + 1]];
    const before = (i + n - 2) % n;
    const after = (i + 2) % n;
    visit(
      x,
      y,
      Math.sign(x - ring[before]),
      Math.sign(y - ring[before + 1]),
      Math.sign(ring[after] - x),
      Math.sign(ring[after + 1] - y),
    );
  }
}

function cutCorners(ring: PixelRing, cuttable: Cuttable): PixelRing {
  const points: number[] = [];
  forEachCorner(ring, (x, y, inX, inY, outX, outY) => {
    if (!cuttable(...cornerPixel(x, y, inX, inY, outX, outY))) {
      push(points, x, y);
      return;
    }
    push(points, x - inX / 2, y - inY / 2);
    push(points, x + outX / 2, y + outY / 2);
  });
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
