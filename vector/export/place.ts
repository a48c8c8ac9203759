import { type Crs, sameCrs } from '../../raster/crs.js';
import type { PolygonRings, Ring } from '../patch.js';
import { findCrossing } from '../rings.js';
import { netMapper } from './net.js';

/** A polygon in another CRS, in whole steps of 10^-decimals. Its arrays are used again by the next one. */
export interface PlacedRings {
  /** x0, y0, x1, y1, … of one closed ring after another, right-handed: outer counter-clockwise, holes clockwise. */
  readonly steps: Float64Array;
  /** Ring i is `steps[ring[i]] … steps[ring[i + 1] - 1]`. */
  readonly ring: readonly number[];
}

/**
 * Brings polygons from one CRS to another, rounded to `decimals`, right-handed; null for one whose edges would meet by
 * rounding.
 */
export function roundingPlacer(
  from: Crs,
  to: Crs,
  decimals: number,
): (rings: PolygonRings) => PlacedRings | null {
  const same = sameCrs(from, to);
  const map = netMapper(from, to);
  const scale = 10 ** decimals;
  const stepMetres = to.kind === 'geographic' ? METRES_IN_DEGREE / scale : to.metresPerUnit / scale;
  const unitMetres = from.kind === 'geographic' ? METRES_IN_DEGREE / 2 : from.metresPerUnit;
  const at = new Float64Array(2);
  let steps = new Float64Array(4096);
  return (rings) => {
    const most = 2 * rings.reduce((sum, ring) => sum + ring.length, 0);
    if (steps.length < most) steps = new Float64Array(2 * most);
    const ends = [0];
    let used = 0;
    for (const ring of rings) {
      const first = used;
      for (const [x, y] of ring) {
        if (same) {
          at[0] = x;
          at[1] = y;
        } else map(x, y, at);
        const sx = roundTo(at[0], scale, decimals);
        const sy = roundTo(at[1], scale, decimals);
        // steps that repeat the point before are left out
        if (used > first && steps[used - 2] === sx && steps[used - 1] === sy) continue;
        steps[used++] = sx;
        steps[used++] = sy;
      }
      // fewer than a triangle and its closing point, or not a number
      if (used - first < 8 || !(Math.abs(ringSum(steps, first, used)) >= 0)) return null;
      if (ringSum(steps, first, used) >= 0 !== (ends.length === 1)) turnRound(steps, first, used);
      ends.push(used);
    }
    const placed = { steps, ring: ends };
    return clearOfRounding(rings, unitMetres, stepMetres) || findCrossing(ringsOf(placed, scale)) === null
      ? placed
      : null;
  };
}

/** The rings as points in CRS units. */
export function ringsOf({ steps, ring }: PlacedRings, scale: number): Ring[] {
  return ring.slice(1).map((end, i) => {
    const points: [number, number][] = [];
    for (let k = ring[i]; k < end; k += 2) points.push([steps[k] / scale, steps[k + 1] / scale]);
    return points;
  });
}

/** At the equator; less along parallels elsewhere. */
const METRES_IN_DEGREE = 111_320;

/** The nearest whole number of steps of 1 / scale (10^decimals), by the decimal digits as `toFixed` rounds them, but quicker. */
export function roundTo(value: number, scale: number, decimals: number): number {
  const scaled = value * scale;
  const below = Math.floor(scaled);
  const rest = scaled - below;
  // so near the middle, the product's own rounding could decide
  const near = Math.abs(rest - 0.5) <= Math.abs(scaled) * 1e-15 + 1e-9;
  return near ? Math.round(Number(value.toFixed(decimals)) * scale) : rest > 0.5 ? below + 1 : below;
}

/** Twice the signed area of a closed ring, positive counter-clockwise, from its first point: large coordinates cost no digits. */
function ringSum(points: Float64Array, from: number, to: number): number {
  const x0 = points[from];
  const y0 = points[from + 1];
  let sum = 0;
  for (let i = from + 2; i < to; i += 2) {
    sum += (points[i - 2] - x0) * (points[i + 1] - y0) - (points[i] - x0) * (points[i - 1] - y0);
  }
  return sum;
}

function turnRound(points: Float64Array, from: number, to: number): void {
  for (let i = from, j = to - 2; i < j; i += 2, j -= 2) {
    const x = points[i];
    const y = points[i + 1];
    points[i] = points[j];
    points[i + 1] = points[j + 1];
    points[j] = x;
    points[j + 1] = y;
  }
}

/** By how many times the nearest parts of a polygon must be farther apart than rounding can move two of them together. */
const SAFETY = 4;

/** A long edge is a chord in the other CRS: metres it may bend, by the square of its length. Ten times an arc's L² / 8R. */
const BEND = 1 / 5e6;

/**
 * True where rounding cannot make edges meet, as nearly always: a patch's points lie on a lattice of half pixels and its
 * edges along rows, columns and diagonals, so that a point off an edge is at least pitch / √2 away from it. No point of
 * a traced ring lies inside an edge (trace.ts, smooth.ts). False says nothing.
 */
function clearOfRounding(rings: PolygonRings, unitMetres: number, stepMetres: number): boolean {
  let shortest = Number.POSITIVE_INFINITY;
  let longest = 0;
  for (const ring of rings) {
    for (let i = 1; i < ring.length; i++) {
      const dx = Math.abs(ring[i][0] - ring[i - 1][0]);
      const dy = Math.abs(ring[i][1] - ring[i - 1][1]);
      const length = dx > dy ? dx : dy;
      if (length < shortest) shortest = length;
      if (length > longest) longest = length;
    }
  }
  const most = SAFETY * Math.SQRT2 * stepMetres + (longest * unitMetres) ** 2 * BEND;
  // the shortest edge is the pitch or a few times it
  for (let share = 1; share <= MOST_SHARES; share++) {
    const pitch = shortest / share;
    if (!((pitch * unitMetres) / Math.SQRT2 > most)) return false;
    if (onLattice(rings, pitch)) return true;
  }
  return false;
}

const MOST_SHARES = 4;

/** Whether all points lie on whole multiples of `pitch` from the first, and all edges along rows, columns or diagonals. */
function onLattice(rings: PolygonRings, pitch: number): boolean {
  const [x0, y0] = rings[0][0];
  const slack = ON_LATTICE * pitch;
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i++) {
      const [x, y] = ring[i];
      if (!isWhole((x - x0) / pitch) || !isWhole((y - y0) / pitch)) return false;
      if (i === 0) continue;
      const dx = Math.abs(x - ring[i - 1][0]);
      const dy = Math.abs(y - ring[i - 1][1]);
      if (dx > slack && dy > slack && Math.abs(dx - dy) > slack) return false;
    }
  }
  return true;
}

/** Shares of the pitch that the digits of coordinates may be off the lattice. */
const ON_LATTICE = 1e-3;

function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) < ON_LATTICE;
}
