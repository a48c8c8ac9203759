import { CHANGE_CLASSES, UNUSABLE } from '../../kernels/classes.js';
import { type CogSpec, TILE_SIZE } from '../cog/spec.js';
import { cutTile, encodeTileInBackground, halveTile } from '../cog/tile.js';
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

/**
 * Writes the change raster (codes of classes.ts) from the runs that are kept, one row of tiles at a time.
 * Appears whole or not at all.
 */
export async function writeChangeRaster(
  path: string,
  grid: Grid,
  runs: Runs,
  keep: Uint8Array,
): Promise<void> {
  const spec: CogSpec = {
    grid,
    bands: 1,
    sampleType: 'uint8',
    overviews: 'nearest',
    descriptions: ['change class'],
    palette: PALETTE,
    level: 6,
  };
  const writer = await createCog(path, spec);
  try {
    let next = 0;
    for (let row = 0; row * TILE_SIZE < grid.height; row++) {
      const top = row * TILE_SIZE;
      const height = Math.min(TILE_SIZE, grid.height - top);
      const strip = new Uint8Array(grid.width * height);
      for (; next < runs.count && runs.y[next] < top + height; next++) {
        if (keep[next] === 0) continue;
        const start = (runs.y[next] - top) * grid.width;
        strip.fill(runs.code[next], start + runs.x0[next], start + runs.x1[next]);
      }
      const columns = Array.from({ length: Math.ceil(grid.width / TILE_SIZE) }, (_, column) => column);
      // a few tiles at a time are deflated beside each other
      for (let first = 0; first < columns.length; first += 4) {
        await Promise.all(
          columns.slice(first, first + 4).map(async (column) => {
            const samples = cutTile([strip], grid.width, height, column, 0, spec);
            await writer.putTile(
              column,
              row,
              await encodeTileInBackground(samples, spec),
              halveTile(samples, spec),
            );
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
