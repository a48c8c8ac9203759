import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readMigrations, tryMigrations } from '../vector/store/migrate.js';
import { failRun, listRuns, startRun } from '../vector/store/runs.js';
import { GRID, publishAugust } from '../vector/store/sample.js';
import { openTestServer, type TestDatabase, testPlaces, testServerUrl } from '../vector/store/testing.js';
import { type CheckLine, check } from './check.js';
import { loadConfig } from './config.js';
import { timeline } from './timeline.js';
import { orphans, prunable } from './upkeep.js';

const server = testServerUrl();
const places = testPlaces('upkeep on a server is');

const folder = mkdtempSync(join(tmpdir(), 'tuban-upkeep-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const NOW = new Date('2027-06-01T00:00:00Z');
const LONG_AGO = Date.parse('2026-11-01T00:00:00Z') / 1000;

function put(stateDir: string, path: string, seconds = LONG_AGO): void {
  const file = join(stateDir, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, 'rasters');
  utimesSync(file, seconds, seconds);
  utimesSync(join(file, '..'), seconds, seconds);
}

describe.each(places)('upkeep on the $name database', ({ open }) => {
  let opened: TestDatabase;
  let stateDir: string;
  let kept: { readonly stateDir: string; readonly blockStore: string };
  const march = {
    month: '2026-03',
    against: 'first',
    beforeMonth: null,
    grid: GRID,
    parameters: {},
  } as const;

  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened?.dispose());
  beforeEach(async () => {
    await opened.db.query('TRUNCATE tuban.run, tuban.patch RESTART IDENTITY CASCADE');
    stateDir = mkdtempSync(join(folder, 'state-'));
    kept = { stateDir, blockStore: '' };
  });

  it('prunes what no published run needs, once it is old', async () => {
    const { db } = opened;
    await publishAugust(db, []);
    await publishAugust(db, []);
    await failRun(db, await startRun(db, march), 'the disk is full');
    for (const id of [1, 2, 3]) put(stateDir, `runs/${id}/change.tif`);
    put(stateDir, 'work/abc/0.block');
    put(stateDir, 'work/new/0.block', NOW.getTime() / 1000 - 60);
    const found = await prunable(db, kept, NOW, 90);
    expect(found.map(({ text, bytes }) => [text, bytes])).toEqual([
      ['rasters of run 1, which was replaced', 7],
      ['rasters of run 3, which failed', 7],
      ['blocks of an interrupted run that never went on (work/abc)', 7],
    ]);
    for (const { cure } of found) await cure?.();
    const left = ['runs/1', 'runs/2', 'runs/3', 'work/abc', 'work/new'].map((path) =>
      existsSync(join(stateDir, path)),
    );
    expect(left).toEqual([false, true, false, false, true]);
    expect(await prunable(db, kept, NOW, 90)).toEqual([]);
    expect(await prunable(db, kept, NOW, 300)).toEqual([]);
  });

  it('finds what dead processes left, and leaves the living alone', async () => {
    const { db } = opened;
    await publishAugust(db, []);
    const dead = await startRun(db, march);
    const alive = await startRun(db, { ...march, month: '2026-04' });
    const held = await db.hold('run 2026-04');
    put(stateDir, `runs/${dead.id}/change.tif`);
    put(stateDir, `runs/${alive.id}/change.tif`);
    put(stateDir, 'runs/77/change.tif');
    put(stateDir, 'photos/ab/x.jpg.new');
    put(stateDir, 'photos/ab/young.jpg.new', NOW.getTime() / 1000 - 60);
    const found = await orphans(db, kept, NOW);
    expect(found.map(({ kind, cure }) => [kind, cure !== null])).toEqual([
      ['dead_run', true],
      ['unknown_folder', false],
      ['lost_rasters', false],
      ['half_file', true],
    ]);
    for (const { cure } of found) await cure?.();
    expect((await listRuns(db)).map(({ month, status }) => [month, status])).toEqual([
      ['2026-03', 'failed'],
      ['2026-04', 'running'],
      ['2026-08', 'published'],
    ]);
    expect((await orphans(db, kept, NOW)).map(({ kind }) => kind)).toEqual([
      'unknown_folder',
      'lost_rasters',
    ]);
    expect(existsSync(join(stateDir, 'runs', String(alive.id)))).toBe(true);
    await held?.release();
  });

  it('tries migrations on the real tables and leaves them as they were', async () => {
    const { db } = opened;
    expect(await tryMigrations(db)).toEqual([]);
    const next = {
      id: 900,
      name: 'more',
      sql: 'ALTER TABLE tuban.run ADD COLUMN more text; CREATE TABLE tuban.more (id integer);',
    };
    const tried = await tryMigrations(db, [...readMigrations(), next]);
    expect(tried).toMatchObject([{ id: 900, name: 'more' }]);
    expect(await db.query(`SELECT to_regclass('tuban.more') AS made`)).toEqual([{ made: null }]);
    const bad = { id: 901, name: 'bad', sql: 'ALTER TABLE tuban.nowhere ADD COLUMN more text;' };
    await expect(tryMigrations(db, [...readMigrations(), bad])).rejects.toThrow(/nowhere/);
    expect(await db.query('SELECT max(id) AS last FROM tuban.migration')).toEqual([
      { last: readMigrations().at(-1)?.id },
    ]);
  });

  it('tells a run from its start to its end', async () => {
    await publishAugust(opened.db, [], [], {
      timings_ms: { read: 1500 },
      backend: 'cpu',
      usable_fraction: 0.5,
      notes: ['dark'],
    });
    const [run] = await listRuns(opened.db);
    const lines = timeline(run);
    expect(lines[0]).toBe('run 1: 2026-08 mom against 2026-07, published');
    expect(lines.join('\n')).toMatch(
      /1\.5 s {2}read[\s\S]*published, \d+\.\d s after its start[\s\S]*on cpu, 50\.0 % usable[\s\S]*note: dark/,
    );
  });
});

describe('tuban check', () => {
  const lineOf = (lines: readonly CheckLine[], name: string) => lines.find((line) => line.name === name);
  const checked = (config: object, more: Partial<Parameters<typeof check>[0]> = {}) =>
    check({
      config: { ...loadConfig(folder, {}), backend: 'cpu', ...config },
      env: {},
      now: () => new Date(),
      hasChineseFont: async () => true,
      ...more,
    });

  it('without anything there yet: what is to come, and that the embedded database has no fsync', async () => {
    const lines = await checked({ stateDir: join(folder, 'fresh') });
    expect(lines.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(lineOf(lines, 'database')).toMatchObject({ status: 'ok' });
    expect(lineOf(lines, 'durability')).toMatchObject({
      status: 'warn',
      text: expect.stringMatching(/no fsync.*TUBAN_DATABASE_URL/),
    });
    expect(lineOf(lines, 'backend')).toMatchObject({ status: 'ok', text: 'cpu runs on cpu' });
    expect(existsSync(join(folder, 'fresh', 'database'))).toBe(false);
  });

  it('names what fails, with its cure', async () => {
    writeFileSync(join(folder, 'file'), '');
    const base = loadConfig(folder, {});
    const lines = await checked(
      {
        stateDir: join(folder, 'file', 'state'),
        databaseUrl: 'postgres://ann:s3cret@127.0.0.1:1/tuban',
        timeZone: 'Moon/Tycho',
        schedule: { ...base.schedule, inbox: join(folder, 'nowhere') },
        alert: { url: 'https://duty.example/', secretEnv: 'NO_SUCH' },
      },
      { hasChineseFont: async () => false },
    );
    const failed = lines.filter(({ status }) => status === 'fail').map(({ name }) => name);
    expect(failed).toEqual(['state folder', 'disk', 'database', 'time zone', 'inbox', 'alert']);
    expect(lineOf(lines, 'database')?.text).toMatch(/Check that the server runs/);
    expect(lineOf(lines, 'fonts')).toMatchObject({
      status: 'warn',
      text: expect.stringMatching(/fonts-noto-cjk/),
    });
    expect(JSON.stringify(lines)).not.toMatch(/s3cret/);
  });

  it.skipIf(server === null)('on a server: PostGIS, migrations, clocks, lost scene files', async () => {
    const opened = await openTestServer(server ?? '');
    try {
      const at = (shiftMs: number) =>
        checked(
          { stateDir: join(folder, 'server'), databaseUrl: opened.url },
          { now: () => new Date(Date.now() + shiftMs) },
        );
      const lines = await at(0);
      expect(lineOf(lines, 'PostGIS')).toMatchObject({
        status: 'ok',
        text: expect.stringMatching(/^\d\.\d/),
      });
      expect(lineOf(lines, 'migrations')).toMatchObject({ status: 'ok' });
      expect(lineOf(lines, 'clock')).toMatchObject({ status: 'ok' });
      expect(lineOf(lines, 'durability')).toBeUndefined();
      await opened.db.query(
        `INSERT INTO tuban.scene (id, month, files, crs, footprint, resolution_m, bands) VALUES ('s', '2026-08', '["/lost/a.tif", "https://host/b.tif"]',
           'EPSG:4547', 'SRID=4326;POLYGON((0 0,1 0,1 1,0 0))', 2, '{}')`,
      );
      await opened.db.query(`DELETE FROM tuban.migration WHERE id = (SELECT max(id) FROM tuban.migration)`);
      const later = await at(3_600_000);
      expect(lineOf(later, 'clock')).toMatchObject({
        status: 'warn',
        text: expect.stringMatching(/differ by 36\d\d s/),
      });
      expect(lineOf(later, 'scene files')?.text).toMatch(/1 of 2 are gone \(\/lost\/a\.tif\)/);
      expect(lineOf(later, 'migrations')).toMatchObject({
        status: 'warn',
        text: expect.stringMatching(/1 not applied yet/),
      });
    } finally {
      await opened.dispose();
    }
  });
});
