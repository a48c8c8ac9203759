/**
 * Small functions that kernels call. GPU.js compiles their text: no imports, no closures, numbers only; a single expression
 * each, so that they can be written out where they are called (inline.ts).
 */

/** Normalized difference (a-b)/(a+b) in [-1, 1]; 0 where the sum is not positive (dark or invalid pixels). */
export function normalizedDifference(a: number, b: number): number {
  return a + b > 0 ? Math.min(1, Math.max(-1, (a - b) / (a + b))) : 0;
}

/** Linear ramp: 0 at `low` and below, 1 at `high` and above. */
export function ramp(value: number, low: number, high: number): number {
  return value <= low ? 0 : value >= high ? 1 : (value - low) / (high - low);
}
