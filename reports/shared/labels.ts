import type { Point } from '../../raster/affine.js';
import { type Box, boxAround, boxOf, overlap } from './frame.js';

/** A name to be written into its polygon, in the drawing's units. */
export interface LabelWish {
  readonly lines: readonly string[];
  /** Rings of all its polygons; evenodd, so holes are outside. */
  readonly rings: readonly (readonly Point[])[];
}

export interface PlacedLabel {
  readonly lines: readonly string[];
  readonly x: number;
  readonly y: number;
  readonly box: Box;
}

const LINE_HEIGHT = 1.2;
/** Longest line in ems before a name is broken. */
const MAX_EMS = 9;
const LATTICE = 26;

/** Width of a text in ems: East Asian characters are square, others about 0.56 as wide as high. */
export function ems(text: string): number {
  let sum = 0;
  for (const char of text) sum += (char.codePointAt(0) ?? 0) >= 0x2e80 ? 1 : 0.56;
  return sum;
}

/** Breaks a long name into two lines, and cuts what still does not fit. */
export function breakName(name: string): string[] {
  if (ems(name) <= MAX_EMS) return [name];
  const chars = [...name];
  const middle = chars.length / 2;
  const spaces = chars.flatMap((c, i) => (c === ' ' ? [i] : []));
  const at =
    spaces.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0] ?? Math.ceil(chars.length / 2);
  return [chars.slice(0, at), chars.slice(at)].map((part) => cut(part.join('').trim(), MAX_EMS + 2));
}

/** Shortens a text to `limit` ems, with an ellipsis where something is gone. */
export function cut(text: string, limit: number): string {
  if (ems(text) <= limit) return text;
  const kept = [...text];
  while (kept.length > 1 && ems(`${kept.join('')}…`) > limit) kept.pop();
  return `${kept.join('')}…`;
}

/**
 * Finds a place for every name: inside its polygon and away from its border where it can be, never over another name
 * or a `taken` box where any free place is near, and over as few `points` (patches) as may be. Small polygons
 * choose first, as they have the fewest places. The order of the result is that of the wishes.
 */
export function placeLabels(
  wishes: readonly LabelWish[],
  fontSize: number,
  within: Box,
  taken: readonly Box[],
  points: readonly Point[],
): (PlacedLabel | null)[] {
  const boxes = [...taken];
  const placed: (PlacedLabel | null)[] = wishes.map(() => null);
  const bySize = wishes
    .map((wish, index) => ({ wish, index, extent: boxOf(wish.rings.flat()) }))
    .filter(({ extent }) => extent.x1 > extent.x0)
    .sort((a, b) => boxArea(a.extent) - boxArea(b.extent));
  for (const { wish, index, extent } of bySize) {
    const label = placeOne(wish, extent, fontSize, within, boxes, points);
    if (!label) continue;
    placed[index] = label;
    boxes.push(label.box);
  }
  return placed;
}

function placeOne(
  wish: LabelWish,
  extent: Box,
  fontSize: number,
  within: Box,
  taken: readonly Box[],
  points: readonly Point[],
): PlacedLabel | null {
  const width = Math.max(...wish.lines.map(ems)) * fontSize + 4;
  const height = wish.lines.length * LINE_HEIGHT * fontSize + 2;
  // names may leave a polygon too small for them, by about their own size
  const x0 = Math.max(within.x0 + width / 2, extent.x0 - width / 2);
  const x1 = Math.min(within.x1 - width / 2, extent.x1 + width / 2);
  const y0 = Math.max(within.y0 + height / 2, extent.y0 - height);
  const y1 = Math.min(within.y1 - height / 2, extent.y1 + height);
  if (x1 < x0 || y1 < y0) return null;
  let best: PlacedLabel | null = null;
  let bestCost = Infinity;
  for (let i = 0; i <= LATTICE; i++) {
    for (let j = 0; j <= LATTICE; j++) {
      const x = x0 + ((x1 - x0) * i) / LATTICE;
      const y = y0 + ((y1 - y0) * j) / LATTICE;
      const box = boxAround(x, y, width, height);
      const cost = costOf(wish.rings, x, y, box, taken, points);
      if (cost < bestCost) {
        bestCost = cost;
        best = { lines: wish.lines, x, y, box };
      }
    }
  }
  return best;
}

function costOf(
  rings: readonly (readonly Point[])[],
  x: number,
  y: number,
  box: Box,
  taken: readonly Box[],
  points: readonly Point[],
): number {
  const covered = taken.reduce((sum, other) => sum + overlap(box, other), 0) / boxArea(box);
  const height = box.y1 - box.y0;
  const corners: Point[] = [
    [box.x0, box.y0],
    [box.x1, box.y0],
    [box.x0, box.y1],
    [box.x1, box.y1],
  ];
  const outside = corners.filter((c) => !inside(rings, c[0], c[1])).length;
  const distance = borderDistance(rings, x, y);
  const depth = inside(rings, x, y) ? Math.min(distance, 3 * height) : -distance - 3 * height;
  const hidden = points.filter(([u, v]) => u > box.x0 && u < box.x1 && v > box.y0 && v < box.y1).length;
  return (covered > 0 ? 1000 + 1000 * covered : 0) + 12 * outside + 10 * hidden - depth;
}

function boxArea(box: Box): number {
  return (box.x1 - box.x0) * (box.y1 - box.y0);
}

/** Even-odd test of a point against rings, closed or not. */
export function inside(rings: readonly (readonly Point[])[], x: number, y: number): boolean {
  let odd = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi, yi] = ring[i];
      const [xj, yj] = ring[j];
      if (yi > y !== yj > y && x < xi + ((y - yi) * (xj - xi)) / (yj - yi)) odd = !odd;
    }
  }
  return odd;
}

function borderDistance(rings: readonly (readonly Point[])[], x: number, y: number): number {
  let nearest = Infinity;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi, yi] = ring[i];
      const [dx, dy] = [ring[j][0] - xi, ring[j][1] - yi];
      const length2 = dx * dx + dy * dy;
      const t = length2 > 0 ? Math.min(1, Math.max(0, ((x - xi) * dx + (y - yi) * dy) / length2)) : 0;
      nearest = Math.min(nearest, Math.hypot(x - xi - t * dx, y - yi - t * dy));
    }
  }
  return nearest;
}
