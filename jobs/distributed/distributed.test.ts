import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { PgBoss } from 'pg-boss';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crsFromEpsg, transformer, WGS84 } from '../../raster/crs.js';
import { BadInput } from '../../raster/errors.js';
import { listAreas } from '../../vector/store/areas.js';
import type { Db } from '../../vector/store/db.js';
import { listPatches } from '../../vector/store/patches.js';
import { replaceSubdistricts } from '../../vector/store/subdistricts.js';
import { openTestServer, testServerUrl } from '../../vector/store/testing.js';
import { registerScene } from '../catalogue.js';
import { check } from '../check.js';
import { type Config, loadConfig } from '../config.js';
import { openLog } from '../log.js';
import { runMonth } from '../monthly.js';
import { PROJECT } from '../testing/run-cli.js';
import { type Box, ORIGIN, writeCovers } from '../testing/scenes.js';
import { workerFigures } from './figures.js';
import { DEAD_QUEUE, QUEUE, QUEUE_SCHEMA } from './names.js';
import { distributed } from './parent.js';
import { openQueue } from './queue.js';
import { connectedWorkers, strandedJobs } from './upkeep.js';
import { work } from './worker.js';

const server = testServerUrl();
if (server === null)
  console.warn('runs over several machines are skipped: TUBAN_TEST_DATABASE_URL is not set');

// ten blocks in a row
const [WIDTH, HEIGHT] = [10_000, 60];
const AUGUST = { month: '2026-08', against: 'mom' } as const;
const folder = mkdtempSync(join(tmpdir(), 'tuban-distributed-'));
const log = openLog(undefined);
const ends: (() => Promise<unknown>)[] = [];
const children: ChildProcess[] = [];

interface Place {
  readonly db: Db;
  readonly config: Config;
  readonly env: Record<string, string>;
  readonly boss: PgBoss;
}

beforeAll(async () => {
  const ponds = (count: number): Box[] =>
    Array.from({ length: count }, (_, i) => ({
      x: 390 + i * 625,
      y: 20,
      width: 22,
      height: 18,
      cover: 'water',
    }));
  await writeCovers(join(folder, '2026-07.tif'), [WIDTH, HEIGHT], ponds(1));
  await writeCovers(join(folder, '2026-08.tif'), [WIDTH, HEIGHT], ponds(15));
});
afterAll(async () => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
  for (const end of ends) await end();
  rmSync(folder, { recursive: true, force: true });
});

/** A database of its own with subdistricts and two months of scenes, and a state folder. */
async function place(name: string): Promise<Place> {
  const made = await openTestServer(server ?? '');
  ends.unshift(() => made.dispose());
  const toLonLat = transformer(crsFromEpsg(4547), WGS84);
  const corners = [0, 1, 2, 3, 4].map((k) => [(k * WIDTH) / 4, HEIGHT]);
  const ring = [...corners, [WIDTH, 0], [WIDTH / 2, 0], [0, 0], [0, HEIGHT]].map(([x, y]) =>
    toLonLat(ORIGIN[0] + 2 * x, ORIGIN[1] - 2 * y),
  );
  await replaceSubdistricts(made.db, [{ code: '440303001', name: '桂园街道', polygons: [[ring]] }]);
  for (const month of ['2026-07', '2026-08'])
    await registerScene(made.db, { files: [join(folder, `${month}.tif`)] }, month);
  const stateDir = join(folder, name);
  mkdirSync(stateDir);
  const env = {
    TUBAN_DATABASE_URL: made.url,
    TUBAN_STATE_DIR: stateDir,
    TUBAN_BACKEND: 'webasm',
    TUBAN_DETECTOR: 'indices',
  };
  const boss = await openQueue({ url: made.url, name: 'test', log });
  ends.unshift(() => boss.stop({ graceful: false }));
  return { db: made.db, config: loadConfig(stateDir, env), env, boss };
}

