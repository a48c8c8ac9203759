import type { Runs } from '../raster/runs.js';
import { type Groups, type Labels, NO_REGION, regionFinder } from './regions.js';
import type { Outlines } from './trace.js';

/** Most that smoothing may change a patch's area, as a share. */
const MOST_AREA_CHANGE = 0.01;

/** Labelled and traced regions. */
export interface TracedRegions {
  readonly runs: Runs;
  readonly labels: Labels;
  readonly groups: Groups;
  /** Pixels a region. */
  readonly sizes: Float64Array;
  readonly outlines: Outlines;
}

/**
 * Smooths the stairs of traced boundaries: every corner is cut between the midpoints of its two unit edges. Cuts of
 * different corners meet at most in a midpoint, so rings stay simple, never cross one another, and rings that touched
 * in a corner come apart: what was valid stays valid. A cut takes 1/8 px² from one pixel: a region's own at a convex
 * corner, a neighbour's at a concave one. Regions whose area would change by more than 1 % keep their corners, and
 * nobody cuts into them; so the polygons of neighbours never overlap.
 */
export function smoothRegions(traced: TracedRegions): Outlines {
  const { outlines, runs, labels } = traced;
  const regionAt = regionFinder(runs, labels);
  const { smooth, refused } = chooseSmooth(traced, regionAt);
  const cuttable = (x: number, y: number) => {
    const region = regionAt(x, y);
    return region === NO_REGION || smooth[region] === 1;
  };
  // a corner becomes two points at most
  const points = new Int32Array(2 * outlines.points.length);
  const ring = new Int32Array(outlines.ring.length);
  let used = 0;
  for (let region = 0; region < labels.count; region++) {
    const first = outlines.region[region];
    for (let r = first; r < outlines.region[region + 1]; r++) {
      const [from, to] = [outlines.ring[r], outlines.ring[r + 1]];
      if (smooth[region] === 0) {
        points.set(outlines.points.subarray(from, to), used);
        used += to - from;
      } else {
        // where no neighbour refuses, none is asked
        const ask = refused[region] > 0 ? cuttable : null;
        const end = cutCorners(outlines.points, from, to, r === first, ask, points, used);
        used = dropStraight(points, used, end);
      }
      ring[r + 1] = used;
    }
  }
  return { points: points.subarray(0, used), ring, region: outlines.region };
}

/**
 * Which regions are smoothed (1), and how many cuts of each its neighbours refuse.
 *
 * A simple ring has four convex corners more than concave ones, so where all are cut a region changes by
 * (holes - 1) / 2 px², and each refused cut takes back the 1/8 px² it would have given.
 */
function chooseSmooth(
  { runs, labels, groups, sizes, outlines }: TracedRegions,
  regionAt: (x: number, y: number) => number,
): { smooth: Uint8Array; refused: Int32Array } {
  const smooth = new Uint8Array(labels.count).fill(1);
  const refused = new Int32Array(labels.count);
  const refuse = (region: number) => {
    smooth[region] = 0;
    for (let k = groups.start[region]; k < groups.start[region + 1]; k++) {
      const run = groups.order[k];
      refuseAt(run, run - 1, runs.x0[run]);
      refuseAt(run, run + 1, runs.x1[run] - 1);
    }
  };
  /** Counts the cuts of the region beside a run into the run's pixel at that end: those where it lies above or below too. */
  const refuseAt = (run: number, beside: number, x: number) => {
    const { y, x0, x1 } = runs;
    if (beside < 0 || beside >= runs.count || y[beside] !== y[run]) return;
    if (beside < run ? x1[beside] !== x0[run] : x0[beside] !== x1[run]) return;
    const other = labels.label[beside];
    if (other === NO_REGION || other === labels.label[run]) return;
    if (regionAt(x, y[run] - 1) === other) refused[other]++;
    if (regionAt(x, y[run] + 1) === other) refused[other]++;
  };
  // a region that keeps its corners takes cuts from its neighbours, whose area then changes otherwise: until none more does
  for (let settled = false; !settled; ) {
    settled = true;
    for (let region = 0; region < labels.count; region++) {
      if (smooth[region] === 0) continue;
      const holes = outlines.region[region + 1] - outlines.region[region] - 1;
      const change = (4 * (holes - 1) - refused[region]) / 8;
      if (Math.abs(change) <= sizes[region] * MOST_AREA_CHANGE) continue;
      refuse(region);
      settled = false;
    }
  }
  return { smooth, refused };
}

/**
 * Writes a ring (half px, clockwise) with its corners cut to `target` from place `at` on, without repeats of the point
 * before; the place after it.
 * @param cuttable whether the pixel (grid px, by its upper left) of another region may be cut into; null where all may
 */
function cutCorners(
  points: Int32Array,
  from: number,
  to: number,
  outer: boolean,
  cuttable: ((x: number, y: number) => boolean) | null,
  target: Int32Array,
  at: number,
): number {
  let o = at;
  let px = points[to - 2];
  let py = points[to - 1];
  for (let i = from; i < to; i += 2) {
    const x = points[i];
    const y = points[i + 1];
    const next = i + 2 === to ? from : i + 2;
    const inX = Math.sign(x - px);
    const inY = Math.sign(y - py);
    const outX = Math.sign(points[next] - x);
    const outY = Math.sign(points[next + 1] - y);
    px = x;
    py = y;
    // clockwise, a turn to the right is convex for what the ring encloses: the region, or the hole
    const concave = inX * outY - inY * outX > 0 !== outer;
    if (concave && cuttable !== null && !cuttable((x + outX - inX) >> 1, (y + outY - inY) >> 1)) {
      if (o === at || target[o - 2] !== x || target[o - 1] !== y) {
        target[o++] = x;
        target[o++] = y;
      }
      continue;
    }
    // on an edge of one pixel the middle is that of the corner before, too
    if (o === at || target[o - 2] !== x - inX || target[o - 1] !== y - inY) {
      target[o++] = x - inX;
      target[o++] = y - inY;
    }
    target[o++] = x + outX;
    target[o++] = y + outY;
  }
  return o;
}

/**
 * Leaves out, in place, points on the straight line between their neighbours and a last point equal to the first.
 * The place after the ring.
 */
function dropStraight(points: Int32Array, from: number, to: number): number {
  let end = to;
  if (points[from] === points[end - 2] && points[from + 1] === points[end - 1]) end -= 2;
  const firstX = points[from];
  const firstY = points[from + 1];
  let ax = points[end - 2];
  let ay = points[end - 1];
  let o = from;
  for (let i = from; i < end; i += 2) {
    const x = points[i];
    const y = points[i + 1];
    const bx = i + 2 === end ? firstX : points[i + 2];
    const by = i + 2 === end ? firstY : points[i + 3];
    if ((x - ax) * (by - y) !== (y - ay) * (bx - x)) {
      points[o++] = x;
      points[o++] = y;
    }
    ax = x;
    ay = y;
  }
  return o;
}
