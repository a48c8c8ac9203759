const BINS = 256;

/**
 * The threshold that parts the values into two classes of the largest variance between them, over a histogram of 256 bins
 * from the least to the largest value (Otsu 1979, "A threshold selection method from gray-level histograms").
 */
export function otsu(values: ArrayLike<number>): number {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  if (!(high > low)) return high;
  const width = (high - low) / BINS;
  const histogram = new Float64Array(BINS);
  for (let i = 0; i < values.length; i++)
    histogram[Math.min(BINS - 1, Math.floor((values[i] - low) / width))]++;
  const mean = histogram.reduce((sum, count, k) => sum + count * k, 0) / values.length;
  let [best, at, below, sum] = [-1, 0, 0, 0];
  for (let k = 0; k < BINS - 1; k++) {
    below += histogram[k];
    sum += histogram[k] * k;
    const above = values.length - below;
    if (below === 0 || above === 0) continue;
    const between = (mean * below - sum) ** 2 / (below * above);
    if (between > best) [best, at] = [between, k];
  }
  return low + (at + 1) * width;
}

/** 1 where a value lies above the threshold. */
export function above(values: ArrayLike<number>, threshold: number): Uint8Array {
  return Uint8Array.from(values, (value) => (value > threshold ? 1 : 0));
}
