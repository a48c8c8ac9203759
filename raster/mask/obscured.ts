import type { BandRole } from '../../kernels/bands.js';
import { hasByte } from '../../kernels/bytes.js';
import type { DateBlock, SceneLook } from '../../kernels/detector.js';

/**
 * Cloud and cloud shadow in scenes without a quality band, found by comparing a look with another of the same ground on
 * cells of some 16 m. Cloud: much brighter than the other look and than the scene, white, and soft at its rim (a roof is
 * sharp). Shadow: dimmed in all bands by about the same factor (water is not: it loses its infrared alone), and wide; what the
 * other look's cloud covers tells nothing of it. Both are grown as far as veil and penumbra reach. The idea of judging against other dates is that of Tmask (Zhu and Woodcock, 2014).
 */

/** Side of a cell in metres. */
const CELL_METRES = 16;
/** Cloud: brightness over the scene's median, over the other look, and darkest over brightest visible band. */
const CLOUD_BRIGHT = 1.9;
const CLOUD_RISE = 0.8;
const CLOUD_WHITE = 0.7;
/** A cloud dims no infrared band below this share of what the other look has; muddy water, bright in red, does. */
const CLOUD_INFRARED = 0.9;
/** Steepest brightness step of a cloud's rim from pixel to pixel, as a share of how far it stands out. */
const CLOUD_RIM = 0.22;
/** Shadow: all bands between these shares of the other look, and nearly alike. */
const SHADOW_DIM = [0.08, 0.62] as const;
const SHADOW_ALIKE = 1.9;
/**
 * A shadow dims what lies in it alike, so that it stands out from its surroundings as before; the shadows and roofs of a new estate do so more.
 * Contrast of a cell at most this multiple of the other look's, and this much of its brightness where that is plain.
 */
const SHADOW_CONTRAST = 1.5;
const SHADOW_PLAIN = 0.1;
/** Least extent of a cloud and of a shadow, cells. */
const CLOUD_CELLS = 6;
const SHADOW_CELLS = 24;
/** Cells around a cloud and its shadow that may belong to them: the first always does, the others as far as veil or penumbra reach. */
const REACH = 3;
/** A veil is brighter than the other look in every visible band, by this share of the scene's brightness; a penumbra dimmer in every band than this share of it. */
const VEIL = 0.1;
const PENUMBRA = 0.9;
/** Half-width of the window in which most cells of a ring must be veiled or dim, cells: a new roof is brighter or darker too, its neighbours are not. */
const RING_WINDOW = 2;
/** Cells around the other look's clouds where it tells nothing. */
const COVERED = 2;

export interface Cells {
  readonly columns: number;
  readonly rows: number;
  /** px a cell. */
  readonly side: number;
}

/** Planes' size in px and the run's pixel size. */
export interface MaskFrame {
  readonly width: number;
  readonly height: number;
  readonly resolution: number;
}

/** Takes cloud and cloud shadow out of `date.usable`, judged against `other`. Returns the pixels taken. */
export function maskObscured(date: DateBlock, other: DateBlock, look: SceneLook, frame: MaskFrame): number {
  const cells = cellsOf(frame);
  if (cells === null) return 0;
  const [own, theirs] = [cellMeans(date, look, frame, cells), cellMeans(other, look, frame, cells)];
  const mask = obscuredCells(own, theirs, cloudsOf(own, theirs), () => cloudsOf(theirs, own));
  return mask === null ? 0 : apply(mask, date.usable, frame, cells);
}

/** Sums over the usable pixels of each cell: of every band, band after band, then their number (kernels/cells.ts). */
export type CellSums = Float32Array;

/** What masking a pair came to. */
export interface PairMasked {
  /** Pixels taken out of both dates. */
  readonly taken: number;
  /** Whether both have clouds: then what lies under those of the one has not been judged in the other. */
  readonly bothCloudy: boolean;
}

/**
 * Masks both dates of a pair, each judged against the other as it came; their cells are summed once, or were summed by a
 * kernel.
 */
