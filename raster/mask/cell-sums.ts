import type { Backend } from '../../kernels/backend.js';
import { cellSumKernel } from '../../kernels/cells.js';
import type { DateBlock } from '../../kernels/detector.js';
import { type CellSums, cellsOf, type MaskFrame } from './obscured.js';

/** Sums a date over the mask's cells. */
export type CellSummer = (date: DateBlock) => Promise<CellSums>;

/** By a kernel, for blocks of one shape and set of bands; null where their pixels are too coarse for cells. */
export function cellSummer(backend: Backend, frame: MaskFrame, bands: number): CellSummer | null {
  const cells = cellsOf(frame);
  if (cells === null) return null;
  const { columns, rows, side } = cells;
  const count = columns * rows;
  const { width, height } = frame;
  const constants = { width, height, side, columns, cells: count, bands };
  const kernel = backend.compile(cellSumKernel, count * (bands + 1), constants);
  return ({ stack, usable }) => kernel.run([stack, usable]);
}
