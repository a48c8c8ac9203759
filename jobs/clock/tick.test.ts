import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { crsFromEpsg, transformer, WGS84 } from '../../raster/crs.js';
import { Unavailable } from '../../raster/errors.js';
import { type FileServer, fileServer } from '../../raster/tiff/testing/file-server.js';
import type { Db } from '../../vector/store/db.js';
import { discardRun } from '../../vector/store/run-drafts.js';
import { listRuns } from '../../vector/store/runs.js';
import { listScenes } from '../../vector/store/scenes.js';
import { replaceSubdistricts } from '../../vector/store/subdistricts.js';
import { type TestDatabase, testPlaces } from '../../vector/store/testing.js';
import { registerScene } from '../catalogue.js';
import { type Config, loadConfig } from '../config.js';
import { runMonth } from '../monthly.js';
import { type Box, ORIGIN, writeCovers } from '../testing/scenes.js';
import type { Alert } from './alert.js';
import { newMemory } from './collect.js';
import { ScheduleConfig } from './config.js';
import { type TickOptions, tick } from './tick.js';

const SIZE = [96, 80] as const;
const POND: Box = { x: 40, y: 10, width: 12, height: 9, cover: 'water' };
const toLonLat = transformer(crsFromEpsg(4547), WGS84);
const corners = [
  [0, 80],
  [96, 80],
  [96, 0],
  [0, 0],
  [0, 80],
].map(([x, y]) => toLonLat(ORIGIN[0] + 2 * x, ORIGIN[1] - 2 * y));

const made = mkdtempSync(join(tmpdir(), 'tuban-clock-'));
beforeAll(async () => {
  for (const [name, boxes] of [
    ['2026-09', []],
    ['2026-10', [POND]],
  ] as const) {
    await writeCovers(join(made, `${name}.tif`), SIZE, boxes, { acquired: `${name}-12` });
  }
  await writeCovers(join(made, 'dateless.tif'), SIZE, []);
  await writeCovers(join(made, 'away.tif'), SIZE, [], {
    acquired: '2026-10-12',
    origin: [700_000, 2_496_000],
  });
  // most of it nodata
  await writeCovers(join(made, 'empty.tif'), SIZE, [], {
    acquired: '2026-10-13',
    nodata: 0,
    value: (x) => (x < 90 ? 0 : 900),
  });
});
afterAll(() => rmSync(made, { recursive: true, force: true }));

const places = testPlaces('the clock on a server is');

