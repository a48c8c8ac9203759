import { describe, expect, test } from 'vitest';
import { sqlParameters } from '../../../../vector/store/sql.js';
import { Problem } from '../../problem.js';
import type { Queryable } from '../queryable.js';
import { readCondition } from './condition.js';
import { wktOf } from './geometry.js';
import { likeness } from './like.js';
import { conditionSql } from './sql.js';
import { parseCql2Text } from './text.js';

const QUERYABLES: readonly Queryable[] = [
  { name: 'class', title: '', type: 'string', sql: 'p.class' },
  { name: 'area_m2', title: '', type: 'number', sql: 'p.area_m2' },
  { name: 'to_bare', title: '', type: 'boolean', sql: 'p.to_bare' },
  { name: 'due', title: '', type: 'date', sql: 'l.due' },
  { name: 'sent_at', title: '', type: 'instant', sql: 'l.sent_at' },
  { name: 'geometry', title: '', type: 'geometry', sql: 'p.geom' },
];

function compiled(filter: unknown): { sql: string; values: readonly unknown[] } {
  const parameters = sqlParameters();
  const condition = readCondition(filter, QUERYABLES, wktOf);
  const sql = conditionSql(condition, parameters, (ground) => `MEETS ${ground}`);
  return { sql, values: parameters.values };
}
const text = (filter: string) => compiled(parseCql2Text(filter));

function detailOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem && error.status === 400) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('CQL2 Text', () => {
  test('values become parameters and names the SQL of queryables', () => {
    expect(text("class = 'building_new' AND area_m2 >= 50.5")).toEqual({
      sql: '((p.class = $1::text) AND (p.area_m2 >= $2::float8))',
      values: ['building_new', 50.5],
    });
  });

  test('AND binds closer than OR, NOT closer than both, brackets over all', () => {
    expect(parseCql2Text('to_bare OR NOT to_bare AND area_m2 < 1')).toEqual({
      op: 'or',
      args: [
        { op: '=', args: [{ property: 'to_bare' }, true] },
        {
          op: 'and',
          args: [
            { op: 'not', args: [{ op: '=', args: [{ property: 'to_bare' }, true] }] },
            { op: '<', args: [{ property: 'area_m2' }, 1] },
          ],
        },
      ],
    });
    expect(text('(to_bare = TRUE OR to_bare = false) AND area_m2 < -1e3').values).toEqual([
      true,
      false,
      -1000,
    ]);
  });

  test('LIKE, BETWEEN, IN and IS NULL, each with NOT', () => {
    expect(text("class LIKE 'water%'").sql).toBe('(p.class LIKE $1::text)');
    expect(text("class NOT LIKE '%\\_x'").sql).toBe('(NOT (p.class LIKE $1::text))');
    expect(text('area_m2 not between 1 and 2')).toEqual({
      sql: '(NOT ((p.area_m2 >= $1::float8) AND (p.area_m2 <= $2::float8)))',
      values: [1, 2],
    });
    expect(text("class in ('a','b')").sql).toBe('((p.class = $1::text) OR (p.class = $2::text))');
    expect(text('due IS NOT NULL').sql).toBe('(NOT (l.due IS NULL))');
  });

  test('texts are ordered by their characters’ codes, whatever order the database has', () => {
    expect(text("class < 'b'").sql).toBe('(p.class < $1::text COLLATE "C")');
    expect(text("class = 'b'").sql).toBe('(p.class = $1::text)');
  });

  test('quotes in texts are doubled, names may stand in double quotes', () => {
    expect(text(`"class" = 'it''s; DROP TABLE x --'`).values).toEqual(["it's; DROP TABLE x --"]);
  });

  test('dates and instants', () => {
    expect(text("due <= DATE('2026-08-31')")).toEqual({ sql: '(l.due <= $1::date)', values: ['2026-08-31'] });
    expect(text("sent_at > TIMESTAMP('2026-08-31T08:00:00+20:00')").values).toEqual([
      '2026-08-30T12:00:00.000Z',
    ]);
    expect(detailOf(() => text("due = DATE('2026-02-31')"))).toContain('a date');
    expect(detailOf(() => text("sent_at = TIMESTAMP('2026-02-31T00:00:00Z')"))).toContain('TIMESTAMP');
    expect(detailOf(() => text("due = DATE('0000-01-01')"))).toContain('a date');
  });

  test('S_INTERSECTS with WKT, BBOX, and the property on either side', () => {
    expect(text('S_INTERSECTS(geometry, BBOX(114, 22, 115, 23))').sql).toBe(
      'MEETS POLYGON((114 22,115 22,115 23,114 23,114 22))',
    );
    expect(text('s_intersects(POINT(114.1 22.5), geometry)').sql).toBe('MEETS POINT(114.1 22.5)');
    expect(text('S_INTERSECTS(geometry, MULTIPOINT((1 2),(3 4)))').sql).toBe('MEETS MULTIPOINT(1 2,3 4)');
    expect(text('S_INTERSECTS(geometry, MULTIPOLYGON(((0 0,1 0,1 1,0 0))))').sql).toBe(
      'MEETS MULTIPOLYGON(((0 0,1 0,1 1,0 0)))',
    );
  });

  test.each([
    ["clas = 'x'", 'unknown property "clas"; known are class'],
    ['area_m2 = ', 'a property or a value expected at its end'],
    ["area_m2 = 'many'", 'a string stands where a number is expected'],
    ['class = 5', 'a number stands where a string is expected'],
    ["class = 'a' class = 'b'", 'AND, OR or the end expected at "class" (character 13)'],
    ['class = area_m2', 'is no string'],
    ["geometry = 'x'", 'is a geometry'],
    ['S_INTERSECTS(class, POINT(1 2))', 'class is not a geometry'],
    ['S_INTERSECTS(geometry, POLYGON((0 0,1 0,1 1,0 1)))', 'a ring must end where it begins'],
    ['S_INTERSECTS(geometry, BBOX(1,2,3))', 'not a geometry'],
    ["class LIKE 'a\\'", 'ends with \\'],
    ['class LIKE 5', 'a number stands where'],
    ["pg_sleep(5) = 'x'", 'functions known'],
    ["class = 'a'; DROP TABLE patch", '"; DROP TABLE'],
    ["class = 'open", '"\'open"'],
    ['area_m2 > 1e999', 'is expected'],
    ['1 = 1 OR', 'expected at its end'],
    ["1 = 'x'", 'different types'],
    [`${'('.repeat(200)}to_bare${')'.repeat(200)}`, 'nested more than 40'],
    [`${'NOT '.repeat(200)}to_bare`, 'nested more than 40'],
    [`area_m2 IN (${Array.from({ length: 1500 }, () => '1').join(',')})`, 'more than 1000'],
    [`class = '${'x'.repeat(9000)}'`, 'longer than 8000'],
    ["class = 'a\0b'", 'NUL'],
    ['', 'expected at its end'],
  ])('%s is refused with words', (filter, words) => {
    expect(detailOf(() => text(filter))).toContain(words);
  });
});

