import type { Runs } from '../raster/runs.js';

/** Closed ring of pixel corners in grid px, x right, y DOWN, without the repeated last point: x0, y0, x1, y1, … */
export type PixelRing = Float64Array;

/**
 * Boundary of one 4-connected region given by its runs in raster order: the outer ring first, then the holes.
 *
 * A rectilinear boundary is known by its corners: the row lists of run ends of two neighbouring rows differ exactly
 * there. Corners of one y, taken in pairs, are the horizontal edges; corners of one x the vertical ones. Where two
 * pixels of the region touch only diagonally the corner counts twice, and its two passes are linked ACROSS the pixels,
 * not around one: the ring then touches another ring in that point and never itself, which OGC Simple Features
 * (06-103r4, 6.1.11) allows. No bitmap is made; memory grows with the corners.
 */
export function traceRegion(runs: Runs, order: Int32Array, from: number, to: number): PixelRing[] {
  const corners = findCorners(runs, order, from, to);
  const vertical = verticalPartners(corners);
  const seen = new Uint8Array(corners.count);
  const rings: PixelRing[] = [];
  for (let first = 0; first < corners.count; first++) {
    if (seen[first] === 1) continue;
    const points: number[] = [];
    let k = first;
    do {
      const next = k ^ 1; // horizontal partners stand beside each other
      seen[k] = 1;
      seen[next] = 1;
      points.push(corners.x[k], corners.y[k], corners.x[next], corners.y[next]);
      k = vertical[next];
    } while (k !== first);
    rings.push(Float64Array.from(points));
  }
  return rings;
}

interface Corners {
  readonly count: number;
  readonly x: number[];
  readonly y: number[];
  /** Place in the order of verticals: the same as its own, but swapped in a diagonal touch of upper left and lower right. */
  readonly rank: number[];
}

function findCorners(runs: Runs, order: Int32Array, from: number, to: number): Corners {
  const x: number[] = [];
  const y: number[] = [];
  const rank: number[] = [];
  const put = (cx: number, cy: number, place: number) => {
    x.push(cx);
    y.push(cy);
    rank.push(place);
  };
  let above: number[] = [];
  let k = from;
  let row = runs.y[order[from]];
  while (k < to || above.length > 0) {
    const current: number[] = [];
    while (k < to && runs.y[order[k]] === row) {
      const run = order[k++];
      // runs that meet at a block's seam or a border inside the region are one
      if (current.length > 0 && current[current.length - 1] === runs.x0[run]) current.pop();
      else current.push(runs.x0[run]);
      current.push(runs.x1[run]);
    }
    compareRows(above, current, row, put, x);
    above = current;
    row++;
  }
  return { count: x.length, x, y, rank };
}

/** Emits the corners between two rows, each given as run starts (even places) and ends (odd places). */
function compareRows(
  above: readonly number[],
  below: readonly number[],
  y: number,
  put: (x: number, y: number, rank: number) => void,
  emitted: readonly number[],
): void {
  let i = 0;
  let j = 0;
  while (i < above.length || j < below.length) {
    const a = i < above.length ? above[i] : Number.POSITIVE_INFINITY;
    const b = j < below.length ? below[j] : Number.POSITIVE_INFINITY;
    const place = emitted.length;
    if (a < b) {
      put(a, y, place);
      i++;
    } else if (b < a) {
      put(b, y, place);
      j++;
    } else {
      const upperEnds = (i & 1) === 1;
      const lowerEnds = (j & 1) === 1;
      if (upperEnds !== lowerEnds) {
        put(a, y, upperEnds ? place + 1 : place);
        put(a, y, upperEnds ? place : place + 1);
      }
      i++;
      j++;
    }
  }
}

/** For each corner the other end of its vertical edge. */
function verticalPartners({ count, x, rank }: Corners): Int32Array {
  const atRank = new Int32Array(count);
  const keys = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    atRank[rank[k]] = k;
    // ranks follow y, so x and then rank sorts each column from top to bottom
    keys[k] = x[k] * 2 ** 30 + rank[k];
  }
  keys.sort();
  const partner = new Int32Array(count);
  for (let p = 0; p < count; p += 2) {
    const a = atRank[keys[p] % 2 ** 30];
    const b = atRank[keys[p + 1] % 2 ** 30];
    partner[a] = b;
    partner[b] = a;
  }
  return partner;
}

/** Twice the signed area of a ring in px², by the shoelace formula. */
export function doubleArea(ring: PixelRing): number {
  let sum = 0;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    sum += ring[j] * ring[i + 1] - ring[i] * ring[j + 1];
  }
  return sum;
}
