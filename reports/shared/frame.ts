import { apply, invert, type Point } from '../../raster/affine.js';
import { type Crs, transformer } from '../../raster/crs.js';
import type { Grid } from '../../raster/grid.js';
import type { PolygonRings } from '../../vector/patch.js';

/** A drawing over a grid: units of the SVG's viewBox, x right, y down, the grid's upper left corner at 0, 0. */
export interface Frame {
  readonly grid: Grid;
  readonly width: number;
  readonly height: number;
  readonly metresPerUnit: number;
}

/** @param width units across the grid; the height follows its shape. */
export function frameOf(grid: Grid, width: number): Frame {
  return {
    grid,
    width,
    height: (width * grid.height) / grid.width,
    metresPerUnit: (grid.resolution * grid.crs.metresPerUnit * grid.width) / width,
  };
}

/** Maps points of a CRS to the frame's units. Points the CRS cannot take become NaN. */
export function projector(frame: Frame, from: Crs): (x: number, y: number) => Point {
  const toGrid = transformer(from, frame.grid.crs);
  const toPixel = invert(frame.grid.transform);
  const scale = frame.width / frame.grid.width;
  return (x, y) => {
    const [u, v] = toGrid(x, y);
    const [col, row] = apply(toPixel, u, v);
    return [col * scale, row * scale];
  };
}

/** Rings in the frame's units, without points that lie closer than `step` to the one before. */
export function projectRings(
  rings: PolygonRings,
  project: (x: number, y: number) => Point,
  step = 0,
): Point[][] {
  return rings.map((ring) => {
    const result: Point[] = [];
    for (const [x, y] of ring) {
      const point = project(x, y);
      const last = result.at(-1);
      if (!Number.isFinite(point[0]) || !Number.isFinite(point[1])) continue;
      if (last && Math.hypot(point[0] - last[0], point[1] - last[1]) < step) continue;
      result.push(point);
    }
    return result;
  });
}

/** SVG path data, one closed subpath a ring; with `fill-rule="evenodd"` inner rings are holes. */
export function pathData(rings: readonly (readonly Point[])[], digits = 1): string {
  const round = (value: number) => String(Number(value.toFixed(digits)));
  return rings
    .filter((ring) => ring.length > 2)
    .map((ring) => `M${ring.map(([x, y]) => `${round(x)} ${round(y)}`).join('L')}Z`)
    .join('');
}

export interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

export function boxOf(points: readonly Point[]): Box {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    x0 = Math.min(x0, x);
    y0 = Math.min(y0, y);
    x1 = Math.max(x1, x);
    y1 = Math.max(y1, y);
  }
  return { x0, y0, x1, y1 };
}

export function boxAround(x: number, y: number, width: number, height: number): Box {
  return { x0: x - width / 2, y0: y - height / 2, x1: x + width / 2, y1: y + height / 2 };
}

/** Area two boxes share, 0 where they are apart. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0);
  const height = Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0);
  return width > 0 && height > 0 ? width * height : 0;
}

/** The greatest 1, 2 or 5 times a power of ten, in metres, that is at most `limit` metres. */
export function niceLength(limit: number): number {
  const power = 10 ** Math.floor(Math.log10(limit));
  const digit = limit / power;
  return power * (digit >= 5 ? 5 : digit >= 2 ? 2 : 1);
}

/** A length for a scale bar: 500 m, 2 km. */
export function lengthWords(metres: number): string {
  return metres >= 1000 ? `${metres / 1000} km` : `${Number(metres.toPrecision(3))} m`;
}
