import type { Window } from '../grid.js';
import type { SampleArray } from '../tiff/types.js';
import type { ControlNet } from './net.js';

/** Source pixels at hand: a window of one (possibly reduced) level. */
export interface SourcePixels {
  /** Where the planes lie in the level. */
  readonly window: Window;
  /** Size of the whole level, beyond which there is no image. */
  readonly levelWidth: number;
  readonly levelHeight: number;
  readonly planes: readonly SampleArray[];
  /** 1 where the pixel holds data; null where all do. */
  readonly valid: Uint8Array | null;
}

/** value × gain + offset, applied to each resampled value. */
export interface LinearMap {
  readonly gain: number;
  readonly offset: number;
}

/** Least share of bilinear weight on valid pixels for an output pixel to be valid. */
const LEAST_WEIGHT = 0.5;

/**
 * Resamples all planes at once with bilinear weights, pixel centres at .5 (as gdalwarp -r bilinear at equal
 * resolution): coordinates and weights are computed once a pixel, not once a band. `net` gives source px of level 0;
 * `reduce` is level-0 px a level px, [x, y]. Writes `outputs` (Float32, window size of the net) and sets `valid` to 1 or 0.
 */
export function bilinear(
  net: ControlNet,
  source: SourcePixels,
  reduce: readonly [number, number],
  maps: readonly LinearMap[],
  outputs: readonly Float32Array[],
  valid: Uint8Array,
): void {
  const { width, height } = net.window;
  const row = new RowCoordinates(width);
  const index = new Int32Array(width);
  const stepX = new Int32Array(width);
  const stepY = new Int32Array(width);
  const weightX = new Float32Array(width);
  const weightY = new Float32Array(width);
  const { x: x0, y: y0, width: w, height: h } = source.window;
  for (let y = 0; y < height; y++) {
    row.fill(net, y, reduce);
    for (let x = 0; x < width; x++) {
      const u = row.u[x];
      const v = row.v[x];
      // written so that NaN fails it
      if (!(u >= 0 && v >= 0 && u < source.levelWidth && v < source.levelHeight)) {
        index[x] = -1;
        continue;
      }
      const left = Math.floor(u - 0.5);
      const top = Math.floor(v - 0.5);
      const cx = clamp(left - x0, w - 1);
      const cy = clamp(top - y0, h - 1);
      index[x] = cy * w + cx;
      stepX[x] = clamp(left + 1 - x0, w - 1) - cx;
      stepY[x] = (clamp(top + 1 - y0, h - 1) - cy) * w;
      weightX[x] = u - 0.5 - left;
      weightY[x] = v - 0.5 - top;
    }
    const start = y * width;
    if (source.valid === null) {
      for (let x = 0; x < width; x++) valid[start + x] = index[x] < 0 ? 0 : 1;
      for (let b = 0; b < outputs.length; b++) {
        blendRow(source.planes[b], outputs[b], start, maps[b], index, stepX, stepY, weightX, weightY);
      }
    } else {
      for (let b = 0; b < outputs.length; b++) {
        blendRowMasked(
          source.planes[b],
          source.valid,
          outputs[b],
          valid,
          start,
          maps[b],
          index,
          stepX,
          stepY,
          weightX,
          weightY,
        );
      }
    }
  }
}

function clamp(value: number, last: number): number {
  return Math.max(0, Math.min(value, last));
}

function blendRow(
  plane: SampleArray,
  out: Float32Array,
  start: number,
  { gain, offset }: LinearMap,
  index: Int32Array,
  stepX: Int32Array,
  stepY: Int32Array,
  weightX: Float32Array,
  weightY: Float32Array,
): void {
  for (let x = 0; x < index.length; x++) {
    const i = index[x];
    if (i < 0) {
      out[start + x] = 0;
      continue;
    }
    const right = i + stepX[x];
    const below = i + stepY[x];
    const s = weightX[x];
    const upper = plane[i] + (plane[right] - plane[i]) * s;
    const lower = plane[below] + (plane[below + stepX[x]] - plane[below]) * s;
    out[start + x] = (upper + (lower - upper) * weightY[x]) * gain + offset;
  }
}

