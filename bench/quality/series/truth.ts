import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { gridOfFile, pixelKm2Of } from '../../../jobs/evaluate.js';
import { type Frame, pixelsIn, readWhole } from '../../../jobs/prediction.js';
import { UNUSABLE } from '../../../kernels/classes.js';
import type { Grid } from '../../../raster/grid.js';
import { openRaster } from '../../../raster/tiff/open.js';
import { readDistricts } from '../../../vector/districts.js';

/** A pixel hidden the month before is compared with the last month that showed it, so many months back at most. */
const MOST_MONTHS_BACK = 6;

/** A made change, or a trap that only looks like one. */
export interface MadeThing {
  /** Name of the trap, else the class. */
  readonly what: string;
  readonly class: string | null;
  /** Place of its month in the series. */
  readonly month: number;
  readonly pixels: readonly number[];
}

/** What truly happened in a series, on the pixels of its truth rasters. */
export interface SeriesTruth {
  readonly frame: Frame;
  readonly grid: Grid;
  readonly pixelKm2: number;
  readonly months: readonly string[];
  readonly things: readonly MadeThing[];
  /** True where cloud, shadow and the swath's edge leave the ground open. */
  seen(month: number, pixel: number): boolean;
  /**
   * Change codes of a month against, pixel by pixel, the last month before that shows the ground; 255 outside the
   * district and where one of the two looks is missing.
   */
  codes(month: number): Promise<Uint8Array>;
}

const Changes = z.object({
  changes: z.array(
    z.object({
      class: z.string().nullable(),
      trap: z.string().nullable(),
      month: z.string(),
      ring: z.array(z.tuple([z.number(), z.number()])),
    }),
  ),
});

export async function readSeriesTruth(samples: string, months: readonly string[]): Promise<SeriesTruth> {
  const pairFile = (before: number, after: number) =>
    join(samples, 'truth', `${months[before]}_${months[after]}.tif`);
  const { grid, path } = await gridOf(pairFile(0, 1));
  const { width, height } = grid;
  const inside = new Uint8Array(width * height);
  const { subdistricts } = await readDistricts(join(samples, 'districts.geojson'), {});
  for (const { polygons } of subdistricts) for (const pixel of pixelsIn(polygons, grid)) inside[pixel] = 1;

  // a pair tells only of both looks together: a month shows what any of its pairs shows
  const seen = months.map(() => new Uint8Array(width * height));
  for (let after = 1; after < months.length; after++) {
    for (let before = 0; before < after; before++) {
      const values = await read(pairFile(before, after));
      const [one, two] = [seen[before], seen[after]];
      for (let i = 0; i < values.length; i++) if (values[i] !== UNUSABLE) one[i] = two[i] = 1;
    }
  }
  const { changes } = Changes.parse(JSON.parse(await readFile(join(samples, 'changes.json'), 'utf8')));
  return {
    frame: { path, width, height, grid },
    grid,
    pixelKm2: pixelKm2Of(path, grid),
    months,
    // of a longer series some come in months that are not looked at
    things: changes
      .filter((change) => months.includes(change.month))
      .map((change) => ({
        what: change.trap ?? change.class ?? 'nothing',
        class: change.class,
        month: months.indexOf(change.month),
        pixels: pixelsIn([[change.ring]], grid),
      })),
    seen: (month, pixel) => seen[month][pixel] === 1,
    async codes(month) {
      const out = new Uint8Array(width * height).fill(UNUSABLE);
      for (let before = month - 1; before >= Math.max(0, month - MOST_MONTHS_BACK); before--) {
        const values = await read(pairFile(before, month));
        for (let i = 0; i < out.length; i++) if (out[i] === UNUSABLE && inside[i] === 1) out[i] = values[i];
      }
      return out;
    },
  };
}

async function gridOf(path: string): Promise<{ grid: Grid; path: string }> {
  const file = await openRaster(path);
  try {
    const grid = gridOfFile(file.info);
    if (grid === null) throw new Error(`${path} is not georeferenced`);
    return { grid, path };
  } finally {
    await file.close();
  }
}

async function read(path: string): Promise<Float32Array> {
  const file = await openRaster(path);
  return readWhole(file).finally(() => file.close());
}
