import type { KernelSource } from './backend.js';
import type { Thread } from './indices.js';

/**
 * Where the pixels of a block lie in a window of source pixels, as kernels take it. The block is cut into square cells
 * of `spacing` px, `across` a row; in each, source coordinates are bilinear: for the pixel (x, y) of the cell
 * u = c0 + c1·x + c2·y + c3·x·y, v likewise with c4 … c7. (u, v) = (0, 0) is the CENTRE of the window's first pixel.
 */
export interface CellMap {
  readonly spacing: number;
  readonly across: number;
  /**
   * First `CELL_HEAD` numbers: least and greatest u, least and greatest v that lie inside the image (the greatest
   * excluded), then the last column and row of the window; then `CELL_SIZE` coefficients a cell.
   */
  readonly numbers: Float32Array;
}

export const CELL_HEAD = 6;
export const CELL_SIZE = 8;

/** A window of source pixels and the block's place in it. */
export interface SourceBlock {
  /** Planes of the bands, `plane` samples apart, rows `stride` samples apart; of any number type. */
  readonly samples: Float32Array | Uint8Array | Uint16Array | Int16Array;
  readonly stride: number;
  readonly plane: number;
  readonly map: CellMap;
  /** Gain and offset of each band, applied to what was resampled; the same in all blocks of a run. */
  readonly gains: readonly (readonly [gain: number, offset: number])[];
}

/** Baked into kernels that read source windows. */
export interface WarpConstants {
  /** Width of the block and its number of pixels. */
  readonly width: number;
  readonly length: number;
  readonly spacing: number;
  readonly across: number;
  readonly stride: number;
  readonly plane: number;
}

/** Least share of bilinear weight on valid pixels for an output pixel to be valid. */
export const LEAST_WEIGHT = 0.5;

/**
 * Bilinear resampling of all bands of a window, pixel centres at .5 (as gdalwarp -r bilinear at equal resolution), and
 * the linear map of each band (gain, offset) on the result. `valid` has one number a source pixel, 1 where it holds
 * data: the others lend no weight. 0 where the coverage kernel says 0. Output: bands × block, plane by plane.
 */
export const warpKernel: KernelSource = {
  name: 'warp',
  kernel: function kernel(
    this: Thread<WarpConstants>,
    samples: number[],
    valid: number[],
    map: number[],
    gains: number[],
  ) {
    const band = Math.floor(this.thread.x / this.constants.length);
    const pixel = this.thread.x - band * this.constants.length;
    const row = Math.floor(pixel / this.constants.width);
    const column = pixel - row * this.constants.width;
    const cellRow = Math.floor(row / this.constants.spacing);
    const cellColumn = Math.floor(column / this.constants.spacing);
    const c = 6 + (cellRow * this.constants.across + cellColumn) * 8;
    const x = column - cellColumn * this.constants.spacing;
    const y = row - cellRow * this.constants.spacing;
    const u = map[c] + map[c + 1] * x + (map[c + 2] + map[c + 3] * x) * y;
    const v = map[c + 4] + map[c + 5] * x + (map[c + 6] + map[c + 7] * x) * y;
    let result = 0;
    if (u >= map[0] && u < map[1] && v >= map[2] && v < map[3]) {
      const atU = Math.min(Math.max(u, 0), map[4]);
      const atV = Math.min(Math.max(v, 0), map[5]);
      const left = Math.floor(atU);
      const top = Math.floor(atV);
      const s = atU - left;
      const t = atV - top;
      const a = top * this.constants.stride + left;
      const b = a + Math.min(1, map[4] - left);
      const below = Math.min(1, map[5] - top) * this.constants.stride;
      const w0 = (1 - s) * (1 - t) * valid[a];
      const w1 = s * (1 - t) * valid[b];
      const w2 = (1 - s) * t * valid[a + below];
      const w3 = s * t * valid[b + below];
      const sum = w0 + w1 + w2 + w3;
      const at = band * this.constants.plane;
      if (sum >= 0.5) {
        const value =
          (w0 * samples[at + a] +
            w1 * samples[at + b] +
            w2 * samples[at + a + below] +
            w3 * samples[at + b + below]) /
          sum;
        result = value * gains[band * 2] + gains[band * 2 + 1];
      }
    }
    return result;
  },
};

/** 1 where the block's pixel lies in the image and on enough valid source pixels, else 0. Arguments as of `warpKernel`. */
export const coverageKernel: KernelSource = {
  name: 'coverage',
  kernel: function kernel(this: Thread<WarpConstants>, valid: number[], map: number[]) {
    const row = Math.floor(this.thread.x / this.constants.width);
    const column = this.thread.x - row * this.constants.width;
    const cellRow = Math.floor(row / this.constants.spacing);
    const cellColumn = Math.floor(column / this.constants.spacing);
    const c = 6 + (cellRow * this.constants.across + cellColumn) * 8;
    const x = column - cellColumn * this.constants.spacing;
    const y = row - cellRow * this.constants.spacing;
    const u = map[c] + map[c + 1] * x + (map[c + 2] + map[c + 3] * x) * y;
    const v = map[c + 4] + map[c + 5] * x + (map[c + 6] + map[c + 7] * x) * y;
    let result = 0;
    if (u >= map[0] && u < map[1] && v >= map[2] && v < map[3]) {
      const atU = Math.min(Math.max(u, 0), map[4]);
      const atV = Math.min(Math.max(v, 0), map[5]);
      const left = Math.floor(atU);
      const top = Math.floor(atV);
      const s = atU - left;
      const t = atV - top;
      const a = top * this.constants.stride + left;
      const b = a + Math.min(1, map[4] - left);
      const below = Math.min(1, map[5] - top) * this.constants.stride;
      const sum =
        (1 - s) * (1 - t) * valid[a] +
        s * (1 - t) * valid[b] +
        (1 - s) * t * valid[a + below] +
        s * t * valid[b + below];
      if (sum >= 0.5) {
        result = 1;
      }
    }
    return result;
  },
};

/** A map that leaves every pixel of a plane where it is. */
export function identityMap(width: number, height: number): CellMap {
  const numbers = new Float32Array(CELL_HEAD + CELL_SIZE);
  numbers.set([-0.5, width - 0.5, -0.5, height - 0.5, width - 1, height - 1]);
  numbers[CELL_HEAD + 1] = 1;
  numbers[CELL_HEAD + 6] = 1;
  return { spacing: Math.max(width, height), across: 1, numbers };
}
