import type { BandRole } from '../../kernels/bands.js';
import type { DateBlock, SceneLook } from '../../kernels/detector.js';

/**
 * Cloud and cloud shadow in scenes without a quality band, found by comparing a look with another of the same ground on
 * cells of some 16 m. Cloud: much brighter than the other look and than the scene, white, and soft at its rim (a roof is
 * sharp). Shadow: dimmed in all bands by about the same factor (water is not: it loses its infrared alone), and wide.
 * Both are dilated. The idea of judging against other dates is that of Tmask (Zhu and Woodcock, 2014).
 */

/** Side of a cell in metres. */
const CELL_METRES = 16;
/** Cloud: brightness over the scene's median, over the other look, and darkest over brightest visible band. */
const CLOUD_BRIGHT = 1.9;
const CLOUD_RISE = 0.8;
const CLOUD_WHITE = 0.7;
/** Steepest brightness step of a cloud's rim from pixel to pixel, as a share of how far it stands out. */
const CLOUD_RIM = 0.22;
/** Shadow: all bands between these shares of the other look, and nearly alike. */
const SHADOW_DIM = [0.08, 0.62] as const;
const SHADOW_ALIKE = 1.9;
/** Least extent of a cloud and of a shadow, cells. */
const CLOUD_CELLS = 6;
const SHADOW_CELLS = 24;
/** Cells added around. */
const DILATE = 2;

interface Cells {
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
  const side = Math.round(CELL_METRES / frame.resolution);
  // in coarser pixels a rim cannot be seen to be soft: such scenes need a quality band
  if (side < 2) return 0;
  const cells: Cells = { columns: Math.ceil(frame.width / side), rows: Math.ceil(frame.height / side), side };
  const own = cellMeans(date, look, frame, cells);
  const reference = cellMeans(other, look, frame, cells);
  const cloud = softOnly(cloudCells(own, reference, look, date.bands), own, date, look, frame, cells);
  // where no cloud is in sight nothing casts a shadow as wide as theirs
  if (!cloud.includes(1)) return 0;
  const shadow = largeOnly(shadowCells(own, reference), cells, SHADOW_CELLS);
  const mask = new Uint8Array(cloud.length);
  for (let c = 0; c < mask.length; c++) mask[c] = cloud[c] | shadow[c];
  return apply(dilate(mask, cells), date.usable, frame, cells);
}

/** Means over dark of every band a cell, and their visible brightness; NaN where the cell has no usable pixel. */
interface CellMeans {
  readonly bands: readonly Float32Array[];
  readonly bright: Float32Array;
}

const VISIBLE: readonly BandRole[] = ['blue', 'green', 'red'];

function visibleOf(bands: readonly BandRole[]): number[] {
  const found = bands.flatMap((role, b) => (VISIBLE.includes(role) ? [b] : []));
  return found.length > 0 ? found : [0];
}

function cellMeans(
  date: DateBlock,
  look: SceneLook,
  frame: MaskFrame,
  { columns, rows, side }: Cells,
): CellMeans {
  const length = frame.width * frame.height;
  const counts = new Float32Array(columns * rows);
  const bands = date.bands.map(() => new Float32Array(columns * rows));
  const cellOf = Int32Array.from({ length: frame.width }, (_, x) => Math.floor(x / side));
  for (let y = 0; y < frame.height; y++) {
    const row = Math.floor(y / side) * columns;
    const start = y * frame.width;
    for (let x = 0; x < frame.width; x++) counts[row + cellOf[x]] += date.usable[start + x];
    for (let b = 0; b < bands.length; b++) {
      const plane = bands[b];
      const from = b * length + start;
      for (let x = 0; x < frame.width; x++) {
        if (date.usable[start + x] === 1) plane[row + cellOf[x]] += date.stack[from + x];
      }
    }
  }
  bands.forEach((plane, b) => {
    const dark = look.dark[date.bands[b]] ?? 0;
    for (let c = 0; c < plane.length; c++)
      plane[c] = counts[c] > 0 ? Math.max(0, plane[c] / counts[c] - dark) : Number.NaN;
  });
  const visible = visibleOf(date.bands);
  const bright = new Float32Array(columns * rows);
  for (let c = 0; c < bright.length; c++) for (const b of visible) bright[c] += bands[b][c] / visible.length;
  return { bands, bright };
}