export function maskPair(
  before: DateBlock,
  after: DateBlock,
  look: SceneLook,
  frame: MaskFrame,
  sums: readonly [CellSums, CellSums] | null = null,
): PairMasked {
  const cells = cellsOf(frame);
  if (cells === null) return { taken: 0, bothCloudy: false };
  const first = cellMeans(before, look, frame, cells, sums?.[0]);
  const second = cellMeans(after, look, frame, cells, sums?.[1]);
  const clouds = [cloudsOf(first, second), cloudsOf(second, first)] as const;
  const masks = [
    obscuredCells(first, second, clouds[0], () => clouds[1]),
    obscuredCells(second, first, clouds[1], () => clouds[0]),
  ] as const;
  let taken = 0;
  if (masks[0] !== null) taken += apply(masks[0], before.usable, frame, cells);
  if (masks[1] !== null) taken += apply(masks[1], after.usable, frame, cells);
  return { taken, bothCloudy: masks[0] !== null && masks[1] !== null };
}

/**
 * Takes cloud shadow alone out of a date known to have clouds, judged against another look: where the first one it was
 * judged against was itself under cloud. Returns the pixels taken.
 */
export function maskShadows(date: DateBlock, other: DateBlock, look: SceneLook, frame: MaskFrame): number {
  const cells = cellsOf(frame);
  if (cells === null) return 0;
  const [own, theirs] = [cellMeans(date, look, frame, cells), cellMeans(other, look, frame, cells)];
  const shadow = largeOnly(shadowCells(own, theirs), cells, SHADOW_CELLS);
  return apply(grown(shadow, cells, penumbra(own, theirs)), date.usable, frame, cells);
}

/** Null in pixels so coarse that a rim cannot be seen to be soft: such scenes need a quality band. */
export function cellsOf({ width, height, resolution }: MaskFrame): Cells | null {
  const side = Math.round(CELL_METRES / resolution);
  return side < 2 ? null : { columns: Math.ceil(width / side), rows: Math.ceil(height / side), side };
}

/** 1 in cells under cloud. */
function cloudsOf(own: CellMeans, other: CellMeans): Uint8Array {
  return softOnly(cloudCells(own, other), own);
}

/**
 * 1 in cells under cloud or in its shadow, with what is added around; null where there are none. What a cloud of the other look
 * covers is dim beside it, and no shadow for that: there nothing is told of shadows.
 */
function obscuredCells(
  own: CellMeans,
  other: CellMeans,
  cloud: Uint8Array,
  otherClouds: () => Uint8Array,
): Uint8Array | null {
  const { cells } = own;
  // where no cloud is in sight nothing casts a shadow as wide as theirs
  if (!cloud.includes(1)) return null;
  const covered = dilate(otherClouds(), cells, COVERED);
  const dim = shadowCells(own, other).map((value, c) => (covered[c] === 1 ? 0 : value));
  const shadow = largeOnly(dim, cells, SHADOW_CELLS);
  const unknown = (c: number) => covered[c] === 1;
  const [veiled, dimmed] = [veil(own, other), penumbra(own, other)];
  const mask = grown(cloud, cells, (c) => unknown(c) || veiled(c));
  const dark = grown(shadow, cells, (c) => unknown(c) || dimmed(c));
  for (let c = 0; c < mask.length; c++) mask[c] |= dark[c];
  return mask;
}

/** Whether a cell is brighter than the other look as under thin cloud; also where the other tells nothing. */
function veil({ visible, band, look }: CellMeans, other: CellMeans): (c: number) => boolean {
  return (c) => !visible.some((b) => band(b)[c] - other.band(b)[c] <= VEIL * look.brightness);
}

/** Whether a cell is dimmer than the other look as at the edge of a shadow; also where the other tells nothing. */
function penumbra({ date, band }: CellMeans, other: CellMeans): (c: number) => boolean {
  return (c) => !date.bands.some((_, b) => band(b)[c] >= PENUMBRA * other.band(b)[c]);
}

/**
 * A mask with the first ring of cells around it, and further rings where the rim goes on: at a cell of a ring when it does at most of the
 * ring's cells near it.
 */
function grown(core: Uint8Array, cells: Cells, goesOn: (c: number) => boolean): Uint8Array {
  if (!core.includes(1)) return core;
  let mask = dilate(core, cells, 1);
  for (let reach = 2; reach <= REACH; reach++) {
    const inner = mask;
    const votes = Int8Array.from(dilate(inner, cells, 1), (value, c) =>
      value === inner[c] ? 0 : goesOn(c) ? 1 : -1,
    );
    mask = inner.map((value, c) => (votes[c] !== 0 && sumAround(votes, c, cells) > 0 ? 1 : value));
  }
  return mask;
}

