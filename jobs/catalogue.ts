import { resolve } from 'node:path';
import { boundsIn, centreLonLat, groundResolution } from '../raster/choose-grid.js';
import { type Crs, crsFromEpsg, parseCrs, utmAt, WGS84 } from '../raster/crs.js';
import type { OpenedScene } from '../raster/engine/prepare.js';
import { BadInput } from '../raster/errors.js';
import { openScene, placed, type Scene, type SceneSpec } from '../raster/scene.js';
import type { BandNumbers } from '../raster/sensors.js';
import { isAddress } from '../raster/tiff/address.js';
import type { Ring } from '../vector/patch.js';
import type { Db } from '../vector/store/db.js';
import { addScene, listScenes, type SceneRecord } from '../vector/store/scenes.js';

/** What is kept of a scene besides what the file says. Stored as the scene's `bands`. */
interface StoredRecipe {
  readonly bands: BandNumbers | null;
  readonly sourceCrs: string | null;
  /** Of its files when they were found in a watched folder: whether they have been delivered anew. */
  readonly stamp?: string;
}

/** What a scene's files say, by which its month may be told. */
export interface FoundScene {
  /** YYYY-MM-DD; null where neither metadata nor file name tell. */
  readonly acquired: string | null;
  /** Closed ring in WGS84 longitude, latitude. */
  readonly footprint: Ring;
}

/**
 * Opens a scene to be sure of it, and adds it to the catalogue.
 * @param month YYYY-MM, or what tells it from the files and throws BadInput where it cannot
 * @throws BadInput where it cannot be used.
 */
export async function registerScene(
  db: Db,
  spec: SceneSpec,
  month: string | ((found: FoundScene) => string),
  stamp?: string,
): Promise<SceneRecord> {
  const files = spec.files.map((file) => (isAddress(file) ? file : resolve(file)));
  const scene = await openScene({ ...spec, files });
  try {
    const recipe: StoredRecipe = {
      bands: spec.bands ?? null,
      sourceCrs: spec.sourceCrs?.name ?? null,
      ...(stamp === undefined ? {} : { stamp }),
    };
    const found = { acquired: scene.acquired, footprint: footprint(scene) };
    return await addScene(db, {
      month: typeof month === 'string' ? month : month(found),
      sensor: spec.sensor ?? null,
      files,
      crs: scene.placement.crs.name,
      ...found,
      resolutionM: groundResolution(placed(scene), utmAt(centreLonLat(placed(scene)))),
      bands: recipe,
    });
  } finally {
    await scene.close();
  }
}

/** The stamp a scene was registered with; null where it was added by hand. */
export function stampOfScene(record: SceneRecord): string | null {
  return (record.bands as StoredRecipe).stamp ?? null;
}

/** Bounding rectangle in WGS84. */
function footprint(scene: Scene): Ring {
  const { minX, minY, maxX, maxY } = boundsIn(placed(scene), WGS84);
  return [
    [minX, minY],
    [maxX, minY],
    [maxX, maxY],
    [minX, maxY],
    [minX, minY],
  ];
}

function specOf(record: SceneRecord): SceneSpec {
  const { bands, sourceCrs } = record.bands as StoredRecipe;
  return {
    files: record.files,
    sensor: record.sensor ?? undefined,
    bands: bands ?? undefined,
    sourceCrs: sourceCrs === null ? undefined : parseCrs(sourceCrs),
  };
}

/** Months with scenes, oldest first. */
export async function storedMonths(db: Db): Promise<string[]> {
  return [...new Set((await listScenes(db)).map((scene) => scene.month))].sort();
}

/** The scenes of a month, the newest first; opened, to be closed by the caller. @throws BadInput naming the scene that cannot be read. */
async function openMonth(db: Db, month: string): Promise<OpenedScene[]> {
  const records = await listScenes(db, { month });
  const opened: OpenedScene[] = [];
  try {
    for (const record of records.reverse()) {
      const spec = specOf(record);
      opened.push({ spec, scene: await openScene(spec), month });
    }
    return opened;
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

async function closeAll(scenes: readonly OpenedScene[]): Promise<void> {
  await Promise.allSettled(scenes.map(({ scene }) => scene.close()));
}

/** The scenes of a district's months, each month opened when first asked for. */
export interface Archive {
  scenes(months: readonly string[]): Promise<OpenedScene[]>;
  close(): Promise<void>;
}

export function openArchive(db: Db): Archive {
  const opened = new Map<string, OpenedScene[]>();
  return {
    async scenes(months) {
      for (const month of months) if (!opened.has(month)) opened.set(month, await openMonth(db, month));
      return months.flatMap((month) => opened.get(month) ?? []);
    },
    async close() {
      await Promise.all([...opened.values()].map(closeAll));
    },
  };
}

/** The CRS a configured name stands for, with an EPSG code. @throws BadInput */
export function configuredCrs(name: string): Crs {
  const crs = parseCrs(name, 'crs in the configuration');
  if (crs.epsg === null) throw new BadInput(`crs "${name}" in the configuration has no EPSG code`);
  return crsFromEpsg(crs.epsg);
}
