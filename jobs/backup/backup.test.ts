import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Db } from '../../vector/store/db.js';
import { openDatabase } from '../../vector/store/db.js';
import { dumpDatabase } from '../../vector/store/dump.js';
import { readMigrations } from '../../vector/store/migrate.js';
import { listPatches } from '../../vector/store/patches.js';
import { listRuns } from '../../vector/store/runs.js';
import { areaOf, draftAt, publishAugust, sendAsLeads } from '../../vector/store/sample.js';
import { openTestServer, type TestDatabase, testPlaces, testServerUrl } from '../../vector/store/testing.js';
import { addUser } from '../../vector/store/users.js';
import { importZones } from '../../vector/store/zones.js';
import { backup } from './backup.js';
import { tableRows, verifyBackup } from './manifest.js';
import { restore } from './restore.js';

const server = testServerUrl();
const places = testPlaces('backups of a server are');

const AUGUST = { month: '2026-08', against: 'mom' } as const;
const folder = mkdtempSync(join(tmpdir(), 'tuban-backup-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** All rows of all tables but those that are left out. */
async function contents(db: Db): Promise<Record<string, string[]>> {
  const tables: Record<string, string[]> = {};
  await dumpDatabase(db, {
    async table(name, rows) {
      tables[name] = [];
      for await (const row of rows) tables[name].push(row);
      tables[name].sort();
    },
  });
  return tables;
}

async function fill(db: Db, stateDir: string): Promise<void> {
  const ring = [
    [114.1, 22.5],
    [114.2, 22.5],
    [114.2, 22.6],
    [114.1, 22.5],
  ] as const;
  await importZones(db, 'farmland', [
    { what: 'made', values: { name: '基本农田，"甲"\\, 乙\n丙' }, geometry: [[ring]] },
  ]);
  const drafts = Array.from({ length: 700 }, (_, k) => draftAt(30 * (k % 30), 30 * Math.floor(k / 30), 20));
  const patches = await publishAugust(db, drafts, [areaOf('440303003', 150.000000000001)], { note: "it's" });
  await sendAsLeads(
    db,
    patches.slice(0, 3).map(({ number }) => number),
  );
  // a lead that refers to a later one
  await db.query('UPDATE tuban.lead SET repeat_of = $2 WHERE number = $1', [
    patches[0].number,
    patches[2].number,
  ]);
  await db.query(
    `INSERT INTO tuban.lead_event (number, kind, who, status, disposition, data) VALUES ($1, 'sent', '张三', 'new', 'sent', '{"a": [1, null]}')`,
    [patches[0].number],
  );
  await addUser(db, { name: 'ann', role: 'administrator', subdistricts: [], passwordHash: 'scrypt$x' });
  await db.query(
    `INSERT INTO tuban.web_session (hash, user_name, created_at, used_at) VALUES ($1, 'ann', now(), now())`,
    ['a'.repeat(64)],
  );
  const [run] = await listRuns(db);
  mkdirSync(join(stateDir, 'runs', String(run.id)), { recursive: true });
  writeFileSync(join(stateDir, 'runs', String(run.id), 'change.tif'), Buffer.alloc(100_000, run.id));
  writeFileSync(join(stateDir, 'runs', String(run.id), 'half.tif.new'), 'half');
  mkdirSync(join(stateDir, 'runs', '999'));
  writeFileSync(join(stateDir, 'runs', '999', 'change.tif'), 'of no published run');
  mkdirSync(join(stateDir, 'photos', 'ab'), { recursive: true });
  writeFileSync(join(stateDir, 'photos', 'ab', 'abc.jpg'), 'a photo');
  for (const model of ['roofs@1', '.roofs@2.new']) {
    mkdirSync(join(stateDir, 'models', model), { recursive: true });
    writeFileSync(join(stateDir, 'models', model, 'model.json'), '{}');
  }
}

describe.each(places)('a backup of the $name database', ({ name, open }) => {
  let opened: TestDatabase;
  let db: Db;
  const stateDir = join(folder, name);
  const out = join(folder, `${name}-backup`);
  const request = { stateDir, version: '0.1.0', now: new Date('2026-11-21T00:00:00Z') };

  beforeAll(async () => {
    opened = await open();
    db = opened.db;
    await fill(db, stateDir);
  });
  afterAll(() => opened?.dispose());

  it('is whole, and holds what published runs and leads need', async () => {
    const { manifest, missing } = await backup(db, { ...request, out });
    expect(missing).toEqual([]);
    const paths = manifest.files.map(({ path }) => path).filter((path) => path.startsWith('state/'));
    expect(paths).toEqual([
      'state/runs/1/change.tif',
      'state/photos/ab/abc.jpg',
      'state/models/roofs@1/model.json',
    ]);
    expect(manifest.tables.find((table) => table.name === 'patch')?.rows).toBe(700);
    expect(manifest.tables.find((table) => table.name === 'web_session')?.rows).toBe(0);
    expect((await verifyBackup(out)).problems).toEqual([]);
    await expect(backup(db, { ...request, out })).rejects.toThrow(/holds files already/);
  });

  // making an embedded database takes long: once is enough
  const targets = places.filter((place) => name === 'embedded' || place.name === 'server');
  it.each(targets)('comes back on the $name database, row by row', async (to) => {
    const target = await emptyPlace(to.name, `${name}-to-${to.name}`);
    try {
      await restore(out, target);
      const again = await openDatabase({
        url: target.databaseUrl,
        dataDir: join(target.stateDir, 'database'),
        holder: 'test',
      });
      try {
        expect(await contents(again)).toEqual(await contents(db));
        expect(readFileSync(join(target.stateDir, 'runs/1/change.tif'))).toEqual(Buffer.alloc(100_000, 1));
        expect(existsSync(join(target.stateDir, 'photos/ab/abc.jpg'))).toBe(true);
        expect(existsSync(join(target.stateDir, 'models/roofs@1/model.json'))).toBe(true);
        expect(existsSync(join(target.stateDir, 'restore.new'))).toBe(false);
        // and life goes on: numbers and events are given on from where they stood
        const [patch] = await publishAugust(again, [draftAt(900, 900, 50)]);
        expect((await listPatches(db, AUGUST)).map(({ number }) => number)).not.toContain(patch.number);
        await expect(again.query(`DELETE FROM tuban.lead_event`)).rejects.toThrow(/only ever added to/);
        await expect(again.query(`UPDATE tuban.patch SET run_id = 77`)).rejects.toThrow(/foreign key/);
      } finally {
        await again.close();
      }
      await expect(restore(out, target)).rejects.toThrow(/holds (data|tables|files)/);
    } finally {
      await target.dispose();
    }
  }, 240_000);

  it('taken while a run is published holds the whole run or nothing of it', async () => {
    const before = await listRuns(db, { status: 'published' });
    const during = join(folder, `${name}-during`);
    const drafts = Array.from({ length: 300 }, (_, k) => draftAt(30 * (k % 30), 30 * Math.floor(k / 30), 25));
    const [made] = await Promise.all([
      backup(db, { ...request, out: during }),
      (async () => {
        for (let i = 0; i < 4; i++) await publishAugust(db, drafts.slice(0, 300 - 50 * i));
      })(),
    ]);
    expect((await verifyBackup(during)).problems).toEqual([]);
    // the first columns of a row are plain: (id,month,… and (number,run_id,…
    const rows = async (table: string) => {
      const all: string[] = [];
      for await (const row of tableRows(during, table)) all.push(row);
      return all;
    };
    const published = (await rows('run')).filter((row) => row.includes(',published,'));
    expect(published).toHaveLength(1);
    const run = Number(/^\((\d+),/.exec(published[0])?.[1]);
    // the last columns are retired_at, decided, filtering, evidence and model: all empty where it is there for readers
    const live = (await rows('patch')).filter((row) => row.endsWith(',,,,{},)'));
    const expected = new Map([[before[0].id, 700]]);
    for (let i = 0; i < 4; i++) expected.set(before[0].id + 1 + i, 300 - 50 * i);
    expect(live).toHaveLength(expected.get(run) ?? -1);
    expect(new Set(live.map((row) => Number(row.split(',')[1])))).toEqual(new Set([run]));
    expect(made.manifest.tables.find((table) => table.name === 'run')?.rows).toBeGreaterThanOrEqual(1);
  });
});

describe('a backup that is not whole', () => {
  const out = join(folder, 'embedded-backup');
  const target = { databaseUrl: '', stateDir: join(folder, 'never') };

  it('is found by its hashes and restores nothing', async () => {
    appendFileSync(join(out, 'state/runs/1/change.tif'), 'x');
    expect((await verifyBackup(out)).problems).toEqual([
      expect.stringMatching(/change\.tif: has 100001 bytes/),
    ]);
    const bytes = Buffer.alloc(100_000, 1);
    bytes[500] = 9;
    writeFileSync(join(out, 'state/runs/1/change.tif'), bytes);
    expect((await verifyBackup(out)).problems).toEqual([expect.stringMatching(/content was changed/)]);
    rmSync(join(out, 'tables/lead.rows.gz'));
    await expect(restore(out, target)).rejects.toThrow(/is damaged .*nothing was restored/);
    expect(existsSync(target.stateDir)).toBe(false);
  });

  it('a changed manifest, or a folder that is none, is refused', async () => {
    const text = readFileSync(join(out, 'manifest.json'), 'utf8');
    writeFileSync(join(out, 'manifest.json'), text.replace('"state/photos', '"state/../photos'));
    await expect(restore(out, target)).rejects.toThrow(/was changed or is damaged/);
    await expect(restore(folder, target)).rejects.toThrow(/is no whole backup/);
  });
});

describe('an upgrade', () => {
  it('from the tables of the first release keeps everything', async () => {
    const place = await emptyPlace(server === null ? 'embedded' : 'server', 'first');
    const where = { url: place.databaseUrl, dataDir: join(place.stateDir, 'database'), holder: 'test' };
    const first = await openDatabase({ ...where, migrations: readMigrations().slice(0, 1) });
    await fillFirst(first);
    const old = await contents(first);
    await first.close();
    const now = await openDatabase(where);
    try {
      const kept = await contents(now);
      for (const table of ['scene', 'subdistrict', 'monthly_area', 'monthly_coverage', 'patch_sequence'])
        expect(kept[table]).toEqual(old[table]);
      // runs and patches got columns: none was kept back, no month has decided, no filter has judged, no model has told
      expect(kept.run).toEqual(old.run.map((row) => row.replace(/\)$/, ',f)')));
      expect(kept.patch).toEqual(old.patch.map((row) => row.replace(/\)$/, ',,,{},)')));
      expect(kept.migration).toHaveLength(readMigrations().length);
      expect(await listPatches(now, AUGUST)).toMatchObject([{ state: 'confirmed', areaM2: 400.5 }]);
    } finally {
      await now.close();
      await place.dispose();
    }
  });
});

/** Rows as the first release wrote them. */
async function fillFirst(db: Db): Promise<void> {
  const grid = {
    crs: 'EPSG:4547',
    epsg: 4547,
    resolution: 2,
    width: 500,
    height: 500,
    transform: [2, 0, 500000, 0, -2, 2491000],
  };
  const square = 'SRID=4326;POLYGON((114.1 22.5,114.2 22.5,114.2 22.6,114.1 22.5))';
  await db.query(
    `INSERT INTO tuban.subdistrict VALUES ('440303003', '东门街道', 0, ST_Multi($1::text::geometry))`,
    [square],
  );
  await db.query(
    `INSERT INTO tuban.scene (id, month, files, crs, footprint, resolution_m, bands) VALUES ('s', '2026-08', '["/a.tif"]', 'EPSG:4547', $1::text::geometry, 2, '{}')`,
    [square],
  );
  await db.query(
    `INSERT INTO tuban.run (month, against, before_month, status, grid, parameters, published_at) VALUES ('2026-08', 'mom', '2026-07', 'published', $1::jsonb, '{}', now())`,
    [JSON.stringify(grid)],
  );
  await db.query(
    `INSERT INTO tuban.patch (number, run_id, ord, month, against, class, state, subdistrict_code, subdistrict, before, after, area_m2,
       perimeter_m, compactness, confidence, to_bare, lon, lat, geom)
     VALUES ('202608-M-440303003-10001', 1, 0, '2026-08', 'mom', 'building_new', 'confirmed', '440303003', '东门街道', '2026-07',
       '2026-08', 400.5, 80, 0.78, 0.9, false, 114.1, 22.5, 'SRID=4547;POLYGON((500000 2490000,500020 2490000,500020 2490020,500000 2490000))')`,
  );
  await db.query(`INSERT INTO tuban.patch_sequence VALUES ('202608-M-440303003-1', 1)`);
  await db.query(`INSERT INTO tuban.monthly_coverage VALUES (1, '440303003', '东门街道', 0, 1000, 900)`);
  await db.query(`INSERT INTO tuban.monthly_area VALUES (1, '440303003', 'built', 150.1, 100)`);
}

async function emptyPlace(kind: string, name: string) {
  const stateDir = join(folder, name);
  if (kind === 'embedded') return { databaseUrl: '', stateDir, dispose: async () => {} };
  const made = await openTestServer(server ?? '');
  await made.db.query('DROP SCHEMA tuban CASCADE');
  return { databaseUrl: made.url, stateDir, dispose: made.dispose };
}
