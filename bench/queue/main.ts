/** What several machines on one queue cost, and whether every block is done: what the README of bench/ says. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { PgBoss } from 'pg-boss';
import { QUEUE_SCHEMA } from '../../jobs/distributed/names.js';
import { distributed } from '../../jobs/distributed/parent.js';
import { openQueue } from '../../jobs/distributed/queue.js';
import { openLog } from '../../jobs/log.js';
import { detectorByName } from '../../kernels/detectors.js';
import { gridOf } from '../../raster/choose-grid.js';
import { crsFromEpsg } from '../../raster/crs.js';
import { folderStore } from '../../raster/engine/block-store.js';
import { type BlockRunner, type CompareRequest, compare } from '../../raster/engine/compare.js';
import { openJournal } from '../../raster/engine/journal.js';
import { BadInput } from '../../raster/errors.js';
import type { Grid } from '../../raster/grid.js';
import { openScene, placed } from '../../raster/scene.js';
import { runBench, tell } from '../command.js';
import { describeMachine } from '../measure/machine.js';
import { scenePair } from '../scenes/make.js';
import { ceiling, gainOf } from './ceiling.js';
import { parseQueueOptions, QUEUE_USAGE, type QueueOptions } from './options.js';
import { markdown, type QueueResults, type Throughput } from './report.js';
import { stripGrid, writeStrip } from './scenes.js';
import { type BenchWorker, cpuSeconds, startWorker } from './workers.js';

type Pair = Pick<CompareRequest, 'grid' | 'before' | 'after' | 'reference'> & { close(): Promise<void> };

async function openPair(grid: Grid, before: string, after: string): Promise<Pair> {
  const [first, second] = await Promise.all(
    [before, after].map(async (file) => ({
      spec: { files: [file] },
      scene: await openScene({ files: [file] }),
    })),
  );
  const close = async () => {
    await first.scene.close();
    await second.scene.close();
  };
  return { grid, before: [first], after: [second], reference: first, close };
}

function request(pair: Pair, detector: string): CompareRequest {
  const kind = detectorByName(detector);
  if (!kind) throw new Error(`no detector ${detector}`);
  const classes = ['water_gain', 'water_loss', 'forest_loss'] as const;
  const plain = { align: false, normalize: false, zones: [], clip: false, outputs: {}, workers: 1 };
  return { ...pair, ...plain, detector: kind, classes, backend: 'webasm' };
}

interface Bench {
  readonly options: QueueOptions;
  readonly boss: PgBoss;
  readonly folder: string;
}

/** A run over workers in a state folder of its own, and how long it took. */
async function overWorkers(bench: Bench, name: string, of: CompareRequest, watch: BlockRunner | null = null) {
  const stateDir = join(bench.folder, name);
  await mkdir(stateDir, { recursive: true });
  const journal = openJournal(folderStore(join(stateDir, 'work')));
  const run =
    watch ?? distributed({ boss: bench.boss, log: openLog(undefined), tell, now: () => performance.now() });
  const from = performance.now();
  const result = await compare({ ...of, journal, run });
  return { result, seconds: (performance.now() - from) / 1000, clear: () => journal.clear() };
}

/** Four workers, two of which are killed at seeded moments. */
async function drill(bench: Bench): Promise<QueueResults['drill']> {
  const { options, folder } = bench;
  const random = seeded(options.seed);
  const grid = stripGrid(options.blocks);
  const [before, after] = [join(folder, 'strip-before.tif'), join(folder, 'strip-after.tif')];
  await writeStrip(before, options.blocks, null);
  await writeStrip(after, options.blocks, random);
  const pair = await openPair(grid, before, after);
  const stateDir = join(folder, 'drill');
  await mkdir(stateDir, { recursive: true });
  try {
    const of = request(pair, 'indices');
    const alone = await compare(of);
    tell(`alone: ${alone.runs.count} runs`);
    const workers = Array.from({ length: 4 }, () => startWorker(options.url, stateDir));
    const kills = [0.2, 0.5].map((share) => Math.floor(options.blocks * (share + 0.2 * random())));
    const taken = new Map<number, number>();
    const silent = new Set<string>();
    const inner = distributed({
      boss: bench.boss,
      log: openLog(undefined),
      tell,
      now: () => performance.now(),
    });
    const counting: BlockRunner = (job, blocks, run) =>
      inner(job, blocks, {
        ...run,
        take: async (result) => {
          taken.set(result.block.index, (taken.get(result.block.index) ?? 0) + 1);
          const struck = kills.indexOf(taken.size);
          if (struck >= 0) await strike(bench, workers[struck], silent);
          await run.take(result);
        },
      });
    const { result, seconds } = await overWorkers(bench, 'drill', of, counting);
    for (const worker of workers.slice(2)) await worker.end();
    const left = await bench.boss.getDb().executeSql(`SELECT count(*)::int AS n FROM ${QUEUE_SCHEMA}.job`);
    return {
      blocks: options.blocks,
      workers: 4,
      killedAt: kills,
      inHandOfKilled: silent.size,
      takenOnce: [...taken.values()].filter((times) => times === 1).length,
      sameAsAlone:
        isDeepStrictEqual(result.runs, alone.runs) &&
        isDeepStrictEqual(result.transitions, alone.transitions),
      jobsLeft: left.rows[0].n,
      seconds,
    };
  } finally {
    await pair.close();
  }
}

