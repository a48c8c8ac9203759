import type { Db } from '../../../vector/store/db.js';
import { type SqlParameters, sqlParameters } from '../../../vector/store/sql.js';
import type { Collection, ItemKey } from './collection.js';
import type { Condition } from './cql2/condition.js';
import { conditionSql } from './cql2/sql.js';
import { type Ground, type LonLatBox, meetsSql } from './spatial.js';

/** Subdistrict codes somebody is confined to; null: none. */
export type Scope = readonly string[] | null;

/** Which page of which items. */
export interface ItemsAsk {
  readonly collection: Collection;
  /** All of them hold. */
  readonly conditions: readonly Condition<Ground>[];
  readonly scope: Scope;
  /** Of the district; null where it is not known, or nothing asks for a place. */
  readonly box: LonLatBox | null;
  readonly limit: number;
  readonly offset: number;
}

export interface FoundKeys {
  /** Of the page. */
  readonly keys: readonly ItemKey[];
  /** How many items there are in all. */
  readonly matched: number;
}

const EVERYWHERE: LonLatBox = [-180, -90, 180, 90];

/** The page's keys from the database. */
export function keysBySql(db: Db, ask: ItemsAsk): Promise<FoundKeys> {
  return ask.conditions.length > 0 ? findAmongAll(db, ask) : findInOrder(db, ask);
}

/** Of these keys those that meet all conditions. */
export async function keysAmong(
  db: Db,
  ask: ItemsAsk,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const parameters = sqlParameters();
  const { collection } = ask;
  const rows = await db.query<{ readonly keys: readonly string[] | null }>(
    `SELECT json_agg(${collection.key}) AS keys FROM ${collection.from}
     WHERE ${whereSql(ask, parameters)} AND ${collection.key} = ANY (${parameters.add(keys)}::text[])`,
    parameters.values,
  );
  return new Set(rows[0]?.keys);
}

/** All items that meet a filter, then the page: a database that walks ids in order until a page is full asks most of them in vain. */
async function findAmongAll(db: Db, ask: ItemsAsk): Promise<FoundKeys> {
  const parameters = sqlParameters();
  const { collection, limit, offset } = ask;
  const rows = await db.query<ItemKey & { readonly n: number }>(
    `WITH found AS MATERIALIZED (
         SELECT ${keyColumns(collection)} FROM ${collection.from} WHERE ${whereSql(ask, parameters)}),
       page AS (SELECT * FROM found ORDER BY key COLLATE "C" LIMIT ${parameters.add(limit)}::int OFFSET ${parameters.add(offset)}::int)
     SELECT page.key, page.month, page.against, all_found.n::int AS n
     FROM (SELECT count(*) AS n FROM found) AS all_found LEFT JOIN page ON TRUE ORDER BY page.key COLLATE "C"`,
    parameters.values,
  );
  // an empty page has its count all the same
  const keys = rows.flatMap(({ n: _, ...item }) => (item.key === null ? [] : [item]));
  return { keys, matched: rows[0].n };
}

async function findInOrder(db: Db, ask: ItemsAsk): Promise<FoundKeys> {
  const parameters = sqlParameters();
  const { collection, limit, offset } = ask;
  const where = whereSql(ask, parameters);
  const values = [...parameters.values];
  const keys = await db.query<ItemKey>(
    `SELECT ${keyColumns(collection)} FROM ${collection.from} WHERE ${where}
     ORDER BY ${collection.key} COLLATE "C" LIMIT ${parameters.add(limit)}::int OFFSET ${parameters.add(offset)}::int`,
    parameters.values,
  );
  const [{ n: matched }] = await db.query<{ n: number }>(
    `SELECT count(*) AS n FROM ${collection.from} WHERE ${where}`,
    values,
  );
  return { keys, matched };
}

function whereSql({ collection, conditions, scope, box }: ItemsAsk, parameters: SqlParameters): string {
  const frame = { crs: collection.crs, box: box ?? EVERYWHERE };
  const asked = conditions.map((one) =>
    conditionSql(one, parameters, (ground) => meetsSql(frame, collection.geometry, ground, parameters)),
  );
  return [collection.where, ...scopeSql(collection, scope, parameters), ...asked].join(' AND ');
}

export function keyColumns({ key, month, against }: Collection): string {
  return `${key} AS key, ${month ?? 'NULL'}::text AS month, ${against ?? 'NULL'}::text AS against`;
}

export function scopeSql({ subdistrict }: Collection, scope: Scope, parameters: SqlParameters): string[] {
  return scope === null || subdistrict === null
    ? []
    : [`${subdistrict} = ANY (${parameters.add(scope)}::text[])`];
}
