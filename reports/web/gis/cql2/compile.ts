import type { SqlParameters } from '../../../../vector/store/sql.js';
import { Problem } from '../../problem.js';
import type { Queryable } from '../queryable.js';
import { type Geometry, readGeometry } from './geometry.js';

/** What a filter is compiled against. */
export interface Frame {
  /** Exactly these names can be asked for. */
  readonly queryables: readonly Queryable[];
  readonly parameters: SqlParameters;
  /** SQL that is true where the feature meets the geometry, whose coordinates are in the filter's CRS. */
  intersects(geometry: Geometry): string;
}

/** Most conditions in one filter, values of IN lists counted. */
const MOST_NODES = 1000;
const MOST_DEPTH = 60;

const COMPARE: Readonly<Record<string, string>> = {
  '=': '=',
  '<>': '<>',
  '<': '<',
  '>': '>',
  '<=': '<=',
  '>=': '>=',
};

/** SQL types by those of queryables. */
const CAST = { string: 'text', number: 'float8', boolean: 'boolean', date: 'date', instant: 'timestamptz' };
type ScalarType = keyof typeof CAST;

/**
 * SQL of a filter in CQL2 JSON (OGC 21-065r2, clause 8 and annex). Values only ever go in as parameters, names only as the
 * SQL of a queryable.
 * @throws Problem 400 naming what is wrong: an unknown property or operator, a value of another type.
 */
export function compileCql2(filter: unknown, frame: Frame): string {
  let nodes = 0;
  const count = (depth: number) => {
    if (++nodes > MOST_NODES) throw bad(`more than ${MOST_NODES} conditions`);
    if (depth > MOST_DEPTH) throw bad(`nested more than ${MOST_DEPTH} deep`);
  };

  const condition = (node: unknown, depth: number): string => {
    count(depth);
    if (typeof node === 'boolean') return node ? 'TRUE' : 'FALSE';
    const { op, args } = operation(node);
    if (op === 'and' || op === 'or') {
      if (args.length < 2) throw bad(`"${op}" needs at least two conditions`);
      return `(${args.map((arg) => condition(arg, depth + 1)).join(op === 'and' ? ' AND ' : ' OR ')})`;
    }
    if (op === 'not') return `(NOT ${condition(one(op, args), depth + 1)})`;
    if (Object.hasOwn(COMPARE, op)) {
      const [left, right] = some(op, args, 2);
      return comparison(COMPARE[op], left, right);
    }
    if (op === 'like') {
      const [value, pattern] = some(op, args, 2);
      return like(value, pattern);
    }
    if (op === 'between') {
      const [value, low, high] = some(op, args, 3);
      return `(${comparison('>=', value, low)} AND ${comparison('<=', value, high)})`;
    }
    if (op === 'in') {
      const [value, list] = some(op, args, 2);
      if (!Array.isArray(list) || list.length === 0) throw bad('"in" needs a list with at least one value');
      list.forEach(() => {
        count(depth);
      });
      return `(${list.map((item) => comparison('=', value, item)).join(' OR ')})`;
    }
    if (op === 'isNull') return `(${propertySql(one(op, args))} IS NULL)`;
    if (op === 's_intersects') {
      const [left, right] = some(op, args, 2);
      return spatial(left, right);
    }
    throw bad(`the operator "${op}" is not supported`);
  };

  const find = (name: string): Queryable => {
    const found = frame.queryables.find((q) => q.name === name);
    if (found) return found;
    const names = frame.queryables.map((q) => q.name).join(', ');
    throw bad(`unknown property "${name}"; known are ${names}`);
  };
  const propertySql = (node: unknown): string => {
    const name = propertyOf(node);
    if (name === null) throw bad('"isNull" needs a property');
    return find(name).sql;
  };
  const comparison = (op: string, left: unknown, right: unknown): string => {
    const [leftName, rightName] = [propertyOf(left), propertyOf(right)];
    const type = typeOf(leftName ?? rightName, left, right);
    return `(${operand(left, leftName, type)} ${op} ${operand(right, rightName, type)})`;
  };
  /** The type both sides of a comparison must have: the property's, or that of two literals. */
  const typeOf = (name: string | null, left: unknown, right: unknown): ScalarType => {
    if (name === null) {
      const type = literalType(left);
      if (type !== literalType(right)) throw bad('values of different types are compared');
      return type;
    }
    const queryable = find(name);
    if (queryable.type === 'geometry') throw bad(`${name} is a geometry; use S_INTERSECTS`);
    return queryable.type;
  };
  const operand = (node: unknown, name: string | null, type: ScalarType): string => {
    if (name === null) return `${frame.parameters.add(literalValue(node, type))}::${CAST[type]}`;
    const queryable = find(name);
    if (queryable.type !== type) throw bad(`${name} is no ${type}, as what it is compared with`);
    return queryable.sql;
  };
  const like = (value: unknown, pattern: unknown): string => {
    const name = propertyOf(value);
    if (name === null || find(name).type !== 'string') throw bad('"like" needs a text property first');
    const text = literalValue(pattern, 'string');
    // PostgreSQL refuses a pattern that ends with the escape character
    if (typeof text !== 'string' || /(?<!\\)(?:\\\\)*\\$/.test(text))
      throw bad('a pattern of "like" ends with \\');
    return `(${find(name).sql} LIKE ${frame.parameters.add(text)}::text)`;
  };
  const spatial = (left: unknown, right: unknown): string => {
    const name = propertyOf(left) ?? propertyOf(right);
    const literal = propertyOf(left) === null ? left : right;
    if (name === null || propertyOf(literal) !== null)
      throw bad('S_INTERSECTS needs one property and one geometry');
    if (find(name).type !== 'geometry') throw bad(`${name} is not a geometry`);
    return frame.intersects(readGeometry(literal));
  };

  return condition(filter, 0);
}

