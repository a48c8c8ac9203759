import type { Point } from '../../raster/affine.js';
import type { AddressValues } from '../registers/addresses.js';
import type { RegisterRow } from '../registers/register.js';
import type { Db } from './db.js';
import { countOf, type ImportCount } from './permits.js';

/**
 * Stores address points in one transaction. One that is there already, with the same text at the same point (to a
 * ten-millionth of a degree, about a centimetre), is not doubled.
 * @param replace whether the former addresses go
 */
export async function importAddresses(
  db: Db,
  rows: readonly RegisterRow<AddressValues, Point>[],
  { replace = false } = {},
): Promise<ImportCount> {
  return db.transaction(async (tx) => {
    if (replace) await tx.query('DELETE FROM tuban.address');
    const stored = await tx.query<{ added: boolean }>(
      `WITH given AS (
         SELECT DISTINCT text, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS geom
         FROM unnest($1::text[], $2::float8[], $3::float8[]) AS r(text, lon, lat))
       INSERT INTO tuban.address (text, geom)
       SELECT text, geom FROM given g
       WHERE NOT EXISTS (SELECT 1 FROM tuban.address a WHERE a.text = g.text AND a.geom = g.geom)
       RETURNING true AS added`,
      [
        rows.map(({ values }) => values.text),
        rows.map(({ geometry }) => rounded(geometry[0])),
        rows.map(({ geometry }) => rounded(geometry[1])),
      ],
    );
    // how many there are is what a planner must know; statistics of points take seconds and serve nobody
    await tx.query('ANALYZE tuban.address (id)');
    return { ...countOf(stored, rows.length), warnings: [] };
  });
}

function rounded(degrees: number): number {
  return Number(degrees.toFixed(7));
}

export async function countAddresses(db: Db): Promise<number> {
  const [{ n }] = await db.query<{ n: number }>('SELECT count(*) AS n FROM tuban.address');
  return n;
}
