import type { Bounds } from '../raster/grid.js';
import { fractal, noise } from './random.js';

/** The lie of the land, in metres of the world frame. */
export interface Terrain {
  /** Height over the hill's foot in metres; above 0 is hill, forested. */
  height(x: number, y: number): number;
  /** Eastward and northward slope (rise over run) of the ground, by finite differences. */
  slope(x: number, y: number, out: { east: number; north: number }): void;
  /** Metres inside the reservoir's high-water line (negative outside). */
  reservoir(x: number, y: number): number;
  /** Metres inside the river's ordinary bank (negative outside). */
  river(x: number, y: number): number;
  readonly reservoirCentre: readonly [x: number, y: number];
  readonly reservoirRadius: number;
}

/** Spacing of the lattice that smooth fields are kept on, in metres. */
const STEP = 20;
/** Share of the land that is hill. */
const HILL_SHARE = 0.27;

export function createTerrain(bounds: Bounds, seed: number): Terrain {
  const width = bounds.maxX - bounds.minX;
  const height = bounds.maxY - bounds.minY;
  const margin = 400;
  const x0 = bounds.minX - margin;
  const y0 = bounds.minY - margin;
  const cols = Math.ceil((width + 2 * margin) / STEP) + 2;
  const rows = Math.ceil((height + 2 * margin) / STEP) + 2;
  const size = Math.min(width, height);

  // hills rise to the north-east, as Wutong mountain does
  const raw = lattice(cols, rows, (x, y) => {
    const u = (x0 + x - bounds.minX) / width;
    const v = (y0 + y - bounds.minY) / height;
    const broad = fractal((x / size) * 2.6, (y / size) * 2.6, seed + 1, 4);
    return broad + 0.45 * u + 0.4 * v + 0.05 * fractal(x / 90, y / 90, seed + 2, 2);
  });
  const sorted = Float32Array.from(raw).sort();
  const foot = sorted[Math.floor(sorted.length * (1 - HILL_SHARE))];
  const steepness = 260;
  const heights = raw.map((value) => (value - foot) * steepness);

  const radius = 0.12 * size;
  const centre = [bounds.minX + 0.6 * width, bounds.minY + 0.6 * height] as const;
  const reservoirField = lattice(cols, rows, (x, y) => {
    const dx = x0 + x - centre[0];
    const dy = (y0 + y - centre[1]) * 1.35;
    const angle = Math.atan2(dy, dx);
    const lobes = 1 + 0.22 * Math.sin(3 * angle + seed) + 0.13 * Math.sin(5 * angle + 2 * seed);
    const bays = 0.25 * (fractal(x / (0.6 * radius), y / (0.6 * radius), seed + 5, 3) - 0.5);
    return (lobes + bays) * radius - Math.hypot(dx, dy);
  });

  const at = (field: Float32Array, x: number, y: number) => {
    const u = Math.min(cols - 1.001, Math.max(0, (x - x0) / STEP));
    const v = Math.min(rows - 1.001, Math.max(0, (y - y0) / STEP));
    const i = Math.floor(u);
    const j = Math.floor(v);
    const a = u - i;
    const b = v - j;
    const o = j * cols + i;
    return (
      (field[o] * (1 - a) + field[o + 1] * a) * (1 - b) +
      (field[o + cols] * (1 - a) + field[o + cols + 1] * a) * b
    );
  };

  const riverMiddle = (x: number) => {
    const u = (x - bounds.minX) / width;
    const bend = 0.035 * Math.sin(7 * u + seed) + 0.02 * Math.sin(17 * u + 3 * seed);
    return bounds.minY + height * (0.12 + bend) + 30 * (noise(x / 260, 0.5, seed + 9) - 0.5);
  };
  // asked for every point: kept as tables along x, like the other smooth fields
  const middles = Float64Array.from({ length: cols }, (_, i) => riverMiddle(x0 + i * STEP));
  const halves = Float64Array.from(
    { length: cols },
    (_, i) => 19 + 5 * noise((x0 + i * STEP) / 140, 2.5, seed + 11),
  );
  const riverLow = middles.reduce((low, y) => Math.min(low, y)) - 24;
  const riverHigh = middles.reduce((high, y) => Math.max(high, y)) + 24;
  const lakeReach = 2 * radius;

  return {
    height: (x, y) => at(heights, x, y),
    slope(x, y, out) {
      out.east = (at(heights, x + STEP, y) - at(heights, x - STEP, y)) / (2 * STEP);
      out.north = (at(heights, x, y + STEP) - at(heights, x, y - STEP)) / (2 * STEP);
    },
    reservoir(x, y) {
      const far = Math.max(Math.abs(x - centre[0]), Math.abs(y - centre[1]));
      return far > lakeReach ? lakeReach - radius - far : at(reservoirField, x, y);
    },
    river(x, y) {
      if (y < riverLow) return y - riverLow;
      if (y > riverHigh) return riverHigh - y;
      const u = Math.min(cols - 1.001, Math.max(0, (x - x0) / STEP));
      const i = Math.floor(u);
      const a = u - i;
      const middle = middles[i] * (1 - a) + middles[i + 1] * a;
      return halves[i] * (1 - a) + halves[i + 1] * a - Math.abs(y - middle);
    },
    reservoirCentre: centre,
    reservoirRadius: radius,
  };
}

function lattice(cols: number, rows: number, value: (x: number, y: number) => number): Float32Array {
  const field = new Float32Array(cols * rows);
  for (let j = 0; j < rows; j++)
    for (let i = 0; i < cols; i++) field[j * cols + i] = value(i * STEP, j * STEP);
  return field;
}
