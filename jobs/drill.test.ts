import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pick, seeded } from '../raster/tiff/testing/random.js';
import { updateLeads } from '../reports/leads/update.js';
import type { Db } from '../vector/store/db.js';
import { listLeadEvents } from '../vector/store/lead-events.js';
import { listLeads } from '../vector/store/leads.js';
import { listPatches } from '../vector/store/patches.js';
import { listRuns } from '../vector/store/runs.js';
import { testServerUrl } from '../vector/store/testing.js';
import { registerScene } from './catalogue.js';
import { loadConfig } from './config.js';
import { runMonth } from './monthly.js';
import {
  AUGUST,
  AUGUST_PATCHES,
  AUGUST_SETTINGS,
  augustResult,
  prepareAugust,
  writeAugust,
} from './testing/august.js';
import {
  type AugustBeginning,
  type AugustPlace,
  embeddedAugust,
  serverAugust,
} from './testing/august-places.js';
import { clusterPrograms, startCluster } from './testing/cluster.js';
import { endStarted, startCli } from './testing/run-cli.js';
import { writeCovers } from './testing/scenes.js';

/**
 * `kill -9` at random moments of runs, workers, schedulers and the database, then the same command again: the result must be that of
 * a run nobody disturbed. A few of each here, 300 kills by `npm run drill`; TUBAN_DRILLS=N has N of each kind, TUBAN_DRILL_SEED=N others.
 */
const SEED = Number(process.env.TUBAN_DRILL_SEED ?? 20_261_121);
const drills = (few: number, all: number) =>
  Number(process.env.TUBAN_DRILLS ?? (process.env.TUBAN_DRILL ? all : few));
/** Moments at which one drill kills in a row; the clock gives a month up after five. */
const [LEAST_KILLS, MOST_KILLS] = [2, 3];

const SETTINGS = {
  ...AUGUST_SETTINGS,
  schedule: { catchUpMonths: 240, leastUsable: 0 },
  // the classes of these scenes
  leads: {
    rules: [
      {
        name: 'pond',
        when: { class: ['water_gain'] },
        disposition: 'sent',
        priority: 'middle',
        zh: '新增水面 {area} m²',
        en: 'new water of {area} m²',
      },
    ],
  },
};

const folder = mkdtempSync(join(tmpdir(), 'tuban-drill-'));
afterAll(() => {
  endStarted();
  rmSync(folder, { recursive: true, force: true });
});
beforeAll(async () => {
  await writeAugust(folder);
  await writeCovers(join(folder, '2026-06.tif'), [2200, 60], []);
});

const BEGINNING: AugustBeginning = {
  settings: SETTINGS,
  /** July's lead has a verdict, which must outlive all. */
  async prepare(db) {
    await prepareAugust(db, folder);
    await registerScene(db, { files: [join(folder, '2026-06.tif')] }, '2026-06');
    const stateDir = join(folder, 'state');
    const env = { TUBAN_LEADS: JSON.stringify(SETTINGS.leads) };
    const config = { ...loadConfig(folder, env), ...AUGUST_SETTINGS, stateDir };
    await runMonth(db, config, { month: '2026-07', against: ['mom'] });
    const [{ number }] = await listLeads(db, {});
    const verdict = { assign: '一队', visited: true, verdict: 'confirmed' } as const;
    await updateLeads(db, config, [number], verdict, { who: '测试', at: new Date() });
  },
};

/** Commands that together bring August about. */
interface Work {
  readonly label: string;
  /** Started side by side, each time anew; each ends by itself. */
  readonly commands: readonly (readonly string[])[];
  /** Run all the time; one that is killed is started again. */
  readonly helpers?: readonly (readonly string[])[];
  readonly place: AugustPlace;
  /** Kills the database itself. */
  readonly crash?: () => Promise<void>;
}

/** All that must be the same however it was disturbed: patches, leads, verdicts, and what has happened to each lead. */
async function outcome(db: Db): Promise<unknown> {
  const leads = await listLeads(db, {});
  const events = await listLeadEvents(
    db,
    leads.map(({ number }) => number),
  );
  return {
    patches: await augustResult(db),
    leads: leads.map(({ number, status, verdict, disposition, month }) => {
      return { number, status, verdict, disposition, month };
    }),
    events: events.map(({ number, kind, who }) => `${number} ${kind} ${who}`),
  };
}

async function runsOf(db: Db, status: 'published' | 'running'): Promise<number> {
  return (await listRuns(db, { month: AUGUST.month, status })).length;
}

/** Runs the work to its end. @returns how many ms it took */
async function toTheEnd(
  { commands, place }: Work,
  cwd: string,
  env: Record<string, string>,
): Promise<number> {
  const from = performance.now();
  const { status, stderr } = await startCli(commands[0], cwd, env).end;
  expect([status, stderr]).toEqual([0, expect.anything()]);
  if (!commands[0].includes('schedule')) expect(await place.look((db) => runsOf(db, 'published'))).toBe(1);
  return performance.now() - from;
}

