import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { apply } from '../raster/affine.js';
import { crsFromEpsg, transformer, WGS84 } from '../raster/crs.js';
import { BadInput } from '../raster/errors.js';
import { type Bounds, type Grid, gridBounds, snappedGrid } from '../raster/grid.js';
import { areaOfFile } from './area.js';
import { type Change, planChanges } from './changes.js';
import { createCity } from './city.js';
import { schematicDistrict, WORLD_CRS } from './district.js';
import { monthIndices, type Take, takeOf } from './months.js';
import { type World, writeScene } from './scene.js';
import { createSurface } from './surface.js';
import { createTerrain } from './terrain.js';
import { writeTruth } from './truth.js';

/** The months of the demo: 2026-08 has both a month before and a year before. */
export const DEMO_MONTHS = ['2025-08', '2026-07', '2026-08'] as const;
export const DEMO_RESOLUTION = 2;

/** Scenes come in UTM zone 50N, the run works in CGCS2000: reprojection is part of the exercise. */
const SCENE_CRS = crsFromEpsg(32650);

export interface SampleOptions {
  /** Folder to write to; made where missing. */
  readonly dir: string;
  readonly seed: number;
  /** YYYY-MM, ascending. */
  readonly months: readonly string[];
  /** Metres. */
  readonly resolution: number;
  /** GeoJSON of real subdistricts in WGS84 the world is to cover, in place of the schematic district. */
  readonly extent?: string;
  /** Clouds with shadows, and swath edges. On by default. */
  readonly clouds?: boolean;
  /** Wrong georeference of all months but the first, up to 1.7 px. On by default. */
  readonly shift?: boolean;
  /** Things that look like changes and are none. On by default. */
  readonly traps?: boolean;
  /** Called with a share of 0-1 and what was just finished. */
  readonly onProgress?: (done: number, what: string) => void;
}

/** A change (or trap) as `changes.json` lists it. */
export interface SampleChange {
  readonly id: string;
  readonly class: Change['class'];
  readonly trap: Change['trap'];
  readonly note: string;
  /** First of the months that shows it. */
  readonly month: string;
  readonly areaM2: number;
  /** Middle and outline, longitude and latitude. */
  readonly centre: readonly [lon: number, lat: number];
  readonly ring: readonly (readonly [lon: number, lat: number])[];
}

export interface SampleSet {
  readonly districtsFile: string;
  readonly scenes: readonly { readonly month: string; readonly file: string }[];
  readonly truth: readonly { readonly before: string; readonly after: string; readonly file: string }[];
  readonly changes: readonly SampleChange[];
  /** How each month was taken: sun, haze, shift in px, cloud cover. */
  readonly takes: readonly Take[];
}

/**
 * Makes a district, its monthly scenes and the truth of what changed between every two of them. The same options
 * give the same bytes.
 * @throws BadInput for months, resolution or extent that cannot be used.
 */
