import { CHANGE_CLASSES, type ChangeClassName, UNUSABLE } from '../kernels/classes.js';
import { apply, invert } from '../raster/affine.js';
import { type CogSpec, cogLevels, TILE_SIZE } from '../raster/cog/spec.js';
import { encodeTile, halveTile } from '../raster/cog/tile.js';
import { type CogWriter, createCog } from '../raster/cog/writer.js';
import { transformer } from '../raster/crs.js';
import type { Grid } from '../raster/grid.js';
import { BUILT, FOREST, GREEN, WATER } from './cover.js';
import { skyOf, type Take } from './months.js';
import { inWedge, type World } from './scene.js';
import { newHit } from './surface.js';

/** A truth raster to be written: which months of the list it compares. */
export interface TruthPair {
  readonly before: number;
  readonly after: number;
  readonly file: string;
}

const CODE = Object.fromEntries(CHANGE_CLASSES.map((c) => [c.name, c.code])) as Record<
  ChangeClassName,
  number
>;
const BARE = 128;
/** From here on thin cloud and penumbra hide the ground. */
const HIDDEN = 0.12;

/**
 * Writes the true change classes of every pair on the run's grid (uint8, codes of the change raster; 255 where the
 * scene before or after cannot show the ground). A pixel is what stands at its centre.
 */
export async function writeTruth(
  world: World,
  grid: Grid,
  sceneGrid: Grid,
  takes: readonly Take[],
  pairs: readonly TruthPair[],
): Promise<void> {
  const spec: CogSpec = {
    grid,
    bands: 1,
    sampleType: 'uint8',
    nodata: UNUSABLE,
    overviews: 'nearest',
    descriptions: ['change class, truth'],
    palette: palette(),
  };
  const writers: CogWriter[] = [];
  try {
    for (const pair of pairs) writers.push(await createCog(pair.file, spec));
    const look = stateReader(world, grid, sceneGrid, takes);
    const [{ cols, rows }] = cogLevels(grid);
    for (let row = 0; row < rows; row++) {
      for (let col = 0; col < cols; col++) {
        const states = takes.map((_, i) => look(i, col, row));
        for (let p = 0; p < pairs.length; p++) {
          const tile = compareStates(states[pairs[p].before], states[pairs[p].after]);
          await writers[p].putTile(col, row, encodeTile(tile, spec), halveTile(tile, spec));
        }
      }
    }
    for (const writer of writers) await writer.close();
  } finally {
    for (const writer of writers) await writer.abort();
  }
}

/** True states of a tile in a month: codes of `STATES`, `BARE` added for bare ground, 255 where it cannot be seen. */
function stateReader(world: World, grid: Grid, sceneGrid: Grid, takes: readonly Take[]) {
  const skies = takes.map((take) => skyOf(take, world.bounds));
  const toScene = transformer(grid.crs, sceneGrid.crs);
  const toPixel = invert(sceneGrid.transform);
  const hit = newHit();
  return (index: number, col: number, row: number): Uint8Array => {
    const take = takes[index];
    const sky = skies[index];
    const out = new Uint8Array(TILE_SIZE * TILE_SIZE).fill(UNUSABLE);
    const width = Math.min(TILE_SIZE, grid.width - col * TILE_SIZE);
    const height = Math.min(TILE_SIZE, grid.height - row * TILE_SIZE);
    for (let j = 0; j < height; j++) {
      for (let i = 0; i < width; i++) {
        const [x, y] = apply(grid.transform, col * TILE_SIZE + i + 0.5, row * TILE_SIZE + j + 0.5);
        if (sky && (sky.cloud(x, y) > HIDDEN || sky.shadow(x, y) > HIDDEN)) continue;
        if (take.wedge > 0) {
          const [c, r] = apply(toPixel, ...toScene(x, y));
          if (inWedge(take, sceneGrid, c + take.shift[0], r + take.shift[1])) continue;
        }
        world.surface.at(x, y, take.index, hit);
        out[j * TILE_SIZE + i] = hit.state + (hit.bare ? BARE : 0);
      }
    }
    return out;
  };
}

/** Precedence as in the change raster: building, water, forest, earthwork. */
function compareStates(before: Uint8Array, after: Uint8Array): Uint8Array {
  const out = new Uint8Array(before.length);
  for (let i = 0; i < out.length; i++) {
    const b = before[i];
    const a = after[i];
    if (a === b && a !== UNUSABLE) continue;
    out[i] = a === UNUSABLE || b === UNUSABLE ? UNUSABLE : classOf(b & ~BARE, a & ~BARE, (a & BARE) !== 0);
  }
  return out;
}

function classOf(before: number, after: number, bareAfter: boolean): number {
  if (before !== BUILT && after === BUILT) return CODE.building_new;
  if (before === BUILT && after !== BUILT) return CODE.building_removed;
  if (before !== WATER && after === WATER) return CODE.water_gain;
  if (before === WATER && after !== WATER) return CODE.water_loss;
  if (before !== FOREST && after === FOREST) return CODE.forest_gain;
  if (before === FOREST && after !== FOREST) return CODE.forest_loss;
  return before === GREEN && bareAfter ? CODE.earthwork : 0;
}

function palette(): Map<number, readonly [number, number, number]> {
  const colours = new Map<number, readonly [number, number, number]>([[UNUSABLE, [200, 200, 200]]]);
  for (const { code, colour } of CHANGE_CLASSES) {
    const rgb = Number.parseInt(colour.slice(1), 16);
    colours.set(code, [rgb >> 16, (rgb >> 8) & 255, rgb & 255]);
  }
  return colours;
}
