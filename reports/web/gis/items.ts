import type { Db } from '../../../vector/store/db.js';
import { districtBounds } from '../../../vector/store/overview.js';
import { sqlParameters } from '../../../vector/store/sql.js';
import type { Collection, ItemFeature, ItemKey } from './collection.js';
import { asksGround } from './cql2/condition.js';
import { conditionsOf } from './items-condition.js';
import { keysInMemory } from './items-memory.js';
import type { ItemsQuery } from './items-query.js';
import { type ItemsAsk, keyColumns, keysBySql, type Scope, scopeSql } from './items-sql.js';
import { geometryPlacer, type NamedCrs } from './place.js';

export type { Scope } from './items-sql.js';

export interface ItemsPage {
  readonly features: readonly ItemFeature[];
  /** How many there are in all. */
  readonly matched: number;
}

/** One page of a collection, in the order of ids. @throws Problem 400 for a filter that cannot be used. */
export async function findItems(
  db: Db,
  collection: Collection,
  query: ItemsQuery,
  scope: Scope,
): Promise<ItemsPage> {
  const ask = await itemsAsk(db, collection, query, scope);
  // a database server searches beside this process: looking through memory here would keep all other answers waiting
  const here = db.kind === 'embedded' ? await keysInMemory(db, ask) : null;
  const { keys, matched } = here ?? (await keysBySql(db, ask));
  return { features: await collection.load(db, keys, geometryPlacer(collection.crs, query.crs)), matched };
}

/** @throws Problem 400 for a filter that cannot be used. */
export async function itemsAsk(
  db: Db,
  collection: Collection,
  query: ItemsQuery,
  scope: Scope,
): Promise<ItemsAsk> {
  const { limit, offset } = query;
  const conditions = conditionsOf(collection, query);
  const box = conditions.some(asksGround) ? await districtBounds(db) : null;
  return { collection, conditions, scope, box, limit, offset };
}

/** One item; null where there is none of that id within the scope. */
export async function findItem(
  db: Db,
  collection: Collection,
  id: string,
  crs: NamedCrs,
  scope: Scope,
): Promise<ItemFeature | null> {
  if (id.includes('\0')) return null;
  const parameters = sqlParameters();
  const where = [
    collection.where,
    ...scopeSql(collection, scope, parameters),
    `${collection.key} = ${parameters.add(id)}::text`,
  ].join(' AND ');
  const keys = await db.query<ItemKey>(
    `SELECT ${keyColumns(collection)} FROM ${collection.from} WHERE ${where}`,
    parameters.values,
  );
  const [feature] = await collection.load(db, keys, geometryPlacer(collection.crs, crs));
  return feature ?? null;
}

/** Months the collection has items of, for its temporal extent; null where it has none. */
export async function monthsOf(
  db: Db,
  collection: Collection,
): Promise<{ readonly first: string; readonly last: string } | null> {
  if (collection.month === null) return null;
  const [row] = await db.query<{ first: string | null; last: string }>(
    `SELECT min(${collection.month}::text) AS first, max(${collection.month}::text) AS last
     FROM ${collection.from} WHERE ${collection.where}`,
  );
  return row === undefined || row.first === null ? null : { first: row.first, last: row.last };
}
