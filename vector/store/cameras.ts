import type { Point } from '../../raster/affine.js';
import { BadInput } from '../../raster/errors.js';
import type { CameraValues } from '../registers/cameras.js';
import type { RegisterRow } from '../registers/register.js';
import type { Db } from './db.js';
import { countOf, type ImportCount } from './permits.js';

/** A ground camera as stored; its place in WGS84 longitude, latitude. */
export interface Camera extends CameraValues {
  readonly position: Point;
}

/** Stores cameras in one transaction, those known by their id anew. @throws BadInput where two rows share an id. */
export async function importCameras(
  db: Db,
  rows: readonly RegisterRow<CameraValues, Point>[],
): Promise<ImportCount> {
  const known = new Map<string, string>();
  for (const { what, values } of rows) {
    const former = known.get(values.id);
    if (former !== undefined) {
      throw new BadInput(
        `${what}: camera ${values.id} stands already in ${former}; give each camera an id of its own`,
      );
    }
    known.set(values.id, what);
  }
  const stored = await db.query<{ added: boolean }>(
    `INSERT INTO tuban.camera AS c (id, name, bearing, view, range_m, geom)
     SELECT id, name, bearing, view, range_m, ST_SetSRID(ST_MakePoint(lon, lat), 4326)
     FROM unnest($1::text[], $2::text[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::float8[])
       AS r(id, name, bearing, view, range_m, lon, lat)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, bearing = excluded.bearing, view = excluded.view,
       range_m = excluded.range_m, geom = excluded.geom
     WHERE (c.name, c.bearing, c.view, c.range_m, c.geom::text) IS DISTINCT FROM
       (excluded.name, excluded.bearing, excluded.view, excluded.range_m, excluded.geom::text)
     RETURNING xmax = 0 AS added`,
    [
      rows.map(({ values }) => values.id),
      rows.map(({ values }) => values.name),
      rows.map(({ values }) => values.bearing),
      rows.map(({ values }) => values.view),
      rows.map(({ values }) => values.rangeM),
      rows.map(({ geometry }) => geometry[0]),
      rows.map(({ geometry }) => geometry[1]),
    ],
  );
  return { ...countOf(stored, rows.length), warnings: [] };
}

/** All cameras by id. */
export async function listCameras(db: Db): Promise<Camera[]> {
  const rows = await db.query<CameraValues & { lon: number; lat: number }>(
    `SELECT id, name, bearing, view, range_m AS "rangeM", ST_X(geom) AS lon, ST_Y(geom) AS lat FROM tuban.camera
     ORDER BY id COLLATE "C"`,
  );
  return rows.map(({ lon, lat, ...camera }) => ({ ...camera, position: [lon, lat] }));
}
