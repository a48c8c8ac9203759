import type { Runs } from '../raster/runs.js';
import type { Groups } from './regions.js';

/**
 * Closed ring in grid px, x right, y DOWN, without the repeated last point: x0, y0, x1, y1, …
 */
export type PixelRing = Float64Array;

/**
 * Boundaries of many regions in few arrays. Coordinates are in HALF px, so that middles of pixel edges are whole
 * numbers too. Rings are closed without the repeated last point and run clockwise on the screen (x right, y down).
 */
export interface Outlines {
  /** x0, y0, x1, y1, … of one ring after another, half px. */
  readonly points: Int32Array;
  /** Ring i is `points[ring[i]] … points[ring[i + 1] - 1]`. */
  readonly ring: Int32Array;
  /** Region r has rings `region[r] … region[r + 1] - 1`: the outer one, then the holes. */
  readonly region: Int32Array;
}

/**
 * Boundaries of 4-connected regions given by their runs: for each the outer ring first, then the holes.
 *
 * A rectilinear boundary is known by its corners: the row lists of run ends of two neighbouring rows differ exactly
 * there. Corners of one y, taken in pairs, are the horizontal edges; corners of one x the vertical ones. Where two
 * pixels of the region touch only diagonally the corner counts twice, and its two passes are linked ACROSS the pixels,
 * not around one: the ring then touches another ring in that point and never itself, which OGC Simple Features
 * (06-103r4, 6.1.11) allows. No bitmap is made and nothing sorted: corners come row by row, so each meets its vertical
 * partner as the last open corner of its column. Scratch memory is that of the largest region.
 */
export function traceRegions(runs: Runs, { start, order }: Groups): Outlines {
  const count = start.length - 1;
  const trace = createTracer(runs, order, Math.min(ROOM, 4 * order.length));
  const region = new Int32Array(count + 1);
  for (let r = 0; r < count; r++) {
    trace.add(start[r], start[r + 1]);
    region[r + 1] = trace.ringCount();
  }
  return { ...trace.take(), region };
}

/** Boundary of one region given by its runs in raster order, as `traceRegions` makes it, in px. */
export function traceRegion(runs: Runs, order: Int32Array, from: number, to: number): PixelRing[] {
  const { points, ring } = traceRegions(runs, {
    start: Int32Array.of(0, to - from),
    order: order.subarray(from, to),
  });
  return Array.from({ length: ring.length - 1 }, (_, i) =>
    Float64Array.from(points.subarray(ring[i], ring[i + 1]), (half) => half / 2),
  );
}

/** Corners of the region in hand, in raster order; two that follow each other (2i, 2i + 1) bound a horizontal edge. */
interface Corners {
  x: Int32Array;
  y: Int32Array;
  /** The other end of the vertical edge. */
  vertical: Int32Array;
  /** 1 once its ring is walked. */
  seen: Uint8Array;
}

function cornersFor(count: number): Corners {
  return {
    x: new Int32Array(count),
    y: new Int32Array(count),
    vertical: new Int32Array(count),
    seen: new Uint8Array(count),
  };
}

/** Corners and points there is room for at first. */
const ROOM = 4096;

/** Stands for no corner. */
const NONE = -1;