describe.each(places)('the clock on the $name database', ({ open }) => {
  let opened: TestDatabase;
  let db: Db;
  let config: Config;
  let state: string;
  let now: Date;
  let alerts: Alert[];

  beforeAll(async () => {
    opened = await open();
    db = opened.db;
  });
  afterAll(() => opened?.dispose());
  beforeEach(async () => {
    await db.query(
      'TRUNCATE tuban.scene, tuban.run, tuban.patch, tuban.clock_month, tuban.district_setting CASCADE',
    );
    await replaceSubdistricts(db, [{ code: '440303001', name: '桂园街道', polygons: [[corners]] }]);
    state = mkdtempSync(join(made, 'state-'));
    mkdirSync(join(state, 'inbox', 'deep'), { recursive: true });
    config = withSchedule({ inbox: join(state, 'inbox') });
    // scenes are added, and runs published, at the database's time; this is later
    now = new Date('2027-06-20T00:00:00Z');
    alerts = [];
  });

  const withSchedule = (schedule: Partial<ScheduleConfig>): Config => ({
    ...loadConfig(state, {}),
    stateDir: state,
    backend: 'cpu',
    workers: 1,
    detector: 'indices',
    schedule: { ...ScheduleConfig.parse({}), catchUpMonths: 8, ...schedule },
  });
  const look = (more: Partial<TickOptions> = {}) =>
    tick(db, config, {
      now: () => now,
      run: runMonth,
      memory: newMemory(),
      tell: () => {},
      alert: async (alert) => {
        alerts.push(alert);
        return null;
      },
      ...more,
    });
  const deliver = (name: string, to = name) => {
    const path = join(state, 'inbox', to);
    copyFileSync(join(made, name), path);
    utimesSync(path, 1_790_000_000, 1_790_000_000);
    return path;
  };

  it('registers what lies in the inbox by its date, runs the months, and does nothing a second time', async () => {
    deliver('2026-09.tif', 'deep/september.tif');
    deliver('2026-10.tif');
    const first = await look();
    expect(first?.collected.added.map(({ month }) => month).sort()).toEqual(['2026-09', '2026-10']);
    expect(first?.ran.map(({ month, outcome, patches }) => [month, outcome, patches])).toEqual([
      ['2026-10', 'published', 1],
    ]);
    // 2026-09 lies further back than eight months from 2027-05
    expect(first?.late.map(({ month, kind }) => [month, kind])).toEqual(
      ['2026-11', '2026-12', '2027-01', '2027-02', '2027-03', '2027-04', '2027-05'].map((m) => [
        m,
        'missing',
      ]),
    );
    const second = await look();
    expect(second).toMatchObject({ collected: { added: [], problems: [] }, ran: [] });
    expect(await listRuns(db)).toHaveLength(1);
    // told once of each month
    expect(alerts).toHaveLength(7);
    expect(alerts[0]).toMatchObject({
      type: 'run.late',
      month: '2026-11',
      text: expect.stringMatching(/since 2026-10-12/),
    });
  });

  it('does not publish past a person who keeps a run back', async () => {
    deliver('2026-09.tif');
    deliver('2026-10.tif');
    await look({ run: async () => [] });
    await runMonth(db, config, { month: '2026-10', against: ['mom'], hold: true });
    await db.query('TRUNCATE tuban.clock_month');
    const held = await look();
    expect(held?.ran).toEqual([]);
    expect(held?.late.find(({ month }) => month === '2026-10')).toMatchObject({ kind: 'held' });
    const [draft] = await listRuns(db);
    await discardRun(db, draft.id);
    expect((await look())?.ran).toMatchObject([{ month: '2026-10', outcome: 'published' }]);
  });

  it('says why a file is not taken, once, and takes the others', async () => {
    deliver('dateless.tif');
    deliver('away.tif');
    writeFileSync(join(state, 'inbox', 'text.tif'), 'no raster');
    utimesSync(join(state, 'inbox', 'text.tif'), 1_790_000_000, 1_790_000_000);
    deliver('2026-10.tif');
    const memory = newMemory();
    const { added, problems } = (await look({ memory }))?.collected ?? { added: [], problems: [] };
    expect(added).toHaveLength(1);
    expect(problems.join('\n')).toMatch(/away\.tif: does not touch/);
    expect(problems.join('\n')).toMatch(/dateless\.tif: .*tuban scenes add .*dateless\.tif --month/);
    expect(problems.join('\n')).toMatch(/text\.tif/);
    expect((await look({ memory }))?.collected.problems).toEqual([]);
  });

  it('a file that is delivered anew has its month run again, a truncated one nothing', async () => {
    const path = deliver('2026-10.tif');
    expect((await look())?.ran).toHaveLength(1);
    deliver('2026-10.tif');
    utimesSync(path, 1_790_000_500, 1_790_000_500);
    expect((await look())?.ran).toMatchObject([{ month: '2026-10', outcome: 'published' }]);
    truncateSync(path, 100);
    utimesSync(path, 1_790_000_900, 1_790_000_900);
    const last = await look();
    expect(last?.collected.problems).toHaveLength(1);
    expect(last?.ran).toEqual([]);
    expect((await listScenes(db)).map(({ month }) => month)).toEqual(['2026-10']);
  });

  it('two schedulers at once: one works, the month is run once', async () => {
    deliver('2026-10.tif');
    const both = await Promise.all([look(), look()]);
    expect(both.filter((done) => done === null)).toHaveLength(1);
    expect(await listRuns(db)).toHaveLength(1);
    expect((await look())?.ran).toEqual([]);
  });

  it('a month that is being run by hand is left to that', async () => {
    deliver('2026-10.tif');
    const byHand = await db.hold('run 2026-10');
    expect((await look())?.ran).toMatchObject([
      { outcome: 'interrupted', note: expect.stringMatching(/by another process/) },
    ]);
    await byHand?.release();
    expect((await look())?.ran).toMatchObject([{ outcome: 'published' }]);
  });

  it('too few usable pixels: waits, publishes nothing, and marks what it publishes in the end', async () => {
    deliver('empty.tif');
    now = new Date('2026-11-05T00:00:00Z');
    const waits = await look();
    expect(waits?.ran).toMatchObject([
      { outcome: 'waiting', note: expect.stringMatching(/only \d\.\d % .* 30\.0 %/) },
    ]);
    expect(waits?.late).toMatchObject([
      { kind: 'waiting', text: expect.stringMatching(/waits until 2026-11-14/) },
    ]);
    expect(await listRuns(db, { status: 'published' })).toEqual([]);
    expect((await look())?.ran).toEqual([]);
    now = new Date('2026-11-20T00:00:00Z');
    expect((await look())?.ran).toMatchObject([{ outcome: 'published' }]);
    const [run] = await listRuns(db, { status: 'published' });
    expect(run.summary).toMatchObject({
      notes: expect.arrayContaining([expect.stringMatching(/^only \d\.\d % of the/)]),
    });
  });

  it('a failure is recorded, told, tried again after its time, and not before', async () => {
    await registerScene(db, { files: [join(made, '2026-10.tif')] }, '2026-10');
    const fails: typeof runMonth = async () => {
      throw new Unavailable('the disk is full');
    };
    now = new Date();
    const clock = { ...config, schedule: { ...config.schedule, catchUpMonths: 24, day: 1, monthsBack: 0 } };
    const month = (await listScenes(db))[0].month;
    const at = (when: Date, run: typeof runMonth) =>
      tick(db, clock, { now: () => when, run, memory: newMemory(), tell: () => {} });
    const later = new Date(Math.max(now.getTime(), Date.parse('2026-10-02T00:00:00Z')));
    expect((await at(later, fails))?.ran).toMatchObject([
      { month, outcome: 'failed', note: 'the disk is full' },
    ]);
    expect((await at(later, runMonth))?.ran).toEqual([]);
    const done = await at(new Date(later.getTime() + 3_700_000), runMonth);
    expect(done?.ran).toMatchObject([{ month, outcome: 'published' }]);
  });

  it('a run its process left behind is marked when the month is run again', async () => {
    await registerScene(db, { files: [join(made, '2026-10.tif')] }, '2026-10');
    await runMonth(db, config, { month: '2026-10', against: null });
    await db.query(`UPDATE tuban.run SET status = 'running', published_at = NULL`);
    await runMonth(db, config, { month: '2026-10', against: null });
    expect((await listRuns(db)).map(({ status, failure }) => [status, failure])).toEqual([
      ['failed', expect.stringMatching(/ended without a word/)],
      ['published', null],
    ]);
  });

  describe('a STAC search', () => {
    let catalogue: FileServer;
    const served = async (pages: Record<string, unknown>) => {
      const tiffs = ['2026-09', '2026-10'].map(
        (name) => [`/${name}.tif`, readFileSync(join(made, `${name}.tif`))] as const,
      );
      const texts = Object.entries(pages).map(
        ([path, page]) => [path, Buffer.from(JSON.stringify(page))] as const,
      );
      catalogue = await fileServer(new Map<string, Uint8Array>([...tiffs, ...texts]));
      return catalogue.origin;
    };
    afterEach(() => catalogue.close());

    it('is walked over its pages; each item becomes a scene once', async () => {
      const page = (name: string, next: readonly unknown[]) => ({
        type: 'FeatureCollection',
        features: [{ id: name, links: [{ rel: 'self', href: `/items/${name}.json` }] }],
        links: next,
      });
      const origin = await served({
        '/search.json': page('2026-09', [{ rel: 'next', href: './page-2.json' }]),
        '/page-2.json': page('2026-10', []),
        '/items/2026-09.json': itemOf('2026-09'),
        '/items/2026-10.json': itemOf('2026-10'),
      });
      config = withSchedule({ stac: [`${origin}/search.json`] });
      const first = await look();
      expect(first?.collected.problems).toEqual([]);
      expect(first?.collected.added.map(({ month, files }) => [month, files[0]])).toEqual([
        ['2026-09', `${origin}/items/2026-09.json`],
        ['2026-10', `${origin}/items/2026-10.json`],
      ]);
      expect(first?.ran).toMatchObject([{ month: '2026-10', outcome: 'published', patches: 1 }]);
      expect(await look()).toMatchObject({ collected: { added: [] }, ran: [] });
    });

    it('that does not answer, or answers something else, is told and holds up nothing', async () => {
      deliver('2026-10.tif');
      const origin = await served({
        '/search.json': { type: 'FeatureCollection', features: [{ id: 'nameless', links: [] }] },
      });
      config = withSchedule({
        inbox: join(state, 'inbox'),
        stac: [`${origin}/search.json`, `${origin}/nowhere?token=s3cret`, 'http://127.0.0.1:1/search'],
      });
      const done = await look();
      expect(done?.collected.added).toHaveLength(1);
      expect(done?.collected.problems).toEqual([
        expect.stringMatching(/item "nameless" has no link "self"/),
        expect.stringMatching(/nowhere: answered 404/),
        expect.stringMatching(/127\.0\.0\.1:1\/search: not reached/),
      ]);
      expect(done?.collected.problems.join()).not.toMatch(/s3cret/);
    });
  });
});

function itemOf(name: string): unknown {
  const bands = ['blue', 'green', 'red', 'nir'].map((band) => ({ name: band, 'eo:common_name': band }));
  return {
    type: 'Feature',
    stac_version: '1.1.0',
    id: name,
    properties: { datetime: `${name}-12T02:00:00Z` },
    assets: {
      image: { href: `../${name}.tif`, type: 'image/tiff; application=geotiff', roles: ['data'], bands },
    },
  };
}
