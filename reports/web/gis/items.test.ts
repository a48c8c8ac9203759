import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHANGE_CLASSES, type ChangeClassName } from '../../../kernels/classes.js';
import { transformer, WGS84 } from '../../../raster/crs.js';
import { type Random, randomFrom } from '../../../samples/random.js';
import type { DraftPatch } from '../../../vector/number.js';
import type { Db } from '../../../vector/store/db.js';
import { setFilterUse } from '../../../vector/store/filters.js';
import { publishRun } from '../../../vector/store/publish.js';
import { startRun } from '../../../vector/store/runs.js';
import { draftAt, GRID, square } from '../../../vector/store/sample.js';
import { openTestDatabase, type TestDatabase } from '../../../vector/store/testing.js';
import { Problem } from '../problem.js';
import { allCollections } from './collections.js';
import { findItems, itemsAsk } from './items.js';
import { keysInMemory } from './items-memory.js';
import { readItemsQuery } from './items-query.js';
import { keysBySql, type Scope } from './items-sql.js';
import { EAST, makeDistrict, WEST } from './testing/parts.js';

const MONTHS = ['2026-06', '2026-07', '2026-08'];
const CLASSES: readonly ChangeClassName[] = CHANGE_CLASSES.map(({ name }) => name);
/** One of them has a sign above U+FFFF. */
const NAMES = ['东门街道', '\u{20BB7}街道', null];
const CODES = [EAST, WEST, null];

let opened: TestDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
  await makeDistrict(opened.db);
  for (const [k, month] of MONTHS.entries()) await publish(opened.db, month, 'mom', drafts(40, k));
  await publish(opened.db, '2026-08', 'yoy', drafts(25, 9));
  // asked once before anything is compared: months are read here
  await findItems(opened.db, await patches(), await asked({}), null);
}, 120_000);
afterAll(() => opened?.dispose());

/** Squares and triangles: of these the extent may meet a box that the outline does not meet. */
function drafts(count: number, seed: number): DraftPatch[] {
  const random = randomFrom(100 + seed);
  return Array.from({ length: count }, (_, k) => {
    const [x, y, side] = [
      20 + 90 * (k % 10),
      20 + 90 * Math.floor(k / 10),
      10 + 10 * Math.floor(7 * random()),
    ];
    const [[south, east, north, west, end]] = square(x, y, side);
    const triangle = [[[south, east, west, end]], [[south, east, north, end]]];
    return draftAt(x, y, side, {
      class: pick(CLASSES, random),
      state: pick(['suspected', 'suspected', 'confirmed', 'dismissed'] as const, random),
      confidence: Math.round(8 * random()) / 8,
      toBare: random() < 0.3,
      subdistrictCode: CODES[k % 3],
      subdistrict: NAMES[k % 3],
      ...(random() < 0.7 ? { rings: pick(triangle, random) } : {}),
    });
  });
}

async function publish(db: Db, month: string, against: 'mom' | 'yoy', found: readonly DraftPatch[]) {
  const run = await startRun(db, { month, against, beforeMonth: '2025-08', grid: GRID, parameters: {} });
  return publishRun(db, run, found, []);
}

function pick<T>(of: readonly T[], random: Random): T {
  return of[Math.floor(random() * of.length)];
}

async function patches() {
  const collection = (await allCollections(opened.db)).find(({ id }) => id === 'patches');
  if (collection === undefined) throw new Error('there is no collection of patches');
  return collection;
}

const asked = async (raw: Readonly<Record<string, string>>) => readItemsQuery(raw, await patches());

/** Both ways of one question; memory's is null where it leaves the question to the database. */
async function bothWays(raw: Readonly<Record<string, string>>, scope: Scope) {
  const ask = await itemsAsk(opened.db, await patches(), await asked(raw), scope);
  return { memory: await keysInMemory(opened.db, ask), sql: await keysBySql(opened.db, ask) };
}

const toLonLat = transformer(GRID.crs, WGS84);
const place = (random: Random) => toLonLat(500_000 + 1000 * random(), 2_490_000 + 1000 * random());

/** West, south, east, north around a place of the district: from a few metres to all of it. */
function box(random: Random): number[] {
  const [lon, lat] = place(random);
  const [width, height] = [0.012 * random() ** 2, 0.012 * random() ** 2];
  return [lon - width, lat - height, lon + width, lat + height].map((value) => Number(value.toFixed(6)));
}

