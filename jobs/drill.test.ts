import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listPatches } from '../vector/store/patches.js';
import { listRuns } from '../vector/store/runs.js';
import { testServerUrl } from '../vector/store/testing.js';
import { AUGUST, augustResult, writeAugust } from './testing/august.js';
import { type AugustPlace, embeddedAugust, serverAugust } from './testing/august-places.js';
import { PROJECT } from './testing/run-cli.js';

/**
 * `kill -9` at random moments of `tuban run`, then the same command again: its result must be that of a run nobody
 * disturbed. A few of each kind here; more with TUBAN_DRILLS=N, from another seed with TUBAN_DRILL_SEED=N.
 */
const DRILLS = Number(process.env.TUBAN_DRILLS ?? 0);
const SEED = Number(process.env.TUBAN_DRILL_SEED ?? 20_261_121);
/** Moments at which one drill kills in a row. */
const MOST_KILLS = 3;
const folder = mkdtempSync(join(tmpdir(), 'tuban-drill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => writeAugust(folder));

/** Runs August; killed after so many ms. @returns the exit status, null where it was killed */
function runAugust(cwd: string, env: Record<string, string>, killAfterMs?: number): Promise<number | null> {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('TUBAN_')),
  );
  const cli = join(PROJECT, 'dist/jobs/cli.js');
  const child = spawn(process.execPath, [cli, 'run', '--month', '2026-08', '--json'], {
    cwd,
    env: { ...clean, ...env },
    stdio: 'ignore',
  });
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  return new Promise((resolve) =>
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve(status);
    }),
  );
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** @param readers whether others can look while it is run */
async function drill(place: AugustPlace, readers: boolean, count: number, label: string): Promise<void> {
  const random = seeded(SEED);
  const first = await place.begin();
  const from = performance.now();
  expect(await runAugust(first.cwd, first.env)).toBe(0);
  let whole = performance.now() - from;
  const undisturbed = await place.look(augustResult);
  expect(undisturbed).toHaveLength(3);
  const counts = { drills: 0, kills: 0, tooLate: 0 };
  for (let i = 0; i < count; i++) {
    const { cwd, env } = await place.begin();
    const kills = 2 + Math.floor((MOST_KILLS - 1) * random());
    for (let kill = 0; kill < kills; kill++) {
      const status = await runAugust(cwd, env, whole * (0.1 + 0.8 * random()));
      if (status === null) counts.kills++;
      else {
        // the first run read cold files: later ones are faster
        counts.tooLate++;
        whole *= 0.7;
      }
      // all of the result or nothing
      if (readers) expect([0, 3]).toContain((await place.look((db) => listPatches(db, AUGUST))).length);
    }
    expect(await runAugust(cwd, env)).toBe(0);
    expect(await place.look(augustResult)).toEqual(undisturbed);
    const runs = await place.look((db) => listRuns(db, { month: '2026-08' }));
    expect(runs.filter(({ status }) => status === 'published')).toHaveLength(1);
    expect(runs.filter(({ status }) => status === 'running')).toEqual([]);
    counts.drills++;
  }
  expect(counts.kills).toBeGreaterThan(0);
  console.info(`drills on the ${label} database (seed ${SEED}):`, JSON.stringify(counts));
}

describe('tuban run, killed at random moments and started again', () => {
  it(
    'ends as if nobody had disturbed it, on the embedded database',
    async () => {
      const place = await embeddedAugust(folder);
      await drill(place, false, DRILLS || 1, 'embedded').finally(place.dispose);
    },
    120_000 + 60_000 * (DRILLS || 3),
  );

  const server = testServerUrl();
  if (server === null) console.warn('drills on a server are skipped: TUBAN_TEST_DATABASE_URL is not set');
  it.skipIf(server === null)(
    'ends as if nobody had disturbed it, on a server',
    async () => {
      const place = await serverAugust(server ?? '', folder);
      await drill(place, true, DRILLS || 3, 'server').finally(place.dispose);
    },
    60_000 + 30_000 * (DRILLS || 4),
  );
});
