import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomFrom } from '../../samples/random.js';
import type { DraftPatch } from '../number.js';
import { densityCells, patchCounts } from './overview.js';
import { draftAt, publishAugust, sendAsLeads } from './sample.js';
import { openTestDatabase, type TestDatabase } from './testing.js';

const MONTH = '2026-08';
let opened: TestDatabase;

beforeAll(async () => {
  opened = await openTestDatabase();
  const { db } = opened;
  const patches = await publishAugust(db, drafts());
  await sendAsLeads(
    db,
    patches.filter((_, k) => k % 2 === 0).map(({ number }) => number),
  );
  // the re-run no longer finds some that are leads
  await publishAugust(db, drafts().slice(10));
}, 60_000);
afterAll(() => opened?.dispose());

function drafts(): DraftPatch[] {
  const random = randomFrom(5);
  return Array.from({ length: 60 }, (_, k) =>
    draftAt(10 + 90 * (k % 10), 10 + 90 * Math.floor(k / 10), 10 + 10 * (k % 4), {
      state: k % 5 === 0 ? 'dismissed' : 'suspected',
      class: k % 3 === 0 ? 'earthwork' : 'building_new',
      subdistrictCode: k % 7 === 0 ? null : '440303001',
      centroid: [114.1 + 0.01 * random(), 22.5 + 0.01 * random()],
    }),
  );
}

const ordered = (rows: readonly object[]) =>
  rows
    .map((row) => JSON.stringify(row, (_, value) => (typeof value === 'number' ? round(value) : value)))
    .sort();
const round = (value: number) => Number(value.toFixed(9));

test('density counts patches that stand and leads that were sent, of retired patches too', async () => {
  const cells = await densityCells(opened.db, MONTH);
  const wanted = await opened.db.query<object>(
    `SELECT avg(lon) AS lon, avg(lat) AS lat, (count(*) FILTER (WHERE found))::int AS patches, count(number)::int AS leads
     FROM (SELECT p.lon, p.lat, l.number, p.retired_at IS NULL AND p.state <> 'dismissed' AS found
           FROM tuban.patch p LEFT JOIN tuban.lead l ON l.number = p.number AND l.disposition = 'sent'
           WHERE p.month = $1 AND p.against = 'mom') AS one
     WHERE found OR number IS NOT NULL GROUP BY floor(lon / 0.002), floor(lat / 0.002)`,
    [MONTH],
  );
  expect(ordered(cells)).toEqual(ordered(wanted));
  expect(cells.reduce((sum, { leads }) => sum + leads, 0)).toBe(30);
});

test('counts by subdistrict and class are those of the table, without dismissed patches', async () => {
  const wanted = await opened.db.query<object>(
    `SELECT coalesce(subdistrict_code, '') AS code, class, count(*)::int AS count, sum(area_m2) AS "areaM2" FROM tuban.patch
     WHERE month = $1 AND against = 'mom' AND retired_at IS NULL AND state <> 'dismissed' GROUP BY 1, 2 ORDER BY 1, 2`,
    [MONTH],
  );
  expect(await patchCounts(opened.db, MONTH)).toEqual(wanted);
});

test('a month without a run has neither', async () => {
  expect(await densityCells(opened.db, '2020-01')).toEqual([]);
  expect(await patchCounts(opened.db, '2020-01')).toEqual([]);
});
