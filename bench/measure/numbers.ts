/** The middle of the values; of the two middle ones the lower, so that it is one that was measured. */
export function median<T>(values: readonly T[], of: (value: T) => number): T {
  if (values.length === 0) throw new RangeError('no values to take the median of');
  const sorted = [...values].sort((a, b) => of(a) - of(b));
  return sorted[(sorted.length - 1) >> 1];
}

/**
 * Exponent e of time ~ pixels^e: the slope of the least-squares line through (log pixels, log time). Null for fewer than
 * two sizes.
 */
export function exponent(
  points: readonly { readonly pixels: number; readonly time: number }[],
): number | null {
  if (points.length < 2) return null;
  const x = points.map(({ pixels }) => Math.log(pixels));
  const y = points.map(({ time }) => Math.log(time));
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const across = x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
  if (across === 0) return null;
  return x.reduce((sum, value, i) => sum + (value - mx) * (y[i] - my), 0) / across;
}
