import type { Window } from '../grid.js';
import type { RasterFile, RasterInfo, SampleArray, SampleType } from '../tiff/types.js';
import { type ControlNet, netExtent, netScale } from './net.js';
import type { SourcePixels } from './resample.js';

/** Pixels of a raster that a control net reaches, and level-0 px a px of them. */
export interface SourceWindow {
  readonly pixels: SourcePixels;
  readonly reduce: readonly [number, number];
}

export interface SourceRequest {
  /** Bands counted from 0. */
  readonly bands: readonly number[];
  /** Codes and quality bits must not be averaged: full resolution, no mask. */
  readonly codes?: boolean;
  /** Fill value where the file names no nodata. */
  readonly fill?: number;
  /** Where the samples go that are to be resampled as they are; an array of their own where absent, or where it gives none. */
  readonly room?: SampleRoom;
}

/** Room for so many samples, overwritten by the next that are asked for; null where there is none for the type. */
export type SampleRoom = (type: SampleType, length: number) => SampleArray | null;

/** A level may be this much coarser than the target before a finer one is taken. */
const LEVEL_SLACK = 1.05;
/** Rows read at once while reducing, so that a strongly reduced read stays small, px of the level × bands. */
const REDUCE_BUDGET = 4_000_000;

/** What of a raster a control net needs. */
export interface SourcePlan {
  readonly level: number;
  /** px of the level. */
  readonly window: Window;
  readonly levelWidth: number;
  readonly levelHeight: number;
  /** px of the level to be averaged into one, a side; 1 where the level is about as fine as the target. */
  readonly box: number;
  /** Level-0 px a px of the level, [x, y]. */
  readonly reduce: readonly [number, number];
}

/**
 * Only what the net needs: from the coarsest overview that is not coarser than the target, and where that is still more
 * than twice as fine, whole boxes of it. Null where the net does not touch the raster.
 */
export function planSource(info: RasterInfo, net: ControlNet, codes = false): SourcePlan | null {
  const extent = netExtent(net);
  if (extent === null) return null;
  const scale = codes ? 1 : netScale(net);
  const level = chooseLevel(info.levels, scale);
  const { width: levelWidth, height: levelHeight } = info.levels[level];
  const fx = info.width / levelWidth;
  const fy = info.height / levelHeight;
  const box = Math.max(1, Math.floor(scale / fx + 0.05));
  const left = Math.max(0, Math.floor(extent.minU / fx - box - 1));
  const top = Math.max(0, Math.floor(extent.minV / fy - box - 1));
  const right = Math.min(levelWidth, Math.ceil(extent.maxU / fx + box + 1));
  const bottom = Math.min(levelHeight, Math.ceil(extent.maxV / fy + box + 1));
  if (left >= right || top >= bottom) return null;
  const window = { x: left, y: top, width: right - left, height: bottom - top };
  return { level, window, levelWidth, levelHeight, box, reduce: [fx, fy] };
}

/** Reads what the net needs, boxes averaged. Null where the net does not touch the raster. */
export async function readSource(
  file: RasterFile,
  net: ControlNet,
  request: SourceRequest,
): Promise<SourceWindow | null> {
  const plan = planSource(file.info, net, request.codes);
  if (plan === null) return null;
  const { level, window, levelWidth, levelHeight, box, reduce } = plan;
  if (box < 2) {
    const planes = await readPlanes(file, level, window, request);
    const valid = request.codes ? null : validMask(planes, file.info.nodata ?? request.fill ?? null);
    return { pixels: { window, levelWidth, levelHeight, planes, valid }, reduce };
  }
  const bounds = {
    left: window.x,
    top: window.y,
    right: window.x + window.width,
    bottom: window.y + window.height,
  };
  const pixels = await readReduced(file, level, bounds, box, request);
  return { pixels, reduce: [reduce[0] * box, reduce[1] * box] };
}

async function readPlanes(
  file: RasterFile,
  level: number,
  window: Window,
  { bands, room }: SourceRequest,
): Promise<SampleArray[]> {
  const plane = window.width * window.height;
  const samples = room?.(file.info.sampleType, plane * bands.length) ?? null;
  if (samples === null) return file.readWindow(level, window, bands);
  await file.readInto(level, window, bands, { samples, stride: window.width, plane });
  return bands.map((_, b) => samples.subarray(b * plane, (b + 1) * plane));
}

function chooseLevel(levels: readonly { width: number }[], scale: number): number {
  let best = 0;
  for (let level = 1; level < levels.length; level++) {
    if (levels[0].width / levels[level].width <= scale * LEVEL_SLACK) best = level;
  }
  return best;
}

/**
 * 1 where a pixel holds data, null where all do. With nodata 0 a pixel is empty only where every band is 0 (one dark
 * band is ordinary); with any other value, and for NaN, where any band has it.
 */