/** Sum over the window of a ring's votes around a cell. */
function sumAround(votes: Int8Array, c: number, { columns, rows }: Cells): number {
  const [x, y] = [c % columns, Math.floor(c / columns)];
  const [left, right] = [Math.max(0, x - RING_WINDOW), Math.min(columns, x + RING_WINDOW + 1)];
  let total = 0;
  for (let v = Math.max(0, y - RING_WINDOW); v <= Math.min(rows - 1, y + RING_WINDOW); v++)
    for (let at = v * columns + left; at < v * columns + right; at++) total += votes[at];
  return total;
}

/** A date in cells: means over dark of its bands, and their visible brightness; NaN where a cell has no usable pixel. */
interface CellMeans {
  readonly date: DateBlock;
  readonly look: SceneLook;
  readonly frame: MaskFrame;
  readonly cells: Cells;
  /** Positions of the visible bands, or of the first where there is none. */
  readonly visible: readonly number[];
  /** Means of band `b`; those that only shadows need are made when first asked for, from the pixels as they came. */
  band(b: number): Float32Array;
  readonly bright: Float32Array;
}

const VISIBLE: readonly BandRole[] = ['blue', 'green', 'red'];

const INFRARED: readonly BandRole[] = ['nir', 'swir1', 'swir2'];

function visibleOf(bands: readonly BandRole[]): number[] {
  const found = bands.flatMap((role, b) => (VISIBLE.includes(role) ? [b] : []));
  return found.length > 0 ? found : [0];
}

function cellMeans(
  date: DateBlock,
  look: SceneLook,
  frame: MaskFrame,
  cells: Cells,
  sums?: CellSums,
): CellMeans {
  const count = cells.columns * cells.rows;
  const part = (b: number) => sums?.subarray(b * count, (b + 1) * count);
  const counts = part(date.bands.length) ?? countCells(date.usable, frame, cells);
  const made: Float32Array[] = [];
  const band = (b: number) => {
    const dark = look.dark[date.bands[b]] ?? 0;
    made[b] ??= meansOf(part(b) ?? bandSums(date, b, counts, frame, cells), counts, dark);
    return made[b];
  };
  const visible = visibleOf(date.bands);
  const bright = new Float32Array(counts.length);
  for (const b of visible) {
    const means = band(b);
    for (let c = 0; c < bright.length; c++) bright[c] += means[c] / visible.length;
  }
  return { date, look, frame, cells, visible, band, bright };
}

/** Usable pixels a cell. */
function countCells(usable: Uint8Array, { width, height }: MaskFrame, { columns, rows, side }: Cells) {
  const counts = new Uint32Array(columns * rows);
  const all = !hasByte(usable, 0);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / side) * columns;
    for (let c = 0; c < columns; c++) {
      const end = y * width + Math.min(width, (c + 1) * side);
      let count = 0;
      const start = y * width + c * side;
      if (all) count = end - start;
      else for (let i = start; i < end; i++) count += usable[i];
      counts[row + c] += count;
    }
  }
  return counts;
}

/** Means over dark from sums; NaN where a cell has no usable pixel. */
function meansOf(sums: ArrayLike<number>, counts: ArrayLike<number>, dark: number): Float32Array {
  const means = new Float32Array(counts.length);
  for (let c = 0; c < means.length; c++)
    means[c] = counts[c] > 0 ? Math.max(0, sums[c] / counts[c] - dark) : Number.NaN;
  return means;
}

/** Sums over the usable pixels of each cell of band `b`, by rows. */
function bandSums(
  { stack, usable }: DateBlock,
  b: number,
  counts: ArrayLike<number>,
  { width, height }: MaskFrame,
  { columns, rows, side }: Cells,
): Float64Array {
  const from = b * width * height;
  const sums = new Float64Array(counts.length);
  for (let row = 0; row < rows; row++) {
    const last = Math.min(height, (row + 1) * side);
    for (let y = row * side; y < last; y++) {
      for (let c = 0; c < columns; c++) {
        const start = y * width + c * side;
        const end = y * width + Math.min(width, (c + 1) * side);
        // a cell is mostly usable as a whole
        const whole = counts[row * columns + c] === (last - row * side) * (end - start);
        sums[row * columns + c] += whole
          ? sum(stack, from + start, from + end)
          : usableSum(stack, from, usable, start, end);
      }
    }
  }
  return sums;
}