/** Kills a worker, and notes the jobs that nobody works on after it. */
async function strike({ boss }: Bench, worker: BenchWorker, noted: Set<string>): Promise<void> {
  worker.kill();
  // those who live have told of theirs by then
  await wait(4000);
  const { rows } = await boss
    .getDb()
    .executeSql(
      `SELECT id FROM ${QUEUE_SCHEMA}.job WHERE state = 'active' AND heartbeat_on < now() - interval '3.5 s'`,
    );
  for (const { id } of rows) noted.add(id);
}

/** The same comparison in one thread of this process, over one worker, over two. */
async function throughput(bench: Bench): Promise<Throughput[]> {
  const { options, folder } = bench;
  const files = await scenePair(options.scenes, options.seed, options.side);
  const spec = { bands: { blue: 1, green: 2, red: 3, nir: 4 } };
  const [first, second] = await Promise.all(
    [files.before, files.after].map(async (file) => {
      const own = { ...spec, files: [file] };
      return { spec: own, scene: await openScene(own) };
    }),
  );
  const { grid } = gridOf(placed(first.scene), { crs: crsFromEpsg(4547) });
  const of = request(
    { grid, before: [first], after: [second], reference: first, close: async () => {} },
    options.detector,
  );
  const rounds: Throughput[] = [];
  try {
    for (let round = 0; round < options.repeat; round++) {
      const from = performance.now();
      const before = process.cpuUsage();
      const journal = openJournal(folderStore(join(folder, 'alone')));
      const alone = await compare({ ...of, journal });
      await journal.clear();
      const used = process.cpuUsage(before);
      const local = { wallS: (performance.now() - from) / 1000, cpuS: (used.user + used.system) / 1e6 };
      tell(`alone: ${local.wallS.toFixed(1)} s`);
      const over: Throughput['over'][number][] = [];
      for (const count of [1, 2]) {
        const name = `over-${round}-${count}`;
        await mkdir(join(folder, name), { recursive: true });
        const workers = Array.from({ length: count }, () => startWorker(options.url, join(folder, name)));
        // that they have started is not what is measured
        await wait(options.settleS * 1000);
        const idle = workers.map((worker) => worker.cpuS()).reduce((a, b) => a + b);
        const own = cpuSeconds(process.pid);
        const { result, seconds, clear } = await overWorkers(bench, name, of);
        const cpuS = workers.map((worker) => worker.cpuS()).reduce((a, b) => a + b) - idle;
        const parentCpuS = cpuSeconds(process.pid) - own;
        for (const worker of workers) await worker.end();
        await clear();
        if (!isDeepStrictEqual(result.runs, alone.runs)) throw new Error('another result than alone');
        over.push({ workers: count, wallS: seconds, cpuS, parentCpuS });
        tell(
          `${count} workers: ${seconds.toFixed(1)} s, ${cpuS.toFixed(1)} s of CPU, ${parentCpuS.toFixed(1)} s here`,
        );
      }
      const most = await ceiling(files, options.detector, folder);
      tell(`two processes on their own: ${gainOf(most).toFixed(2)} times one`);
      rounds.push({ local, over, most });
    }
    return rounds;
  } finally {
    await first.scene.close();
    await second.scene.close();
  }
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

async function bench(options: QueueOptions): Promise<QueueResults> {
  if (options.url === '')
    throw new BadInput(
      'TUBAN_BENCH_DATABASE_URL: names no database; expected an empty one of a PostgreSQL server',
    );
  const machine = describeMachine();
  await mkdir(options.scenes, { recursive: true });
  const folder = await mkdtemp(join(options.scenes, 'queue-'));
  const boss = await openQueue({ url: options.url, name: 'tuban bench', log: openLog(undefined) });
  try {
    const at = { options, boss, folder };
    const drilled = options.parts.has('drill') ? await drill(at) : null;
    const rounds = options.parts.has('throughput') ? await throughput(at) : [];
    return {
      machine,
      seed: options.seed,
      side: options.side,
      detector: options.detector,
      drill: drilled,
      rounds,
    };
  } finally {
    await boss.stop({ graceful: false });
    await rm(folder, { recursive: true, force: true });
  }
}

await runBench({
  name: 'bench/queue',
  usage: QUEUE_USAGE,
  file: 'queue',
  parse: parseQueueOptions,
  bench,
  markdown,
});
