import { messageOf } from '../../../raster/errors.js';
import { Problem } from '../problem.js';
import type { Collection } from './collection.js';
import { type Condition, readCondition } from './cql2/condition.js';
import { densified, mapPositions, rectangle } from './cql2/geometry.js';
import { parseCql2Text } from './cql2/text.js';
import type { ItemsQuery } from './items-query.js';
import { toLonLat } from './place.js';
import type { Queryable } from './queryable.js';
import type { Ground, LonLatBox } from './spatial.js';

/** What the items of a page must meet, each part of it: box, time, parameters by name, filter. @throws Problem 400 */
export function conditionsOf(collection: Collection, query: ItemsQuery): Condition<Ground>[] {
  const { queryables } = collection;
  const result = [...boxConditions(query), ...timeConditions(collection, query)];
  for (const { name, value } of query.equals) {
    result.push(readCondition({ op: '=', args: [{ property: name }, value] }, queryables, noGround));
  }
  if (query.filter !== null) {
    const cql = query.filterLang === 'cql2-json' ? parseJson(query.filter) : parseCql2Text(query.filter);
    const ground = (geometry: Parameters<typeof mapPositions>[0]): Ground => ({
      geometry: mapPositions(geometry, toLonLat(query.filterCrs)),
    });
    result.push(readCondition(cql, queryables, ground));
  }
  return result;
}

function boxConditions({ bbox, bboxCrs }: ItemsQuery): Condition<Ground>[] {
  if (bbox === null) return [];
  const meets = (ground: Ground): Condition<Ground> => ({ kind: 'meets', ground });
  const map = toLonLat(bboxCrs);
  if (bboxCrs.crs.kind !== 'geographic') {
    const coordinates = [[densified(rectangle(...bbox))]];
    return [meets({ geometry: mapPositions({ type: 'MultiPolygon', coordinates }, map) })];
  }
  const boxes = lonLatBoxes(bbox, map).map((box) => meets({ box }));
  return boxes.length === 1 ? boxes : [{ kind: 'or', parts: boxes }];
}

/** A box may cross the date line: then it is the two at either side of it. */
function lonLatBoxes([x0, y0, x1, y1]: LonLatBox, map: ReturnType<typeof toLonLat>): readonly LonLatBox[] {
  const [[west, lat0], [east, lat1]] = [map([x0, y0]), map([x1, y1])];
  const [south, north] = [Math.min(lat0, lat1), Math.max(lat0, lat1)];
  if (west <= east) return [[west, south, east, north]];
  return [
    [west, south, 180, north],
    [-180, south, east, north],
  ];
}

function timeConditions({ month: sql, inMemory }: Collection, { datetime }: ItemsQuery): Condition<Ground>[] {
  if (datetime === null || sql === null) return [];
  const month: Queryable = {
    name: 'month',
    title: 'month',
    type: 'string',
    sql,
    inMemory: inMemory && ((patch) => patch.month),
  };
  const bound = (op: '>=' | '<=', value: string | null): Condition<Ground>[] =>
    value === null
      ? []
      : [{ kind: 'compare', op, type: 'string', left: { queryable: month }, right: { value } }];
  return [...bound('>=', datetime.from), ...bound('<=', datetime.to)];
}

/** Only for what has no geometry in it. */
function noGround(): never {
  throw new Problem(400, 'A geometry cannot be asked for by name');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem(400, `filter: not JSON (${messageOf(error)})`);
  }
}
