import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { PgBoss } from 'pg-boss';
import { crsFromEpsg, transformer, WGS84 } from '../../raster/crs.js';
import type { BlockStore } from '../../raster/engine/block-store.js';
import { listAreas } from '../../vector/store/areas.js';
import type { Db } from '../../vector/store/db.js';
import { listPatches } from '../../vector/store/patches.js';
import { replaceSubdistricts } from '../../vector/store/subdistricts.js';
import { openTestServer } from '../../vector/store/testing.js';
import { ownBlocks } from '../block-stores.js';
import { registerScene } from '../catalogue.js';
import { type Config, loadConfig } from '../config.js';
import { workerFigures } from '../distributed/figures.js';
import { QUEUE_SCHEMA } from '../distributed/names.js';
import { distributed } from '../distributed/parent.js';
import { openQueue } from '../distributed/queue.js';
import { work } from '../distributed/worker.js';
import { type Logger, openLog } from '../log.js';
import { runMonth } from '../monthly.js';
import { PROJECT } from './run-cli.js';
import { type Box, ORIGIN, writeCovers } from './scenes.js';

// ten blocks in a row
const [WIDTH, HEIGHT] = [10_000, 60];
const AUGUST = { month: '2026-08', against: 'mom' } as const;

/** A database of its own with subdistricts and two months of scenes, and a state folder. */
export interface SpreadPlace {
  readonly db: Db;
  readonly config: Config;
  readonly env: Readonly<Record<string, string>>;
  readonly boss: PgBoss;
}

type Tell = (line: string) => void;

/** Runs and workers of tests, over the queue of a server. */
export interface Spread {
  /** Of all state folders and the scenes `2026-07.tif` and `2026-08.tif`. */
  readonly folder: string;
  readonly log: Logger;
  place(name: string, env?: Readonly<Record<string, string>>): Promise<SpreadPlace>;
  /** `tuban worker`, as a process of the build. */
  startWorker(place: Pick<SpreadPlace, 'env'>, ...options: string[]): ChildProcess;
  /** Any command of the build. */
  start(place: Pick<SpreadPlace, 'env'>, ...args: string[]): ChildProcess;
  exited(child: ChildProcess): Promise<number | null>;
  /** The first line a process says that holds it. */
  said(child: ChildProcess, what: RegExp): Promise<string>;
  /** This process as a run over workers. */
  runOf(
    place: SpreadPlace,
    month: string,
    signal?: AbortSignal,
    tell?: Tell,
    store?: BlockStore,
  ): ReturnType<typeof runMonth>;
  runAugust(
    place: SpreadPlace,
    signal?: AbortSignal,
    tell?: Tell,
    store?: BlockStore,
  ): ReturnType<typeof runMonth>;
  /** This process as a worker, for jobs that are soon done. */
  workHere(
    place: Pick<SpreadPlace, 'boss' | 'config'>,
    tell: Tell,
    signal: AbortSignal,
    store?: BlockStore,
  ): Promise<void>;
  /** All that must be the same of August: numbers, classes, geometry, states, areas. */
  result(place: SpreadPlace): Promise<unknown>;
  /** Jobs of the queue, by queue and state. */
  jobs(place: SpreadPlace): Promise<Record<string, number>>;
  end(): Promise<void>;
}

/** @param server address of a PostgreSQL server for tests; empty where no test is run */
export async function openSpread(server: string): Promise<Spread> {
  const folder = mkdtempSync(join(tmpdir(), 'tuban-distributed-'));
  const log = openLog(undefined);
  const ends: (() => Promise<unknown>)[] = [];
  const children: ChildProcess[] = [];
  if (server !== '') {
    await writeCovers(join(folder, '2026-07.tif'), [WIDTH, HEIGHT], ponds(1));
    await writeCovers(join(folder, '2026-08.tif'), [WIDTH, HEIGHT], ponds(15));
  }
  const self: Spread = {
    folder,
    log,
    async place(name, more = {}) {
      const made = await openTestServer(server);
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
        ...more,
      };
      const boss = await openQueue({ url: made.url, name: 'test', log });
      ends.unshift(() => boss.stop({ graceful: false }));
      return { db: made.db, config: loadConfig(stateDir, env), env, boss };
    },
    startWorker: (place, ...options) => self.start(place, 'worker', '--workers', '1', ...options),
    start({ env }, ...args) {
      const clean = Object.fromEntries(
        Object.entries(process.env).filter(([key]) => !key.startsWith('TUBAN_')),
      );
      const child = spawn(process.execPath, [join(PROJECT, 'dist/jobs/cli.js'), ...args], {
        cwd: folder,
        env: { ...clean, ...env },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      child.stderr.setEncoding('utf8');
      children.push(child);
      return child;
    },
    exited: (child) => new Promise((resolve) => child.once('exit', resolve)),
    said: (child, what) =>
      new Promise((resolve, reject) => {
        let all = '';
        child.stderr?.on('data', (chunk: string) => {
          all += chunk;
          const line = all.split('\n').find((one) => what.test(one));
          if (line !== undefined) resolve(line);
        });
        child.once('exit', () => reject(new Error(`the process has ended: ${all}`)));
      }),
    runOf({ db, config, boss }, month, signal, tell = () => {}, store) {
      const run = distributed({ boss, log, tell, now: () => performance.now() });
      return runMonth(db, config, { month, against: ['mom'], run, store, signal });
    },
    runAugust: (place, ...more) => self.runOf(place, AUGUST.month, ...more),
    workHere({ boss, config }, tell, signal, store = ownBlocks(config)) {
      const figures = workerFigures();
      return work({ boss, store, threads: 1, figures, log, tell, idleExitS: null, signal });
    },
    async result({ db }) {
      const patches = await listPatches(db, AUGUST);
      const told = patches.map(({ number, class: name, state, areaM2, confidence, rings }) => {
        return { number, name, state, areaM2, confidence, rings };
      });
      return { patches: told, areas: await listAreas(db, AUGUST) };
    },
    async jobs({ boss }) {
      const { rows } = await boss
        .getDb()
        .executeSql(
          `SELECT name || ' ' || state AS of, count(*)::int AS n FROM ${QUEUE_SCHEMA}.job GROUP BY 1`,
        );
      return Object.fromEntries(rows.map(({ of, n }) => [of, n]));
    },
    async end() {
      for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
      for (const end of ends) await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return self;
}

function ponds(count: number): Box[] {
  return Array.from({ length: count }, (_, i) => ({
    x: 390 + i * 625,
    y: 20,
    width: 22,
    height: 18,
    cover: 'water',
  }));
}

/** Waits for what comes soon. */
export async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (await check()) return;
    await wait(20);
  }
  throw new Error(`${what}: did not come`);
}
