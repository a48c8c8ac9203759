import { apply } from '../raster/affine.js';
import { type CogSpec, cogLevels, TILE_SIZE } from '../raster/cog/spec.js';
import { encodeTile, halveTile } from '../raster/cog/tile.js';
import { createCog } from '../raster/cog/writer.js';
import { transformer } from '../raster/crs.js';
import type { Bounds, Grid } from '../raster/grid.js';
import { MAX_HEIGHT } from './city.js';
import { WORLD_CRS } from './district.js';
import { reflect, traffic } from './light.js';
import { skyOf, type Take } from './months.js';
import { bell, clamp01 } from './random.js';
import { newHit, type Surface } from './surface.js';
import type { Terrain } from './terrain.js';

export interface World {
  readonly surface: Surface;
  readonly terrain: Terrain;
  /** Land covered, metres of `WORLD_CRS`. */
  readonly bounds: Bounds;
  readonly seed: number;
}

const BANDS = 4;
/** Digital number of reflectance 1, as Sentinel-2's. */
const SCALE = 10_000;
/** Share of skylight in full light, a band: all that a shadow gets. */
const SKYLIGHT = [0.27, 0.21, 0.165, 0.11] as const;
/** Weight of each neighbour in a row or column: the sensor's point spread. */
const SPREAD = 0.14;
const CLOUD = [0.62, 0.6, 0.59, 0.57] as const;
const rad = Math.PI / 180;

/** Side of a sub-pixel grid: enough for mixed edge pixels without drawing what no pixel can show. */
function subPixels(resolution: number): number {
  return resolution < 1 ? 1 : resolution <= 8 ? 2 : 3;
}

/** Renders a month into `path`, tile by tile: uint16 blue, green, red, nir, 0 where there is no data. */
export async function writeScene(path: string, world: World, grid: Grid, take: Take): Promise<void> {
  const spec: CogSpec = {
    grid,
    bands: BANDS,
    sampleType: 'uint16',
    nodata: 0,
    overviews: 'average',
    descriptions: ['blue', 'green', 'red', 'nir'],
    level: 5,
    acquired: `${take.month}-15`,
  };
  const render = sceneRenderer(world, grid, take);
  const writer = await createCog(path, spec);
  try {
    const [{ cols, rows }] = cogLevels(grid);
    for (let row = 0; row < rows; row++) {
      for (let col = 0; col < cols; col++) {
        const tile = render(col, row);
        await writer.putTile(col, row, encodeTile(tile, spec), halveTile(tile, spec));
      }
    }
    await writer.close();
  } finally {
    await writer.abort();
  }
}