const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
const TEXTS: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['number', ['202608-M', '202607-M-440303003-10003', 'zz']],
  ['month', [...MONTHS, '2026-07-15', '2030-01']],
  ['class', [...CLASSES, 'none']],
  ['state', ['suspected', 'confirmed', 'dismissed']],
  ['subdistrict_code', [EAST, WEST, '4403']],
  ['subdistrict', ['东门街道', '\u{20BB7}街道', '\uFF5E', '街', 'x']],
  ['against', ['mom', 'yoy', 'n']],
];
const COMPARED = ['=', '<>', '<', '>', '<=', '>='];
const PATTERNS = ['%', '_街道', '%街%', '2026%', '%-M-%1', 'building\\_%', '%new', '__', ''];

/** A filter of CQL2 Text, at most so deep. */
function filter(random: Random, depth: number): string {
  const deeper = () => filter(random, depth - 1);
  if (depth > 0 && random() < 0.6) {
    const kind = pick(['AND', 'AND', 'OR', 'NOT'], random);
    return kind === 'NOT' ? `NOT (${deeper()})` : `(${deeper()} ${kind} ${deeper()})`;
  }
  const [name, values] = pick(TEXTS, random);
  const area = () => Math.round(3600 * random());
  const leaves = [
    () => `${name} ${pick(COMPARED, random)} ${text(pick(values, random))}`,
    () => `${text(pick(values, random))} ${pick(COMPARED, random)} ${name}`,
    () =>
      `${name} ${pick(['', 'NOT '], random)}IN (${
        values
          .filter(() => random() < 0.5)
          .map(text)
          .join(', ') || "'x'"
      })`,
    () => `${name} ${pick(['', 'NOT '], random)}LIKE ${text(pick(PATTERNS, random))}`,
    () => `${name} IS ${pick(['', 'NOT '], random)}NULL`,
    () => `subdistrict ${pick(COMPARED, random)} subdistrict_code`,
    () => `area_m2 ${pick(COMPARED, random)} ${pick([400, 900, area()], random)}`,
    () => `area_m2 ${pick(['', 'NOT '], random)}BETWEEN ${area()} AND ${area()}`,
    () => `confidence ${pick(COMPARED, random)} ${pick([0.5, 0.25, 0.3], random)}`,
    () => pick(['to_bare', 'to_bare = FALSE', 'to_bare < TRUE', 'TRUE', 'FALSE', '1 < 2'], random),
    () => `S_INTERSECTS(geometry, BBOX(${box(random).join(', ')}))`,
    () => `S_INTERSECTS(geometry, POINT(${place(random).join(' ')}))`,
    () => `S_INTERSECTS(LINESTRING(${[1, 2, 3].map(() => place(random).join(' ')).join(', ')}), geometry)`,
  ];
  return pick(leaves, random)();
}

const OGC = 'http://www.opengis.net/def/crs';

function question(random: Random): Record<string, string> {
  const raw: Record<string, string> = {};
  if (random() < 0.75) raw.filter = filter(random, Math.floor(4 * random()));
  if (random() < 0.4) {
    const [w, s, e, n] = box(random);
    const [x, y] = [500_000 + 800 * random(), 2_490_000 + 800 * random()];
    const boxes = [
      { bbox: [w, s, e, n] },
      { bbox: [w, s, e, n] },
      { bbox: [s, w, n, e], 'bbox-crs': `${OGC}/EPSG/0/4490` },
      { bbox: [y, x, y + 300 * random(), x + 300 * random()], 'bbox-crs': `${OGC}/EPSG/0/4547` },
      { bbox: [-180, -90, 180, 90] },
      { bbox: [100, -80, -170, 80] },
      { bbox: [10, 10, 11, 11] },
    ];
    const { bbox, ...rest } = pick(boxes, random);
    Object.assign(raw, { bbox: bbox.join(','), ...rest });
  }
  if (random() < 0.3)
    raw.datetime = pick(
      ['2026-07-15', '2026-07-01/..', '../2026-07-31', '2026-06-01/2026-07-01', '../..'],
      random,
    );
  if (random() < 0.2)
    Object.assign(
      raw,
      pick([{ class: 'building_new' }, { subdistrict_code: WEST }, { area_m2: '900' }], random),
    );
  raw.limit = pick(['1', '7', '100'], random);
  raw.offset = pick(['0', '0', '5', '1000'], random);
  return raw;
}

const SCOPES: readonly Scope[] = [null, null, [EAST], [WEST], [EAST, WEST], []];