function bad(what: string): Problem {
  return new Problem(400, `filter: ${what}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function operation(node: unknown): { readonly op: string; readonly args: readonly unknown[] } {
  if (!isRecord(node)) throw bad('a condition is expected, e.g. {"op": "=", "args": [{"property": …}, …]}');
  const { op, args } = node;
  if (typeof op !== 'string' || !Array.isArray(args)) throw bad('a condition needs "op" and "args"');
  return { op, args };
}

function some(op: string, args: readonly unknown[], length: number): readonly unknown[] {
  if (args.length !== length)
    throw bad(`"${op}" needs ${length} argument${length > 1 ? 's' : ''}, not ${args.length}`);
  return args;
}

function one(op: string, args: readonly unknown[]): unknown {
  return some(op, args, 1)[0];
}

function propertyOf(node: unknown): string | null {
  return isRecord(node) && typeof node.property === 'string' ? node.property : null;
}

function literalType(node: unknown): ScalarType {
  if (typeof node === 'string') return 'string';
  if (typeof node === 'number') return 'number';
  if (typeof node === 'boolean') return 'boolean';
  if (isRecord(node) && typeof node.date === 'string') return 'date';
  if (isRecord(node) && typeof node.timestamp === 'string') return 'instant';
  throw bad('a property, a text, a number, TRUE, FALSE, a date or a timestamp is expected');
}

const DATE = /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const INSTANT = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** A day of the calendar: the 31st of February reads as another one. */
function isDay(text: string): boolean {
  return DATE.test(text) && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);
}

/** A literal as a value of the type it is compared with. */
function literalValue(node: unknown, type: ScalarType): string | number | boolean {
  const own = literalType(node);
  if (type === 'number' && typeof node === 'number' && Number.isFinite(node)) return node;
  if (type === 'boolean' && typeof node === 'boolean') return node;
  if (type === 'string' && typeof node === 'string') return noNul(node);
  const text =
    typeof node === 'string'
      ? node
      : isRecord(node) && typeof node.date === 'string'
        ? node.date
        : isRecord(node) && typeof node.timestamp === 'string'
          ? node.timestamp
          : '';
  if (type === 'date' && isDay(text)) return text;
  if (type === 'instant' && isDay(text)) return `${text}T00:00:00Z`;
  if (
    type === 'instant' &&
    INSTANT.test(text) &&
    isDay(text.slice(0, 10)) &&
    !Number.isNaN(Date.parse(text))
  ) {
    // in UTC: PostgreSQL takes fewer offsets than JavaScript
    return new Date(text).toISOString();
  }
  const wanted = { date: "a date, e.g. DATE('2026-08-31')", instant: "a TIMESTAMP('2026-08-31T00:00:00Z')" };
  throw bad(
    `a ${own} stands where ${type === 'date' || type === 'instant' ? wanted[type] : `a ${type}`} is expected`,
  );
}

/** PostgreSQL keeps no NUL in texts. */
function noNul(text: string): string {
  if (text.includes('\0')) throw bad('a text holds a NUL character');
  return text;
}
