import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Db } from '../vector/store/db.js';
import { listRuns } from '../vector/store/runs.js';
import { testServerUrl } from '../vector/store/testing.js';
import { augustResult, writeAugust } from './testing/august.js';
import { type AugustPlace, embeddedAugust, serverAugust } from './testing/august-places.js';
import { FAILING_WRITES, type FailingWrites } from './testing/failing-writes.js';
import { type CliResult, PROJECT, runCli } from './testing/run-cli.js';

/**
 * The n-th write to disk fails, or the process is killed there, then the same command again: it must end as if nothing had happened.
 * A few n here, every n by `npm run drill`. An odd n is a disk that stays full (ENOSPC from there on), an even one a single EIO.
 */
const EVERY = process.env.TUBAN_DRILL !== undefined;
const FEW = 3;

const PRELOAD = pathToFileURL(join(PROJECT, 'dist/jobs/testing/failing-writes.js')).href;
const folder = mkdtempSync(join(tmpdir(), 'tuban-failing-writes-'));
beforeAll(() => writeAugust(folder));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Disturbed = Pick<FailingWrites, 'nth' | 'sync'> & { readonly kill?: boolean };

/** Runs a command whose n-th write fails. @returns its result, and how many writes there were (none known of one that is killed) */
async function disturbed(
  args: readonly string[],
  cwd: string,
  env: Record<string, string>,
  { nth, sync, kill = false }: Disturbed,
) {
  const counted = join(cwd, '..', 'counted');
  const code = kill ? 'KILL' : nth % 2 === 1 ? 'ENOSPC' : 'EIO';
  const wanted: FailingWrites = { nth, sync, code, onwards: code === 'ENOSPC', counted };
  const result = await runCli(args, cwd, {
    ...env,
    NODE_OPTIONS: `--import ${PRELOAD}`,
    [FAILING_WRITES]: JSON.stringify(wanted),
  });
  return { ...result, writes: kill ? Number.NaN : Number(readFileSync(counted, 'utf8')) };
}

/** `count` numbers from 1 to `last`, spread and with both ends; all of them in a drill. */
function someOf(last: number, count: number): number[] {
  if (EVERY) return Array.from({ length: last }, (_, i) => i + 1);
  return [
    ...new Set(Array.from({ length: count }, (_, i) => 1 + Math.round((i * (last - 1)) / (count - 1)))),
  ];
}

const digest = (path: string) => createHash('sha1').update(readFileSync(path)).digest('hex');
const filesOf = (path: string) => readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
const halves = (path: string) => filesOf(path).filter((name) => /\.(new|part|spool)$/.test(name));

/** What was said beside notes. */
const toldBy = (stderr: string) =>
  stderr.split('\n').filter((line) => line !== '' && !line.startsWith('note: '));

/** One line that names what could not be written and the cure, or where a database said so itself. */
function expectOneLine({ status, stderr }: CliResult): void {
  const lines = toldBy(stderr);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^tuban: .*(cannot write|cannot be written).*(disk is full|disk failed|no space left|i\/o error)/i,
  );
  expect(status).toBe(1);
}

/** Ways in which the n-th write ends it. */
const ENDS = [
  { ends: 'fails', kill: false },
  { ends: 'kills the process', kill: true },
];

describe.each(ENDS)('tuban diff whose n-th write $ends', ({ ends, kill }) => {
  it('leaves nothing half under its name, and comes to the same when it is asked again', {
    timeout: EVERY ? 3_600_000 : 60_000,
  }, async () => {
    const out = mkdtempSync(join(folder, 'diff-'));
    const args = [
      'diff',
      join(folder, '2026-07.tif'),
      join(folder, '2026-08.tif'),
      '--out',
      'out',
      '--backend',
      'cpu',
    ];
    const asked = [...args, '--workers', '1', '--detector', 'indices'];
    const run = (nth: number) => {
      const cwd = join(out, String(nth));
      mkdirSync(cwd);
      return disturbed(asked, cwd, {}, { nth, sync: true, kill: kill && nth > 0 });
    };
    const rasters = ['change.tif', 'confidence.tif', 'magnitude.tif', 'patches.geojson'];
    const whole = (nth: number) => rasters.map((name) => digest(join(out, String(nth), 'out', name)));
    const { status, stderr, writes } = await run(0);
    expect([status, toldBy(stderr)]).toEqual([0, []]);
    const undisturbed = whole(0);
    for (const nth of someOf(writes, FEW)) {
      const failed = await run(nth);
      const cwd = join(out, String(nth));
      if (kill) expect(failed.status).toBeNull();
      else {
        expectOneLine(failed);
        expect(halves(cwd)).toEqual([]);
      }
      // what has its name has its content
      for (const [i, name] of rasters.entries()) {
        if (filesOf(cwd).includes(join('out', name)))
          expect(digest(join(cwd, 'out', name))).toBe(undisturbed[i]);
      }
      if (!EVERY && nth !== 1) continue;
      expect((await runCli(asked, cwd)).status).toBe(0);
      expect(whole(nth)).toEqual(undisturbed);
    }
    console.info(`diff, a write ${ends}:`, JSON.stringify({ writes, tried: someOf(writes, FEW).length }));
  });
});

