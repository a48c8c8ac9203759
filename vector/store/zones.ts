import { decodePolygons } from '../ewkb.js';
import type { PolygonParts } from '../features/source.js';
import { type Ground, ZONE_KINDS_ZH, type ZoneKind } from '../lead.js';
import type { RegisterRow } from '../registers/register.js';
import type { ZoneValues } from '../registers/zones.js';
import type { Db } from './db.js';
import { validGround } from './ground.js';
import { joined } from './overlay.js';
import { countOf, type ImportCount } from './permits.js';

/** A protected zone as stored. */
export interface ProtectedZone extends Ground {
  readonly kind: ZoneKind;
  readonly name: string;
}

/** Vertices of a piece: small enough to cut fast, large enough that a parcel stays whole. */
const PIECE_VERTICES = 128;

/**
 * Stores the zones of one kind in one transaction, those known by their name anew. Rows that share a name are one zone, and
 * rows without a name are one zone with the kind's name: parcels of farmland seldom have one. Beside each zone stand its
 * pieces, which overlaps are asked of.
 * @throws BadInput where a polygon cannot be used.
 */
export async function importZones(
  db: Db,
  kind: ZoneKind,
  rows: readonly RegisterRow<ZoneValues, PolygonParts>[],
): Promise<ImportCount> {
  return db.transaction(async (tx) => {
    const { geoms, warnings } = await validGround(tx, rows);
    const names = rows.map(({ values }) => values.name ?? ZONE_KINDS_ZH[kind]);
    const stored = await tx.query<{ added: boolean }>(
      `WITH stored AS (
         INSERT INTO tuban.protected_zone AS z (kind, name, geom)
         SELECT $1, name, ${joined('geom')} FROM unnest($2::text[], $3::text[]) AS r(name, geom) GROUP BY name
         ON CONFLICT (kind, name) DO UPDATE SET geom = excluded.geom, imported_at = now() WHERE z.geom::text <> excluded.geom::text
         RETURNING kind, name, geom, xmax = 0 AS added),
       former AS (
         DELETE FROM tuban.protected_zone_piece p USING stored s WHERE p.kind = s.kind AND p.name = s.name),
       pieces AS (
         INSERT INTO tuban.protected_zone_piece (kind, name, geom)
         SELECT kind, name, ST_Subdivide(part.geom, ${PIECE_VERTICES}) FROM stored, ST_Dump(stored.geom) AS part)
       SELECT added FROM stored`,
      [kind, names, geoms],
    );
    return { ...countOf(stored, new Set(names).size), warnings };
  });
}

/** All protected zones by kind and name. */
export async function listZones(db: Db): Promise<ProtectedZone[]> {
  const rows = await db.query<{ kind: ZoneKind; name: string; geom: string }>(
    'SELECT kind, name, geom::text AS geom FROM tuban.protected_zone ORDER BY kind, name COLLATE "C"',
  );
  return rows.map(({ geom, ...zone }) => ({ ...zone, polygons: decodePolygons(geom).polygons }));
}
