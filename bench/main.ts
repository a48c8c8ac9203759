/** `npm run bench`: what the README of this folder says. */
import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BACKENDS } from '../kernels/backend.js';
import { messageOf } from '../raster/errors.js';
import { runBench, tell } from './command.js';
import { compareClasses } from './gdal/agreement.js';
import { type ChainResult, gdalChain } from './gdal/chain.js';
import { decodeSeconds } from './gdal/decode.js';
import { findGdal, type GdalTools } from './gdal/tools.js';
import { measureKernels } from './kernels.js';
import { ChildFailed } from './measure/child.js';
import { type DiffOptions, type DiffRun, LEAST_PX, runDiff } from './measure/cli.js';
import { describeMachine } from './measure/machine.js';
import { exponent, median } from './measure/numbers.js';
import { type BenchOptions, parseOptions, USAGE } from './options.js';
import { comparePolygonize } from './polygonize/compare.js';
import { markdown } from './report.js';
import type { BackendResult, BenchResults, SizeResult } from './results.js';
import { type ScenePair, scenePair } from './scenes/make.js';

/** Largest side on which one worker is held against two: more only takes longer. */
const WORKERS_UP_TO = 8192;
const KERNEL_BLOCK = 1024;
const KERNEL_SECONDS = 2;

/** What all parts of one bench share. */
interface Bench {
  readonly options: BenchOptions;
  readonly gdal: GdalTools | null;
  /** Folder for what the parts write and nobody keeps. */
  readonly work: string;
}

/** Scenes are read once first: whoever comes first must not pay for the disk alone. */
async function warmPair({ options }: Bench, side: number): Promise<ScenePair> {
  tell(`scenes of ${side}²`);
  const pair = await scenePair(options.folder, options.seed, side);
  for (const path of [pair.before, pair.after]) {
    for await (const _ of createReadStream(path, { highWaterMark: 1 << 22 })) {
      // only the reading counts
    }
  }
  return pair;
}

async function diffOnce({ options, work }: Bench, pair: ScenePair, how: DiffOptions): Promise<DiffRun> {
  const name = [how.mode, how.backend, how.workers].filter((part) => part !== undefined).join('-');
  const run = await runDiff(options.cli, pair, join(work, `${pair.side}-${name}`), how);
  tell(`  tuban ${name}: ${run.wallS.toFixed(1)} s, ${run.peakMb?.toFixed(0)} MB`);
  return run;
}

/** One size: ours and GDAL's in turn, as often as asked, so that what else the machine does meets both. */
async function measureSize(bench: Bench, side: number): Promise<SizeResult> {
  const { options, gdal, work } = bench;
  const pair = await warmPair(bench, side);
  const withDefaults = options.parts.has('whole') && side <= options.defaultsUpTo;
  const chainGdal = options.parts.has('chain') && side <= options.chainUpTo ? gdal : null;
  const indices: DiffRun[] = [];
  const defaults: DiffRun[] = [];
  const chains: ChainResult[] = [];
  const decodes: number[] = [];
  for (let k = 0; k < options.repeat; k++) {
    const run = await diffOnce(bench, pair, { mode: 'indices' });
    indices.push(run);
    if (chainGdal) {
      decodes.push(await decodeSeconds(chainGdal, pair));
      const chain = await gdalChain(pair, run.summary.grid, join(work, `${side}-gdal`));
      chains.push(chain);
      tell(`  GDAL: chain ${chain.wallS.toFixed(1)} s, decoding ${decodes[k].toFixed(1)} s`);
    }
    if (withDefaults) defaults.push(await diffOnce(bench, pair, { mode: 'defaults' }));
  }
  const agreement =
    chains.length > 0 ? await compareClasses(indices[0].change, chains[0].classes, LEAST_PX) : null;
  const wall = ({ wallS }: { readonly wallS: number }) => wallS;
  return {
    side,
    indices: median(indices, wall),
    defaults: defaults.length > 0 ? median(defaults, wall) : null,
    chain: chains.length > 0 ? median(chains, wall) : null,
    decodeS: decodes.length > 0 ? median(decodes, (s) => s) : null,
    agreement,
  };
}

async function measureWorkers(bench: Bench): Promise<DiffRun[]> {
  const { sides, repeat } = bench.options;
  const pair = await warmPair(bench, sides.filter((side) => side <= WORKERS_UP_TO).at(-1) ?? sides[0]);
  const runs: DiffRun[][] = [[], []];
  for (let k = 0; k < repeat; k++) {
    for (const workers of [1, 2])
      runs[workers - 1].push(await diffOnce(bench, pair, { mode: 'indices', workers }));
  }
  return runs.map((of) => median(of, ({ wallS }) => wallS));
}

async function measureBackends(bench: Bench): Promise<BackendResult[]> {
  const pair = await warmPair(bench, bench.options.sides[0]);
  const results: BackendResult[] = [];
  let first: DiffRun | null = null;
  for (const backend of [...BACKENDS].reverse()) {
    try {
      const runs: DiffRun[] = [];
      for (let k = 0; k < bench.options.repeat; k++)
        runs.push(await diffOnce(bench, pair, { mode: 'indices', backend }));
      const run = median(runs, ({ wallS }) => wallS);
      const agreement = first ? await compareClasses(run.change, first.change, 1) : null;
      first ??= run;
      results.push({ backend, run, agreement });
    } catch (error) {
      if (!(error instanceof ChildFailed)) throw error;
      const reason = error.stderr.split('\n').find((line) => line.startsWith('tuban:')) ?? messageOf(error);
      tell(`  ${backend}: ${reason}`);
      results.push({ backend, run: reason, agreement: null });
    }
  }
  return results;
}

async function bench(options: BenchOptions): Promise<BenchResults> {
  const started = performance.now();
  const machine = describeMachine();
  const found = await findGdal();
  const gdal = typeof found === 'string' ? null : found;
  tell(gdal ? `GDAL ${gdal.version} is beside` : `no GDAL beside: ${found}`);
  const work = resolve(options.folder, `work-${process.pid}`);
  await mkdir(work, { recursive: true });
  const at: Bench = { options, gdal, work };
  const { parts } = options;
  try {
    const sizes: SizeResult[] = [];
    if (parts.has('whole') || parts.has('chain'))
      for (const side of options.sides) sizes.push(await measureSize(at, side));
    const workers = parts.has('workers') ? await measureWorkers(at) : [];
    const backends = parts.has('backends') ? await measureBackends(at) : [];
    if (parts.has('polygonize')) tell(`polygonizing ${options.polygonizeSide}²`);
    const polygonize = parts.has('polygonize')
      ? await comparePolygonize(options.folder, options.polygonizeSide, options.seed, gdal)
      : [];
    if (parts.has('kernels')) tell('kernels');
    const kernels = parts.has('kernels')
      ? await measureKernels(BACKENDS, KERNEL_BLOCK, KERNEL_SECONDS)
      : null;
    return {
      machine,
      seed: options.seed,
      repeat: options.repeat,
      gdal: gdal ? { version: gdal.version } : { absent: String(found) },
      sizes,
      workers,
      backends,
      polygonize,
      kernels,
      scaling: {
        tuban: exponent(sizes.map(({ side, indices }) => ({ pixels: side ** 2, time: indices.wallS }))),
        gdal: exponent(
          sizes.flatMap(({ side, chain }) => (chain ? [{ pixels: side ** 2, time: chain.wallS }] : [])),
        ),
      },
      minutes: (performance.now() - started) / 60_000,
    };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

await runBench({ name: 'bench', usage: USAGE, file: 'latest', parse: parseOptions, bench, markdown });