/** Four at a time, so that additions need not wait for each other. */
function sum(values: Float32Array, start: number, end: number): number {
  let result = 0;
  let i = start;
  for (; i + 3 < end; i += 4) result += values[i] + values[i + 1] + (values[i + 2] + values[i + 3]);
  for (; i < end; i++) result += values[i];
  return result;
}

function usableSum(
  stack: Float32Array,
  from: number,
  usable: Uint8Array,
  start: number,
  end: number,
): number {
  let result = 0;
  for (let i = start; i < end; i++) if (usable[i] === 1) result += stack[from + i];
  return result;
}

function cloudCells({ date, look, visible, bright, band }: CellMeans, other: CellMeans): Uint8Array {
  const cloud = new Uint8Array(bright.length);
  const means = visible.map(band);
  // bands of unknown scale: white is what is bright in each against its own median
  const highs = visible.map((b) => look.high[date.bands[b]] ?? 1);
  const infrared = date.bands.flatMap((role, b) =>
    INFRARED.includes(role) ? [[band(b), other.band(b)]] : [],
  );
  for (let c = 0; c < cloud.length; c++) {
    const rise = (bright[c] - other.bright[c]) / look.brightness;
    // NaN fails every comparison
    if (!(bright[c] / look.brightness > CLOUD_BRIGHT && rise > CLOUD_RISE)) continue;
    const values = means.map((mean, k) => mean[c] / highs[k]);
    if (Math.min(...values) <= CLOUD_WHITE * Math.max(...values)) continue;
    if (infrared.every(([mine, theirs]) => mine[c] >= CLOUD_INFRARED * theirs[c])) cloud[c] = 1;
  }
  return cloud;
}

function shadowCells(own: CellMeans, other: CellMeans): Uint8Array {
  const shadow = new Uint8Array(own.bright.length);
  const pairs = own.date.bands.map((_, b) => [own.band(b), other.band(b)] as const);
  for (let c = 0; c < shadow.length; c++) {
    let low = Number.POSITIVE_INFINITY;
    let high = 0;
    for (const [mine, theirs] of pairs) {
      const ratio = mine[c] / theirs[c];
      low = Math.min(low, ratio);
      high = Math.max(high, ratio);
    }
    if (!(low > SHADOW_DIM[0] && high < SHADOW_DIM[1] && high < SHADOW_ALIKE * low)) continue;
    if (contrast(c, own) <= SHADOW_CONTRAST * contrast(c, other) + SHADOW_PLAIN) shadow[c] = 1;
  }
  return shadow;
}

/** Standard deviation of a cell's visible brightness, without the scene's noise, over its mean. */
function contrast(c: number, own: CellMeans): number {
  const { date, look, frame, cells, visible, bright } = own;
  const { columns, side } = cells;
  const { width, height } = frame;
  const x0 = (c % columns) * side;
  const y0 = Math.floor(c / columns) * side;
  let count = 0;
  let total = 0;
  let squares = 0;
  for (let y = y0; y < Math.min(y0 + side, height); y++) {
    for (let i = y * width + x0; i < y * width + Math.min(x0 + side, width); i++) {
      if (date.usable[i] === 0) continue;
      const value = brightnessAt(i, own);
      count++;
      total += value;
      squares += value * value;
    }
  }
  let noise = 0;
  for (const b of visible) noise += ((look.noise[date.bands[b]] ?? 0) / visible.length) ** 2;
  const mean = total / count;
  return Math.sqrt(Math.max(0, squares / count - mean * mean - noise)) / bright[c];
}

/** Visible brightness of a pixel, with dark. */
function brightnessAt(i: number, { date, frame, visible }: CellMeans): number {
  const length = frame.width * frame.height;
  let total = 0;
  for (const b of visible) total += date.stack[b * length + i];
  return total / visible.length;
}