const RUN = ['run', '--month', '2026-08', '--json'];

async function drill(
  place: AugustPlace,
  sync: boolean,
  tried: (writes: number) => number[],
  kill: boolean,
  label: string,
): Promise<void> {
  const first = await place.begin();
  const { status, stderr, writes } = await disturbed(RUN, first.cwd, first.env, { nth: 0, sync });
  expect([status, toldBy(stderr)]).toEqual([0, []]);
  const undisturbed = await place.look(augustResult);
  expect(undisturbed).toHaveLength(3);
  const rasters = await place.look((db) => rastersOf(db, first.cwd));
  const all = tried(writes);
  for (const nth of all) {
    const { cwd, env } = await place.begin();
    const failed = await disturbed(RUN, cwd, env, { nth, sync, kill });
    if (kill) expect(failed.status).toBeNull();
    else if (!sync) {
      expectOneLine(failed);
      expect(await place.look(augustResult)).toEqual([]);
    }
    if (kill && !sync) expect([[], undisturbed]).toContainEqual(await place.look(augustResult));
    if (!kill) expect(halves(cwd).filter((name) => !name.includes('database'))).toEqual([]);
    const again = await runCli(RUN, cwd, env);
    expect([again.status, toldBy(again.stderr)]).toEqual([0, []]);
    expect(await place.look(augustResult)).toEqual(undisturbed);
    expect(await place.look((db) => rastersOf(db, cwd))).toEqual(rasters);
    rmSync(cwd, { recursive: true });
  }
  console.info(`run, ${label}:`, JSON.stringify({ writes, tried: all.length }));
}

/** The rasters of the one published run of August: nothing else is left of others. */
async function rastersOf(db: Db, cwd: string): Promise<unknown> {
  const runs = await listRuns(db, { month: '2026-08' });
  expect(runs.filter(({ status }) => status === 'running')).toEqual([]);
  const published = runs.filter(({ status }) => status === 'published');
  expect(published).toHaveLength(1);
  const own = join(cwd, '.tuban', 'runs', String(published[0].id));
  return filesOf(own).map((name) => [name, digest(join(own, name))]);
}

describe.each(ENDS)('tuban run whose n-th write $ends', ({ ends, kill }) => {
  const server = testServerUrl();
  if (server === null)
    console.warn('failing writes on a server are skipped: TUBAN_TEST_DATABASE_URL is not set');
  it.skipIf(server === null)(
    'publishes nothing half, and ends as if nothing had happened when it is asked again',
    { timeout: EVERY ? 3_600_000 : 90_000 },
    async () => {
      const place = await serverAugust(server ?? '', folder);
      const label = `a write ${ends}, PostgreSQL`;
      await drill(place, false, (writes) => someOf(writes, FEW), kill, label).finally(place.dispose);
    },
  );

  // every try on the embedded database takes it half a minute
  it.runIf(EVERY || !kill)(
    'the same where the embedded database is what cannot write',
    {
      timeout: EVERY ? 3_600_000 : 120_000,
    },
    async () => {
      const count = EVERY ? 20 : 1;
      const spread = (writes: number) =>
        Array.from({ length: count }, (_, i) => Math.ceil(((i + 0.6) * writes) / count));
      const place = await embeddedAugust(folder);
      await drill(place, true, spread, kill, `a write ${ends}, embedded`).finally(place.dispose);
    },
  );
});
