import { CELL_HEAD, CELL_SIZE, type CellMap } from '../../kernels/warp.js';
import type { Window } from '../grid.js';
import { type ControlNet, netAt } from './net.js';

/** Side of a cell in px where the net's own cells are not smaller: one cell size means one compiled kernel. */
const CELL = 128;

/** Where a window of source pixels lies in its level. */
export interface LevelWindow {
  readonly window: Window;
  readonly levelWidth: number;
  readonly levelHeight: number;
  /** Level-0 px a px of the level, [x, y]. */
  readonly reduce: readonly [number, number];
}

/**
 * A control net as kernels take it: bilinear in each cell as the net is, in px of the source window. NaN where the net
 * cannot be mapped, which lies inside no image.
 */
export function cellMap(net: ControlNet, source: LevelWindow): CellMap {
  const spacing = Math.min(CELL, net.spacing);
  const { width, height } = net.window;
  const across = Math.ceil(width / spacing);
  const down = Math.ceil(height / spacing);
  const numbers = new Float32Array(CELL_HEAD + across * down * CELL_SIZE);
  const { x, y } = source.window;
  numbers.set([
    -0.5 - x,
    source.levelWidth - 0.5 - x,
    -0.5 - y,
    source.levelHeight - 0.5 - y,
    source.window.width - 1,
    source.window.height - 1,
  ]);
  const at = (column: number, row: number): readonly [number, number] => {
    const [u, v] = netAt(net, column, row);
    return [u / source.reduce[0] - 0.5 - x, v / source.reduce[1] - 0.5 - y];
  };
  for (let j = 0; j < down; j++) {
    for (let i = 0; i < across; i++) {
      const left = i * spacing;
      const top = j * spacing;
      const [a, b, c, d] = [
        at(left, top),
        at(left + spacing, top),
        at(left, top + spacing),
        at(left + spacing, top + spacing),
      ];
      for (let k = 0; k < 2; k++) {
        numbers.set(
          [
            a[k],
            (b[k] - a[k]) / spacing,
            (c[k] - a[k]) / spacing,
            (d[k] - b[k] - c[k] + a[k]) / (spacing * spacing),
          ],
          CELL_HEAD + (j * across + i) * CELL_SIZE + 4 * k,
        );
      }
    }
  }
  return { spacing, across, numbers };
}
