import { BadInput } from '../../raster/errors.js';
import { decodePolygons } from '../ewkb.js';
import type { PolygonParts } from '../features/source.js';
import type { Ground } from '../lead.js';
import type { PermitValues } from '../registers/permits.js';
import type { RegisterRow } from '../registers/register.js';
import type { Db } from './db.js';
import { validGround } from './ground.js';
import { joined } from './overlay.js';

/** A planning permit (规划许可) as stored. */
export interface Permit extends PermitValues, Ground {}

export interface ImportCount {
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly warnings: readonly string[];
}

/**
 * Stores permits in one transaction, those known by their number anew. Rows that share a number are one permit of several
 * lots.
 * @throws BadInput where a polygon cannot be used, or rows of one number contradict each other.
 */
export async function importPermits(
  db: Db,
  rows: readonly RegisterRow<PermitValues, PolygonParts>[],
): Promise<ImportCount> {
  checkRepeats(rows);
  return db.transaction(async (tx) => {
    const { geoms, warnings } = await validGround(tx, rows);
    const column = <K extends keyof PermitValues>(key: K) => rows.map(({ values }) => values[key]);
    const stored = await tx.query<{ added: boolean }>(
      `INSERT INTO tuban.permit AS p (number, authority, level, date, valid_from, valid_to, approved_m2, geom)
       SELECT number, min(authority), min(level), min(date), min(valid_from), min(valid_to), min(approved), ${joined('geom')}
       FROM unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::date[], $6::date[], $7::float8[], $8::text[])
         AS r(number, authority, level, date, valid_from, valid_to, approved, geom)
       GROUP BY number
       ON CONFLICT (number) DO UPDATE SET authority = excluded.authority, level = excluded.level, date = excluded.date,
         valid_from = excluded.valid_from, valid_to = excluded.valid_to, approved_m2 = excluded.approved_m2,
         geom = excluded.geom, imported_at = now()
       WHERE (p.authority, p.level, p.date, p.valid_from, p.valid_to, p.approved_m2, p.geom::text) IS DISTINCT FROM
         (excluded.authority, excluded.level, excluded.date, excluded.valid_from, excluded.valid_to, excluded.approved_m2,
          excluded.geom::text)
       RETURNING xmax = 0 AS added`,
      [
        column('number'),
        column('authority'),
        column('level'),
        column('date'),
        column('validFrom'),
        column('validTo'),
        column('approvedM2'),
        geoms,
      ],
    );
    return { ...countOf(stored, new Set(column('number')).size), warnings };
  });
}

/** What an upsert that returns only the rows it wrote did with `total` of them. */
export function countOf(
  stored: readonly { readonly added: boolean }[],
  total: number,
): Omit<ImportCount, 'warnings'> {
  const added = stored.filter((row) => row.added).length;
  return { added, updated: stored.length - added, unchanged: total - stored.length };
}

function checkRepeats(rows: readonly RegisterRow<PermitValues, PolygonParts>[]): void {
  const known = new Map<string, RegisterRow<PermitValues, PolygonParts>>();
  for (const row of rows) {
    const former = known.get(row.values.number);
    known.set(row.values.number, former ?? row);
    if (former && JSON.stringify(former.values) !== JSON.stringify(row.values)) {
      throw new BadInput(
        `${row.what}: permit ${row.values.number} stands already in ${former.what} with other values; give each permit a number of its own, or its lots the same values`,
      );
    }
  }
}

/** All permits by number. */
export async function listPermits(db: Db): Promise<Permit[]> {
  const rows = await db.query<Omit<Permit, 'polygons'> & { readonly geom: string }>(
    `SELECT number, authority, level, date, valid_from AS "validFrom", valid_to AS "validTo", approved_m2 AS "approvedM2",
       geom::text AS geom FROM tuban.permit ORDER BY number COLLATE "C"`,
  );
  return rows.map(({ geom, ...permit }) => ({ ...permit, polygons: decodePolygons(geom).polygons }));
}