function startWorker({ env }: Pick<Place, 'env'>, ...options: string[]): ChildProcess {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('TUBAN_')));
  const child = spawn(
    process.execPath,
    [join(PROJECT, 'dist/jobs/cli.js'), 'worker', '--workers', '1', ...options],
    {
      cwd: folder,
      env: { ...clean, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  child.stderr?.setEncoding('utf8');
  children.push(child);
  return child;
}

const exited = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once('exit', resolve));

/** The first line a worker says that holds it. */
const said = (child: ChildProcess, what: RegExp) =>
  new Promise<string>((resolve, reject) => {
    let all = '';
    child.stderr?.on('data', (chunk: string) => {
      all += chunk;
      const line = all.split('\n').find((one) => what.test(one));
      if (line !== undefined) resolve(line);
    });
    child.once('exit', () => reject(new Error(`the worker has ended: ${all}`)));
  });

function runOf(
  { db, config, boss }: Place,
  month: string,
  signal?: AbortSignal,
  tell = (_line: string) => {},
) {
  const run = distributed({ boss, log, tell, now: () => performance.now() });
  return runMonth(db, config, { month, against: ['mom'], run, signal });
}

const runAugust = (here: Place, signal?: AbortSignal, tell?: (line: string) => void) =>
  runOf(here, '2026-08', signal, tell);

/** All that must be the same: numbers, classes, geometry, states, areas. */
async function result({ db }: Place): Promise<unknown> {
  const patches = await listPatches(db, AUGUST);
  const told = patches.map(({ number, class: name, state, areaM2, confidence, rings }) => {
    return { number, name, state, areaM2, confidence, rings };
  });
  return { patches: told, areas: await listAreas(db, AUGUST) };
}

async function jobs({ boss }: Place): Promise<Record<string, number>> {
  const { rows } = await boss
    .getDb()
    .executeSql(`SELECT name || ' ' || state AS of, count(*)::int AS n FROM ${QUEUE_SCHEMA}.job GROUP BY 1`);
  return Object.fromEntries(rows.map(({ of, n }) => [of, n]));
}

/** Waits for what comes soon. */
async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (await check()) return;
    await wait(20);
  }
  throw new Error(`${what}: did not come`);
}

/** Finished blocks below a state folder. */
function blocksDone({ config }: Place): number {
  try {
    const names = readdirSync(join(config.stateDir, 'work'), { recursive: true, encoding: 'utf8' });
    return names.filter((name) => name.endsWith('.block')).length;
  } catch {
    return 0;
  }
}

/** This process as a worker, for jobs that are soon done. */
function workHere(
  { boss, config }: Pick<Place, 'boss' | 'config'>,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const figures = workerFigures();
  const options = { boss, folder: join(config.stateDir, 'work'), threads: 1, figures, log, tell };
  return work({ ...options, idleExitS: null, signal });
}

describe.skipIf(server === null)('tuban worker', () => {
  it('tells its figures and its health, is counted by check, and ends with what it has in hand', async () => {
    const here = await place('figures');
    const child = startWorker(here, '--metrics-port', '0');
    const line = await said(child, /figures at /);
    const [address] = /http:\S+\/metrics/.exec(line) ?? [];
    const metrics = await fetch(address ?? line);
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await metrics.text()).toMatch(/^tuban_worker_blocks_total\{outcome="done"\} 0$/m);
    const health = await fetch(new URL('/health', address));
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
    const lines = await check({
      config: here.config,
      env: {},
      now: () => new Date(),
      hasChineseFont: async () => true,
    });
    expect(lines.find(({ name }) => name === 'workers')).toMatchObject({
      text: expect.stringMatching(/^1 connected/),
    });
    child.kill('SIGTERM');
    expect(await exited(child)).toBe(0);
  }, 60_000);

  it('takes over a queue that an earlier version has made with other settings', async () => {
    const { boss, config } = await place('upgraded');
    await boss.updateQueue(QUEUE, { retryLimit: 0, expireInSeconds: 60 });
    const later = await openQueue({ url: config.databaseUrl, name: 'test', log });
    const { retryLimit, expireInSeconds } = (await later.getQueue(QUEUE)) ?? {};
    await later.stop({ graceful: false });
    expect([retryLimit, expireInSeconds]).not.toContain(0);
    expect(expireInSeconds).toBeGreaterThan(60);
  });

  it('ends when the queue is empty with --once, after a rest with --idle-exit', async () => {
    const here = await place('idle');
    // a job of a run that has ended
    await here.boss.insert(QUEUE, [{ data: { key: 'e'.repeat(24), index: 0 } }]);
    expect(await exited(startWorker(here, '--once'))).toBe(0);
    expect(await jobs(here)).toEqual({ [`${QUEUE} completed`]: 1 });
    expect(await exited(startWorker(here, '--idle-exit', '0.5'))).toBe(0);
    expect(await connectedWorkers(here.db)).toBe(0);
  }, 60_000);
});

