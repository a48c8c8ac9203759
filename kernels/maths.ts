/**
 * Small functions that kernels call. GPU.js compiles their text: no imports, no closures, numbers only.
 */

/** Normalized difference (a-b)/(a+b) in [-1, 1]; 0 where the sum is not positive (dark or invalid pixels). */
export function normalizedDifference(a: number, b: number): number {
  const sum = a + b;
  if (sum <= 0) {
    return 0;
  }
  return Math.min(1, Math.max(-1, (a - b) / sum));
}

/** Linear ramp: 0 at `low` and below, 1 at `high` and above. */
export function ramp(value: number, low: number, high: number): number {
  return Math.min(1, Math.max(0, (value - low) / (high - low)));
}
