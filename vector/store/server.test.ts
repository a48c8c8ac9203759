import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BadInput, Unavailable } from '../../raster/errors.js';
import type { DraftPatch } from '../number.js';
import { listAreas } from './areas.js';
import { type Db, openDatabase } from './db.js';
import { readMigrations } from './migrate.js';
import { listPatches } from './patches.js';
import { publishRun } from './publish.js';
import { startRun } from './runs.js';
import { areaOf, draftAt, GRID } from './sample.js';
import { withoutPassword } from './server.js';
import { openTestDatabase, openTestServer, type TestDatabase, testServerUrl } from './testing.js';

const open = (url: string) => openDatabase({ url, dataDir: '', holder: 'test' });

test('an address is shown without its password', () => {
  expect(withoutPassword('postgres://ann:s3cret@db:5433/tuban?sslmode=require')).toBe(
    'postgres://ann@db:5433/tuban',
  );
});

test('an address that is none is bad usage', async () => {
  await expect(open('localhost:5432')).rejects.toThrow(BadInput);
  await expect(open('mysql://host/db')).rejects.toThrow(/expected postgres:\/\//);
  await expect(open('postgres//x y')).rejects.toThrow(/is not an address/);
});

test('a server that does not answer is unavailable, its password untold', async () => {
  const failure = open('postgres://ann:s3cret@127.0.0.1:1/tuban');
  await expect(failure).rejects.toThrow(Unavailable);
  await expect(failure).rejects.toThrow(
    /postgres:\/\/ann@127\.0\.0\.1:1\/tuban: .*ECONNREFUSED.*Check that the server runs/,
  );
  await expect(failure).rejects.not.toThrow(/s3cret/);
});

const url = testServerUrl();
if (url === null) console.warn('parity tests are skipped: TUBAN_TEST_DATABASE_URL is not set');

describe.skipIf(url === null)('on a server', () => {
  let server: TestDatabase & { readonly url: string };
  let embedded: TestDatabase;
  beforeAll(async () => {
    server = await openTestServer(url ?? '');
    embedded = await openTestDatabase();
  });
  afterAll(async () => {
    await server?.dispose();
    await embedded?.dispose();
  });

  test('a database that is not there is told with its cure', async () => {
    const elsewhere = new URL(server.url);
    elsewhere.pathname = '/nowhere';
    await expect(open(elsewhere.href)).rejects.toThrow(/"nowhere" does not exist.*createdb/);
  });

  test('two processes that open a database at once both find its tables', async () => {
    const other = await openTestServer(url ?? '');
    try {
      await other.db.query('DROP SCHEMA tuban CASCADE');
      const both = await Promise.all([open(other.url), open(other.url)]);
      expect(await both[1].query('SELECT id FROM tuban.migration ORDER BY id')).toEqual(
        readMigrations().map(({ id }) => ({ id })),
      );
      await Promise.all(both.map((db) => db.close()));
    } finally {
      await other.dispose();
    }
  });

  test('readers see the old run until the new one is whole', async () => {
    const { db } = server;
    const scope = { month: '2026-01', against: 'mom' } as const;
    const begin = () => startRun(db, { ...scope, beforeMonth: '2025-12', grid: GRID, parameters: {} });
    const [old] = await publishRun(db, await begin(), [draftAt(0, 0, 10)], []);
    const run = await begin();
    await db.transaction(async (tx) => {
      await publishRun(tx, run, [draftAt(500, 0, 10), draftAt(600, 0, 10)], []);
      expect(await listPatches(db, scope)).toEqual([old]);
    });
    expect(await listPatches(db, scope)).toHaveLength(2);
  });

  test('two runs of one month published at once never share a number', async () => {
    const { db } = server;
    const begin = () =>
      startRun(db, { month: '2026-02', against: 'mom', beforeMonth: '2026-01', grid: GRID, parameters: {} });
    const runs = [await begin(), await begin()];
    const [a, b] = await Promise.allSettled(
      runs.map((run, i) => publishRun(db, run, [draftAt(i * 100, 0, 10)], [])),
    );
    const numbers = [a, b].flatMap((result) =>
      result.status === 'fulfilled' ? result.value.map((p) => p.number) : [],
    );
    expect(new Set(numbers).size).toBe(2);
    expect(await listPatches(db, { month: '2026-02', against: 'mom' })).toHaveLength(1);
  });

  test('the same drafts give the same numbers, patches and areas on both databases', async () => {
    const shifts = [0, 2, 12];
    const drafts = (shift: number): DraftPatch[] =>
      Array.from({ length: 400 }, (_, i) =>
        draftAt((i % 20) * 20 + (i % 7 < 3 ? shift : 0) + 1 / 3, Math.floor(i / 20) * 20, 10 + (i % 3), {
          class: i % 2 ? 'building_new' : 'forest_loss',
          subdistrictCode: i % 5 ? `44030300${i % 5}` : null,
          areaM2: 100 / 3 + i,
        }),
      );
    const results = [];
    for (const db of [embedded.db, server.db]) results.push(await publishAll(db, shifts.map(drafts)));
    const [onEmbedded, onServer] = results;
    expect(onEmbedded.patches.length).toBe(400);
    expect(onEmbedded).toEqual(onServer);
    // the last shift moved some patches too far to be the same
    const kept = onEmbedded.patches.filter((patch) => onEmbedded.first.has(patch.number)).length;
    expect([kept > 100, kept < 300]).toEqual([true, true]);
  });

  async function publishAll(db: Db, reruns: readonly (readonly DraftPatch[])[]) {
    const scope = { month: '2026-08', against: 'yoy' } as const;
    const first = new Set<string>();
    for (const drafts of reruns) {
      const run = await startRun(db, { ...scope, beforeMonth: '2025-08', grid: GRID, parameters: {} });
      const patches = await publishRun(db, run, drafts, [areaOf('440303003', 100 / 3), areaOf(null, 0.1)]);
      if (drafts === reruns[0]) for (const patch of patches) first.add(patch.number);
    }
    return { first, patches: await listPatches(db, scope), areas: await listAreas(db, scope) };
  }
});