export function validMask(planes: readonly SampleArray[], nodata: number | null): Uint8Array | null {
  const length = planes[0].length;
  const floating = planes[0] instanceof Float32Array || planes[0] instanceof Float64Array;
  const wanted = nodata !== null && !Number.isNaN(nodata);
  if (!wanted && !floating) return null;
  const empty = new Uint8Array(length);
  const every = nodata === 0 && !floating;
  for (const plane of planes) {
    if (wanted) {
      const value = floating ? Math.fround(nodata) : nodata;
      for (let i = 0; i < length; i++) if (plane[i] === value) empty[i]++;
    }
    if (floating) for (let i = 0; i < length; i++) if (Number.isNaN(plane[i])) empty[i] = planes.length;
  }
  const limit = every ? planes.length : 1;
  let found = false;
  for (let i = 0; i < length; i++) {
    const bad = empty[i] >= limit;
    if (bad) found = true;
    empty[i] = bad ? 0 : 1;
  }
  return found ? empty : null;
}

/** True where a pixel of the window's planes holds no data, by the same rule. */
export function anyInvalid(
  samples: SampleArray,
  bands: number,
  plane: number,
  stride: number,
  window: Window,
  nodata: number | null,
): boolean {
  const floating = samples instanceof Float32Array || samples instanceof Float64Array;
  if (floating) {
    for (let b = 0; b < bands; b++) {
      for (let y = 0; y < window.height; y++) {
        const start = b * plane + y * stride;
        for (let i = start; i < start + window.width; i++) if (Number.isNaN(samples[i])) return true;
      }
    }
  }
  if (nodata === null || Number.isNaN(nodata)) return false;
  const value = floating ? Math.fround(nodata) : nodata;
  const every = nodata === 0 && !floating;
  // where all bands must be empty, one of them tells which pixels are worth a look at the others
  for (let b = 0; b < (every ? 1 : bands); b++) {
    for (let y = 0; y < window.height; y++) {
      const start = b * plane + y * stride;
      for (let i = start; i < start + window.width; i++) {
        if (samples[i] !== value) continue;
        if (!every) return true;
        let k = 1;
        while (k < bands && samples[i + k * plane] === value) k++;
        if (k === bands) return true;
      }
    }
  }
  return false;
}

/** Means of box × box pixels over the valid ones; a box with fewer than half valid is empty. */
async function readReduced(
  file: RasterFile,
  level: number,
  bounds: { left: number; top: number; right: number; bottom: number },
  box: number,
  request: SourceRequest,
): Promise<SourcePixels> {
  const { width: fullWidth, height: fullHeight } = file.info.levels[level];
  const x0 = Math.floor(bounds.left / box);
  const y0 = Math.floor(bounds.top / box);
  const width = Math.ceil(bounds.right / box) - x0;
  const height = Math.ceil(bounds.bottom / box) - y0;
  const planes = request.bands.map(() => new Float32Array(width * height));
  const valid = new Uint8Array(width * height);
  const sums = request.bands.map(() => new Float64Array(width));
  const left = x0 * box;
  const columns = Math.min(fullWidth, (x0 + width) * box) - left;
  const rowsAtOnce = Math.max(1, Math.floor(REDUCE_BUDGET / (columns * request.bands.length * box)));
  for (let row = 0; row < height; row += rowsAtOnce) {
    const rows = Math.min(rowsAtOnce, height - row);
    const top = (y0 + row) * box;
    const window: Window = {
      x: left,
      y: top,
      width: columns,
      height: Math.min(fullHeight, top + rows * box) - top,
    };
    const samples = await file.readWindow(level, window, request.bands);
    const ok = validMask(samples, file.info.nodata ?? request.fill ?? null);
    for (let r = 0; r < rows; r++) {
      const firstRow = r * box;
      const lastRow = Math.min(window.height, firstRow + box);
      const counts = countBoxes(ok, window, firstRow, lastRow, box, width);
      samples.forEach((plane, b) => {
        sumBoxes(plane, ok, window, firstRow, lastRow, box, sums[b]);
        const out = (row + r) * width;
        for (let x = 0; x < width; x++) planes[b][out + x] = counts[x] > 0 ? sums[b][x] / counts[x] : 0;
      });
      const full = (lastRow - firstRow) * box;
      for (let x = 0; x < width; x++) valid[(row + r) * width + x] = counts[x] * 2 >= full ? 1 : 0;
    }
  }
  return {
    window: { x: x0, y: y0, width, height },
    levelWidth: Math.ceil(fullWidth / box),
    levelHeight: Math.ceil(fullHeight / box),
    planes,
    valid: valid.includes(0) ? valid : null,
  };
}

function countBoxes(
  ok: Uint8Array | null,
  window: Window,
  firstRow: number,
  lastRow: number,
  box: number,
  width: number,
): Float64Array {
  const counts = new Float64Array(width);
  for (let y = firstRow; y < lastRow; y++) {
    for (let x = 0; x < window.width; x++) {
      if (ok === null || ok[y * window.width + x] === 1) counts[(x / box) | 0]++;
    }
  }
  return counts;
}

function sumBoxes(
  plane: SampleArray,
  ok: Uint8Array | null,
  window: Window,
  firstRow: number,
  lastRow: number,
  box: number,
  sums: Float64Array,
): void {
  sums.fill(0);
  for (let y = firstRow; y < lastRow; y++) {
    for (let x = 0; x < window.width; x++) {
      const i = y * window.width + x;
      if (ok === null || ok[i] === 1) sums[(x / box) | 0] += plane[i];
    }
  }
}
