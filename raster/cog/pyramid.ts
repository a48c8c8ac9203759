import type { SampleArray } from '../tiff/types.js';
import { type CogLevel, type CogSamples, givenType, isSampleType, TILE_SIZE } from './spec.js';
import { emptyTile, type TileSpec } from './tile.js';

/** A tile of an overview all of whose children have come. */
export interface WholeTile {
  readonly level: number;
  readonly col: number;
  readonly row: number;
  /** Interleaved, `TILE_SIZE² * bands`. */
  readonly samples: CogSamples;
}

/** Overview tiles in the making. Only tiles some but not all of whose children have come are held. */
export interface Pyramid {
  /** Sets the quarter that child (col, row) of `level - 1` fills; the tile of `level` once it is whole, else null. */
  put(level: number, col: number, row: number, half: SampleArray): WholeTile | null;
  /** Takes the unfinished tiles of a level, whose missing children stay nodata. */
  unfinished(level: number): WholeTile[];
}

interface Pending extends WholeTile {
  readonly missing: Set<string>;
}

export function createPyramid(levels: readonly CogLevel[], spec: TileSpec): Pyramid {
  const pending = new Map<string, Pending>();
  const half = TILE_SIZE / 2;
  const halfLength = half * half * spec.bands;

  const open = (level: number, col: number, row: number): Pending => {
    const missing = new Set<string>();
    const below = levels[level - 1];
    for (let dy = 0; dy < 2; dy++) {
      for (let dx = 0; dx < 2; dx++) {
        if (2 * col + dx < below.cols && 2 * row + dy < below.rows)
          missing.add(`${2 * col + dx}/${2 * row + dy}`);
      }
    }
    return { level, col, row, samples: emptyTile(spec), missing };
  };

  return {
    put(level, col, row, samples) {
      if (!isSampleType(samples, givenType(spec)) || samples.length !== halfLength) {
        throw new RangeError(
          `a half of ${samples.length} samples; expected ${givenType(spec)}[${halfLength}]`,
        );
      }
      const parent = { col: col >> 1, row: row >> 1 };
      const key = `${level}/${parent.col}/${parent.row}`;
      const tile = pending.get(key) ?? open(level, parent.col, parent.row);
      const rowLength = half * spec.bands;
      let to = ((row & 1) * half * TILE_SIZE + (col & 1) * half) * spec.bands;
      for (let y = 0; y < half; y++, to += TILE_SIZE * spec.bands) {
        tile.samples.set(samples.subarray(y * rowLength, (y + 1) * rowLength), to);
      }
      tile.missing.delete(`${col}/${row}`);
      if (tile.missing.size > 0) {
        pending.set(key, tile);
        return null;
      }
      pending.delete(key);
      return tile;
    },
    unfinished(level) {
      const found = [...pending.values()].filter((tile) => tile.level === level);
      for (const tile of found) pending.delete(`${level}/${tile.col}/${tile.row}`);
      return found;
    },
  };
}
