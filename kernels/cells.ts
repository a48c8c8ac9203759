import type { KernelSource } from './backend.js';
import type { Thread } from './indices.js';

/** Baked into `cellSumKernel`: the block in px, and the square cells it is cut into. */
export interface CellConstants {
  readonly width: number;
  readonly height: number;
  /** px a side of a cell, and cells a row and in all. */
  readonly side: number;
  readonly columns: number;
  readonly cells: number;
  readonly bands: number;
}

/**
 * Sums over the usable pixels of each cell: of every band of the stack, band after band, then their number. Cells at the
 * right and lower edge may be cut off. `usable` has a number a pixel, 1 or 0.
 */
export const cellSumKernel: KernelSource = {
  name: 'cell_sum',
  kernel: function kernel(this: Thread<CellConstants>, stack: number[], usable: number[]) {
    const band = Math.floor(this.thread.x / this.constants.cells);
    const cell = this.thread.x - band * this.constants.cells;
    const row = Math.floor(cell / this.constants.columns);
    const left = (cell - row * this.constants.columns) * this.constants.side;
    const top = row * this.constants.side;
    const plane = band * this.constants.width * this.constants.height;
    let sum = 0;
    for (let dy = 0; dy < this.constants.side; dy++) {
      for (let dx = 0; dx < this.constants.side; dx++) {
        const x = left + dx;
        const y = top + dy;
        if (x < this.constants.width && y < this.constants.height) {
          const i = y * this.constants.width + x;
          if (band < this.constants.bands) {
            sum += stack[plane + i] * usable[i];
          } else {
            sum += usable[i];
          }
        }
      }
    }
    return sum;
  },
};