describe('CQL2 JSON', () => {
  test('is compiled as the text that says the same', () => {
    const json = {
      op: 'or',
      args: [
        { op: 'in', args: [{ property: 'class' }, ['a', 'b']] },
        { op: 'isNull', args: [{ property: 'due' }] },
        { op: 's_intersects', args: [{ property: 'geometry' }, { type: 'Point', coordinates: [1, 2] }] },
      ],
    };
    expect(compiled(json)).toEqual(
      text("class IN ('a','b') OR due IS NULL OR S_INTERSECTS(geometry, POINT(1 2))"),
    );
  });

  test.each([
    [{ op: 'constructor', args: [] }, 'operator "constructor" is not supported'],
    [{ op: '=', args: [{ property: 'class' }] }, '"=" needs 2 arguments'],
    [{ op: 'and', args: [true] }, 'at least two'],
    [{ op: '=' }, '"op" and "args"'],
    [[], 'a condition is expected'],
    [null, 'a condition is expected'],
    ['class', 'a condition is expected'],
    [{ op: '=', args: [{ property: '__proto__' }, 'x'] }, 'unknown property "__proto__"'],
    [{ op: '=', args: [{ property: 'class' }, { op: 'x', args: [] }] }, 'is expected'],
    [{ op: 'in', args: [{ property: 'class' }, []] }, 'at least one value'],
    [
      { op: 's_intersects', args: [{ property: 'geometry' }, { type: 'Point', coordinates: ['1', '2'] }] },
      'not a geometry',
    ],
  ])('%j is refused with words', (filter, words) => {
    expect(detailOf(() => compiled(filter))).toContain(words);
  });
});

describe('LIKE in memory', () => {
  test.each([
    ['building%', 'building_new', true],
    ['%new', 'building_new', true],
    ['%g_n%', 'building_new', true],
    ['%g\\_n%', 'building_new', true],
    ['%g\\_n%', 'building-new', false],
    ['b%b', 'b', false],
    ['', '', true],
    ['%', '', true],
    ['_', '', false],
    ['_街道', '东街道', true],
    // one character, two units of UTF-16
    ['_', '𠮷', true],
    ['a%%b%c', 'axxbxxbc', true],
    ['%ab', 'aab', true],
    ['Building%', 'building', false],
  ])('%s of %s', (pattern, value, is) => {
    expect(likeness(pattern)(value)).toBe(is);
  });

  test('a pattern of many % takes no longer than its text is long', () => {
    expect(likeness('%a'.repeat(4000))('a'.repeat(30))).toBe(false);
    expect(likeness(`${'%a_'.repeat(15)}b`)('a'.repeat(200))).toBe(false);
  });
});
