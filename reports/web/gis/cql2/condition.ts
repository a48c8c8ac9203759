import { Problem } from '../../problem.js';
import type { Queryable } from '../queryable.js';
import { type Geometry, readGeometry } from './geometry.js';

export const COMPARISONS = ['=', '<>', '<', '>', '<=', '>='] as const;
type Comparison = (typeof COMPARISONS)[number];

export type ScalarType = Exclude<Queryable['type'], 'geometry'>;
export type Value = string | number | boolean;

/** A side of a comparison, of the comparison's type. */
export type Operand = { readonly queryable: Queryable } | { readonly value: Value };

/**
 * A filter that has been checked: it names queryables only, and its values have the types of what they are compared with. `Ground`
 * is a geometry as its reader brings it.
 */
export type Condition<Ground> =
  | { readonly kind: 'constant'; readonly holds: boolean }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition<Ground>[] }
  | { readonly kind: 'not'; readonly part: Condition<Ground> }
  | {
      readonly kind: 'compare';
      readonly op: Comparison;
      readonly type: ScalarType;
      readonly left: Operand;
      readonly right: Operand;
    }
  | {
      readonly kind: 'in';
      readonly of: Queryable;
      readonly type: ScalarType;
      readonly values: readonly Value[];
    }
  | { readonly kind: 'like'; readonly of: Queryable; readonly pattern: string }
  | { readonly kind: 'null'; readonly of: Queryable }
  | { readonly kind: 'meets'; readonly ground: Ground };

/** Most conditions in one filter, values of IN lists counted. */
const MOST_NODES = 1000;
const MOST_DEPTH = 60;

/**
 * Reads a filter in CQL2 JSON (OGC 21-065r2, clause 8 and annex).
 * @param queryables exactly these can be asked for
 * @param groundOf of a geometry in the filter's CRS
 * @throws Problem 400 naming what is wrong: an unknown property or operator, a value of another type.
 */
export function readCondition<Ground>(
  filter: unknown,
  queryables: readonly Queryable[],
  groundOf: (geometry: Geometry) => Ground,
): Condition<Ground> {
  let nodes = 0;
  const count = (depth: number) => {
    if (++nodes > MOST_NODES) throw bad(`more than ${MOST_NODES} conditions`);
    if (depth > MOST_DEPTH) throw bad(`nested more than ${MOST_DEPTH} deep`);
  };

  const condition = (node: unknown, depth: number): Condition<Ground> => {
    count(depth);
    if (typeof node === 'boolean') return { kind: 'constant', holds: node };
    const { op, args } = operation(node);
    if (op === 'and' || op === 'or') {
      if (args.length < 2) throw bad(`"${op}" needs at least two conditions`);
      return { kind: op, parts: args.map((arg) => condition(arg, depth + 1)) };
    }
    if (op === 'not') return { kind: 'not', part: condition(one(op, args), depth + 1) };
    const compared = COMPARISONS.find((known) => known === op);
    if (compared !== undefined) {
      const [left, right] = some(op, args, 2);
      return comparison(compared, left, right);
    }
    if (op === 'like') {
      const [value, pattern] = some(op, args, 2);
      return like(value, pattern);
    }
    if (op === 'between') {
      const [value, low, high] = some(op, args, 3);
      return { kind: 'and', parts: [comparison('>=', value, low), comparison('<=', value, high)] };
    }
    if (op === 'in') {
      const [value, list] = some(op, args, 2);
      if (!Array.isArray(list) || list.length === 0) throw bad('"in" needs a list with at least one value');
      list.forEach(() => {
        count(depth);
      });
      return among(list.map((item) => comparison('=', value, item)));
    }
    if (op === 'isNull') {
      const name = propertyOf(one(op, args));
      if (name === null) throw bad('"isNull" needs a property');
      return { kind: 'null', of: find(name) };
    }
    if (op === 's_intersects') {
      const [left, right] = some(op, args, 2);
      return spatial(left, right);
    }
    throw bad(`the operator "${op}" is not supported`);
  };

  const find = (name: string): Queryable => {
    const found = queryables.find((q) => q.name === name);
    if (found) return found;
    const names = queryables.map((q) => q.name).join(', ');
    throw bad(`unknown property "${name}"; known are ${names}`);
  };
  const comparison = (op: Comparison, left: unknown, right: unknown): Compare => {
    const [leftName, rightName] = [propertyOf(left), propertyOf(right)];
    const type = typeOf(leftName ?? rightName, left, right);
    return {
      kind: 'compare',
      op,
      type,
      left: operand(left, leftName, type),
      right: operand(right, rightName, type),
    };
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
  const operand = (node: unknown, name: string | null, type: ScalarType): Operand => {
    if (name === null) return { value: literalValue(node, type) };
    const queryable = find(name);
    if (queryable.type !== type) throw bad(`${name} is no ${type}, as what it is compared with`);
    return { queryable };
  };
  const like = (value: unknown, pattern: unknown): Condition<Ground> => {
    const name = propertyOf(value);
    if (name === null || find(name).type !== 'string') throw bad('"like" needs a text property first');
    const text = literalValue(pattern, 'string');
    // PostgreSQL refuses a pattern that ends with the escape character
    if (typeof text !== 'string' || /(?<!\\)(?:\\\\)*\\$/.test(text))
      throw bad('a pattern of "like" ends with \\');
    return { kind: 'like', of: find(name), pattern: text };
  };
  const spatial = (left: unknown, right: unknown): Condition<Ground> => {
    const name = propertyOf(left) ?? propertyOf(right);
    const literal = propertyOf(left) === null ? left : right;
    if (name === null || propertyOf(literal) !== null)
      throw bad('S_INTERSECTS needs one property and one geometry');
    if (find(name).type !== 'geometry') throw bad(`${name} is not a geometry`);
    return { kind: 'meets', ground: groundOf(readGeometry(literal)) };
  };

  return condition(filter, 0);
}

/** Whether any part of it asks for a ground. */
export function asksGround<Ground>(condition: Condition<Ground>): boolean {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.parts.some(asksGround);
    case 'not':
      return asksGround(condition.part);
    default:
      return condition.kind === 'meets';
  }
}

type Compare = Extract<Condition<never>, { kind: 'compare' }>;

/** One property and a list of values is looked up at once, however long the list. */
function among(comparisons: readonly Compare[]): Condition<never> {
  const [{ left, type }] = comparisons;
  const values = comparisons.flatMap(({ right }) => ('value' in right ? [right.value] : []));
  return 'queryable' in left && values.length === comparisons.length
    ? { kind: 'in', of: left.queryable, type, values }
    : { kind: 'or', parts: comparisons };
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
