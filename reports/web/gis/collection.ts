import type { MultiPolygon, Polygon } from 'geojson';
import type { Crs } from '../../../raster/crs.js';
import type { Against } from '../../../vector/number.js';
import type { Db } from '../../../vector/store/db.js';
import type { Place } from './place.js';
import type { Queryable } from './queryable.js';

/** A feature as GeoJSON, without what only the address of the request can tell. */
export interface ItemFeature {
  readonly type: 'Feature';
  readonly id: string;
  readonly geometry: Polygon | MultiPolygon | null;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A row of the first of two queries: which features, in which order; month and comparison where the collection has them. */
export interface ItemKey {
  readonly key: string;
  readonly month: string | null;
  readonly against: Against | null;
}

/**
 * A collection of OGC API – Features. Items are found in two steps: filters give keys of one page, then `load` reads these
 * with the store's own functions, so that a feature has the same properties wherever it leaves the project.
 */
export interface Collection {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly from: string;
  /** Conditions that always hold. */
  readonly where: string;
  /** SQL of the id, unique; items are ordered by it. */
  readonly key: string;
  /** SQL of what it was compared with; null where that has no meaning. */
  readonly against: string | null;
  /** SQL of the subdistrict code that officers are confined by; null where everybody may see all. */
  readonly subdistrict: string | null;
  /** SQL of the month an item belongs to, `YYYY-MM`; null for what has no time. */
  readonly month: string | null;
  readonly geometry: string;
  /** Of the stored geometries. */
  readonly crs: Crs;
  readonly queryables: readonly Queryable[];
  /** Its items are the patches kept in memory (vector/store/patch-index.ts). */
  readonly inMemory?: true;
  load(db: Db, keys: readonly ItemKey[], place: Place): Promise<ItemFeature[]>;
}

/** Loaded rows in the order of their keys; one that has gone in between is left out. */
export function inOrder<Row>(
  keys: readonly ItemKey[],
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  feature: (row: Row, key: ItemKey) => ItemFeature,
): ItemFeature[] {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  return keys.flatMap((key) => {
    const row = byKey.get(key.key);
    return row === undefined ? [] : [feature(row, key)];
  });
}