function blendRowMasked(
  plane: SampleArray,
  ok: Uint8Array,
  out: Float32Array,
  valid: Uint8Array,
  start: number,
  { gain, offset }: LinearMap,
  index: Int32Array,
  stepX: Int32Array,
  stepY: Int32Array,
  weightX: Float32Array,
  weightY: Float32Array,
): void {
  for (let x = 0; x < index.length; x++) {
    const a = index[x];
    if (a < 0) {
      out[start + x] = 0;
      valid[start + x] = 0;
      continue;
    }
    const b = a + stepX[x];
    const c = a + stepY[x];
    const d = c + stepX[x];
    const s = weightX[x];
    const t = weightY[x];
    const wa = ok[a] === 1 ? (1 - s) * (1 - t) : 0;
    const wb = ok[b] === 1 ? s * (1 - t) : 0;
    const wc = ok[c] === 1 ? (1 - s) * t : 0;
    const wd = ok[d] === 1 ? s * t : 0;
    const sum = wa + wb + wc + wd;
    if (sum < LEAST_WEIGHT) {
      out[start + x] = 0;
      valid[start + x] = 0;
      continue;
    }
    // a zero weight must not let NaN of an invalid pixel through
    let value = 0;
    if (wa > 0) value += wa * plane[a];
    if (wb > 0) value += wb * plane[b];
    if (wc > 0) value += wc * plane[c];
    if (wd > 0) value += wd * plane[d];
    out[start + x] = (value / sum) * gain + offset;
    valid[start + x] = 1;
  }
}

/**
 * Nearest neighbour for codes and quality bits: the sample whose pixel holds the target centre, `outside` where there
 * is none. One plane.
 */
export function nearest(
  net: ControlNet,
  source: SourcePixels,
  reduce: readonly [number, number],
  output: Float32Array | Uint32Array | Uint16Array | Uint8Array,
  outside: number,
): void {
  const { width, height } = net.window;
  const row = new RowCoordinates(width);
  const plane = source.planes[0];
  const { x: x0, y: y0, width: w, height: h } = source.window;
  for (let y = 0; y < height; y++) {
    row.fill(net, y, reduce);
    for (let x = 0; x < width; x++) {
      const u = row.u[x];
      const v = row.v[x];
      const inside = u >= 0 && v >= 0 && u < source.levelWidth && v < source.levelHeight;
      output[y * width + x] = inside
        ? plane[clamp(Math.floor(v) - y0, h - 1) * w + clamp(Math.floor(u) - x0, w - 1)]
        : outside;
    }
  }
}

/** Source coordinates of one target row, in px of the level read: linear between the net's columns. */
class RowCoordinates {
  readonly u: Float64Array;
  readonly v: Float64Array;

  constructor(width: number) {
    this.u = new Float64Array(width);
    this.v = new Float64Array(width);
  }

  fill(net: ControlNet, y: number, reduce: readonly [number, number]): void {
    const j = Math.min(net.rows - 2, Math.floor(y / net.spacing));
    const t = y / net.spacing - j;
    const upper = j * net.columns;
    const lower = upper + net.columns;
    const width = this.u.length;
    for (let i = 0; i < net.columns - 1; i++) {
      const from = i * net.spacing;
      const to = i === net.columns - 2 ? width : Math.min(width, from + net.spacing);
      const u0 = (net.u[upper + i] * (1 - t) + net.u[lower + i] * t) / reduce[0];
      const v0 = (net.v[upper + i] * (1 - t) + net.v[lower + i] * t) / reduce[1];
      const u1 = (net.u[upper + i + 1] * (1 - t) + net.u[lower + i + 1] * t) / reduce[0];
      const v1 = (net.v[upper + i + 1] * (1 - t) + net.v[lower + i + 1] * t) / reduce[1];
      const du = (u1 - u0) / net.spacing;
      const dv = (v1 - v0) / net.spacing;
      for (let x = from; x < to; x++) {
        this.u[x] = u0 + du * (x - from);
        this.v[x] = v0 + dv * (x - from);
      }
    }
  }
}
