import { z } from 'zod';
import type { Crs } from '../../../raster/crs.js';
import type { Grid } from '../../../raster/grid.js';
import type { LonLatBox } from './spatial.js';

/** A tile of the usual web map scheme: x from the west, y from the north. */
export interface Tile {
  readonly z: number;
  readonly x: number;
  readonly y: number;
}

/** Spherical (web) Mercator, EPSG:3857, in which map tiles are cut. Only for pictures: areas are wrong in it. */
export const WEB_MERCATOR: Crs = {
  epsg: 3857,
  name: 'EPSG:3857',
  proj4:
    '+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +no_defs',
  kind: 'projected',
  metresPerUnit: 1,
};

/** Half the side of the square that tile 0/0/0 covers, metres: π times the radius. */
const HALF = Math.PI * 6_378_137;
/** Side of an image tile, px. */
export const TILE_PX = 256;
export const MOST_ZOOM = 22;

const whole = z
  .string()
  .regex(/^\d{1,8}$/, 'expected a whole number')
  .transform(Number);
const TileParams = z
  .object({ z: whole, x: whole, y: whole })
  .refine((t) => t.z <= MOST_ZOOM && t.x < 2 ** t.z && t.y < 2 ** t.z, {
    error: `no such tile; z is at most ${MOST_ZOOM}, x and y less than 2^z`,
  });

/** The tile an address names. @throws ZodError where there is none. */
export function readTile(params: unknown): Tile {
  return TileParams.parse(params);
}

/** The tile's pixels in web Mercator. */
export function tileGrid({ z: zoom, x, y }: Tile, px = TILE_PX): Grid {
  const side = (2 * HALF) / 2 ** zoom;
  const resolution = side / px;
  return {
    crs: WEB_MERCATOR,
    resolution,
    width: px,
    height: px,
    transform: [resolution, 0, x * side - HALF, 0, -resolution, HALF - y * side],
  };
}

/** West, south, east, north of a tile in degrees, `margin` shares of its side added all round. */
export function tileBox({ z: zoom, x, y }: Tile, margin = 0): LonLatBox {
  const n = 2 ** zoom;
  return [
    longitude((x - margin) / n),
    latitude((y + 1 + margin) / n),
    longitude((x + 1 + margin) / n),
    latitude((y - margin) / n),
  ];
}

function longitude(u: number): number {
  return u * 360 - 180;
}

function latitude(v: number): number {
  return (Math.atan(Math.sinh(Math.PI * (1 - 2 * v))) * 180) / Math.PI;
}

/** Place of web Mercator metres in the unit square that tile 0/0/0 covers, y down. */
export function unitSquare(x: number, y: number): readonly [number, number] {
  return [(x + HALF) / (2 * HALF), (HALF - y) / (2 * HALF)];
}

/** Place of a longitude, latitude in the same square. */
export function unitSquareOf(lon: number, lat: number): readonly [number, number] {
  const sine = Math.sin((lat * Math.PI) / 180);
  return [(lon + 180) / 360, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}

/** Ground metres a px of a tile with `px` pixels a side. */
export function groundMetres(tile: Tile, px: number): number {
  const [, south, , north] = tileBox(tile);
  return tileGrid(tile, px).resolution * Math.cos((((south + north) / 2) * Math.PI) / 180);
}

export function boxesMeet(a: LonLatBox, b: LonLatBox): boolean {
  return a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];
}

/** The largest zoom at which a picture of `metres` a px is not yet shown coarser than it is. */
export function zoomOf(metres: number, latitudeDegrees: number): number {
  const world = (2 * HALF * Math.cos((latitudeDegrees * Math.PI) / 180)) / TILE_PX;
  return Math.max(0, Math.min(MOST_ZOOM, Math.ceil(Math.log2(world / metres))));
}

/** Tiles of a view of the whole box on a large screen, and of the two zooms before it: what a map shows first. */
export function firstView(box: LonLatBox): Tile[] {
  const [west, south, east, north] = box;
  const [left, top] = unitSquareOf(west, north);
  const [right, bottom] = unitSquareOf(east, south);
  const at = (z: number): Tile[] => {
    const n = 2 ** z;
    const tiles: Tile[] = [];
    for (let y = Math.floor(top * n); y <= Math.floor(bottom * n) && tiles.length <= FIRST_TILES; y++) {
      for (let x = Math.floor(left * n); x <= Math.floor(right * n); x++) tiles.push({ z, x, y });
    }
    return tiles;
  };
  let finest = 0;
  while (finest < MOST_ZOOM && at(finest + 1).length <= FIRST_TILES) finest++;
  return [finest - 2, finest - 1, finest].flatMap((z) => (z < 0 ? [] : at(z)));
}

/** Tiles of one zoom on a screen of 1920 × 1080. */
const FIRST_TILES = 40;
