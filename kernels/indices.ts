import type { KernelSource } from './backend.js';
import { normalizedDifference } from './maths.js';
import type { WarpConstants } from './warp.js';

/** `this` of a GPU.js kernel, as far as ours use it. */
export interface Thread<Constants = unknown> {
  readonly thread: { readonly x: number };
  readonly constants: Constants;
}

/**
 * Normalized difference of two planes, (a-b)/(a+b): NDVI (nir, red; Rouse 1974), NDWI (green, nir; McFeeters 1996),
 * MNDWI (green, swir1; Xu 2006), NDBI (swir1, nir; Zha 2003).
 */
export const normalizedDifferenceKernel: KernelSource = {
  name: 'normalized_difference',
  kernel: function kernel(this: Thread, a: number[], b: number[]) {
    return normalizedDifference(a[this.thread.x], b[this.thread.x]);
  },
  functions: [normalizedDifference],
};

/** Brightness: the mean of the three visible bands, in the units of the planes. */
export const brightnessKernel: KernelSource = {
  name: 'brightness',
  kernel: function kernel(this: Thread, blue: number[], green: number[], red: number[]) {
    return (blue[this.thread.x] + green[this.thread.x] + red[this.thread.x]) / 3;
  },
};

/** Baked into `indexChangeKernel`: a gain and an offset a band and date beside the frame. */
export interface IndexConstants extends WarpConstants {
  readonly greenGain1: number;
  readonly greenOffset1: number;
  readonly redGain1: number;
  readonly redOffset1: number;
  readonly nirGain1: number;
  readonly nirOffset1: number;
  readonly greenGain2: number;
  readonly greenOffset2: number;
  readonly redGain2: number;
  readonly redOffset2: number;
  readonly nirGain2: number;
  readonly nirOffset2: number;
}

/**
 * Plain index differencing (docs/design.md, section 4) from source pixels to class in one kernel: both dates are
 * resampled (kernels/warp.ts), coordinates once a date for all bands; then the indices and the rules. Gives
 * `code * 128 + magnitude`: code 0, 4, 5 or 7, 255 outside either image; magnitude half the larger index difference in
 * steps of 1/128, at most 127. Windows hold green, red, nir. Calls no helper: on webasm each call costs the four lanes.
 */
