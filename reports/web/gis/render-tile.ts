import sharp from 'sharp';
import { CHANGE_CLASSES, UNUSABLE } from '../../../kernels/classes.js';
import type { Grid } from '../../../raster/grid.js';
import { renderRgb } from '../../../raster/picture.js';
import { placementOf } from '../../../raster/scene.js';
import { openRaster } from '../../../raster/tiff/open.js';
import { controlNet } from '../../../raster/warp/net.js';
import { nearest } from '../../../raster/warp/resample.js';
import { planSource } from '../../../raster/warp/source.js';
import { rasterizeZones, type Zone } from '../../../raster/zones.js';
import type { MonthPicture } from './month-scenes.js';
import { TILE_PX, type Tile, tileGrid } from './tile-math.js';

const WEBP_QUALITY = 82;
/** Opacity of ground that could not be compared: seen, but no change. */
const UNUSABLE_RGBA = [128, 128, 128, 90] as const;

/** A tile of a month's image as WebP, transparent where no scene is. */
export async function imageTile({ scenes, stretch }: MonthPicture, tile: Tile): Promise<Uint8Array> {
  const { picture, usable } = await renderRgb(scenes, tileGrid(tile), stretch);
  const rgba = new Uint8Array(4 * usable.length);
  for (let i = 0; i < usable.length; i++) {
    if (usable[i] === 0) continue;
    rgba.set(picture.data.subarray(3 * i, 3 * i + 3), 4 * i);
    rgba[4 * i + 3] = 255;
  }
  return raw(rgba).webp({ quality: WEBP_QUALITY }).toBuffer();
}

/** An empty tile as WebP. */
export function emptyWebp(): Promise<Uint8Array> {
  return raw(new Uint8Array(4 * TILE_PX ** 2))
    .webp({ quality: WEBP_QUALITY })
    .toBuffer();
}

/**
 * A tile of a change raster in the classes' colours as PNG; no change is transparent.
 * @param within gives the ground that may be shown in px of the tile; null: all of it
 */
export async function changeTile(
  path: string,
  tile: Tile,
  within: ((grid: Grid) => readonly Zone[]) | null,
): Promise<Uint8Array> {
  const grid = tileGrid(tile);
  const window = { x: 0, y: 0, width: grid.width, height: grid.height };
  const codes = new Uint8Array(grid.width * grid.height);
  const file = await openRaster(path);
  try {
    const net = controlNet(grid, window, placementOf(file.info));
    // codes cannot be averaged: of the overview that fits, the nearest pixel
    const plan = planSource(file.info, net);
    if (plan !== null) {
      const planes = await file.readWindow(plan.level, plan.window, [0]);
      const { window: own, levelWidth, levelHeight, reduce } = plan;
      nearest(net, { window: own, levelWidth, levelHeight, planes, valid: null }, reduce, codes, 0);
    }
  } finally {
    await file.close();
  }
  if (within !== null) {
    const shown = rasterizeZones(within(grid), window);
    for (let i = 0; i < codes.length; i++) if (shown[i] === 0) codes[i] = 0;
  }
  return raw(colours(codes)).png({ palette: true }).toBuffer();
}

function colours(codes: Uint8Array): Uint8Array {
  const rgba = new Uint8Array(4 * codes.length);
  for (let i = 0; i < codes.length; i++) {
    const colour = PALETTE.get(codes[i]);
    if (colour !== undefined) rgba.set(colour, 4 * i);
  }
  return rgba;
}

const PALETTE = new Map<number, readonly [number, number, number, number]>([
  ...CHANGE_CLASSES.map(({ code, colour }): [number, readonly [number, number, number, number]] => {
    const value = Number.parseInt(colour.slice(1), 16);
    return [code, [value >> 16, (value >> 8) & 255, value & 255, 255]];
  }),
  [UNUSABLE, UNUSABLE_RGBA],
]);

function raw(rgba: Uint8Array) {
  return sharp(rgba, { raw: { width: TILE_PX, height: TILE_PX, channels: 4 } });
}
