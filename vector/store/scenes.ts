import { createHash } from 'node:crypto';
import { decodePolygon, encodePolygon } from '../ewkb.js';
import type { Ring } from '../patch.js';
import type { Db } from './db.js';

/** A scene (影像) in the catalogue. */
export interface SceneRecord {
  /** Of its files: the same files are the same scene. */
  readonly id: string;
  /** YYYY-MM. */
  readonly month: string;
  /** Name of the sensor profile; null where none was given or recognized. */
  readonly sensor: string | null;
  /** Paths or addresses, in the order given. */
  readonly files: readonly string[];
  /** Name of the files' CRS, e.g. `EPSG:32650`. */
  readonly crs: string;
  /** Closed ring in WGS84 longitude, latitude. */
  readonly footprint: Ring;
  /** YYYY-MM-DD; null where the files tell none. */
  readonly acquired: string | null;
  /** Side of a pixel in metres. */
  readonly resolutionM: number;
  /** Which band lies where, as JSON: the store keeps it and does not look inside. */
  readonly bands: unknown;
  /** ISO 8601. */
  readonly addedAt: string;
}

export type NewScene = Omit<SceneRecord, 'id' | 'addedAt'>;

/** The id of a scene made of these files, whatever their order. */
export function sceneId(files: readonly string[]): string {
  return createHash('sha256')
    .update([...files].sort().join('\n'))
    .digest('hex')
    .slice(0, 16);
}

/** Adds a scene to the catalogue. The same files added again update their scene, its month included. */
export async function addScene(db: Db, scene: NewScene): Promise<SceneRecord> {
  const rows = await db.query<SceneRow>(
    `INSERT INTO tuban.scene (id, month, sensor, files, crs, footprint, acquired, resolution_m, bands)
     VALUES ($1, $2, $3, $4::jsonb, $5, $6::text::geometry, $7::text::date, $8, $9::jsonb)
     ON CONFLICT (id) DO UPDATE SET month = excluded.month, sensor = excluded.sensor, files = excluded.files, crs = excluded.crs,
       footprint = excluded.footprint, acquired = excluded.acquired, resolution_m = excluded.resolution_m,
       bands = excluded.bands, added_at = now()
     RETURNING ${COLUMNS}`,
    [
      sceneId(scene.files),
      scene.month,
      scene.sensor,
      JSON.stringify(scene.files),
      scene.crs,
      encodePolygon([scene.footprint], 4326),
      scene.acquired,
      scene.resolutionM,
      JSON.stringify(scene.bands),
    ],
  );
  return fromRow(rows[0]);
}

/** Scenes by month, then acquisition date, then id. */
export async function listScenes(db: Db, filter: { readonly month?: string } = {}): Promise<SceneRecord[]> {
  const rows = await db.query<SceneRow>(
    `SELECT ${COLUMNS} FROM tuban.scene WHERE $1::text IS NULL OR month = $1::text
     ORDER BY month, acquired NULLS LAST, id`,
    [filter.month ?? null],
  );
  return rows.map(fromRow);
}

/** Takes a scene out of the catalogue (its files stay). False where there is none of that id. */
export async function removeScene(db: Db, id: string): Promise<boolean> {
  return (await db.query('DELETE FROM tuban.scene WHERE id = $1 RETURNING id', [id])).length > 0;
}

const COLUMNS =
  'id, month, sensor, files, crs, footprint::text AS footprint, acquired, resolution_m, bands, added_at';

interface SceneRow {
  readonly id: string;
  readonly month: string;
  readonly sensor: string | null;
  readonly files: readonly string[];
  readonly crs: string;
  readonly footprint: string;
  readonly acquired: string | null;
  readonly resolution_m: number;
  readonly bands: unknown;
  readonly added_at: string;
}

function fromRow(row: SceneRow): SceneRecord {
  const { id, month, sensor, files, crs, acquired, bands } = row;
  return {
    id,
    month,
    sensor,
    files,
    crs,
    footprint: decodePolygon(row.footprint)[0],
    acquired,
    resolutionM: row.resolution_m,
    bands,
    addedAt: row.added_at,
  };
}
