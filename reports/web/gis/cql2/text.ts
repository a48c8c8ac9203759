import { Problem } from '../../problem.js';
import { type Token, tokenize } from './tokens.js';

/**
 * CQL2 Text (OGC 21-065r2, annex B) as CQL2 JSON, which is compiled: AND, OR, NOT, comparisons, LIKE, BETWEEN, IN, IS NULL,
 * S_INTERSECTS, dates, and geometries as WKT or BBOX.
 */
export type Cql = { readonly op: string; readonly args: readonly unknown[] } | boolean;

/** Deepest nesting of brackets and NOT. */
const MOST_DEPTH = 40;

const COMPARISONS = ['=', '<>', '<', '>', '<=', '>='];
const COORDINATE_LEVELS: Readonly<Record<string, readonly [type: string, depth: number]>> = {
  POINT: ['Point', 0],
  LINESTRING: ['LineString', 1],
  POLYGON: ['Polygon', 2],
  MULTIPOINT: ['MultiPoint', 1],
  MULTILINESTRING: ['MultiLineString', 2],
  MULTIPOLYGON: ['MultiPolygon', 3],
};

/** @throws Problem 400 that shows where the text stops being CQL2. */
export function parseCql2Text(text: string): Cql {
  const tokens = tokenize(text);
  let at = 0;

  const fail = (expected: string): never => {
    const found = tokens[at];
    const where = found === undefined ? 'at its end' : `at "${found.text}" (character ${found.at + 1})`;
    throw new Problem(400, `filter: ${expected} expected ${where}`);
  };
  const isWord = (word: string, offset = 0) => {
    const token = tokens[at + offset];
    return token?.kind === 'name' && token.text.toUpperCase() === word;
  };
  const takeWord = (word: string) => isWord(word) && at++ >= 0;
  const isMark = (mark: string, offset = 0) => {
    const token = tokens[at + offset];
    return token?.kind === 'mark' && token.text === mark;
  };
  const takeMark = (mark: string) => isMark(mark) && at++ >= 0;
  const need = (mark: string) => takeMark(mark) || fail(`"${mark}"`);
  const next = (kind: Token['kind'], expected: string): Token => {
    const token = tokens[at];
    if (token?.kind !== kind) return fail(expected);
    at++;
    return token;
  };

  const either = (depth: number): Cql => {
    const args = [both(depth)];
    while (takeWord('OR')) args.push(both(depth));
    return args.length === 1 ? args[0] : { op: 'or', args };
  };
  const both = (depth: number): Cql => {
    const args = [negated(depth)];
    while (takeWord('AND')) args.push(negated(depth));
    return args.length === 1 ? args[0] : { op: 'and', args };
  };
  const negated = (depth: number): Cql => {
    if (depth > MOST_DEPTH) throw new Problem(400, `filter: nested more than ${MOST_DEPTH} deep`);
    return takeWord('NOT') ? { op: 'not', args: [negated(depth + 1)] } : primary(depth);
  };
  const primary = (depth: number): Cql => {
    if (takeMark('(')) {
      const inner = either(depth + 1);
      need(')');
      return inner;
    }
    if (isMark('(', 1) && isWord('S_INTERSECTS')) {
      at += 2;
      const left = spatial();
      need(',');
      const right = spatial();
      need(')');
      return { op: 's_intersects', args: [left, right] };
    }
    return predicate();
  };

  const predicate = (): Cql => {
    const left = scalar();
    const token = tokens[at];
    if (token?.kind === 'mark' && COMPARISONS.includes(token.text)) {
      at++;
      return { op: token.text, args: [left, scalar()] };
    }
    if (takeWord('IS')) {
      const not = takeWord('NOT');
      if (!takeWord('NULL')) fail('NULL');
      return turned(not, { op: 'isNull', args: [left] });
    }
    const not = takeWord('NOT');
    if (takeWord('LIKE')) return turned(not, { op: 'like', args: [left, scalar()] });
    if (takeWord('BETWEEN')) {
      const low = scalar();
      if (!takeWord('AND')) fail('AND');
      return turned(not, { op: 'between', args: [left, low, scalar()] });
    }
    if (takeWord('IN')) {
      need('(');
      const items = [scalar()];
      while (takeMark(',')) items.push(scalar());
      need(')');
      return turned(not, { op: 'in', args: [left, items] });
    }
    // a bare TRUE, FALSE or name of a boolean
    if (not) fail('LIKE, BETWEEN or IN');
    if (typeof left === 'boolean') return left;
    if (typeof left === 'object') return { op: '=', args: [left, true] };
    return fail('a comparison, LIKE, BETWEEN, IN or IS NULL');
  };

  const scalar = (): string | number | boolean | Readonly<Record<string, string>> => {
    const token = tokens[at];
    if (token === undefined) return fail('a property or a value');
    if (token.kind === 'number') {
      at++;
      return Number(token.text);
    }
    if (token.kind === 'string') {
      at++;
      return token.text;
    }
    if (token.kind === 'mark') return fail('a property or a value');
    if (isMark('(', 1) && token.kind === 'name') return instant(token.text.toUpperCase());
    at++;
    const word = token.kind === 'name' ? token.text.toUpperCase() : '';
    return word === 'TRUE' ? true : word === 'FALSE' ? false : { property: token.text };
  };
  const instant = (word: string): Readonly<Record<string, string>> => {
    if (word !== 'DATE' && word !== 'TIMESTAMP')
      return fail("a property or a value (functions known: DATE('…'), TIMESTAMP('…'), S_INTERSECTS)");
    at += 2;
    const { text: value } = next('string', 'a date in quotes');
    need(')');
    return { [word.toLowerCase()]: value };
  };

  const spatial = (): unknown => {
    const token = tokens[at];
    if (token === undefined || (token.kind !== 'name' && token.kind !== 'quoted')) {
      return fail('a geometry or its property');
    }
    const word = token.kind === 'name' ? token.text.toUpperCase() : '';
    if (word === 'BBOX' && isMark('(', 1)) {
      at += 2;
      const bbox = [number()];
      while (takeMark(',')) bbox.push(number());
      need(')');
      return { bbox };
    }
    const known = COORDINATE_LEVELS[word];
    at++;
    if (known === undefined || !isMark('(')) return { property: token.text };
    const [type, depth] = known;
    if (type !== 'Point') return { type, coordinates: nested(depth) };
    need('(');
    const coordinates = position();
    need(')');
    return { type, coordinates };
  };
  const number = () => Number(next('number', 'a number').text);
  const position = (): number[] => {
    const values = [number(), number()];
    while (tokens[at]?.kind === 'number') values.push(number());
    return values;
  };
  /** Brackets `depth` deep around positions; the points of a MULTIPOINT may stand in brackets of their own. */
  const nested = (depth: number): unknown => {
    if (depth === 0) {
      if (!takeMark('(')) return position();
      const point = position();
      need(')');
      return point;
    }
    need('(');
    const items = [nested(depth - 1)];
    while (takeMark(',')) items.push(nested(depth - 1));
    need(')');
    return items;
  };

  const result = either(0);
  if (at < tokens.length) fail('AND, OR or the end');
  return result;
}

function turned(not: boolean, cql: Cql): Cql {
  return not ? { op: 'not', args: [cql] } : cql;
}
