import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHANGE_CLASSES, type ChangeClassName } from '../../kernels/classes.js';
import { randomFrom } from '../../samples/random.js';
import type { DraftPatch } from '../number.js';
import { publishedMonths } from './overview.js';
import { firstOf, PATCH_SORTS, type PageMark, patchPage, queryPatches } from './pages.js';
import { findEntries, type PatchQuery } from './patch-index.js';
import { draftAt, publishAugust } from './sample.js';
import { openTestDatabase, type TestDatabase } from './testing.js';

const OWN = ['440303001', '440303002', null] as const;
const CLASSES: readonly ChangeClassName[] = CHANGE_CLASSES.map(({ name }) => name);

let opened: TestDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
  await publishAugust(opened.db, drafts(60));
}, 60_000);
afterAll(() => opened?.dispose());

/** Squares apart from each other; some share an area, so that the order within one is asked for too. */
function drafts(count: number): DraftPatch[] {
  const random = randomFrom(11);
  return Array.from({ length: count }, (_, k) =>
    draftAt(10 + 90 * (k % 10), 10 + 90 * Math.floor(k / 10), 10 + 10 * Math.floor(4 * random()), {
      class: CLASSES[Math.floor(CLASSES.length * random())],
      confidence: Math.round(8 * random()) / 8,
      subdistrictCode: OWN[k % 3],
    }),
  );
}

const QUERIES: readonly PatchQuery[] = [
  { scope: null },
  { month: '2026-08', against: 'mom', scope: null },
  { month: '2026-08', against: 'yoy', scope: null },
  { month: '2026-07', scope: null },
  { classes: ['building_new', 'water_gain'], minAreaM2: 400, scope: null },
  { minConfidence: 0.5, subdistricts: ['440303001'], scope: null },
  { scope: ['440303002'] },
  { subdistricts: ['440303001'], scope: ['440303002'] },
  { scope: [] },
];

/** The same question asked of the table itself. */
async function fromTable(query: PatchQuery): Promise<string[]> {
  const rows = await opened.db.query<{ number: string }>(
    `SELECT number FROM tuban.patch WHERE retired_at IS NULL AND ($1::text IS NULL OR month = $1)
       AND ($2::text IS NULL OR against = $2) AND ($3::text[] IS NULL OR class = ANY ($3))
       AND ($4::text[] IS NULL OR subdistrict_code = ANY ($4)) AND ($5::float8 IS NULL OR area_m2 >= $5)
       AND ($6::float8 IS NULL OR confidence >= $6) AND ($7::text[] IS NULL OR subdistrict_code = ANY ($7))
     ORDER BY number COLLATE "C"`,
    [
      query.month ?? null,
      query.against ?? null,
      query.classes ?? null,
      query.subdistricts ?? null,
      query.minAreaM2 ?? null,
      query.minConfidence ?? null,
      query.scope,
    ],
  );
  return rows.map(({ number }) => number);
}

test.each(QUERIES)('finds what the table has: %j', async (query) => {
  const wanted = await fromTable(query);
  expect((await findEntries(opened.db, query)).map(({ number }) => number)).toEqual(wanted);
  expect((await queryPatches(opened.db, query, 7)).map(({ number }) => number)).toEqual(wanted.slice(0, 7));
});

test.each(PATCH_SORTS)('pages by %s hold every patch once, in order', async (sort) => {
  const query = { scope: null };
  const seen: { number: string; areaM2: number; confidence: number }[] = [];
  let after: PageMark | null = null;
  do {
    const page = await patchPage(opened.db, query, { sort, limit: 7, after });
    expect(page.total).toBe(60);
    expect(page.rows.length).toBeLessThanOrEqual(7);
    seen.push(...page.rows.map(({ patch }) => patch));
    after = page.next;
  } while (after !== null);
  const key = sort.endsWith('area') ? 'areaM2' : sort.endsWith('confidence') ? 'confidence' : null;
  const turn = sort.startsWith('-') ? -1 : 1;
  const sorted = [...seen].sort(
    (a, b) => (key ? turn * (a[key] - b[key]) : 0) || (a.number < b.number ? -1 : 1),
  );
  expect(seen.map(({ number }) => number)).toEqual(sorted.map(({ number }) => number));
  expect(new Set(seen.map(({ number }) => number)).size).toBe(60);
});

test('a box is that of the patch in degrees', async () => {
  const { rows } = await patchPage(opened.db, { scope: null }, { sort: 'number', limit: 5, after: null });
  const boxes = await opened.db.query<{ w: number; s: number; e: number; n: number }>(
    `SELECT ST_XMin(g) AS w, ST_YMin(g) AS s, ST_XMax(g) AS e, ST_YMax(g) AS n
     FROM (SELECT ST_Transform(geom, 4326) AS g FROM tuban.patch ORDER BY number COLLATE "C" LIMIT 5) t`,
  );
  for (const [k, { w, s, e, n }] of boxes.entries()) {
    for (const [i, value] of [w, s, e, n].entries()) expect(rows[k].bbox[i]).toBeCloseTo(value, 8);
  }
});

test('what was published since is seen, and what a re-run no longer finds is gone', async () => {
  expect((await publishedMonths(opened.db, null)).map(({ patches }) => patches)).toEqual([60]);
  await publishAugust(opened.db, drafts(60).slice(0, 20));
  expect(await findEntries(opened.db, { scope: null })).toHaveLength(20);
  expect((await publishedMonths(opened.db, null)).map(({ patches }) => patches)).toEqual([20]);
});

test('the first of a list are those a sort would put first, equal ones in their order', () => {
  const all = Array.from({ length: 200 }, (_, k) => ({ value: (k * 37) % 23, k }));
  const order = (a: { value: number }, b: { value: number }) => a.value - b.value;
  const sorted = [...all].sort(order);
  for (const count of [0, 1, 7, 199, 200, 300])
    expect(firstOf(all, order, count)).toEqual(sorted.slice(0, count));
});
