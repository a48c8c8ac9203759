import gcoord from 'gcoord';
import type { Point } from '../../raster/affine.js';

/**
 * GCJ-02 is WGS84 bent by some 100 to 700 m, as Chinese web maps must be. Nothing in a file marks it; where something is
 * known that lies on the same ground, it shows.
 */

/** Degrees, about a tenth of a millimetre: far below what the shift itself is known to. */
const CLOSE = 1e-9;
const MOST_STEPS = 20;

/** WGS84 longitude, latitude of a point in GCJ-02, by iteration: the shift is only given the other way. Outside China nothing is shifted. */
export function fromGcj02([lon, lat]: Point): Point {
  if (!Number.isFinite(lon) || !Number.isFinite(lat)) return [lon, lat];
  let guess: Point = [lon, lat];
  for (let step = 0; step < MOST_STEPS; step++) {
    const [x, y] = toGcj02(guess);
    const [dx, dy] = [lon - x, lat - y];
    if (Math.abs(dx) < CLOSE && Math.abs(dy) < CLOSE) break;
    guess = [guess[0] + dx, guess[1] + dy];
  }
  return guess;
}

/** GCJ-02 of WGS84 longitude, latitude. */
export function toGcj02([lon, lat]: Point): Point {
  const [x, y] = gcoord.transform([lon, lat], gcoord.WGS84, gcoord.GCJ02);
  return [x, y];
}

/** How a set of places fits what is known, as given and taken for GCJ-02. */
export interface Fit {
  readonly asGiven: number;
  readonly converted: number;
}

/** Metres that a shift must be seen by at least: it is 100 m and more all over China. */
const LEAST_SHIFT_M = 100;
/** Taken for GCJ-02, the places must fit five times as well. */
const BETTER = 5;
const METRES_PER_DEGREE = 111_320;

/**
 * Median distance in metres of places from where the same things are known to lie, where it tells of GCJ-02: they lie 100 m
 * off and more, and converted five times nearer.
 * @param pairs a place in the file, and the known one of the same thing, longitude, latitude.
 * @returns null where it does not.
 */
export function shiftOf(pairs: readonly (readonly [given: Point, known: Point])[]): Fit | null {
  if (pairs.length === 0) return null;
  const asGiven = median(pairs.map(([given, known]) => metresBetween(given, known)));
  const converted = median(pairs.map(([given, known]) => metresBetween(fromGcj02(given), known)));
  return asGiven >= LEAST_SHIFT_M && converted * BETTER <= asGiven ? { asGiven, converted } : null;
}

/** Fewer places outside than these are chance. */
const LEAST_OUTSIDE = 5;

/**
 * How many places lie outside an outline that should hold them, where it tells of GCJ-02: five or more, and converted at
 * most a fifth of them.
 */
export function strayOf(places: readonly Point[], isInside: (place: Point) => boolean): Fit | null {
  const asGiven = places.filter((place) => !isInside(place)).length;
  if (asGiven < LEAST_OUTSIDE) return null;
  const converted = places.filter((place) => !isInside(fromGcj02(place))).length;
  return converted * BETTER <= asGiven ? { asGiven, converted } : null;
}

function metresBetween(a: Point, b: Point): number {
  const x = (a[0] - b[0]) * Math.cos((b[1] * Math.PI) / 180);
  return METRES_PER_DEGREE * Math.hypot(x, a[1] - b[1]);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