/** A function that renders tile (col, row), interleaved, its padding repeating the edge. */
export function sceneRenderer(
  world: World,
  grid: Grid,
  take: Take,
): (col: number, row: number) => Uint16Array {
  const sub = subPixels(grid.resolution);
  const sky = skyOf(take, world.bounds);
  const toWorld = transformer(grid.crs, WORLD_CRS);
  const tangent = Math.tan(take.sunElevation * rad);
  const sunEast = Math.sin(take.sunAzimuth * rad);
  const sunNorth = Math.cos(take.sunAzimuth * rad);
  const reach = Math.ceil((MAX_HEIGHT / tangent / grid.resolution) * 1.02) + 1;
  // only the sides towards the sun throw shadows in; one px more all round for the point spread
  const halo = {
    west: 1 + (sunEast < 0 ? Math.ceil(-sunEast * reach) : 0),
    east: 1 + (sunEast > 0 ? Math.ceil(sunEast * reach) : 0),
    north: 1 + (sunNorth > 0 ? Math.ceil(sunNorth * reach) : 0),
    south: 1 + (sunNorth < 0 ? Math.ceil(-sunNorth * reach) : 0),
  };
  const hit = newHit();
  const slope = { east: 0, north: 0 };

  return (col, row) => {
    const x0 = col * TILE_SIZE;
    const y0 = row * TILE_SIZE;
    const w = Math.min(TILE_SIZE, grid.width - x0);
    const h = Math.min(TILE_SIZE, grid.height - y0);
    const fw = (w + halo.west + halo.east) * sub;
    const fh = (h + halo.north + halo.south) * sub;
    const at = worldOf(
      x0 - halo.west,
      y0 - halo.north,
      w + halo.west + halo.east,
      h + halo.north + halo.south,
    );

    const reflectance = new Float32Array(fw * fh * BANDS);
    const heights = new Float32Array(fw * fh);
    const light = new Float32Array(fw * fh);
    for (let j = 0; j < fh; j++) {
      for (let i = 0; i < fw; i++) {
        const x = at.x0 + (at.xi * (i + 0.5) + at.xj * (j + 0.5)) / sub;
        const y = at.y0 + (at.yi * (i + 0.5) + at.yj * (j + 0.5)) / sub;
        const k = j * fw + i;
        world.surface.at(x, y, take.index, hit);
        reflect(hit, x, y, take.calendarMonth, world.seed, reflectance, k * BANDS);
        traffic(hit, x, y, take.index, world.seed, reflectance, k * BANDS);
        heights[k] = hit.height;
        light[k] = 1;
        if (hit.hill) {
          world.terrain.slope(x, y, slope);
          // cosine of incidence over cosine of zenith, of a slope small enough to need no normalization
          const facing = 1 - (slope.east * sunEast + slope.north * sunNorth) / tangent;
          light[k] = clamp01(facing / 1.6) * 1.6;
        }
      }
    }
    shade(heights, light, fw, fh, grid.resolution / sub);
    return develop(reflectance, light, x0, y0, w, h, fw);
  };

  /** World coordinates over a window of px: affine between its corners, good to millimetres over a tile. */
  function worldOf(px: number, py: number, width: number, height: number) {
    const corner = (c: number, r: number) => {
      const [x, y] = apply(grid.transform, c - take.shift[0], r - take.shift[1]);
      return toWorld(x, y);
    };
    const [ax, ay] = corner(px, py);
    const [bx, by] = corner(px + width, py);
    const [cx, cy] = corner(px, py + height);
    return {
      x0: ax,
      y0: ay,
      xi: (bx - ax) / width,
      yi: (by - ay) / width,
      xj: (cx - ax) / height,
      yj: (cy - ay) / height,
    };
  }

  /**
   * Sweeps from the sun's side: the shadow's upper edge sinks by the sun's tangent a step, and is lifted by whatever
   * stands higher. Scales `light` down where the edge passes overhead.
   */
  function shade(heights: Float32Array, light: Float32Array, fw: number, fh: number, step: number): void {
    const edge = new Float32Array(fw * fh);
    const down = -sunNorth;
    const rowsFirst = Math.abs(down) > Math.abs(sunEast);
    const major = rowsFirst ? down : sunEast;
    const slant = (rowsFirst ? sunEast : down) / Math.abs(major);
    const drop = (step * tangent) / Math.abs(major);
    const lines = rowsFirst ? fh : fw;
    const length = rowsFirst ? fw : fh;
    const lineStride = rowsFirst ? fw : 1;
    const stride = rowsFirst ? 1 : fw;
    const towards = major > 0 ? 1 : -1;
    const shiftWhole = Math.floor(slant);
    const shiftPart = slant - shiftWhole;
    for (let n = 0; n < lines; n++) {
      const line = towards > 0 ? lines - 1 - n : n;
      const from = line + towards;
      for (let i = 0; i < length; i++) {
        const k = line * lineStride + i * stride;
        let over = 0;
        if (from >= 0 && from < lines) {
          const a = Math.min(length - 1, Math.max(0, i + shiftWhole));
          const b = Math.min(length - 1, Math.max(0, i + shiftWhole + 1));
          const o = from * lineStride;
          over = edge[o + a * stride] * (1 - shiftPart) + edge[o + b * stride] * shiftPart - drop;
        }
        edge[k] = Math.max(heights[k], over);
        light[k] *= 1 - clamp01((over - heights[k]) / 1.5);
      }
    }
  }

  /** Sub-pixels to digital numbers: light, point spread, haze, cloud, noise. */
  function develop(
    reflectance: Float32Array,
    light: Float32Array,
    x0: number,
    y0: number,
    w: number,
    h: number,
    fw: number,
  ) {
    const pw = w + 2;
    const lit = new Float32Array(pw * (h + 2) * BANDS);
    for (let j = 0; j < h + 2; j++) {
      for (let i = 0; i < pw; i++) {
        const o = (j * pw + i) * BANDS;
        for (let v = 0; v < sub; v++) {
          for (let u = 0; u < sub; u++) {
            const k = ((j + halo.north - 1) * sub + v) * fw + (i + halo.west - 1) * sub + u;
            for (let b = 0; b < BANDS; b++) {
              lit[o + b] += reflectance[k * BANDS + b] * (SKYLIGHT[b] + (1 - SKYLIGHT[b]) * light[k]);
            }
          }
        }
        for (let b = 0; b < BANDS; b++) lit[o + b] /= sub * sub;
      }
    }
    const out = new Uint16Array(TILE_SIZE * TILE_SIZE * BANDS);
    const ground = worldOf(x0, y0, w, h);
    const rowStep = pw * BANDS;
    const centre = 1 - 2 * SPREAD;
    for (let j = 0; j < h; j++) {
      for (let i = 0; i < w; i++) {
        const o = (j * TILE_SIZE + i) * BANDS;
        if (inWedge(take, grid, x0 + i, y0 + j)) continue;
        const x = ground.x0 + ground.xi * (i + 0.5) + ground.xj * (j + 0.5);
        const y = ground.y0 + ground.yi * (i + 0.5) + ground.yj * (j + 0.5);
        const cloud = sky ? sky.cloud(x, y) : 0;
        const shadow = sky ? sky.shadow(x, y) : 0;
        const key = (y0 + j) * grid.width + x0 + i;
        for (let b = 0; b < BANDS; b++) {
          const k = (j + 1) * rowStep + (i + 1) * BANDS + b;
          let value =
            centre * (centre * lit[k] + SPREAD * (lit[k - BANDS] + lit[k + BANDS])) +
            SPREAD * centre * (lit[k - rowStep] + lit[k + rowStep]) +
            SPREAD *
              SPREAD *
              (lit[k - rowStep - BANDS] +
                lit[k - rowStep + BANDS] +
                lit[k + rowStep - BANDS] +
                lit[k + rowStep + BANDS]);
          value *= 1 - shadow * (1 - SKYLIGHT[b]) * 0.85;
          value = take.gain[b] * value + take.path[b];
          value = value * (1 - cloud) + CLOUD[b] * cloud;
          value += (0.0012 + 0.007 * value) * bell(key, b, take.seed);
          out[o + b] = Math.min(65_535, Math.max(1, Math.round(value * SCALE)));
        }
      }
    }
    padEdges(out, w, h);
    return out;
  }
}

/** Whether a px lies in the corner the swath does not reach. */
export function inWedge(take: Take, grid: Grid, col: number, row: number): boolean {
  return take.wedge > 0 && (grid.width - col) / grid.width + (0.6 * row) / grid.height < take.wedge;
}

function padEdges(tile: Uint16Array, w: number, h: number): void {
  for (let j = 0; j < h; j++) {
    for (let i = w; i < TILE_SIZE; i++) {
      const from = (j * TILE_SIZE + w - 1) * BANDS;
      tile.copyWithin((j * TILE_SIZE + i) * BANDS, from, from + BANDS);
    }
  }
  const rowLength = TILE_SIZE * BANDS;
  for (let j = h; j < TILE_SIZE; j++) tile.copyWithin(j * rowLength, (h - 1) * rowLength, h * rowLength);
}