describe.skipIf(server === null)('a run over several machines', () => {
  it('comes to what one machine comes to, also where a worker is killed in the middle', async () => {
    const [alone, shared] = [await place('alone'), await place('shared')];
    await runMonth(alone.db, alone.config, { month: '2026-08', against: ['mom'] });
    const expected = await result(alone);
    expect(expected).toMatchObject({ patches: { length: 14 } });
    const first = startWorker(shared);
    const running = runAugust(shared);
    await until('the first block', () => blocksDone(shared) > 0);
    first.kill('SIGSTOP');
    // what it has in hand nobody else gets before it has been silent for a while
    expect(await jobs(shared)).toHaveProperty([`${QUEUE} active`]);
    first.kill('SIGKILL');
    const second = startWorker(shared);
    await running;
    expect(await result(shared)).toEqual(expected);
    expect(await jobs(shared)).toEqual({});
    second.kill('SIGTERM');
    expect(await exited(second)).toBe(0);
  }, 120_000);

  it('goes on where the server cuts all connections of the queue', async () => {
    const here = await place('cut');
    const stop = new AbortController();
    const running = runAugust(here);
    const working = workHere(here, () => {}, stop.signal);
    await until('the first block', () => blocksDone(here) > 0);
    const [{ cut }] = await here.db.query<{ cut: number }>(
      `SELECT count(pg_terminate_backend(pid))::int AS cut FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'test'`,
    );
    expect(cut).toBeGreaterThan(0);
    await running;
    expect(await result(here)).toMatchObject({ patches: { length: 14 } });
    expect(await jobs(here)).toEqual({});
    stop.abort();
    await working;
  }, 90_000);

  it('does two months at once, whose blocks come by turns', async () => {
    const here = await place('turns');
    copyFileSync(join(folder, '2026-07.tif'), join(folder, '2026-09.tif'));
    await registerScene(here.db, { files: [join(folder, '2026-09.tif')] }, '2026-09');
    const stop = new AbortController();
    const told: string[] = [];
    const running = [runOf(here, '2026-08'), runOf(here, '2026-09')];
    await until('the jobs', async () => (await jobs(here))[`${QUEUE} created`] === 20);
    const working = workHere(here, (line) => told.push(line), stop.signal);
    const [[august], [september]] = await Promise.all(running);
    expect([august.found, september.found]).toEqual([14, 14]);
    expect(told).toEqual([]);
    stop.abort();
    await working;
  }, 60_000);

  it('says that a worker does not see its state folder, and goes on with one that does', async () => {
    const here = await place('seen');
    const stop = new AbortController();
    const told: string[] = [];
    const running = runAugust(here, undefined, (line) => told.push(line));
    await until('the jobs', async () => (await jobs(here))[`${QUEUE} created`] === 10);
    const elsewhere = { ...here.config, stateDir: join(folder, 'unseen') };
    const blind = workHere({ boss: here.boss, config: elsewhere }, () => {}, stop.signal);
    await until('a word', () => told.length > 0);
    expect(told).toEqual([
      expect.stringMatching(/a worker does not see this run \(.*unseen.*\); its stateDir/),
    ]);
    const working = workHere(here, () => {}, stop.signal);
    await running;
    expect(await result(here)).toMatchObject({ patches: { length: 14 } });
    expect(told.length).toBe(1);
    stop.abort();
    await Promise.all([blind, working]);
  }, 60_000);

  it('leaves no job behind where it is called off, and says that nobody takes them', async () => {
    const here = await place('cancelled');
    const told: string[] = [];
    const stop = new AbortController();
    const running = runAugust(here, stop.signal, (line) => told.push(line));
    await until('a word', () => told.length > 0);
    expect(told).toEqual([expect.stringMatching(/waiting for workers; start tuban worker/)]);
    expect(await jobs(here)).toEqual({ [`${QUEUE} created`]: 10 });
    stop.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect(await jobs(here)).toEqual({});
  }, 60_000);

  it('refuses a job that names no block of a job, or leads out of the folder, and goes on with others', async () => {
    const here = await place('hostile');
    const stop = new AbortController();
    const told: string[] = [];
    const working = workHere(here, (line) => told.push(line), stop.signal);
    const data = [
      { key: '../../../etc/passwd', index: 0 },
      { key: 'a'.repeat(24), index: -1 },
      { key: 'b'.repeat(24), index: 0, file: '/etc/passwd' },
    ];
    await here.boss.insert(
      QUEUE,
      data.map((one) => ({ data: one, retryLimit: 0 })),
    );
    await until('refusals', async () => (await jobs(here))[`${DEAD_QUEUE} created`] === data.length);
    // in no order: all were queued at the same moment
    expect(told.sort()).toEqual([
      expect.stringMatching(/[Uu]nrecognized key/),
      expect.stringMatching(/index: /),
      expect.stringMatching(/key: expected 24 hexadecimal digits/),
    ]);
    // a job whose run has ended is no failure
    await here.boss.insert(QUEUE, [{ data: { key: 'c'.repeat(24), index: 0 } }]);
    await until('the end of it', async () => (await jobs(here))[`${QUEUE} completed`] === 1);
    stop.abort();
    await working;
  }, 60_000);

  it('fails with what the worker says of a scene that is another one on its machine, at the last try', async () => {
    const here = await place('differs');
    const stop = new AbortController();
    const told: string[] = [];
    const running = runAugust(here, stop.signal);
    await until('the jobs', async () => (await jobs(here))[`${QUEUE} created`] === 10);
    const names = readdirSync(join(here.config.stateDir, 'work'));
    const scene = join(folder, '2026-08.tif');
    const { atime, mtime } = statSync(scene);
    utimesSync(scene, atime, new Date(mtime.getTime() + 1000));
    // no further try: the real ones take half a minute
    await here.boss
      .getDb()
      .executeSql(`UPDATE ${QUEUE_SCHEMA}.job SET retry_limit = 0 WHERE name = $1`, [QUEUE]);
    const working = workHere(here, (line) => told.push(line), stop.signal);
    try {
      await expect(running).rejects.toThrow(BadInput);
      await expect(running).rejects.toThrow(/2026-08\.tif: differs from what the run has read/);
    } finally {
      utimesSync(scene, atime, mtime);
      stop.abort();
      await working;
    }
    expect(told.length).toBeGreaterThan(0);
    expect(await jobs(here)).toEqual({ [`${DEAD_QUEUE} created`]: told.length });
    // what is left of an earlier run of the same is no run: doctor clears it
    const [key] = names;
    await here.boss.insert(QUEUE, [
      { data: { key: 'd'.repeat(24), index: 0 } },
      { data: { key, index: 0 } },
      { data: { key: '..' } },
    ]);
    const stranded = await strandedJobs(here.db, here.config.stateDir);
    expect(stranded.map(({ key: of, blocks }) => [of, blocks]).sort()).toEqual(
      [
        [null, 1],
        ['d'.repeat(24), 1],
      ].sort(),
    );
    for (const { clear } of stranded) await clear();
    expect(await strandedJobs(here.db, here.config.stateDir)).toEqual([]);
  }, 60_000);
});