function cloudCells(
  own: CellMeans,
  other: CellMeans,
  look: SceneLook,
  bands: readonly BandRole[],
): Uint8Array {
  const visible = visibleOf(bands);
  const cloud = new Uint8Array(own.bright.length);
  for (let c = 0; c < cloud.length; c++) {
    const bright = own.bright[c] / look.brightness;
    const rise = (own.bright[c] - other.bright[c]) / look.brightness;
    let low = Number.POSITIVE_INFINITY;
    let high = 0;
    for (const b of visible) {
      // bands of unknown scale: white is what is bright in each against its own median
      const value = own.bands[b][c] / (look.high[bands[b]] ?? 1);
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    // NaN fails every comparison
    if (bright > CLOUD_BRIGHT && rise > CLOUD_RISE && low > CLOUD_WHITE * high) cloud[c] = 1;
  }
  return cloud;
}

function shadowCells(own: CellMeans, other: CellMeans): Uint8Array {
  const shadow = new Uint8Array(own.bright.length);
  for (let c = 0; c < shadow.length; c++) {
    let low = Number.POSITIVE_INFINITY;
    let high = 0;
    for (let b = 0; b < own.bands.length; b++) {
      const ratio = own.bands[b][c] / other.bands[b][c];
      low = Math.min(low, ratio);
      high = Math.max(high, ratio);
    }
    if (low > SHADOW_DIM[0] && high < SHADOW_DIM[1] && high < SHADOW_ALIKE * low) shadow[c] = 1;
  }
  return shadow;
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
function softOnly(
  mask: Uint8Array,
  own: CellMeans,
  date: DateBlock,
  look: SceneLook,
  frame: MaskFrame,
  cells: Cells,
): Uint8Array {
  const { labels, sizes } = label(mask, cells);
  const steps: number[][] = sizes.map(() => []);
  const heights = new Float64Array(sizes.length);
  for (let c = 0; c < mask.length; c++) {
    const id = labels[c];
    if (id === 0) continue;
    heights[id] = Math.max(heights[id], own.bright[c]);
    if (isRim(c, mask, cells)) steps[id].push(steepness(c, date, frame, cells));
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
function steepness(c: number, date: DateBlock, frame: MaskFrame, { columns, side }: Cells): number {
  const length = frame.width * frame.height;
  const x0 = (c % columns) * side;
  const y0 = Math.floor(c / columns) * side;
  const visible = visibleOf(date.bands);
  const bright = (i: number) =>
    visible.reduce((sum, b) => sum + date.stack[b * length + i], 0) / visible.length;
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

function dilate(mask: Uint8Array, { columns, rows }: Cells): Uint8Array {
  const out = new Uint8Array(mask.length);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      if (mask[y * columns + x] === 0) continue;
      for (let v = Math.max(0, y - DILATE); v <= Math.min(rows - 1, y + DILATE); v++) {
        out.fill(1, v * columns + Math.max(0, x - DILATE), v * columns + Math.min(columns, x + DILATE + 1));
      }
    }
  }
  return out;
}

function apply(mask: Uint8Array, usable: Uint8Array, frame: MaskFrame, { columns, side }: Cells): number {
  let taken = 0;
  for (let y = 0; y < frame.height; y++) {
    const row = Math.floor(y / side) * columns;
    for (let x = 0; x < frame.width; x++) {
      const i = y * frame.width + x;
      if (usable[i] === 0 || mask[row + ((x / side) | 0)] === 0) continue;
      usable[i] = 0;
      taken++;
    }
  }
  return taken;
}