export const indexChangeKernel: KernelSource = {
  name: 'index_change',
  kernel: function kernel(
    this: Thread<IndexConstants>,
    before: number[],
    mapBefore: number[],
    after: number[],
    mapAfter: number[],
  ) {
    const row = Math.floor(this.thread.x / this.constants.width);
    const column = this.thread.x - row * this.constants.width;
    const cellRow = Math.floor(row / this.constants.spacing);
    const cellColumn = Math.floor(column / this.constants.spacing);
    const c = 6 + (cellRow * this.constants.across + cellColumn) * 8;
    const x = column - cellColumn * this.constants.spacing;
    const y = row - cellRow * this.constants.spacing;
    const stride = this.constants.stride;
    const plane = this.constants.plane;

    const u1 = mapBefore[c] + mapBefore[c + 1] * x + (mapBefore[c + 2] + mapBefore[c + 3] * x) * y;
    const v1 = mapBefore[c + 4] + mapBefore[c + 5] * x + (mapBefore[c + 6] + mapBefore[c + 7] * x) * y;
    let atU = Math.min(Math.max(u1, 0), mapBefore[4]);
    let atV = Math.min(Math.max(v1, 0), mapBefore[5]);
    let left = Math.floor(atU);
    let top = Math.floor(atV);
    let s = atU - left;
    let t = atV - top;
    let w3 = s * t;
    let w1 = s - w3;
    let w2 = t - w3;
    let w0 = 1 - s - w2;
    // past the last column and row the pixel itself stands for its neighbour
    let i = top * stride + left;
    let right = Math.min(1, mapBefore[4] - left);
    let below = Math.min(1, mapBefore[5] - top) * stride;
    const green1 =
      (before[i] * w0 + before[i + right] * w1 + before[i + below] * w2 + before[i + below + right] * w3) *
        this.constants.greenGain1 +
      this.constants.greenOffset1;
    i += plane;
    const red1 =
      (before[i] * w0 + before[i + right] * w1 + before[i + below] * w2 + before[i + below + right] * w3) *
        this.constants.redGain1 +
      this.constants.redOffset1;
    i += plane;
    const nir1 =
      (before[i] * w0 + before[i + right] * w1 + before[i + below] * w2 + before[i + below + right] * w3) *
        this.constants.nirGain1 +
      this.constants.nirOffset1;

    const u2 = mapAfter[c] + mapAfter[c + 1] * x + (mapAfter[c + 2] + mapAfter[c + 3] * x) * y;
    const v2 = mapAfter[c + 4] + mapAfter[c + 5] * x + (mapAfter[c + 6] + mapAfter[c + 7] * x) * y;
    atU = Math.min(Math.max(u2, 0), mapAfter[4]);
    atV = Math.min(Math.max(v2, 0), mapAfter[5]);
    left = Math.floor(atU);
    top = Math.floor(atV);
    s = atU - left;
    t = atV - top;
    w3 = s * t;
    w1 = s - w3;
    w2 = t - w3;
    w0 = 1 - s - w2;
    i = top * stride + left;
    right = Math.min(1, mapAfter[4] - left);
    below = Math.min(1, mapAfter[5] - top) * stride;
    const green2 =
      (after[i] * w0 + after[i + right] * w1 + after[i + below] * w2 + after[i + below + right] * w3) *
        this.constants.greenGain2 +
      this.constants.greenOffset2;
    i += plane;
    const red2 =
      (after[i] * w0 + after[i + right] * w1 + after[i + below] * w2 + after[i + below + right] * w3) *
        this.constants.redGain2 +
      this.constants.redOffset2;
    i += plane;
    const nir2 =
      (after[i] * w0 + after[i + right] * w1 + after[i + below] * w2 + after[i + below + right] * w3) *
        this.constants.nirGain2 +
      this.constants.nirOffset2;

    // sums that are not positive (dark or invalid pixels) make the index 0, as everywhere
    const ndvi1 = nir1 + red1 > 0 ? Math.min(1, Math.max(-1, (nir1 - red1) / (nir1 + red1))) : 0;
    const ndvi2 = nir2 + red2 > 0 ? Math.min(1, Math.max(-1, (nir2 - red2) / (nir2 + red2))) : 0;
    const ndwi1 = green1 + nir1 > 0 ? Math.min(1, Math.max(-1, (green1 - nir1) / (green1 + nir1))) : 0;
    const ndwi2 = green2 + nir2 > 0 ? Math.min(1, Math.max(-1, (green2 - nir2) / (green2 + nir2))) : 0;
    let code = 0;
    if (ndvi1 > 0.5 && ndvi1 - ndvi2 > 0.2 && ndwi2 < 0) {
      code = 7;
    }
    if (ndwi1 > 0.1 && ndwi2 < 0) {
      code = 5;
    }
    if (ndwi2 > 0.1 && ndwi1 < 0) {
      code = 4;
    }
    if (
      u1 < mapBefore[0] ||
      u1 >= mapBefore[1] ||
      v1 < mapBefore[2] ||
      v1 >= mapBefore[3] ||
      u2 < mapAfter[0] ||
      u2 >= mapAfter[1] ||
      v2 < mapAfter[2] ||
      v2 >= mapAfter[3]
    ) {
      code = 255;
    }
    const magnitude = Math.max(Math.abs(ndvi2 - ndvi1), Math.abs(ndwi2 - ndwi1)) / 2;
    return code * 128 + Math.min(127, Math.floor(magnitude * 128));
  },
};
