import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { s3Store } from '../../raster/engine/s3-store.js';
import { BadInput } from '../../raster/errors.js';
import { type S3Server, s3Server, sendError } from '../../raster/net/testing/s3-server.js';
import { testServerUrl } from '../../vector/store/testing.js';
import { check } from '../check.js';
import { runMonth } from '../monthly.js';
import { openSpread, type Spread, type SpreadPlace, until } from '../testing/spread.js';
import { orphans, prunable } from '../upkeep.js';
import { DEAD_QUEUE, QUEUE, QUEUE_SCHEMA } from './names.js';

const server = testServerUrl();
if (server === null)
  console.warn('runs over an object store are skipped: TUBAN_TEST_DATABASE_URL is not set');

const PLACE = 's3://blocks/luohu/八月';
const BLOCK = /^luohu\/八月\/[0-9a-f]{24}\/\d+\.block$/;
let spread: Spread;
let store: S3Server;
let expected: unknown;

beforeAll(async () => {
  store = await s3Server();
  spread = await openSpread(server ?? '');
  if (server === null) return;
  const alone = await spread.place('alone');
  await runMonth(alone.db, alone.config, { month: '2026-08', against: ['mom'] });
  expected = await spread.result(alone);
  expect(expected).toMatchObject({ patches: { length: 14 } });
});
beforeEach(() => {
  for (const [name, value] of Object.entries(store.env)) vi.stubEnv(name, value);
});
afterEach(() => {
  vi.unstubAllEnvs();
  store.fault = null;
  store.objects.clear();
  store.log.length = 0;
});
afterAll(async () => {
  await spread.end();
  await store.close();
});

/** A place whose blocks go to the store, and the same for workers, whose state folder is another. */
async function places(name: string): Promise<{ readonly run: SpreadPlace; readonly elsewhere: SpreadPlace }> {
  const run = await spread.place(name, { TUBAN_BLOCK_STORE: PLACE });
  const stateDir = join(spread.folder, `${name}-elsewhere`);
  const env = { ...run.env, TUBAN_STATE_DIR: stateDir };
  return { run, elsewhere: { ...run, env, config: { ...run.config, stateDir } } };
}

/** As a process on this machine sees it that does not wait long. */
const opened = () => s3Store(PLACE, { env: store.env, firstDelayMs: 1 });
const blocksDone = () => [...store.objects.keys()].filter((key) => BLOCK.test(key)).length;
const putsOf = (key: string) =>
  store.log.filter((asked) => asked.method === 'PUT' && asked.key === key).length;

