import { crsFromEpsg } from '../../raster/crs.js';
import type { Grid, Window } from '../../raster/grid.js';
import { extractRuns, mergeRuns, type Runs } from '../../raster/runs.js';

/** A made class raster: one change code a pixel, 0 for none. */
export interface ClassRaster {
  readonly width: number;
  readonly height: number;
  readonly code: Uint8Array;
}

/** Uniform 0-1 that depends on place and seed alone, by 32-bit integer hashing: any language can make the same. */
export function hashAt(x: number, y: number, seed: number): number {
  let v = Math.imul(x + 1, 0x9e3779b1) ^ Math.imul(y + 1, 0x85ebca77) ^ Math.imul(seed, 0xc2b2ae3d);
  v ^= v >>> 15;
  v = Math.imul(v, 0x2c1b3c6d);
  v ^= v >>> 12;
  v = Math.imul(v, 0x297a2d39);
  v ^= v >>> 15;
  return (v >>> 0) / 2 ** 32;
}

export function rasterBy(width: number, height: number, code: (x: number, y: number) => number): ClassRaster {
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data[y * width + x] = code(x, y);
  return { width, height, code: data };
}

/** Salt of `classes` codes 1, 2, … covering `density` of the pixels. */
export function salt(
  width: number,
  height: number,
  seed: number,
  density: number,
  classes: number,
): ClassRaster {
  return rasterBy(width, height, (x, y) => {
    const u = hashAt(x, y, seed);
    return u < density ? 1 + Math.floor((u / density) * classes) : 0;
  });
}

/** Large blobs of `classes` codes, with holes in them: smoothed hash noise, cut into bands. */
export function blobs(width: number, height: number, seed: number, classes: number): ClassRaster {
  const cell = 9;
  const value = (x: number, y: number) => {
    const [i, j] = [Math.floor(x / cell), Math.floor(y / cell)];
    const [u, v] = [x / cell - i, y / cell - j];
    const at = (di: number, dj: number) => hashAt(i + di, j + dj, seed);
    return (at(0, 0) * (1 - u) + at(1, 0) * u) * (1 - v) + (at(0, 1) * (1 - u) + at(1, 1) * u) * v;
  };
  return rasterBy(width, height, (x, y) => Math.min(classes, Math.floor(value(x, y) * (classes + 1))));
}

/** From rows of text: `.` none, a digit a code. */
export function drawn(...rows: readonly string[]): ClassRaster {
  return rasterBy(rows[0].length, rows.length, (x, y) => (rows[y][x] === '.' ? 0 : Number(rows[y][x])));
}

export interface RunOptions {
  /** Side of the blocks the raster is cut in; the whole raster where absent. */
  readonly block?: number;
  /** Zone index of a pixel, -1 outside all. */
  readonly zone?: (x: number, y: number) => number;
  /** 0-127 a pixel; 64 where absent. */
  readonly confidence?: (x: number, y: number) => number;
}

/** The raster's runs, extracted block by block with a halo and merged, as the engine does. */
export function runsOf(raster: ClassRaster, options: RunOptions = {}): Runs {
  const size = options.block ?? Math.max(raster.width, raster.height);
  const parts: { core: Window; runs: Runs }[] = [];
  for (let y = 0; y < raster.height; y += size) {
    for (let x = 0; x < raster.width; x += size) {
      const core = {
        x,
        y,
        width: Math.min(size, raster.width - x),
        height: Math.min(size, raster.height - y),
      };
      parts.push({ core, runs: extractRuns(codedBlock(raster, core, options)) });
    }
  }
  return mergeRuns(parts);
}

const HALO = 2;

function codedBlock(raster: ClassRaster, core: Window, { zone, confidence }: RunOptions) {
  const stride = core.width + 2 * HALO;
  const length = stride * (core.height + 2 * HALO);
  const planes = {
    code: new Uint8Array(length),
    confidence: new Uint8Array(length),
    bare: new Uint8Array(length),
  };
  const zones = zone ? new Uint16Array(core.width * core.height) : null;
  for (let i = 0; i < length; i++) {
    const [x, y] = [core.x - HALO + (i % stride), core.y - HALO + Math.floor(i / stride)];
    // the halo beyond the raster holds another code: nothing of it may get into the runs
    const inside = x >= 0 && y >= 0 && x < raster.width && y < raster.height;
    planes.code[i] = inside ? raster.code[y * raster.width + x] : 7;
    planes.confidence[i] = confidence?.(x, y) ?? 64;
  }
  for (let i = 0; zones !== null && zone && i < zones.length; i++) {
    zones[i] = zone(core.x + (i % core.width), core.y + Math.floor(i / core.width)) + 1;
  }
  return { core, stride, left: HALO, top: HALO, ...planes, zones };
}

/** A grid of the raster's size at Luohu. */
export function gridFor({ width, height }: ClassRaster, resolution = 2): Grid {
  return {
    crs: crsFromEpsg(4547),
    resolution,
    width,
    height,
    transform: [resolution, 0, 512_000, 0, -resolution, 2_496_000],
  };
}

export function spiral(side: number): ClassRaster {
  const code = new Uint8Array(side * side);
  let [x, y, dx, dy] = [0, 0, 1, 0];
  const free = (px: number, py: number) =>
    px >= 0 && py >= 0 && px < side && py < side && code[py * side + px] === 0;
  for (let turns = 0; turns < 2; ) {
    code[y * side + x] = 1;
    const ahead = x + dx >= 0 && y + dy >= 0 && x + dx < side && y + dy < side;
    // one pixel stays empty between two windings
    const open = free(x + dx, y + dy) && (!ahead || code[(y + 2 * dy) * side + x + 2 * dx] !== 1);
    if (open) {
      x += dx;
      y += dy;
      turns = 0;
    } else {
      [dx, dy] = [-dy, dx];
      turns++;
    }
  }
  return { width: side, height: side, code };
}
