import { copyFileSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BadInput } from '../../raster/errors.js';
import { testServerUrl } from '../../vector/store/testing.js';
import { blockStores } from '../block-stores.js';
import { registerScene } from '../catalogue.js';
import { check } from '../check.js';
import { runMonth } from '../monthly.js';
import { openSpread, type Spread, type SpreadPlace, until } from '../testing/spread.js';
import { DEAD_QUEUE, QUEUE, QUEUE_SCHEMA } from './names.js';
import { openQueue } from './queue.js';
import { connectedWorkers, strandedJobs } from './upkeep.js';

const server = testServerUrl();
if (server === null)
  console.warn('runs over several machines are skipped: TUBAN_TEST_DATABASE_URL is not set');

let spread: Spread;
beforeAll(async () => {
  spread = await openSpread(server ?? '');
});
afterAll(() => spread.end());

/** Finished blocks below a state folder. */
function blocksDone({ config }: SpreadPlace): number {
  try {
    const names = readdirSync(join(config.stateDir, 'work'), { recursive: true, encoding: 'utf8' });
    return names.filter((name) => name.endsWith('.block')).length;
  } catch {
    return 0;
  }
}

describe.skipIf(server === null)('tuban worker', () => {
  it('tells its figures and its health, is counted by check, and ends with what it has in hand', async () => {
    const here = await spread.place('figures');
    const child = spread.startWorker(here, '--metrics-port', '0');
    const line = await spread.said(child, /figures at /);
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
    expect(await spread.exited(child)).toBe(0);
  }, 60_000);

  it('takes over a queue that an earlier version has made with other settings', async () => {
    const { boss, config } = await spread.place('upgraded');
    await boss.updateQueue(QUEUE, { retryLimit: 0, expireInSeconds: 60 });
    const later = await openQueue({ url: config.databaseUrl, name: 'test', log: spread.log });
    const { retryLimit, expireInSeconds } = (await later.getQueue(QUEUE)) ?? {};
    await later.stop({ graceful: false });
    expect([retryLimit, expireInSeconds]).not.toContain(0);
    expect(expireInSeconds).toBeGreaterThan(60);
  });

  it('ends when the queue is empty with --once, after a rest with --idle-exit', async () => {
    const here = await spread.place('idle');
    // a job of a run that has ended
    await here.boss.insert(QUEUE, [{ data: { key: 'e'.repeat(24), index: 0 } }]);
    expect(await spread.exited(spread.startWorker(here, '--once'))).toBe(0);
    expect(await spread.jobs(here)).toEqual({ [`${QUEUE} completed`]: 1 });
    expect(await spread.exited(spread.startWorker(here, '--idle-exit', '0.5'))).toBe(0);
    expect(await connectedWorkers(here.db)).toBe(0);
  }, 60_000);
});

