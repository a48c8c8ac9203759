import { type Affine, apply, type Point } from './affine.js';
import type { Crs } from './crs.js';

/**
 * The one raster frame of a run: CRS, square north-up pixels, size. A pixel buffer never travels without its Grid.
 * The transform maps px (corner of the pixel) to CRS units.
 */
export interface Grid {
  readonly crs: Crs;
  /** Side of a pixel in CRS units (metres for every CRS in metres). */
  readonly resolution: number;
  readonly width: number;
  readonly height: number;
  readonly transform: Affine;
}

/** A rectangle of pixels; x, y is its upper left pixel. */
export interface Window {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Bounds in CRS units. */
export interface Bounds {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}

/** A unit of work: the pixels it answers for. */
export interface Block {
  readonly index: number;
  readonly core: Window;
}

/** Side of a block's core in px. */
export const BLOCK_SIZE = 1024;

/**
 * The grid that covers `bounds`, its pixel edges on `phase` plus whole multiples of `resolution`, so that every month
 * of a district shares it. `phase` is any corner of the lattice in CRS units.
 */
export function snappedGrid(crs: Crs, bounds: Bounds, resolution: number, phase: Point = [0, 0]): Grid {
  // a millionth of a pixel keeps an edge that already lies on the lattice from growing a row by rounding
  const slack = 1e-6;
  const left = Math.floor((bounds.minX - phase[0]) / resolution + slack);
  const right = Math.ceil((bounds.maxX - phase[0]) / resolution - slack);
  const bottom = Math.floor((bounds.minY - phase[1]) / resolution + slack);
  const top = Math.ceil((bounds.maxY - phase[1]) / resolution - slack);
  return {
    crs,
    resolution,
    width: Math.max(1, right - left),
    height: Math.max(1, top - bottom),
    transform: [resolution, 0, phase[0] + left * resolution, 0, -resolution, phase[1] + top * resolution],
  };
}

export function gridBounds(grid: Grid): Bounds {
  const [minX, maxY] = apply(grid.transform, 0, 0);
  const [maxX, minY] = apply(grid.transform, grid.width, grid.height);
  return { minX, minY, maxX, maxY };
}

/** The grid of the same place whose pixels are cells of `cell` px a side; the last ones may reach beyond it. */
export function cellsOfGrid(grid: Grid, cell: number): Grid {
  if (cell === 1) return grid;
  const [a, b, c, d, e, f] = grid.transform;
  return {
    crs: grid.crs,
    resolution: grid.resolution * cell,
    width: Math.ceil(grid.width / cell),
    height: Math.ceil(grid.height / cell),
    transform: [a * cell, b * cell, c, d * cell, e * cell, f],
  };
}

/** A window of cells in px. */
export function windowInPixels({ x, y, width, height }: Window, cell: number): Window {
  return { x: x * cell, y: y * cell, width: width * cell, height: height * cell };
}

/** Area of one pixel in m². */
export function pixelArea(grid: Grid): number {
  const side = grid.resolution * (grid.crs.kind === 'projected' ? grid.crs.metresPerUnit : Number.NaN);
  return side * side;
}

/** Cuts the grid into blocks in row-major order; those at the right and lower edge may be smaller. */
export function blocks(grid: Grid, size = BLOCK_SIZE): Block[] {
  const result: Block[] = [];
  for (let y = 0; y < grid.height; y += size) {
    for (let x = 0; x < grid.width; x += size) {
      const core = { x, y, width: Math.min(size, grid.width - x), height: Math.min(size, grid.height - y) };
      result.push({ index: result.length, core });
    }
  }
  return result;
}

/** Grid as it is written to `summary.json` and the database. */
export function describeGrid(grid: Grid) {
  return {
    crs: grid.crs.name,
    resolution: grid.resolution,
    width: grid.width,
    height: grid.height,
    transform: [...grid.transform],
  };
}
