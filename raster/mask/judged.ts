import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { DateBlock } from '../../kernels/detector.js';
import type { Window } from '../grid.js';

/**
 * Where a month's own run could not judge the ground: under cloud and shadow as it saw them, and where it had nothing to compare with.
 * In a later run such ground must not pass for known, or what was built there in between is told by neither.
 */

/** Side of a cell, px of the states' raster. */
export const UNJUDGED_SIDE = 8;

/** Marked cells of a grid, row by row, packed: a month's are a few kilobytes, and travel with a job. */
export interface UnjudgedCells {
  readonly columns: number;
  /** A byte a cell, deflated, in base64. */
  readonly packed: string;
}

/** @param marked 1 in cells that the run could not judge; marking more tells of what is known a second time */
export function packUnjudged(columns: number, marked: Uint8Array): UnjudgedCells {
  return { columns, packed: deflateRawSync(marked).toString('base64') };
}

const unpacked = new WeakMap<UnjudgedCells, Uint8Array>();

function cellsOf(cells: UnjudgedCells): Uint8Array {
  const known = unpacked.get(cells) ?? inflateRawSync(Buffer.from(cells.packed, 'base64'));
  unpacked.set(cells, known);
  return known;
}

/**
 * Takes the pixels in marked cells out of `usable`. `size` is what a pixel of the window measures in px of the states' raster.
 * @returns those taken, 1 a pixel; null where there are none.
 */
export function takeUnjudged(
  { usable }: DateBlock,
  window: Window,
  cells: UnjudgedCells,
  size = 1,
): Uint8Array | null {
  const side = UNJUDGED_SIDE / size;
  const marked = cellsOf(cells);
  const { columns } = cells;
  const rows = marked.length / columns;
  const from = (at: number) => Math.max(0, Math.floor(at / side));
  const to = (at: number, most: number) => Math.min(most, Math.ceil(at / side));
  let taken: Uint8Array | null = null;
  for (let row = from(window.y); row < to(window.y + window.height, rows); row++) {
    for (let column = from(window.x); column < to(window.x + window.width, columns); column++) {
      if (marked[row * columns + column] === 0) continue;
      taken ??= new Uint8Array(usable.length);
      const x0 = Math.max(0, column * side - window.x);
      const x1 = Math.min(window.width, (column + 1) * side - window.x);
      const y1 = Math.min(window.height, (row + 1) * side - window.y);
      for (let y = Math.max(0, row * side - window.y); y < y1; y++) {
        for (let i = y * window.width + x0; i < y * window.width + x1; i++) {
          taken[i] = usable[i];
          usable[i] = 0;
        }
      }
    }
  }
  return taken;
}

/** Gives back what was taken and nobody else has filled: its values still stand in the stack. */
export function giveBack({ usable }: DateBlock, taken: Uint8Array): void {
  for (let i = 0; i < usable.length; i++) usable[i] |= taken[i];
}
