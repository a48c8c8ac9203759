import type { KernelSource } from './backend.js';
import { normalizedDifference } from './maths.js';

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

/**
 * Plain index differencing (docs/design.md, section 4): the change code 0, 4, 5 or 7 of a pixel, and half the larger
 * index difference as magnitude, packed as `code * 128 + floor(magnitude * 128)`, at most 127. Stacks hold green, red, nir.
 */
export const indexDifferenceKernel: KernelSource = {
  name: 'index_difference',
  kernel: function kernel(this: Thread<{ length: number }>, before: number[], after: number[]) {
    const green = this.thread.x;
    const red = this.thread.x + this.constants.length;
    const nir = red + this.constants.length;
    const ndviBefore = normalizedDifference(before[nir], before[red]);
    const ndviAfter = normalizedDifference(after[nir], after[red]);
    const ndwiBefore = normalizedDifference(before[green], before[nir]);
    const ndwiAfter = normalizedDifference(after[green], after[nir]);
    let code = 0;
    if (ndviBefore > 0.5 && ndviBefore - ndviAfter > 0.2 && ndwiAfter < 0) {
      code = 7;
    }
    if (ndwiBefore > 0.1 && ndwiAfter < 0) {
      code = 5;
    }
    if (ndwiAfter > 0.1 && ndwiBefore < 0) {
      code = 4;
    }
    const vegetation = Math.abs(ndviAfter - ndviBefore);
    const water = Math.abs(ndwiAfter - ndwiBefore);
    const magnitude = Math.max(vegetation, water) / 2;
    return code * 128 + Math.min(127, Math.floor(magnitude * 128));
  },
  functions: [normalizedDifference],
};