describe.skipIf(server === null)('a run over several machines', () => {
  it('comes to what one machine comes to, also where a worker is killed in the middle', async () => {
    const [alone, shared] = [await spread.place('alone'), await spread.place('shared')];
    await runMonth(alone.db, alone.config, { month: '2026-08', against: ['mom'] });
    const expected = await spread.result(alone);
    expect(expected).toMatchObject({ patches: { length: 14 } });
    const first = spread.startWorker(shared);
    const running = spread.runAugust(shared);
    await until('the first block', () => blocksDone(shared) > 0);
    first.kill('SIGSTOP');
    // what it has in hand nobody else gets before it has been silent for a while
    expect(await spread.jobs(shared)).toHaveProperty([`${QUEUE} active`]);
    first.kill('SIGKILL');
    const second = spread.startWorker(shared);
    await running;
    expect(await spread.result(shared)).toEqual(expected);
    expect(await spread.jobs(shared)).toEqual({});
    second.kill('SIGTERM');
    expect(await spread.exited(second)).toBe(0);
  }, 120_000);

  it('goes on where the server cuts all connections of the queue', async () => {
    const here = await spread.place('cut');
    const stop = new AbortController();
    const running = spread.runAugust(here);
    const working = spread.workHere(here, () => {}, stop.signal);
    await until('the first block', () => blocksDone(here) > 0);
    const [{ cut }] = await here.db.query<{ cut: number }>(
      `SELECT count(pg_terminate_backend(pid))::int AS cut FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'test'`,
    );
    expect(cut).toBeGreaterThan(0);
    await running;
    expect(await spread.result(here)).toMatchObject({ patches: { length: 14 } });
    expect(await spread.jobs(here)).toEqual({});
    stop.abort();
    await working;
  }, 90_000);

  it('does two months at once, whose blocks come by turns', async () => {
    const here = await spread.place('turns');
    copyFileSync(join(spread.folder, '2026-07.tif'), join(spread.folder, '2026-09.tif'));
    await registerScene(here.db, { files: [join(spread.folder, '2026-09.tif')] }, '2026-09');
    const stop = new AbortController();
    const told: string[] = [];
    const running = [spread.runOf(here, '2026-08'), spread.runOf(here, '2026-09')];
    await until('the jobs', async () => (await spread.jobs(here))[`${QUEUE} created`] === 20);
    const working = spread.workHere(here, (line) => told.push(line), stop.signal);
    const [[august], [september]] = await Promise.all(running);
    expect([august.found, september.found]).toEqual([14, 14]);
    expect(told).toEqual([]);
    stop.abort();
    await working;
  }, 60_000);

  it('says that a worker does not see its state folder, and goes on with one that does', async () => {
    const here = await spread.place('seen');
    const stop = new AbortController();
    const told: string[] = [];
    const running = spread.runAugust(here, undefined, (line) => told.push(line));
    await until('the jobs', async () => (await spread.jobs(here))[`${QUEUE} created`] === 10);
    const elsewhere = { ...here.config, stateDir: join(spread.folder, 'unseen') };
    const blind = spread.workHere({ boss: here.boss, config: elsewhere }, () => {}, stop.signal);
    await until('a word', () => told.length > 0);
    expect(told).toEqual([
      expect.stringMatching(/a worker does not see this run \(.*unseen.*\); its stateDir/),
    ]);
    const working = spread.workHere(here, () => {}, stop.signal);
    await running;
    expect(await spread.result(here)).toMatchObject({ patches: { length: 14 } });
    expect(told.length).toBe(1);
    stop.abort();
    await Promise.all([blind, working]);
  }, 60_000);

  it('leaves no job behind where it is called off, and says that nobody takes them', async () => {
    const here = await spread.place('cancelled');
    const told: string[] = [];
    const stop = new AbortController();
    const running = spread.runAugust(here, stop.signal, (line) => told.push(line));
    await until('a word', () => told.length > 0);
    expect(told).toEqual([expect.stringMatching(/waiting for workers; start tuban worker/)]);
    expect(await spread.jobs(here)).toEqual({ [`${QUEUE} created`]: 10 });
    stop.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect(await spread.jobs(here)).toEqual({});
  }, 60_000);

  it('refuses a job that names no block of a job, or leads out of the folder, and goes on with others', async () => {
    const here = await spread.place('hostile');
    const stop = new AbortController();
    const told: string[] = [];
    const working = spread.workHere(here, (line) => told.push(line), stop.signal);
    const data = [
      { key: '../../../etc/passwd', index: 0 },
      { key: 'a'.repeat(24), index: -1 },
      { key: 'b'.repeat(24), index: 0, file: '/etc/passwd' },
    ];
    await here.boss.insert(
      QUEUE,
      data.map((one) => ({ data: one, retryLimit: 0 })),
    );
    await until('refusals', async () => (await spread.jobs(here))[`${DEAD_QUEUE} created`] === data.length);
    // in no order: all were queued at the same moment
    expect(told.sort()).toEqual([
      expect.stringMatching(/[Uu]nrecognized key/),
      expect.stringMatching(/index: /),
      expect.stringMatching(/key: expected 24 hexadecimal digits/),
    ]);
    // a job whose run has ended is no failure
    await here.boss.insert(QUEUE, [{ data: { key: 'c'.repeat(24), index: 0 } }]);
    await until('the end of it', async () => (await spread.jobs(here))[`${QUEUE} completed`] === 1);
    stop.abort();
    await working;
  }, 60_000);

  it('fails with what the worker says of a scene that is another one on its machine, at the last try', async () => {
    const here = await spread.place('differs');
    const stop = new AbortController();
    const told: string[] = [];
    const running = spread.runAugust(here, stop.signal);
    await until('the jobs', async () => (await spread.jobs(here))[`${QUEUE} created`] === 10);
    const names = readdirSync(join(here.config.stateDir, 'work'));
    const scene = join(spread.folder, '2026-08.tif');
    const { atime, mtime } = statSync(scene);
    utimesSync(scene, atime, new Date(mtime.getTime() + 1000));
    // no further try: the real ones take half a minute
    await here.boss
      .getDb()
      .executeSql(`UPDATE ${QUEUE_SCHEMA}.job SET retry_limit = 0 WHERE name = $1`, [QUEUE]);
    const working = spread.workHere(here, (line) => told.push(line), stop.signal);
    try {
      await expect(running).rejects.toThrow(BadInput);
      await expect(running).rejects.toThrow(/2026-08\.tif: differs from what the run has read/);
    } finally {
      utimesSync(scene, atime, mtime);
      stop.abort();
      await working;
    }
    expect(told.length).toBeGreaterThan(0);
    expect(await spread.jobs(here)).toEqual({ [`${DEAD_QUEUE} created`]: told.length });
    // what is left of an earlier run of the same is no run: doctor clears it
    const [key] = names;
    await here.boss.insert(QUEUE, [
      { data: { key: 'd'.repeat(24), index: 0 } },
      { data: { key, index: 0 } },
      { data: { key: '..' } },
    ]);
    const stranded = await strandedJobs(here.db, blockStores(here.config));
    expect(stranded.map(({ key: of, blocks }) => [of, blocks]).sort()).toEqual(
      [
        [null, 1],
        ['d'.repeat(24), 1],
      ].sort(),
    );
    for (const { clear } of stranded) await clear();
    expect(await strandedJobs(here.db, blockStores(here.config))).toEqual([]);
  }, 60_000);
});
