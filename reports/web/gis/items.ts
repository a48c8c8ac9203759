import { messageOf } from '../../../raster/errors.js';
import type { Db } from '../../../vector/store/db.js';
import { type SqlParameters, sqlParameters } from '../../../vector/store/sql.js';
import { Problem } from '../problem.js';
import type { Collection, ItemFeature, ItemKey } from './collection.js';
import { compileCql2 } from './cql2/compile.js';
import { densified, mapPositions, rectangle } from './cql2/geometry.js';
import { parseCql2Text } from './cql2/text.js';
import type { ItemsQuery } from './items-query.js';
import { geometryPlacer, type NamedCrs, toLonLat } from './place.js';
import { districtBox, intersectsSql, type LonLatBox, meetsBoxSql } from './spatial.js';

export interface ItemsPage {
  readonly features: readonly ItemFeature[];
  /** How many there are in all. */
  readonly matched: number;
}

/** Subdistrict codes somebody is confined to; null: none. */
export type Scope = readonly string[] | null;

const EVERYWHERE: LonLatBox = [-180, -90, 180, 90];

/** One page of a collection, in the order of ids. @throws Problem 400 for a filter that cannot be used. */
export async function findItems(
  db: Db,
  collection: Collection,
  query: ItemsQuery,
  scope: Scope,
): Promise<ItemsPage> {
  const parameters = sqlParameters();
  const box = (await districtBox(db)) ?? EVERYWHERE;
  const asked = conditions(collection, query, box, parameters);
  const where = [collection.where, ...scopeSql(collection, scope, parameters), ...asked].join(' AND ');
  const find = asked.length > 0 ? findAmongAll : findInOrder;
  const { keys, matched } = await find(db, collection, where, parameters, query);
  return { features: await collection.load(db, keys, geometryPlacer(collection.crs, query.crs)), matched };
}

/** Keys of a page, and how many items there are in all. */
type Find = (
  db: Db,
  collection: Collection,
  where: string,
  parameters: SqlParameters,
  query: ItemsQuery,
) => Promise<{ readonly keys: readonly ItemKey[]; readonly matched: number }>;

/** All items that meet a filter, then the page: a database that walks ids in order until a page is full asks most of them in vain. */
const findAmongAll: Find = async (db, collection, where, parameters, { limit, offset }) => {
  const rows = await db.query<ItemKey & { readonly n: number }>(
    `WITH found AS MATERIALIZED (SELECT ${keyColumns(collection)} FROM ${collection.from} WHERE ${where}),
       page AS (SELECT * FROM found ORDER BY key COLLATE "C" LIMIT ${parameters.add(limit)}::int OFFSET ${parameters.add(offset)}::int)
     SELECT page.key, page.month, page.against, all_found.n::int AS n
     FROM (SELECT count(*) AS n FROM found) AS all_found LEFT JOIN page ON TRUE ORDER BY page.key COLLATE "C"`,
    parameters.values,
  );
  // an empty page has its count all the same
  return { keys: rows.filter(({ key }) => key !== null), matched: rows[0].n };
};

const findInOrder: Find = async (db, collection, where, parameters, { limit, offset }) => {
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
};

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

function keyColumns({ key, month, against }: Collection): string {
  return `${key} AS key, ${month ?? 'NULL'}::text AS month, ${against ?? 'NULL'}::text AS against`;
}

function scopeSql({ subdistrict }: Collection, scope: Scope, parameters: SqlParameters): string[] {
  return scope === null || subdistrict === null
    ? []
    : [`${subdistrict} = ANY (${parameters.add(scope)}::text[])`];
}

function conditions(
  collection: Collection,
  query: ItemsQuery,
  box: LonLatBox,
  parameters: SqlParameters,
): string[] {
  const { geometry: sql, crs, month, queryables } = collection;
  const frame = { sql, crs, box, parameters };
  const result: string[] = [];
  if (query.bbox !== null) {
    const [x0, y0, x1, y1] = query.bbox;
    const map = toLonLat(query.bboxCrs);
    if (query.bboxCrs.crs.kind === 'geographic') {
      const [[west, lat0], [east, lat1]] = [map([x0, y0]), map([x1, y1])];
      const [south, north] = [Math.min(lat0, lat1), Math.max(lat0, lat1)];
      // a box may cross the date line: then it is the two at either side of it
      const boxes: LonLatBox[] =
        west > east
          ? [
              [west, south, 180, north],
              [-180, south, east, north],
            ]
          : [[west, south, east, north]];
      result.push(`(${boxes.map((one) => meetsBoxSql(frame, one)).join(' OR ')})`);
    } else {
      const coordinates = [[densified(rectangle(x0, y0, x1, y1))]];
      result.push(intersectsSql(frame, mapPositions({ type: 'MultiPolygon', coordinates }, map)));
    }
  }
  if (query.datetime !== null && month !== null) {
    const { from, to } = query.datetime;
    if (from !== null) result.push(`${month}::text COLLATE "C" >= ${parameters.add(from)}::text`);
    if (to !== null) result.push(`${month}::text COLLATE "C" <= ${parameters.add(to)}::text`);
  }
  for (const { name, value } of query.equals) {
    result.push(
      compileCql2(
        { op: '=', args: [{ property: name }, value] },
        { queryables, parameters, intersects: () => 'FALSE' },
      ),
    );
  }
  if (query.filter !== null) {
    const cql = query.filterLang === 'cql2-json' ? parseJson(query.filter) : parseCql2Text(query.filter);
    const map = toLonLat(query.filterCrs);
    const intersects = (geometry: Parameters<typeof mapPositions>[0]) =>
      intersectsSql(frame, mapPositions(geometry, map));
    result.push(compileCql2(cql, { queryables, parameters, intersects }));
  }
  return result;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem(400, `filter: not JSON (${messageOf(error)})`);
  }
}
