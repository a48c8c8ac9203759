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

/** A slope and its standard error, both as shares of the values' mean an hour. */
export interface Slope {
  readonly anHour: number;
  readonly error: number;
}

/** Of the least-squares line; null for fewer than three points. */
export function slopeOf(points: readonly Point[]): Slope | null {
  if (points.length < 3) return null;
  const meanS = points.reduce((sum, { s }) => sum + s, 0) / points.length;
  const mean = points.reduce((sum, { value }) => sum + value, 0) / points.length;
  const across = points.reduce((sum, { s }) => sum + (s - meanS) ** 2, 0);
  const slope = points.reduce((sum, { s, value }) => sum + (s - meanS) * (value - mean), 0) / across;
  const off = points.reduce((sum, { s, value }) => sum + (value - mean - slope * (s - meanS)) ** 2, 0);
  const error = Math.sqrt(off / (points.length - 2) / across);
  return { anHour: (slope * 3600) / mean, error: (error * 3600) / mean };
}