describe('memory and database find the same patches, in the same order', () => {
  const random = randomFrom(2026);
  const questions = Array.from({ length: 240 }, () => ({
    raw: question(random),
    scope: pick(SCOPES, random),
  }));

  test('of 240 made questions', async () => {
    let [some, all] = [0, 0];
    for (const { raw, scope } of questions) {
      const { memory, sql } = await bothWays(raw, scope);
      expect(memory, JSON.stringify({ raw, scope })).toEqual(sql);
      all += sql.matched === 145 ? 1 : 0;
      some += sql.matched > 0 && sql.matched < 145 ? 1 : 0;
    }
    // the questions are worth asking
    expect(some).toBeGreaterThan(100);
    expect(all).toBeGreaterThan(3);
  }, 120_000);

  test('pages hold every patch once', async () => {
    const seen: string[] = [];
    for (let offset = 0; offset < 145; offset += 20) {
      const { memory } = await bothWays({ limit: '20', offset: String(offset) }, null);
      seen.push(...(memory?.keys ?? []).map(({ key }) => key));
    }
    expect(seen).toHaveLength(145);
    expect(seen).toEqual([...new Set(seen)].sort());
  });

  test('an officer’s filter that is always true finds only the own patches', async () => {
    const { memory, sql } = await bothWays({ filter: `subdistrict_code = '${WEST}' OR TRUE` }, [EAST]);
    expect(memory).toEqual(sql);
    expect(new Set(memory?.keys.map(({ key }) => key.slice(9, 18)))).toEqual(new Set([EAST]));
  });
});

test('a sign above U+FFFF stands behind all others, though UTF-16 writes it with lower units', async () => {
  const { memory, sql } = await bothWays({ filter: "subdistrict > '\uFF5E'" }, null);
  expect(memory).toEqual(sql);
  expect(memory?.matched).toBeGreaterThan(0);
});

describe('what memory leaves to the database', () => {
  test('a filter of very many conditions, but not one of a long list', async () => {
    const many = Array.from({ length: 60 }, (_, k) => `area_m2 > ${k}`).join(' AND ');
    expect((await bothWays({ filter: many }, null)).memory).toBeNull();
    const list = Array.from({ length: 500 }, (_, k) => `${k}`).join(', ');
    const { memory, sql } = await bothWays({ filter: `area_m2 IN (400, ${list})` }, null);
    expect(memory).not.toBeNull();
    expect(memory).toEqual(sql);
  });

  test('other collections', async () => {
    const [, leads] = await allCollections(opened.db);
    const ask = await itemsAsk(opened.db, leads, readItemsQuery({}, leads), null);
    expect(await keysInMemory(opened.db, ask)).toBeNull();
  });
});

test.each([
  "colour = 'red'",
  "area_m2 = 'many'",
  'class = 5',
  'class = area_m2',
  "geometry = 'x'",
  "class LIKE 'a\\'",
  'class',
  'S_INTERSECTS(class, POINT(1 2))',
  'S_INTERSECTS(geometry, POLYGON((1 1, 2 2, 3 3)))',
  "class = 'a' AND",
])('%s is refused before either way is taken', async (bad) => {
  const collection = await patches();
  const query = await asked({ filter: bad });
  const wrong = itemsAsk(opened.db, collection, query, null);
  await expect(wrong).rejects.toThrow(Problem);
  await expect(wrong).rejects.toMatchObject({ status: 400 });
  await expect(findItems(opened.db, collection, query, [])).rejects.toMatchObject({ status: 400 });
});

describe('what is in memory is forgotten', () => {
  const count = async (raw: Readonly<Record<string, string>>) => {
    const { memory, sql } = await bothWays(raw, null);
    expect(memory).toEqual(sql);
    return sql.matched;
  };

  test('when a month is published', async () => {
    const july = { datetime: '2026-07-15', bbox: '-180,-90,180,90' };
    expect(await count(july)).toBe(40);
    await publish(opened.db, '2026-07', 'mom', drafts(40, 1).slice(0, 12));
    expect(await count(july)).toBe(12);
    await publish(opened.db, '2026-05', 'mom', drafts(5, 30));
    expect(await count({ filter: "month < '2026-06'" })).toBe(5);
  });

  test('when another filter judges', async () => {
    const before = await count({ state: 'dismissed' });
    await opened.db.transaction(async (tx) => {
      await tx.query(
        `UPDATE tuban.patch SET state = 'dismissed' WHERE month = '2026-08' AND against = 'mom'`,
      );
      await setFilterUse(tx, { mode: 'off', filter: null, saidBy: 'command' });
    });
    expect(await count({ state: 'dismissed' })).toBeGreaterThan(before);
  });
});
