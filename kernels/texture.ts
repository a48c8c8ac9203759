import type { KernelSource } from './backend.js';
import type { Thread } from './indices.js';

/** Baked into texture kernels: size of the plane and half-width of the window, px. */
export interface TextureConstants {
  readonly width: number;
  readonly height: number;
  readonly radius: number;
}

/** Baked into `combineKernel`: where in the stack its planes begin, their weights, and what is taken off. */
export interface BrightnessConstants {
  readonly first: number;
  readonly second: number;
  readonly third: number;
  readonly weight1: number;
  readonly weight2: number;
  readonly weight3: number;
  readonly offset: number;
}

/**
 * Weighted sum of three planes of a stack, minus an offset, not below 0: `max(0, Σ weight·plane - offset)`. With equal
 * weights over the visible bands it is brightness.
 */
export const combineKernel: KernelSource = {
  name: 'combine',
  kernel: function kernel(this: Thread<BrightnessConstants>, stack: number[]) {
    const i = this.thread.x;
    const sum =
      this.constants.weight1 * stack[i + this.constants.first] +
      this.constants.weight2 * stack[i + this.constants.second] +
      this.constants.weight3 * stack[i + this.constants.third];
    return Math.max(0, sum - this.constants.offset);
  },
};

/** Gradient magnitude by Sobel's operator divided by 8, in units of the plane a px; edges of the plane are repeated. */
export const gradientKernel: KernelSource = {
  name: 'gradient',
  kernel: function kernel(this: Thread<TextureConstants>, plane: number[]) {
    const width = this.constants.width;
    const row = Math.floor(this.thread.x / width);
    const column = this.thread.x - row * width;
    const up = Math.max(row - 1, 0) * width;
    const middle = row * width;
    const down = Math.min(row + 1, this.constants.height - 1) * width;
    const left = Math.max(column - 1, 0);
    const right = Math.min(column + 1, width - 1);
    const dx =
      plane[up + right] +
      2 * plane[middle + right] +
      plane[down + right] -
      plane[up + left] -
      2 * plane[middle + left] -
      plane[down + left];
    const dy =
      plane[down + left] +
      2 * plane[down + column] +
      plane[down + right] -
      plane[up + left] -
      2 * plane[up + column] -
      plane[up + right];
    return Math.sqrt(dx * dx + dy * dy) / 8;
  },
};

/** Mean over 2·radius+1 px along the row, edges repeated: one half of a separable box mean. */
export const rowMeanKernel: KernelSource = {
  name: 'row_mean',
  kernel: function kernel(this: Thread<TextureConstants>, plane: number[]) {
    const width = this.constants.width;
    const row = Math.floor(this.thread.x / width);
    const column = this.thread.x - row * width;
    const start = row * width;
    let sum = 0;
    for (let k = 0; k < 2 * this.constants.radius + 1; k++) {
      sum += plane[start + Math.min(Math.max(column + k - this.constants.radius, 0), width - 1)];
    }
    return sum / (2 * this.constants.radius + 1);
  },
};

/** Mean over 2·radius+1 px along the column: the other half. */
export const columnMeanKernel: KernelSource = {
  name: 'column_mean',
  kernel: function kernel(this: Thread<TextureConstants>, plane: number[]) {
    const width = this.constants.width;
    const row = Math.floor(this.thread.x / width);
    const column = this.thread.x - row * width;
    let sum = 0;
    for (let k = 0; k < 2 * this.constants.radius + 1; k++) {
      sum +=
        plane[
          Math.min(Math.max(row + k - this.constants.radius, 0), this.constants.height - 1) * width + column
        ];
    }
    return sum / (2 * this.constants.radius + 1);
  },
};
