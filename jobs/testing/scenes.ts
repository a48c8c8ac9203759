import { type CogSamples, type CogSampleType, type CogSpec, newSamples } from '../../raster/cog/spec.js';
import { writeCog } from '../../raster/cog/writer.js';
import { crsFromEpsg } from '../../raster/crs.js';
import type { Grid } from '../../raster/grid.js';
import { hashAt } from '../../vector/testing/class-raster.js';

/** A made file: one value a pixel and band. */
export interface MadeScene {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly epsg?: number;
  readonly resolution?: number;
  /** Upper left corner in CRS units. */
  readonly origin?: readonly [x: number, y: number];
  readonly sampleType?: CogSampleType;
  readonly nodata?: number;
  readonly acquired?: string;
  readonly descriptions?: readonly string[];
  readonly bands: number;
  readonly value: (x: number, y: number, band: number) => number;
}

/** In Luohu, EPSG:4547. */
export const ORIGIN = [512_000, 2_496_000] as const;

export function gridOfMade({ epsg = 4547, resolution = 2, origin = ORIGIN, width, height }: MadeScene): Grid {
  const crs = crsFromEpsg(epsg);
  return { crs, resolution, width, height, transform: [resolution, 0, origin[0], 0, -resolution, origin[1]] };
}

export async function writeScene(made: MadeScene): Promise<string> {
  const { width, height, bands, value, sampleType = 'uint16' } = made;
  const planes = Array.from({ length: bands }, (_, band): CogSamples => {
    const plane = newSamples(sampleType, width * height);
    for (let i = 0; i < plane.length; i++) plane[i] = value(i % width, Math.floor(i / width), band);
    return plane;
  });
  const spec: CogSpec = {
    grid: gridOfMade(made),
    bands,
    sampleType,
    nodata: made.nodata,
    overviews: 'average',
    descriptions: made.descriptions,
    acquired: made.acquired,
    level: 1,
  };
  await writeCog(made.path, spec, planes);
  return made.path;
}

/** Reflectance × 10,000 of plain covers in blue, green, red, nir. */
export const COVERS = {
  water: [600, 700, 400, 200],
  forest: [300, 500, 300, 3500],
  grass: [500, 900, 700, 2600],
  bare: [1400, 1900, 2400, 2900],
  roof: [2600, 2800, 3000, 3200],
} as const;

export type Cover = keyof typeof COVERS;

/** Value of a cover with a grain of a few percent, fixed to the ground, so that dates can be aligned. */
export function coverValue(cover: Cover, x: number, y: number, band: number): number {
  return Math.round(COVERS[cover][band] * (0.95 + 0.1 * hashAt(x, y, 77)));
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly cover: Cover;
}

/** The cover of the last box a pixel lies in, grass elsewhere. */
export function coverAt(boxes: readonly Box[], x: number, y: number): Cover {
  let cover: Cover = 'grass';
  for (const box of boxes) {
    if (x >= box.x && y >= box.y && x < box.x + box.width && y < box.y + box.height) cover = box.cover;
  }
  return cover;
}

/** A blue, green, red, nir scene of boxes of cover. */
export function writeCovers(
  path: string,
  size: readonly [width: number, height: number],
  boxes: readonly Box[],
  more: Partial<MadeScene> = {},
): Promise<string> {
  return writeScene({
    path,
    width: size[0],
    height: size[1],
    bands: 4,
    value: (x, y, band) => coverValue(coverAt(boxes, x, y), x, y, band),
    ...more,
  });
}