describe.skipIf(server === null)('a run whose blocks lie in an object store', () => {
  it('comes to what one machine comes to, over workers that share no folder with it, one of them killed', async () => {
    const { run, elsewhere } = await places('shared');
    const first = spread.startWorker(elsewhere);
    expect(await spread.said(first, /takes blocks/)).toContain(`jobs are shared in ${PLACE}`);
    const running = spread.start(run, 'run', '--month', '2026-08', '--against', 'mom', '--distributed');
    const ended = spread.exited(running);
    await until('the first block', () => blocksDone() > 0);
    first.kill('SIGKILL');
    const second = spread.startWorker(elsewhere);
    expect(await ended).toBe(0);
    expect(await spread.result(run)).toEqual(expected);
    expect(await spread.jobs(run)).toEqual({});
    // nothing is left, neither there nor in a folder
    expect([...store.objects.keys()]).toEqual([]);
    for (const { config } of [run, elsewhere]) expect(existsSync(join(config.stateDir, 'work'))).toBe(false);
    second.kill('SIGTERM');
    expect(await spread.exited(second)).toBe(0);
    expect(store.log.length).toBeGreaterThan(30);
  }, 120_000);

  it('killed in the middle goes on with the blocks it finds there; one that is spoilt is done again', async () => {
    const { run, elsewhere } = await places('killed');
    const stop = new AbortController();
    const running = spread.start(run, 'run', '--month', '2026-08', '--against', 'mom', '--distributed');
    const killed = spread.exited(running);
    const working = spread.workHere(elsewhere, () => {}, stop.signal, opened());
    await until('some blocks', () => blocksDone() > 3);
    running.kill('SIGKILL');
    await killed;
    stop.abort();
    await working;
    const left = [...store.objects].filter(([key]) => BLOCK.test(key));
    const [spoilt, bytes] = left[0];
    store.objects.set(spoilt, bytes.subarray(0, bytes.length / 2));
    // by a store that lists few at a time
    store.pageSize = 3;
    const again = new AbortController();
    const workingOn = spread.workHere(elsewhere, () => {}, again.signal, opened());
    await spread.runAugust(run, undefined, undefined, opened());
    expect(await spread.result(run)).toEqual(expected);
    expect(left.map(([key]) => putsOf(key))).toEqual(left.map(([key]) => (key === spoilt ? 2 : 1)));
    expect([...store.objects.keys()]).toEqual([]);
    again.abort();
    await workingOn;
    store.pageSize = 1000;
  }, 120_000);

  it('is not disturbed by 503, cut connections, half answers and lost answers in between', async () => {
    const { run, elsewhere } = await places('disturbed');
    let count = 0;
    store.fault = ({ method, key, body }, response) => {
      const fault = count++ % 11;
      if (fault === 1) sendError(response, 503, 'SlowDown');
      else if (fault === 4) response.destroy();
      else if (fault === 7 && method === 'GET')
        response.writeHead(200, { 'content-length': 5000 }).write('half', () => response.destroy());
      else if (fault === 9 && method === 'PUT') {
        // written, but nobody hears of it
        store.objects.set(key, body);
        response.destroy();
      } else return false;
      return true;
    };
    const stop = new AbortController();
    const told: string[] = [];
    const working = spread.workHere(elsewhere, (line) => told.push(line), stop.signal, opened());
    await spread.runAugust(run, undefined, undefined, opened());
    expect(await spread.result(run)).toEqual(expected);
    expect(told).toEqual([]);
    expect([...store.objects.keys()]).toEqual([]);
    expect(count).toBeGreaterThan(50);
    stop.abort();
    await working;
  }, 90_000);

  it('says which store a worker must see, and goes on with one that does', async () => {
    const { run, elsewhere } = await places('seen');
    const stop = new AbortController();
    const told: string[] = [];
    const running = spread.runAugust(run, undefined, (line) => told.push(line), opened());
    await until('the jobs', async () => (await spread.jobs(run))[`${QUEUE} created`] === 10);
    const blind = spread.workHere(elsewhere, () => {}, stop.signal);
    await until('a word', () => told.length > 0);
    expect(told[0]).toMatch(
      /^a worker does not see this run \(.*seen-elsewhere\/work\/[0-9a-f]{24}\); its blockStore must be s3:\/\/blocks\/luohu\/八月 too/,
    );
    const other = s3Store('s3://blocks/elsewhere', { env: store.env });
    const astray = spread.workHere(elsewhere, () => {}, stop.signal, other);
    const working = spread.workHere(elsewhere, () => {}, stop.signal, opened());
    await running;
    expect(await spread.result(run)).toEqual(expected);
    stop.abort();
    await Promise.all([blind, astray, working]);
  }, 90_000);

  it('a worker that may not write fails it with the object, the reason and the cure, and no secret', async () => {
    const { run, elsewhere } = await places('refused');
    store.fault = ({ method, key }, response) => {
      if (method !== 'PUT' || !BLOCK.test(key)) return false;
      sendError(response, 403, 'AccessDenied');
      return true;
    };
    const stop = new AbortController();
    const told: string[] = [];
    const running = spread.runAugust(run, stop.signal, undefined, opened());
    const failed = running.catch((error: unknown) => error);
    await until('the jobs', async () => (await spread.jobs(run))[`${QUEUE} created`] === 10);
    // no further try: the real ones take half a minute
    await run.boss
      .getDb()
      .executeSql(`UPDATE ${QUEUE_SCHEMA}.job SET retry_limit = 0 WHERE name = $1`, [QUEUE]);
    const working = spread.workHere(elsewhere, (line) => told.push(line), stop.signal, opened());
    const error = await failed;
    expect(error).toBeInstanceOf(BadInput);
    expect(String(error)).toMatch(
      /s3:\/\/blocks\/luohu\/八月\/[0-9a-f]{24}\/\d+\.block: answered 403 AccessDenied; the keys lack a right: they need s3:GetObject, s3:PutObject/,
    );
    stop.abort();
    await working;
    expect(told.length).toBeGreaterThan(0);
    expect(JSON.stringify([String(error), told])).not.toMatch(/SECRET|AWS4|writer/);
    expect(Object.keys(await spread.jobs(run))).toEqual([`${DEAD_QUEUE} created`]);
    // the same run, when the rights are there
    store.fault = null;
    const again = new AbortController();
    const workingOn = spread.workHere(elsewhere, () => {}, again.signal, opened());
    await spread.runAugust(run, undefined, undefined, opened());
    expect(await spread.result(run)).toEqual(expected);
    again.abort();
    await workingOn;
  }, 90_000);

  it('is refused at its start where its bucket is not there, or its keys are missing', async () => {
    const { run } = await places('bucketless');
    const args = ['run', '--month', '2026-08', '--against', 'mom', '--distributed'] as const;
    const nowhere = { env: { ...run.env, TUBAN_BLOCK_STORE: 's3://nowhere/p' } };
    const first = spread.start(nowhere, ...args);
    const [line, status] = await Promise.all([spread.said(first, /nowhere/), spread.exited(first)]);
    expect([status, line]).toEqual([
      2,
      expect.stringMatching(
        /s3:\/\/nowhere\/p\/[0-9a-f]{24}\/begun: answered 404 NoSuchBucket; there is no such bucket: make it/,
      ),
    ]);
    const keyless = { env: { ...run.env, AWS_SECRET_ACCESS_KEY: '' } };
    const second = spread.start(keyless, ...args);
    const [why, ended] = await Promise.all([spread.said(second, /AWS_/), spread.exited(second)]);
    expect([ended, why]).toEqual([
      2,
      expect.stringMatching(/needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/),
    ]);
  }, 60_000);

  it('what runs that never went on left is pruned, jobs of ended ones are cleared; other objects stay', async () => {
    const { run } = await places('upkeep');
    const at = opened();
    const [old, young, queued] = ['a', 'b', 'c'].map((letter) => letter.repeat(24));
    for (const key of [old, young, queued]) {
      await at.begin(key);
      await at.put(key, 'job', Buffer.from('a job'));
      await at.put(key, '0.block', Buffer.from('a block'));
    }
    for (const name of store.objects.keys())
      if (name.includes(old)) store.dates.set(name, new Date(Date.now() - 100 * 86_400_000));
    const foreign = ['luohu/八月/notes.txt', `luohu/八月/x/${old}/0.block`, `luohu/${old}/0.block`];
    for (const name of foreign) {
      store.objects.set(name, Buffer.from('of somebody else'));
      store.dates.set(name, new Date(0));
    }
    const found = await prunable(run.db, run.config, new Date(), 90);
    expect(found.map(({ kind, text, bytes }) => [kind, text, bytes])).toEqual([
      ['journal', `blocks of an interrupted run that never went on (${PLACE}/${old})`, 12],
    ]);
    await found[0].cure?.();
    expect([...store.objects.keys()].filter((name) => name.includes(`八月/${old}`))).toEqual([]);
    expect(await prunable(run.db, run.config, new Date(), 90)).toEqual([]);
    expect([...store.objects.keys()]).toEqual(expect.arrayContaining(foreign));

    await run.boss.insert(QUEUE, [{ data: { key: queued, index: 0 } }, { data: { key: old, index: 0 } }]);
    const stranded = await orphans(run.db, run.config, new Date());
    expect(stranded.map(({ kind, text }) => [kind, text])).toEqual([
      ['queue', `1 blocks are queued for a run that has ended (job ${old})`],
    ]);
    // nobody knows what has ended where the store cannot be asked
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'another');
    await expect(orphans(run.db, run.config, new Date())).rejects.toThrow(/answered 403/);
  }, 60_000);
});