async function drill(work: Work, count: number): Promise<void> {
  const random = seeded(SEED);
  const { place, helpers = [] } = work;
  const counts: Record<string, number> = { drills: 0, 'ended before': 0 };
  const tally = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  let undisturbed: unknown = null;
  let whole = 0;
  for (let i = -1; i < count; i++) {
    const { cwd, env } = await place.begin();
    let helping = helpers.map((args) => startCli(args, cwd, env));
    const kills = i < 0 ? 0 : LEAST_KILLS + Math.floor((MOST_KILLS + 1 - LEAST_KILLS) * random());
    for (let kill = 0; kill < kills; kill++) {
      const mains = work.commands.map((args) => startCli(args, cwd, env));
      const ended = Promise.all(mains.map(({ end }) => end));
      const moment = whole * (0.1 + 0.8 * random());
      const victims = [...mains, ...helping, ...(work.crash ? [null] : [])];
      const victim = pick(random, victims);
      if ((await Promise.race([ended, wait(moment)])) !== undefined) {
        // the first one read cold files: later ones are faster
        tally('ended before');
        whole *= 0.8;
        continue;
      }
      if (victim === null) await work.crash?.();
      else victim.child.kill('SIGKILL');
      tally(victim?.name ?? 'database');
      if (victim !== null && helping.includes(victim)) {
        await victim.end;
        helping = helping.map((one) =>
          one === victim ? startCli(helpers[helping.indexOf(one)], cwd, env) : one,
        );
      }
      for (const { status, stderr } of await ended) {
        expect([0, 1, null]).toContain(status);
        expect(stderr).not.toMatch(/this is a bug/);
      }
      // all of the result or nothing
      if (env.TUBAN_DATABASE_URL !== undefined)
        expect([0, AUGUST_PATCHES]).toContain((await place.look((db) => listPatches(db, AUGUST))).length);
    }
    const took = await toTheEnd(work, cwd, env);
    for (const { child, end } of helping) {
      // one that the database's end has ended is for its keeper to start again
      child.kill('SIGTERM');
      await end;
    }
    const result = await place.look(outcome);
    if (i < 0) {
      expect(result).toMatchObject({ patches: { length: AUGUST_PATCHES }, leads: { length: 3 } });
      undisturbed = result;
      whole = took;
      continue;
    }
    expect(result).toEqual(undisturbed);
    expect(await place.look((db) => runsOf(db, 'published'))).toBe(1);
    expect(await place.look((db) => runsOf(db, 'running'))).toBe(0);
    counts.drills++;
  }
  const { drills, 'ended before': before, ...kills } = counts;
  expect(Object.values(kills).reduce((sum, n) => sum + n, 0)).toBeGreaterThan(0);
  console.info(
    `${work.label} (seed ${SEED}): ${JSON.stringify({ drills, kills, endedBefore: before, undisturbedS: whole / 1000 })}`,
  );
}

const RUN = ['run', '--month', AUGUST.month, '--json'] as const;
const minutes = (count: number) => ({ timeout: 120_000 + 90_000 * count });

describe('killed at random moments and started again, it ends as if nobody had disturbed it:', () => {
  const embedded = drills(1, 24);
  it('tuban run on the embedded database', minutes(embedded), async () => {
    const place = await embeddedAugust(folder, BEGINNING);
    const work = { label: 'run, embedded database', commands: [RUN], place };
    await drill(work, embedded).finally(place.dispose);
  });

  const server = testServerUrl();
  if (server === null) console.warn('drills on a server are skipped: TUBAN_TEST_DATABASE_URL is not set');
  const onServer = async (work: Omit<Work, 'place'>, count: number) => {
    const place = await serverAugust(server ?? '', folder, BEGINNING);
    await drill({ ...work, place }, count).finally(place.dispose);
  };

  const runs = drills(2, 36);
  it.skipIf(server === null)('tuban run on a server', minutes(runs), () =>
    onServer({ label: 'run, server', commands: [RUN] }, runs),
  );

  const spread = drills(1, 30);
  it.skipIf(server === null)('a run over two workers, and the workers', minutes(spread), () =>
    onServer(
      {
        label: 'run --distributed with two workers',
        commands: [[...RUN, '--distributed']],
        helpers: [
          ['worker', '--workers', '1'],
          ['worker', '--workers', '1'],
        ],
      },
      spread,
    ),
  );

  const clocks = drills(1, 24);
  it.skipIf(server === null)('two schedulers at once', minutes(clocks), () =>
    onServer(
      {
        label: 'two schedulers',
        commands: [
          ['schedule', '--once'],
          ['schedule', '--once'],
        ],
      },
      clocks,
    ),
  );

  const programs = clusterPrograms();
  if (programs === null)
    console.warn('drills that kill the server are skipped: TUBAN_TEST_POSTGRES_BIN is not set');
  const crashes = drills(1, 24);
  it.skipIf(programs === null)('the database, under a run over a worker', minutes(crashes), async () => {
    const cluster = await startCluster(programs ?? '');
    try {
      const place = await serverAugust(cluster.url, folder, BEGINNING);
      const work = {
        label: 'database killed',
        commands: [[...RUN, '--distributed']],
        helpers: [['worker', '--workers', '1']],
        place: {
          ...place,
          async begin() {
            const begun = await place.begin();
            await cluster.checkpoint();
            return begun;
          },
        },
        crash: cluster.crash,
      };
      await drill(work, crashes).finally(place.dispose);
    } finally {
      await cluster.stop();
    }
  });
});
