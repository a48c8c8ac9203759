import { CHANGE_CLASSES, UNUSABLE } from '../../kernels/classes.js';
import { type CogSpec, TILE_SIZE } from '../cog/spec.js';
import { emptyTile, encodeTile, encodeTileInBackground } from '../cog/tile.js';
import { createCog } from '../cog/writer.js';
import type { Grid } from '../grid.js';
import type { Runs } from '../runs.js';

/** Colours by code, so that GIS shows the classes without a style. */
const PALETTE = new Map<number, readonly [number, number, number]>([
  [0, [255, 255, 255]],
  ...CHANGE_CLASSES.map(({ code, colour }): [number, readonly [number, number, number]] => [
    code,
    rgb(colour),
  ]),
  [UNUSABLE, [190, 190, 190]],
]);

function rgb(hex: string): readonly [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Tiles that are deflated beside each other. */
const AT_ONCE = 4;

/**
 * Writes the change raster (codes of classes.ts) from runs in row-major order, straight into the tiles of one row at a
 * time; tiles without a run share their bytes. Appears whole or not at all.
 */
export async function writeChangeRaster(path: string, grid: Grid, runs: Runs): Promise<void> {
  const spec: CogSpec = {
    grid,
    bands: 1,
    sampleType: 'uint8',
    overviews: 'nearest',
    descriptions: ['change class'],
    palette: PALETTE,
    // codes of classes come in runs: looking for nothing else is smaller than level 6, in a sixth of its time
    level: 1,
  };
  const none = emptyTile(spec);
  const empty = { encoded: encodeTile(none, spec), half: new Uint8Array(HALF_SIZE ** 2) };
  const writer = await createCog(path, spec);
  try {
    let next = 0;
    for (let row = 0; row * TILE_SIZE < grid.height; row++) {
      const end = firstFrom(runs, next, (row + 1) * TILE_SIZE);
      const tiles = drawTiles(runs, next, end, Math.ceil(grid.width / TILE_SIZE));
      next = end;
      for (let first = 0; first < tiles.length; first += AT_ONCE) {
        await Promise.all(
          tiles.slice(first, first + AT_ONCE).map(async (tile, place) => {
            const encoded = tile === null ? empty.encoded : await encodeTileInBackground(tile.samples, spec);
            await writer.putTile(first + place, row, encoded, tile === null ? empty.half : tile.half);
          }),
        );
      }
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Place of the first run, from `at` on, that lies in row `y` or below. */
function firstFrom(runs: Runs, at: number, y: number): number {
  let k = at;
  while (k < runs.count && runs.y[k] < y) k++;
  return k;
}

/** A tile and the quarter it fills of the tile above. */
interface Drawn {
  readonly samples: Uint8Array;
  readonly half: Uint8Array;
}

/** Side of a tile's half. */
const HALF_SIZE = TILE_SIZE / 2;

/** The tiles of one row, drawn from its runs `from` to `to` (not included); null where no run lies. */
function drawTiles(runs: Runs, from: number, to: number, columns: number): (Drawn | null)[] {
  const tiles = new Array<Drawn | null>(columns).fill(null);
  for (let k = from; k < to; k++) {
    const y = runs.y[k] % TILE_SIZE;
    const code = runs.code[k];
    const x1 = runs.x1[k];
    for (let x = runs.x0[k]; x < x1; ) {
      const column = Math.floor(x / TILE_SIZE);
      const left = column * TILE_SIZE;
      const end = Math.min(x1, left + TILE_SIZE);
      let tile = tiles[column];
      if (tile === null) {
        tile = { samples: new Uint8Array(TILE_SIZE ** 2), half: new Uint8Array(HALF_SIZE ** 2) };
        tiles[column] = tile;
      }
      tile.samples.fill(code, y * TILE_SIZE + x - left, y * TILE_SIZE + end - left);
      // the nearest of four pixels is the upper left: even rows, and even columns from the first one on
      if (y % 2 === 0) {
        const start = (y / 2) * HALF_SIZE;
        tile.half.fill(code, start + ((x - left + 1) >> 1), start + ((end - left + 1) >> 1));
      }
      x = end;
    }
  }
  return tiles;
}
