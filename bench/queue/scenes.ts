import { writeCog } from '../../raster/cog/writer.js';
import { crsFromEpsg } from '../../raster/crs.js';
import type { Grid } from '../../raster/grid.js';

/** Px of the grid: the width of a block, and the height of the strip. */
const [BLOCK, HEIGHT] = [1024, 16];
/** Px of the grid that a px of the scenes spans: files of many blocks stay small. */
const COARSE = 16;
/** Px of the scenes under a block. */
const UNDER = BLOCK / COARSE;
const BANDS = ['green', 'red', 'nir'] as const;
/** Values of water and of grass in these bands. */
const [WATER, GRASS] = [
  [700, 400, 200],
  [900, 700, 2600],
];

/** A strip as many blocks long, and low, so that the queue is what is measured. 0.1 m a pixel keeps it within the zone. */
export function stripGrid(blocks: number): Grid {
  return gridOfStrip(BLOCK * blocks, HEIGHT, 0.1);
}

function gridOfStrip(width: number, height: number, resolution: number): Grid {
  const transform = [resolution, 0, 450_000, 0, -resolution, 2_496_000] as const;
  return { crs: crsFromEpsg(4547), resolution, width, height, transform };
}

/**
 * Grass; where `pondAt` is given every block has a pond, at a place 0-1 of its width.
 * @param blocks length of the strip
 */
export async function writeStrip(path: string, blocks: number, pondAt: (() => number) | null): Promise<void> {
  const ponds = Array.from({ length: pondAt === null ? 0 : blocks }, (_, block) => {
    return block * UNDER + Math.floor((UNDER - 4) * (pondAt?.() ?? 0));
  });
  const grid = gridOfStrip(UNDER * blocks, HEIGHT / COARSE, 0.1 * COARSE);
  const planes = BANDS.map((_, band) => {
    const plane = new Uint16Array(grid.width).fill(GRASS[band]);
    for (const x of ponds) plane.fill(WATER[band], x, x + 3);
    return plane;
  });
  const spec = {
    grid,
    bands: BANDS.length,
    sampleType: 'uint16',
    nodata: 0,
    overviews: 'average',
    level: 1,
  } as const;
  await writeCog(path, { ...spec, descriptions: [...BANDS] }, planes);
}