export async function makeSamples(options: SampleOptions): Promise<SampleSet> {
  const { dir, seed, months, resolution } = options;
  const indices = monthIndices(months);
  if (!(resolution >= 0.25 && resolution <= 100)) {
    throw new BadInput(`Invalid resolution "${resolution}"; expected metres from 0.25 to 100, e.g. 2`);
  }
  await mkdir(join(dir, 'scenes'), { recursive: true });
  await mkdir(join(dir, 'truth'), { recursive: true });
  const districtsFile = options.extent ?? join(dir, 'districts.geojson');
  if (!options.extent)
    await writeFile(districtsFile, `${JSON.stringify(schematicDistrict(seed), null, 1)}\n`);

  const area = await areaOfFile(districtsFile);
  const { bounds } = area;
  const terrain = createTerrain(bounds, seed);
  const city = createCity(bounds, terrain, seed);
  const plan = planChanges(city, terrain, area, indices, seed, options.traps ?? true);
  const world: World = { surface: createSurface(city, terrain, plan, seed), terrain, bounds, seed };
  const takes = months.map((month, i) =>
    takeOf(month, indices[i], i, seed, { clouds: options.clouds ?? true, shift: options.shift ?? true }),
  );

  const grid = snappedGrid(WORLD_CRS, bounds, resolution);
  const sceneGrid = sceneGridOver(grid);
  const steps = months.length + 1;
  const scenes: SampleSet['scenes'][number][] = [];
  for (const take of takes) {
    const file = join(dir, 'scenes', `${take.month}.tif`);
    await writeScene(file, world, sceneGrid, take);
    scenes.push({ month: take.month, file });
    options.onProgress?.(scenes.length / steps, `scene ${take.month}`);
  }
  const pairs = months.flatMap((_, after) =>
    Array.from({ length: after }, (__, before) => ({
      before,
      after,
      file: join(dir, 'truth', `${months[before]}_${months[after]}.tif`),
    })),
  );
  if (pairs.length > 0) await writeTruth(world, grid, sceneGrid, takes, pairs);
  options.onProgress?.(1, 'truth');

  const changes = plan.changes.map((change) => describe(change, months, indices));
  await writeFile(
    join(dir, 'changes.json'),
    `${JSON.stringify({ seed, resolution, takes, changes }, null, 1)}\n`,
  );
  await writeFile(join(dir, 'README.md'), SAMPLE_README);
  const truth = pairs.map(({ before, after, file }) => ({
    before: months[before],
    after: months[after],
    file,
  }));
  return { districtsFile, scenes, truth, changes, takes };
}

/** A scene's grid: covers the run's grid with a margin, on a lattice of its own. */
function sceneGridOver(grid: Grid): Grid {
  const toScene = transformer(grid.crs, SCENE_CRS);
  const margin = 12 * grid.resolution;
  const bounds: Record<keyof Bounds, number> = {
    minX: Infinity,
    minY: Infinity,
    maxX: -Infinity,
    maxY: -Infinity,
  };
  const { minX, minY, maxX, maxY } = gridBounds(grid);
  for (const [x, y] of [
    [minX, minY],
    [maxX, minY],
    [maxX, maxY],
    [minX, maxY],
    apply(grid.transform, grid.width / 2, 0),
    apply(grid.transform, grid.width / 2, grid.height),
  ] as const) {
    const [u, v] = toScene(x, y);
    bounds.minX = Math.min(bounds.minX, u - margin);
    bounds.minY = Math.min(bounds.minY, v - margin);
    bounds.maxX = Math.max(bounds.maxX, u + margin);
    bounds.maxY = Math.max(bounds.maxY, v + margin);
  }
  return snappedGrid(SCENE_CRS, bounds, grid.resolution);
}

function describe(change: Change, months: readonly string[], indices: readonly number[]): SampleChange {
  const toLonLat = transformer(WORLD_CRS, WGS84);
  const lonLat = ([x, y]: readonly [number, number]) => {
    const [lon, lat] = toLonLat(x, y);
    return [Math.round(lon * 1e7) / 1e7, Math.round(lat * 1e7) / 1e7] as const;
  };
  const corners = change.ring.slice(0, -1);
  const middle = [0, 1].map((axis) => corners.reduce((sum, p) => sum + p[axis], 0) / corners.length);
  const { id, note, trap, areaM2 } = change;
  const month = months[indices.indexOf(change.month)];
  return {
    id,
    class: change.class,
    trap,
    note,
    month,
    areaM2,
    centre: lonLat([middle[0], middle[1]]),
    ring: change.ring.map(lonLat),
  };
}

const SAMPLE_README = `# Sample months (synthetic)

Everything here is drawn by a program from one seed; no satellite took these scenes. The subdistricts carry official
names and codes of Luohu on schematic, invented boundaries (unless an extent of your own was given).

- \`districts.geojson\` subdistricts, WGS84
- \`scenes/YYYY-MM.tif\` uint16 blue, green, red, nir; EPSG:32650; top-of-atmosphere reflectance × 10000; 0 is no data
- \`truth/BEFORE_AFTER.tif\` true change classes on the run's grid, EPSG:4547; 255 cannot be seen
- \`changes.json\` each change and each trap, and how each month was taken (sun, haze, shift in px, cloud)
`;
