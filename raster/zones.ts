import { type Affine, apply, invert } from './affine.js';
import { transformer, WGS84 } from './crs.js';
import type { Bounds, Grid, Window } from './grid.js';

/** Polygons of one zone as flat rings of grid px, x0, y0, x1, y1, …; holes and parts alike (even-odd rule). */
export interface Zone {
  readonly rings: readonly Float64Array[];
}

/** Polygons in WGS84 longitude, latitude: outer rings and holes, closed or not. */
export type LonLatPolygons = readonly (readonly (readonly (readonly [number, number])[])[])[];

/** Longest straight edge kept when a polygon is projected, degrees; longer ones bend and get points between. */
const DENSIFY_DEGREES = 0.01;

/** A polygon in the grid's CRS as a zone. */
export function zoneOfRings(rings: readonly (readonly (readonly [number, number])[])[], grid: Grid): Zone {
  const toPixels: Affine = invert(grid.transform);
  return {
    rings: rings.map((ring) => Float64Array.from(ring.flatMap(([x, y]) => apply(toPixels, x, y)))),
  };
}

/** A zone of a grid in px of its cells. */
export function zoneInCells({ rings }: Zone, cell: number): Zone {
  return cell === 1 ? { rings } : { rings: rings.map((ring) => ring.map((value) => value / cell)) };
}

/** Projects a zone's polygons into grid px (corner frame). */
export function zoneOnGrid(polygons: LonLatPolygons, grid: Grid): Zone {
  const project = transformer(WGS84, grid.crs);
  const toPixels: Affine = invert(grid.transform);
  const rings = polygons.flat().map((ring) => {
    const points: number[] = [];
    for (let i = 0; i < ring.length; i++) {
      const [x0, y0] = ring[i];
      const [x1, y1] = ring[(i + 1) % ring.length];
      const steps = Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / DENSIFY_DEGREES));
      for (let s = 0; s < steps; s++) {
        const t = s / steps;
        const [px, py] = project(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t);
        points.push(...apply(toPixels, px, py));
      }
    }
    return Float64Array.from(points);
  });
  return { rings };
}

/**
 * Zone index + 1 of every pixel of a window whose centre lies in a zone, 0 elsewhere; where zones overlap the first
 * wins. Exact at pixel centres, so that the parts of a split patch sum to the whole.
 */
export function rasterizeZones(zones: readonly Zone[], window: Window): Uint16Array {
  const out = new Uint16Array(window.width * window.height);
  zones.forEach((zone, index) => {
    eachZoneRow(zone, window, (y, x0, x1) => {
      const start = (y - window.y) * window.width - window.x;
      for (let at = start + x0; at < start + x1; at++) if (out[at] === 0) out[at] = index + 1;
    });
  });
  return out;
}

/**
 * Visits the stretches [x0, x1) of pixels of a window whose centres lie in a zone, row by row, in grid px. Scan lines by
 * the even-odd rule.
 */
export function eachZoneRow(
  zone: Zone,
  window: Window,
  visit: (y: number, x0: number, x1: number) => void,
): void {
  const { minY, maxY } = boundsOf(zone);
  const top = Math.max(window.y, Math.floor(minY));
  const bottom = Math.min(window.y + window.height, Math.ceil(maxY));
  if (bottom <= top) return;
  const rows = { ...window, y: top, height: bottom - top };
  const crossings: number[][] = Array.from({ length: rows.height }, () => []);
  for (const ring of zone.rings) collectCrossings(ring, rows, crossings);
  crossings.forEach((list, row) => {
    list.sort((a, b) => a - b);
    for (let c = 0; c + 1 < list.length; c += 2) {
      // a pixel is inside where its centre is: left edge included, right edge not
      const from = Math.max(window.x, Math.ceil(list[c] - 0.5));
      const to = Math.min(window.x + window.width, Math.ceil(list[c + 1] - 0.5));
      if (to > from) visit(top + row, from, to);
    }
  });
}

/** The part of a grid that a zone and `margin` px around it can reach; null for none. */
export function windowAround(
  zone: Zone,
  { width, height }: Pick<Window, 'width' | 'height'>,
  margin = 0,
): Window | null {
  const { minX, minY, maxX, maxY } = boundsOf(zone);
  const x = Math.max(0, Math.floor(minX) - margin);
  const y = Math.max(0, Math.floor(minY) - margin);
  const window = {
    x,
    y,
    width: Math.min(width, Math.ceil(maxX) + margin) - x,
    height: Math.min(height, Math.ceil(maxY) + margin) - y,
  };
  return window.width > 0 && window.height > 0 ? window : null;
}

/** Bounds of a zone in grid px. */
export function boundsOf({ rings }: Zone): Bounds {
  const bounds = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      bounds.minX = Math.min(bounds.minX, ring[i]);
      bounds.maxX = Math.max(bounds.maxX, ring[i]);
      bounds.minY = Math.min(bounds.minY, ring[i + 1]);
      bounds.maxY = Math.max(bounds.maxY, ring[i + 1]);
    }
  }
  return bounds;
}

/** Adds the x of a ring's crossings with each pixel row's centre line. */
function collectCrossings(ring: Float64Array, window: Window, crossings: number[][]): void {
  const n = ring.length;
  for (let i = 0, j = n - 2; i < n; j = i, i += 2) {
    const y0 = ring[j + 1];
    const y1 = ring[i + 1];
    if (y0 === y1) continue;
    const low = Math.min(y0, y1);
    const high = Math.max(y0, y1);
    // rows whose centre c has low <= c < high
    const first = Math.max(0, Math.ceil(low - 0.5) - window.y);
    const last = Math.min(window.height - 1, Math.ceil(high - 0.5) - 1 - window.y);
    const slope = (ring[i] - ring[j]) / (y1 - y0);
    for (let row = first; row <= last; row++) {
      crossings[row].push(ring[j] + slope * (row + window.y + 0.5 - y0));
    }
  }
}
