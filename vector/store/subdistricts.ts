import { decodePolygons, encodeMultiPolygon } from '../ewkb.js';
import type { Subdistrict } from '../patch.js';
import type { Db } from './db.js';

/** SRID of WGS84 longitude, latitude. */
const LON_LAT = 4326;

/** Replaces all subdistricts of the district; readers see the old ones or the new ones. Patches keep the names they were given. */
export async function replaceSubdistricts(db: Db, subdistricts: readonly Subdistrict[]): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query('DELETE FROM tuban.subdistrict');
    await tx.query(
      `INSERT INTO tuban.subdistrict (code, name, ord, geom)
       SELECT code, name, ord, geom::geometry FROM unnest($1::text[], $2::text[], $3::int[], $4::text[]) AS s(code, name, ord, geom)`,
      [
        subdistricts.map((s) => s.code),
        subdistricts.map((s) => s.name),
        subdistricts.map((_, index) => index),
        subdistricts.map((s) => encodeMultiPolygon(s.polygons, LON_LAT)),
      ],
    );
  });
}

export type SubdistrictName = Pick<Subdistrict, 'code' | 'name'>;

/** All without their ground, in their order. */
export function listSubdistrictNames(db: Db): Promise<SubdistrictName[]> {
  return db.query<SubdistrictName>('SELECT code, name FROM tuban.subdistrict ORDER BY ord');
}

/** All subdistricts in the order of their file; empty before the first import. */
export async function listSubdistricts(db: Db): Promise<Subdistrict[]> {
  const rows = await db.query<{ code: string; name: string; geom: string }>(
    'SELECT code, name, geom::text AS geom FROM tuban.subdistrict ORDER BY ord',
  );
  return rows.map(({ code, name, geom }) => ({ code, name, polygons: decodePolygons(geom).polygons }));
}
