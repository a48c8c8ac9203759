import { UNUSABLE } from '../kernels/classes.js';
import type { Window } from './grid.js';

/**
 * Horizontal runs of equal change code and zone, in rows of the grid: what leaves a block instead of its pixels.
 * Struct of arrays; run k covers px [x0[k], x1[k]) of row y[k]. Code 0 has no runs; 255 (unusable) has.
 */
export interface Runs {
  readonly count: number;
  readonly y: Int32Array;
  readonly x0: Int32Array;
  readonly x1: Int32Array;
  readonly code: Uint8Array;
  /** Index of the subdistrict, -1 outside all. */
  readonly zone: Int16Array;
  /** Sum of confidence (0-127) over the run's pixels. */
  readonly confidence: Uint32Array;
  /** Pixels that turned from forest or water to bare ground. */
  readonly bare: Uint32Array;
}

export function allocateRuns(count: number): Runs {
  return {
    count,
    y: new Int32Array(count),
    x0: new Int32Array(count),
    x1: new Int32Array(count),
    code: new Uint8Array(count),
    zone: new Int16Array(count),
    confidence: new Uint32Array(count),
    bare: new Uint32Array(count),
  };
}

/** Planes of a padded block, `stride` px wide; the core begins at (left, top) in it. */
export interface CodedBlock {
  readonly core: Window;
  readonly stride: number;
  readonly left: number;
  readonly top: number;
  readonly code: Uint8Array;
  readonly confidence: Uint8Array;
  readonly bare: Uint8Array;
  /** Subdistrict index + 1 a px of the core, 0 outside; null where no subdistricts are known. */
  readonly zones: Uint16Array | null;
}

/** Runs of the block's core in grid px, row by row. */
export function extractRuns(block: CodedBlock): Runs {
  const runs = allocateRuns(countRuns(block));
  let k = -1;
  forEachPixel(block, (x, y, code, zone, isNew, at) => {
    if (isNew) {
      k++;
      runs.y[k] = y;
      runs.x0[k] = x;
      runs.code[k] = code;
      runs.zone[k] = zone - 1;
    }
    runs.x1[k] = x + 1;
    if (code === UNUSABLE) return;
    runs.confidence[k] += block.confidence[at];
    runs.bare[k] += block.bare[at];
  });
  return runs;
}

function countRuns(block: CodedBlock): number {
  let count = 0;
  forEachPixel(block, (_x, _y, _code, _zone, isNew) => {
    if (isNew) count++;
  });
  return count;
}

/** Visits the pixels that have a code, telling where a new run begins. */
function forEachPixel(
  { core, stride, left, top, code, zones }: CodedBlock,
  visit: (x: number, y: number, code: number, zone: number, isNew: boolean, at: number) => void,
): void {
  for (let row = 0; row < core.height; row++) {
    let lastCode = 0;
    let lastZone = 0;
    const start = (row + top) * stride + left;
    for (let column = 0; column < core.width; column++) {
      const value = code[start + column];
      if (value === 0) {
        lastCode = 0;
        continue;
      }
      const zone = zones === null ? 0 : zones[row * core.width + column];
      visit(
        core.x + column,
        core.y + row,
        value,
        zone,
        value !== lastCode || zone !== lastZone,
        start + column,
      );
      lastCode = value;
      lastZone = zone;
    }
  }
}

/**
 * Puts the runs of blocks into row-major order of the whole grid. `blocks` are in row-major order of the blocks;
 * memory is that of the runs, not of the pixels.
 */
export function mergeRuns(blocks: readonly { readonly core: Window; readonly runs: Runs }[]): Runs {
  const merged = allocateRuns(blocks.reduce((sum, block) => sum + block.runs.count, 0));
  let out = 0;
  for (let first = 0; first < blocks.length; ) {
    const { y, height } = blocks[first].core;
    let last = first;
    while (last < blocks.length && blocks[last].core.y === y) last++;
    const band = blocks.slice(first, last);
    const next = new Int32Array(band.length);
    for (let row = y; row < y + height; row++) {
      for (let b = 0; b < band.length; b++) {
        const { runs } = band[b];
        const from = next[b];
        let to = from;
        while (to < runs.count && runs.y[to] === row) to++;
        copyRuns(runs, from, to, merged, out);
        out += to - from;
        next[b] = to;
      }
    }
    first = last;
  }
  return merged;
}

function copyRuns(source: Runs, from: number, to: number, target: Runs, at: number): void {
  for (let k = from; k < to; k++) {
    const o = at + k - from;
    target.y[o] = source.y[k];
    target.x0[o] = source.x0[k];
    target.x1[o] = source.x1[k];
    target.code[o] = source.code[k];
    target.zone[o] = source.zone[k];
    target.confidence[o] = source.confidence[k];
    target.bare[o] = source.bare[k];
  }
}
