/** A value at a time, s. */
export interface Point {
  readonly s: number;
  readonly value: number;
}

/** Least values of windows of so many seconds: what a collector of garbage leaves, without its saw teeth. */
export function floors(points: readonly Point[], windowS: number): Point[] {
  const least = new Map<number, Point>();
  for (const point of points) {
    const window = Math.floor(point.s / windowS);
    const known = least.get(window);
    if (known === undefined || point.value < known.value) least.set(window, point);
  }
  return [...least.values()];
}

/** Slope of the least-squares line, as a share of the values' mean an hour; null for fewer than two points. */
export function sharePerHour(points: readonly Point[]): number | null {
  if (points.length < 2) return null;
  const meanS = points.reduce((sum, { s }) => sum + s, 0) / points.length;
  const mean = points.reduce((sum, { value }) => sum + value, 0) / points.length;
  const across = points.reduce((sum, { s }) => sum + (s - meanS) ** 2, 0);
  const slope = points.reduce((sum, { s, value }) => sum + (s - meanS) * (value - mean), 0) / across;
  return (slope * 3600) / mean;
}
