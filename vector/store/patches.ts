import type { ChangeClassName } from '../../kernels/classes.js';
import { decodePolygon } from '../ewkb.js';
import type { Filtering } from '../filter/judge.js';
import type { Against } from '../number.js';
import type { Patch, PatchState } from '../patch.js';
import type { Db } from './db.js';

export interface PatchFilter {
  readonly month: string;
  readonly against: Against;
  readonly state?: PatchState;
  readonly class?: ChangeClassName;
  /** Code of a subdistrict. */
  readonly subdistrict?: string;
}

/** The patches of a month's published run by number; rings in the CRS of that run's grid. */
export async function listPatches(db: Db, filter: PatchFilter): Promise<Patch[]> {
  const rows = await db.query<PatchRow>(
    `SELECT ${PATCH_COLUMNS} FROM tuban.patch
     WHERE month = $1 AND against = $2 AND retired_at IS NULL AND ($3::text IS NULL OR state = $3)
       AND ($4::text IS NULL OR class = $4) AND ($5::text IS NULL OR subdistrict_code = $5)
     ORDER BY number COLLATE "C"`,
    [filter.month, filter.against, filter.state ?? null, filter.class ?? null, filter.subdistrict ?? null],
  );
  return rows.map(patchFromRow);
}

/** Patches by their numbers, retired ones included. */
export async function patchesByNumber(db: Db, numbers: readonly string[]): Promise<Patch[]> {
  const rows = await db.query<PatchRow>(
    `SELECT ${PATCH_COLUMNS} FROM tuban.patch WHERE number = ANY ($1::text[]) ORDER BY number COLLATE "C"`,
    [numbers],
  );
  return rows.map(patchFromRow);
}

/** What `patchFromRow` reads. */
export const PATCH_COLUMNS =
  'number, class, state, decided, subdistrict_code, subdistrict, before, after, area_m2, perimeter_m, compactness, confidence, to_bare, model, filtering, lon, lat, geom::text AS geom';

export interface PatchRow {
  readonly number: string;
  readonly class: ChangeClassName;
  readonly state: PatchState;
  readonly decided: string | null;
  readonly subdistrict_code: string | null;
  readonly subdistrict: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly area_m2: number;
  readonly perimeter_m: number;
  readonly compactness: number;
  readonly confidence: number;
  readonly to_bare: boolean;
  readonly model: string | null;
  readonly filtering: Filtering | null;
  readonly lon: number;
  readonly lat: number;
  /** Hex EWKB. */
  readonly geom: string;
}

export function patchFromRow(row: PatchRow): Patch {
  return {
    number: row.number,
    class: row.class,
    subdistrictCode: row.subdistrict_code,
    subdistrict: row.subdistrict,
    before: row.before,
    after: row.after,
    areaM2: row.area_m2,
    confidence: row.confidence,
    state: row.state,
    decided: row.decided,
    perimeterM: row.perimeter_m,
    compactness: row.compactness,
    toBare: row.to_bare,
    model: row.model,
    centroid: [row.lon, row.lat],
    filtering: row.filtering,
    rings: decodePolygon(row.geom),
  };
}
