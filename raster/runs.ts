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
  /** OUTLINE_SUMS a run: how sharply the outline of its region stands out (rims.ts); null where nobody asks. */
  readonly outline: Float32Array | null;
}

/** Sums a run carries of its region's outline. */
export const OUTLINE_SUMS = 15;

export function allocateRuns(count: number, outlined = false): Runs {
  return {
    count,
    y: new Int32Array(count),
    x0: new Int32Array(count),
    x1: new Int32Array(count),
    code: new Uint8Array(count),
    zone: new Int16Array(count),
    confidence: new Uint32Array(count),
    bare: new Uint32Array(count),
    outline: outlined ? new Float32Array(OUTLINE_SUMS * count) : null,
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
  /** Null where nothing is known of it. */
  readonly bare: Uint8Array | null;
  /** Subdistrict index + 1 a px of the core, 0 outside; null where no subdistricts are known. */
  readonly zones: Uint16Array | null;
}

/** The bytes seen four at a time, where they lie so. */
function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint32Array | null {
  return byteOffset % 4 === 0 ? new Uint32Array(buffer, byteOffset, byteLength >> 2) : null;
}

/** The next place that is not 0, or `end`: nearly all of most planes is 0, so four places are looked at as one. */
function skipZeros(code: Uint8Array, words: Uint32Array | null, from: number, end: number): number {
  let at = from;
  if (words !== null) {
    for (; at < end && (at & 3) !== 0; at++) if (code[at] !== 0) return at;
    while (at + 4 <= end && words[at >> 2] === 0) at += 4;
  }
  while (at < end && code[at] === 0) at++;
  return at;
}

/** Runs a block begins with room for. */
const FIRST_ROOM = 1024;

/** Runs of the block's core in grid px, row by row. One pass over the pixels. */
export function extractRuns(block: CodedBlock): Runs {
  const { core, stride, left, top, code, confidence, bare, zones } = block;
  const words = wordsOf(code);
  let runs = allocateRuns(FIRST_ROOM);
  let count = 0;
  for (let row = 0; row < core.height; row++) {
    const start = (row + top) * stride + left;
    const end = start + core.width;
    // from a place in the planes to its place in the zones
    const toZone = row * core.width - start;
    for (let at = start; at < end; ) {
      const value = code[at];
      if (value === 0) {
        at = skipZeros(code, words, at + 1, end);
        continue;
      }
      const first = at;
      const zone = zones === null ? 0 : zones[at + toZone];
      let sum = 0;
      let bareSum = 0;
      do {
        sum += confidence[at];
        if (bare !== null) bareSum += bare[at];
        at++;
      } while (at < end && code[at] === value && (zones === null || zones[at + toZone] === zone));
      if (count === runs.count) runs = copyRuns(runs, 0, count, allocateRuns(2 * count), 0);
      runs.y[count] = core.y + row;
      runs.x0[count] = core.x + first - start;
      runs.x1[count] = core.x + at - start;
      runs.code[count] = value;
      runs.zone[count] = zone - 1;
      if (value !== UNUSABLE) {
        runs.confidence[count] = sum;
        runs.bare[count] = bareSum;
      }
      count++;
    }
  }
  return copyRuns(runs, 0, count, allocateRuns(count), 0);
}

/**
 * Puts the runs of blocks into row-major order of the whole grid. `blocks` are in row-major order of the blocks;
 * memory is that of the runs, not of the pixels.
 */
export function mergeRuns(blocks: readonly { readonly core: Window; readonly runs: Runs }[]): Runs {
  const outlined = blocks.some(({ runs }) => runs.outline !== null);
  const merged = allocateRuns(
    blocks.reduce((sum, block) => sum + block.runs.count, 0),
    outlined,
  );
  let out = 0;
  for (let first = 0; first < blocks.length; ) {
    const { y, height } = blocks[first].core;
    let last = first;
    while (last < blocks.length && blocks[last].core.y === y) last++;
    const band = blocks.slice(first, last).map(({ runs }) => runs);
    const next = new Int32Array(band.length);
    for (let row = y; row < y + height; row++) {
      for (let b = 0; b < band.length; b++) {
        const runs = band[b];
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

/** The runs whose place in `keep` is not 0, in their order. */
export function selectRuns(runs: Runs, keep: Uint8Array): Runs {
  let count = 0;
  for (let k = 0; k < runs.count; k++) if (keep[k] !== 0) count++;
  const selected = allocateRuns(count, runs.outline !== null);
  let out = 0;
  for (let k = 0; k < runs.count; ) {
    if (keep[k] === 0) {
      k++;
      continue;
    }
    const from = k;
    while (k < runs.count && keep[k] !== 0) k++;
    copyRuns(runs, from, k, selected, out);
    out += k - from;
  }
  return selected;
}

/** Copies runs `from` to `to` (not included) to place `at` of `target`, which it returns. */
export function copyRuns(source: Runs, from: number, to: number, target: Runs, at: number): Runs {
  const { y, x0, x1, code, zone, confidence, bare, outline } = source;
  // slices of a row are short: a loop is quicker than views of them
  for (let k = from, o = at; k < to; k++, o++) {
    target.y[o] = y[k];
    target.x0[o] = x0[k];
    target.x1[o] = x1[k];
    target.code[o] = code[k];
    target.zone[o] = zone[k];
    target.confidence[o] = confidence[k];
    target.bare[o] = bare[k];
  }
  if (outline !== null && target.outline !== null) {
    target.outline.set(outline.subarray(from * OUTLINE_SUMS, to * OUTLINE_SUMS), at * OUTLINE_SUMS);
  }
  return target;
}

/**
 * Runs of cells in px of the grid whose cells they are: each in as many rows as a cell has, as far as the grid goes. Outlines
 * are not carried over.
 * @param cell px a side
 */
export function runsInPixels(
  runs: Runs,
  cell: number,
  { width, height }: Pick<Window, 'width' | 'height'>,
): Runs {
  if (cell === 1) return runs;
  const rowsOf = (y: number) => Math.min(cell, height - y * cell);
  let count = 0;
  for (let k = 0; k < runs.count; k++) count += rowsOf(runs.y[k]);
  const result = allocateRuns(count);
  let out = 0;
  for (let from = 0; from < runs.count; ) {
    const y = runs.y[from];
    let to = from;
    while (to < runs.count && runs.y[to] === y) to++;
    for (let row = 0; row < rowsOf(y); row++) {
      for (let k = from; k < to; k++, out++) {
        const [x0, x1] = [runs.x0[k] * cell, Math.min(width, runs.x1[k] * cell)];
        // of the px that a cell has in this row
        const share = (x1 - x0) / (runs.x1[k] - runs.x0[k]);
        result.y[out] = y * cell + row;
        result.x0[out] = x0;
        result.x1[out] = x1;
        result.code[out] = runs.code[k];
        result.zone[out] = runs.zone[k];
        result.confidence[out] = Math.round(runs.confidence[k] * share);
        result.bare[out] = Math.round(runs.bare[k] * share);
      }
    }
    from = to;
  }
  return result;
}

/** Place of the first run of a row or of those below it, in runs of rows that ascend. */
export function firstOfRow({ count, y }: Runs, row: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (y[middle] < row) low = middle + 1;
    else high = middle;
  }
  return low;
}