function createTracer(runs: Runs, order: Int32Array, room: number) {
  let corners = cornersFor(room);
  /** Run ends of the two rows being compared: starts at even places, ends at odd ones. */
  let above = new Int32Array(room);
  let below = new Int32Array(room);
  /** By column, the corner whose vertical edge still goes down. All edges of a region end: it is NONE again after each. */
  const { left, width } = columnsOf(runs, order);
  const open = new Int32Array(width).fill(NONE);
  let points = new Int32Array(room);
  let used = 0;
  let ring = new Int32Array(8);
  let rings = 0;

  const link = (k: number) => {
    const { x, vertical } = corners;
    const column = x[k] - left;
    const other = open[column];
    if (other === NONE) {
      open[column] = k;
      return;
    }
    vertical[k] = other;
    vertical[other] = k;
    open[column] = NONE;
  };

  /** Finds the corners between the rows `above` and `below`, of so many run ends, at height y; their new number. */
  const compareRows = (upper: number, lower: number, at: number, known: number): number => {
    const { x, y } = corners;
    let count = known;
    let i = 0;
    let j = 0;
    while (i < upper || j < lower) {
      const a = i < upper ? above[i] : Number.MAX_SAFE_INTEGER;
      const b = j < lower ? below[j] : Number.MAX_SAFE_INTEGER;
      if (a !== b) {
        x[count] = a < b ? a : b;
        y[count] = at;
        link(count++);
        if (a < b) i++;
        else j++;
        continue;
      }
      const upperEnds = (i & 1) === 1;
      if (upperEnds !== ((j & 1) === 1)) {
        // a diagonal touch: which pass ends the vertical edge from above depends on the side the pixels lie
        x[count] = a;
        y[count] = at;
        x[count + 1] = a;
        y[count + 1] = at;
        link(upperEnds ? count + 1 : count);
        link(upperEnds ? count : count + 1);
        count += 2;
      }
      i++;
      j++;
    }
    return count;
  };

  const findCorners = (from: number, to: number): number => {
    const { y, x0, x1 } = runs;
    let count = 0;
    let upper = 0;
    let k = from;
    let row = y[order[from]];
    while (k < to || upper > 0) {
      let lower = 0;
      while (k < to && y[order[k]] === row) {
        const run = order[k++];
        // runs that meet at a block's seam or a border inside the region are one
        if (lower > 0 && below[lower - 1] === x0[run]) lower--;
        else below[lower++] = x0[run];
        below[lower++] = x1[run];
      }
      count = compareRows(upper, lower, row, count);
      [above, below] = [below, above];
      upper = lower;
      row++;
    }
    return count;
  };

  const walkRings = (count: number) => {
    const { x, y, vertical, seen } = corners;
    seen.fill(0, 0, count);
    for (let first = 0; first < count; first += 2) {
      if (seen[first] === 1) continue;
      let k = first;
      do {
        const next = k ^ 1;
        seen[k] = 1;
        seen[next] = 1;
        points[used++] = 2 * x[k];
        points[used++] = 2 * y[k];
        points[used++] = 2 * x[next];
        points[used++] = 2 * y[next];
        k = vertical[next];
      } while (k !== first);
      rings++;
      if (rings === ring.length) ring = grown(ring, 2 * rings);
      ring[rings] = used;
    }
  };

  return {
    /** Traces the region of the runs `order[from] … order[to - 1]`. */
    add(from: number, to: number): void {
      // a run's two ends are compared with the row above and the row below
      const most = 4 * (to - from);
      if (corners.x.length < most) corners = cornersFor(2 * most);
      if (above.length < most) {
        above = new Int32Array(2 * most);
        below = new Int32Array(2 * most);
      }
      const count = findCorners(from, to);
      if (points.length < used + 2 * count) points = grown(points, 2 * (used + 2 * count));
      walkRings(count);
    },
    ringCount: () => rings,
    take: (): Pick<Outlines, 'points' | 'ring'> => ({
      points: points.subarray(0, used),
      ring: ring.subarray(0, rings + 1),
    }),
  };
}

/** The columns of pixel edges that the runs named lie between: the first, and how many. */
function columnsOf({ x0, x1 }: Runs, order: Int32Array): { left: number; width: number } {
  let left = Number.MAX_SAFE_INTEGER;
  let right = 0;
  for (let k = 0; k < order.length; k++) {
    const run = order[k];
    if (x0[run] < left) left = x0[run];
    if (x1[run] > right) right = x1[run];
  }
  return { left, width: Math.max(0, right - left + 1) };
}

function grown(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}

/** Twice the signed area of a ring, in the square of its unit, by the shoelace formula; positive where it runs clockwise on the screen. */
export function doubleArea(points: PixelRing | Int32Array, from = 0, to = points.length): number {
  let sum = 0;
  for (let i = from, j = to - 2; i < to; j = i, i += 2) {
    sum += points[j] * points[i + 1] - points[i] * points[j + 1];
  }
  return sum;
}