/** Labels 4-connected regions of cells; 0 is none. */
function label(mask: Uint8Array, { columns }: Cells): { labels: Int32Array; sizes: number[] } {
  const labels = new Int32Array(mask.length);
  const sizes = [0];
  const stack: number[] = [];
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] === 0 || labels[start] !== 0) continue;
    const id = sizes.length;
    let size = 0;
    labels[start] = id;
    stack.push(start);
    for (let c = stack.pop(); c !== undefined; c = stack.pop()) {
      size++;
      const x = c % columns;
      for (const n of [x > 0 ? c - 1 : -1, x < columns - 1 ? c + 1 : -1, c - columns, c + columns]) {
        if (n < 0 || n >= mask.length || mask[n] === 0 || labels[n] !== 0) continue;
        labels[n] = id;
        stack.push(n);
      }
    }
    sizes.push(size);
  }
  return { labels, sizes };
}

function largeOnly(mask: Uint8Array, cells: Cells, least: number): Uint8Array {
  const { labels, sizes } = label(mask, cells);
  return mask.map((value, c) => (value === 1 && sizes[labels[c]] >= least ? 1 : 0));
}

/** Keeps the regions whose rim is soft: the steep pixels in its rim cells are few against how far it stands out. */
function softOnly(mask: Uint8Array, own: CellMeans): Uint8Array {
  if (!mask.includes(1)) return mask;
  const { cells, look } = own;
  const { labels, sizes } = label(mask, cells);
  const steps: number[][] = sizes.map(() => []);
  const heights = new Float64Array(sizes.length);
  for (let c = 0; c < mask.length; c++) {
    const id = labels[c];
    if (id === 0 || sizes[id] < CLOUD_CELLS) continue;
    heights[id] = Math.max(heights[id], own.bright[c]);
    if (isRim(c, mask, cells)) steps[id].push(steepness(c, own));
  }
  const soft = sizes.map((size, id) => {
    if (size < CLOUD_CELLS) return false;
    steps[id].sort((a, b) => a - b);
    const typical = steps[id][Math.floor(steps[id].length * 0.5)] ?? 0;
    return typical < CLOUD_RIM * Math.max(heights[id], look.brightness);
  });
  return mask.map((value, c) => (value === 1 && soft[labels[c]] ? 1 : 0));
}

function isRim(c: number, mask: Uint8Array, { columns }: Cells): boolean {
  const x = c % columns;
  return (
    (x > 0 && mask[c - 1] === 0) ||
    (x < columns - 1 && mask[c + 1] === 0) ||
    mask[c - columns] === 0 ||
    mask[c + columns] === 0
  );
}

/** Largest brightness step between horizontal or vertical neighbours inside a cell. */
function steepness(c: number, own: CellMeans): number {
  const { frame, cells } = own;
  const { columns, side } = cells;
  const x0 = (c % columns) * side;
  const y0 = Math.floor(c / columns) * side;
  const bright = (i: number) => brightnessAt(i, own);
  let steepest = 0;
  for (let y = y0; y < Math.min(y0 + side, frame.height - 1); y++) {
    for (let x = x0; x < Math.min(x0 + side, frame.width - 1); x++) {
      const i = y * frame.width + x;
      const value = bright(i);
      steepest = Math.max(
        steepest,
        Math.abs(bright(i + 1) - value),
        Math.abs(bright(i + frame.width) - value),
      );
    }
  }
  return steepest;
}

function dilate(mask: Uint8Array, { columns, rows }: Cells, by: number): Uint8Array {
  const out = new Uint8Array(mask.length);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      if (mask[y * columns + x] === 0) continue;
      for (let v = Math.max(0, y - by); v <= Math.min(rows - 1, y + by); v++) {
        out.fill(1, v * columns + Math.max(0, x - by), v * columns + Math.min(columns, x + by + 1));
      }
    }
  }
  return out;
}

/** Takes the pixels of marked cells out of `usable`; returns how many were in it. */
function apply(
  mask: Uint8Array,
  usable: Uint8Array,
  { width, height }: MaskFrame,
  { columns, side }: Cells,
): number {
  let taken = 0;
  for (let c = 0; c < mask.length; c++) {
    if (mask[c] === 0) continue;
    const x0 = (c % columns) * side;
    const y0 = Math.floor(c / columns) * side;
    const x1 = Math.min(width, x0 + side);
    for (let y = y0; y < Math.min(height, y0 + side); y++) {
      for (let i = y * width + x0; i < y * width + x1; i++) taken += usable[i];
      usable.fill(0, y * width + x0, y * width + x1);
    }
  }
  return taken;
}
