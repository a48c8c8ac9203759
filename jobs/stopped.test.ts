import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Db } from '../vector/store/db.js';
import { listRuns } from '../vector/store/runs.js';
import { testServerUrl } from '../vector/store/testing.js';
import { QUEUE, QUEUE_SCHEMA } from './distributed/names.js';
import { HEARTBEAT_S } from './distributed/queue.js';
import { AUGUST_SETTINGS, augustResult, prepareAugust, writeAugust } from './testing/august.js';
import { type AugustPlace, serverAugust } from './testing/august-places.js';
import { endStarted, runCli, type StartedCli, startCli } from './testing/run-cli.js';

/**
 * A process that is stopped (SIGSTOP: a machine that sleeps, a full swap) for longer than its queue waits for it, and woken again when
 * others have done its work.
 */
const server = testServerUrl();
if (server === null) console.warn('stopped processes are skipped: TUBAN_TEST_DATABASE_URL is not set');

const RUN = ['run', '--month', '2026-08', '--json'] as const;
const SPREAD = [...RUN, '--distributed'] as const;
const WORKER = ['worker', '--workers', '1'] as const;
const folder = mkdtempSync(join(tmpdir(), 'tuban-stopped-'));

describe.skipIf(server === null)('a process that is stopped and woken again', { timeout: 240_000 }, () => {
  let place: AugustPlace;
  let undisturbed: unknown;
  let cwd: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    await writeAugust(folder);
    const settings = { ...AUGUST_SETTINGS, schedule: { catchUpMonths: 240, leastUsable: 0 } };
    place = await serverAugust(server ?? '', folder, { prepare: prepareAugust, settings });
    await begin();
    expect((await run(RUN)).status).toBe(0);
    undisturbed = await place.look(augustResult);
    expect(undisturbed).toHaveLength(3);
  }, 120_000);
  afterAll(async () => {
    endStarted();
    await place?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const begin = async () => {
    ({ cwd, env } = await place.begin());
  };
  const start = (args: readonly string[]) => startCli(args, cwd, env);
  const run = (args: readonly string[]) => runCli(args, cwd, env);

  async function until(what: string, check: (db: Db) => Promise<boolean>): Promise<void> {
    await place.look(async (db) => {
      for (let tries = 0; !(await check(db)); tries++) {
        if (tries === 2000) throw new Error(`${what}: did not come`);
        await wait(10);
      }
    });
  }
  const runBegun = (db: Db) => listRuns(db, { month: '2026-08' }).then((runs) => runs.length > 0);
  const blockTaken = async (db: Db) => {
    const known = await db.query<{ there: boolean }>(
      `SELECT to_regclass('${QUEUE_SCHEMA}.job') IS NOT NULL AS there`,
    );
    if (!known[0].there) return false;
    const active = await db.query(`SELECT 1 FROM ${QUEUE_SCHEMA}.job WHERE name = $1 AND state = 'active'`, [
      QUEUE,
    ]);
    return active.length > 0;
  };

  /** August is whole, once, and nothing is left of how it came about. */
  async function expectAugust(): Promise<void> {
    expect(await place.look(augustResult)).toEqual(undisturbed);
    const runs = await place.look((db) => listRuns(db, { month: '2026-08' }));
    expect(runs.filter(({ status }) => status === 'published')).toHaveLength(1);
    expect(runs.filter(({ status }) => status === 'running')).toEqual([]);
    expect(readdirSync(join(cwd, '.tuban', 'work'))).toEqual([]);
  }

  async function ends(worker: StartedCli): Promise<void> {
    worker.child.kill('SIGTERM');
    expect((await worker.end).status).toBe(0);
  }

  it('a worker with blocks in its hand: another does them, and what it brings late does no harm', async () => {
    await begin();
    const sleeper = start(WORKER);
    const running = start(SPREAD);
    await until('a block in hand', blockTaken);
    sleeper.child.kill('SIGSTOP');
    const other = start(WORKER);
    expect((await running.end).status).toBe(0);
    await expectAugust();
    await ends(other);
    sleeper.child.kill('SIGCONT');
    // it alone does the month again
    expect((await run(SPREAD)).status).toBe(0);
    await expectAugust();
    await ends(sleeper);
  });

  it('the run over workers itself, for longer than their heartbeat', async () => {
    await begin();
    const worker = start(WORKER);
    const running = start(SPREAD);
    await until('a block in hand', blockTaken);
    running.child.kill('SIGSTOP');
    await wait(1000 * (HEARTBEAT_S + 5));
    const second = await run(SPREAD);
    expect([second.status, second.stderr]).toEqual([1, expect.stringMatching(/2026-08/)]);
    running.child.kill('SIGCONT');
    expect((await running.end).status).toBe(0);
    await expectAugust();
    await ends(worker);
  });

  it('a scheduler in the middle of a month: another leaves the month to it', async () => {
    await begin();
    const sleeper = start(['schedule', '--once']);
    await until('the run', runBegun);
    sleeper.child.kill('SIGSTOP');
    const other = await run(['schedule', '--once']);
    expect([other.status, other.stderr]).toEqual([
      0,
      expect.stringMatching(/another scheduler has the clock/),
    ]);
    expect(await place.look(augustResult)).toEqual([]);
    sleeper.child.kill('SIGCONT');
    expect((await sleeper.end).status).toBe(0);
    await expectAugust();
  });
});