describe('tuban check of a block store', () => {
  const lineOf = async (blockStore: string) => {
    const { loadConfig } = await import('../config.js');
    const config = loadConfig(spread.folder, { TUBAN_BLOCK_STORE: blockStore, TUBAN_BACKEND: 'cpu' });
    const lines = await check({ config, env: {}, now: () => new Date(), hasChineseFont: async () => true });
    return lines.find(({ name }) => name === 'block store');
  };

  it('writes, reads and takes away an object of its own, and names what fails', async () => {
    expect(await lineOf('')).toBeUndefined();
    expect(await lineOf(`${PLACE}/`)).toEqual({
      name: 'block store',
      status: 'ok',
      text: `${PLACE} can be written, read and cleared`,
    });
    expect(store.objects.size).toBe(0);
    expect(await lineOf('s3://nowhere/p')).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/404 NoSuchBucket; there is no such bucket: make it/),
    });
    store.fault = ({ method, key }, response) => {
      if (method !== 'GET' || !key.endsWith('/probe')) return false;
      response.writeHead(200, { 'content-length': 5 }).end('other');
      return true;
    };
    expect(await lineOf(PLACE)).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/does not give back what was written/),
    });
    expect(store.objects.size).toBe(0);
    store.fault = ({ method }, response) => {
      if (method !== 'DELETE') return false;
      sendError(response, 403, 'AccessDenied');
      return true;
    };
    expect(await lineOf(PLACE)).toMatchObject({
      status: 'fail',
      text: expect.stringMatching(/403 AccessDenied; the keys lack a right: .*s3:DeleteObject/),
    });
    store.fault = null;
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'SECRET-other');
    const line = await lineOf(PLACE);
    expect(line).toMatchObject({ status: 'fail', text: expect.stringMatching(/SignatureDoesNotMatch/) });
    expect(line?.text).not.toMatch(/SECRET-other/);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', '');
    expect((await lineOf(PLACE))?.text).toMatch(/AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/);
  }, 60_000);

  it.each([
    's3://',
    's3://b/p?x',
    'https://store/blocks',
    's3://blocks/../p',
    '/state',
  ])('the key refuses %s', async (written) => {
    await expect(lineOf(written)).rejects.toThrow(/TUBAN_BLOCK_STORE: expected s3:\/\/bucket\/prefix/);
  });
});
