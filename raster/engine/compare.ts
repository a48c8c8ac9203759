import { type BackendRequest, BackendUnavailable, openBackend } from '../../kernels/backend.js';
import { BAND_ROLES, type BandRole } from '../../kernels/bands.js';
import { BUILDINGS } from '../../kernels/buildings.js';
import { CHANGE_CLASSES, type ChangeClassName } from '../../kernels/classes.js';
import type { DetectorKind } from '../../kernels/detector.js';
import { type CogWriter, createCog } from '../cog/writer.js';
import { BadInput } from '../errors.js';
import { type Block, cellsOfGrid, type Grid, type Window, windowInPixels } from '../grid.js';
import type { UnjudgedCells } from '../mask/judged.js';
import { type JudgeRuns, judgedBy } from '../rims.js';
import { allocateRuns, type Runs, runsInPixels } from '../runs.js';
import { createRunCollector, type LeastPixels } from '../sieve.js';
import { type Zone, zoneInCells } from '../zones.js';
import { type BlockJob, type BlockResult, MASK_HALO, type OutputName, outputSpec } from './job.js';
import type { Journal } from './journal.js';
import { blocksOf, headersOf, inPanels, shareBlocks } from './panels.js';
import { runBlocks } from './pool.js';
import { lookFirst, type OpenedScene, type SceneReport } from './prepare.js';

export interface CompareRequest {
  readonly grid: Grid;
  /** Scenes in order of preference; what both dates have in bands is used. */
  readonly before: readonly OpenedScene[];
  /** Of months of the before date what their own runs could not judge (mask/judged.ts); nothing where absent. */
  readonly unjudged?: Readonly<Record<string, UnjudgedCells>>;
  readonly after: readonly OpenedScene[];
  /** Onto which all others are aligned and normalized; usually `before[0]`. */
  readonly reference: OpenedScene;
  readonly detector: DetectorKind;
  readonly classes: readonly ChangeClassName[];
  readonly backend: BackendRequest;
  readonly align: boolean;
  readonly normalize: boolean;
  readonly zones: readonly Zone[];
  readonly clip: boolean;
  /** Blocks whose core is not wanted are left out: nothing is found there. All are wanted where absent. */
  readonly wanted?: (core: Window) => boolean;
  /** Decides what building_new are once all blocks are there; as the detector asks their outlines where absent. */
  readonly judge?: JudgeRuns;
  /** Smaller regions are dropped; none where absent. */
  readonly least?: LeastPixels;
  /** Where the rasters made block by block go. */
  readonly outputs: Readonly<Partial<Record<OutputName, string>>>;
  readonly workers: number;
  /** Where finished blocks are kept, for a run that can go on after an interruption. */
  readonly journal?: Journal;
  /** What does the blocks; `workers` threads of this process where absent. */
  readonly run?: BlockRunner;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface BlockRun {
  /** Where finished blocks are to be kept; the runner sees to it. */
  readonly journal?: Journal;
  readonly signal?: AbortSignal;
  /** To be called once a block, in whatever order; the results that come after it wait for it (back-pressure). */
  readonly take: (result: BlockResult) => Promise<void>;
}

/** Gets the blocks of a job done, about in their order. The backend kernels ran on, null where that is not known. */
export type BlockRunner = (job: BlockJob, blocks: readonly Block[], run: BlockRun) => Promise<string | null>;

/** Runs in cells of a grid, or in its px where `cell` is 1. */
export interface Judged {
  readonly runs: Runs;
  readonly grid: Grid;
  /** px a side. */
  readonly cell: number;
}

export interface CompareResult {
  /** Of the regions that are large enough, and of unusable pixels. */
  readonly runs: Runs;
  /** The same as they were judged: patches are traced from these, whose stairs are cells. */
  readonly judged: Judged;
  /** As in BlockResult, summed over the grid, in its px. Cells that reach beyond it count whole. */
  readonly transitions: Float64Array;
  readonly usable: number;
  readonly pixels: number;
  readonly backend: string;
  readonly stages: Readonly<Record<string, string>>;
  readonly reports: readonly SceneReport[];
  /** px of misregistration that changes had to hold against. */
  readonly tolerance: number;
  readonly timings: Readonly<Record<string, number>>;
}

/** More where the before date is judged moved about, px: the most it is moved, as a multiple of a detector's cells. */
const TOLERANCE_HALO = 8;

/** Whether several scenes of one month make a date. */
function isComposite([first, second]: readonly OpenedScene[]): boolean {
  return second !== undefined && first.month !== undefined && first.month === second.month;
}

/** Bands that all scenes have. */
export function commonBands(scenes: readonly OpenedScene[]): Set<BandRole> {
  return new Set(BAND_ROLES.filter((role) => scenes.every(({ scene }) => scene.bands.has(role))));
}

/** Roads are no buildings. */
const LONGEST = Array.from({ length: CHANGE_CLASSES.length + 1 }, (_, code) =>
  CHANGE_CLASSES[code - 1]?.name.startsWith('building') ? BUILDINGS.elongation : Number.POSITIVE_INFINITY,
);

/** Compares two dates block by block, over worker threads or as `run` says. Output rasters appear whole or not at all. */
export async function compare(request: CompareRequest): Promise<CompareResult> {
  const started = performance.now();
  const { grid, detector } = request;
  const available = commonBands([...request.before, ...request.after]);
  const bands = detector.bandsUsed(available);
  const backend = await openBackend(request.backend).catch((error: unknown) => {
    if (error instanceof BackendUnavailable) throw new BadInput(`${error.message}; expected --backend auto`);
    throw error;
  });
  const cell = detector.cell(new Set(bands), grid.resolution);
  const judged = cellsOfGrid(grid, cell);
  const look = await lookFirst(request.reference, request.before, request.after, grid, {
    cell,
    align: request.align,
    normalize: request.normalize,
    levels: detector.needsLook,
    bands,
    backend,
  }).finally(() => backend.close());
  const looked = performance.now();

  const wary = isComposite(request.before) || isComposite(request.after);
  const halo =
    detector.halo(judged.resolution) +
    (detector.needsLook || wary ? MASK_HALO : 0) +
    (look.tolerance > 0 ? TOLERANCE_HALO : 0);
  const outlines = detector.outlines(new Set(bands), judged.resolution);
  const job: BlockJob = {
    grid: judged,
    cell,
    target: grid,
    before: look.before,
    after: look.after,
    unjudged: request.unjudged ?? {},
    bands,
    detector: detector.name,
    model: detector.model ?? null,
    classes: request.classes,
    look: look.look,
    backend: request.backend === 'auto' ? backend.name : request.backend,
    zones: request.zones.map((zone) => zoneInCells(zone, cell)),
    clip: request.clip,
    halo,
    outputs: Object.keys(request.outputs) as OutputName[],
    // what may be several buildings on one lot is judged by its outline
    rules: {
      least: (request.least ?? []).map((pixels) => pixels / cell ** 2),
      longest: outlines === 'judge' ? [] : LONGEST,
    },
    outlines: outlines !== 'none',
    tolerance: look.tolerance,
  };
  const { wanted = () => true } = request;
  const isWanted = ({ core }: Block) => wanted(windowInPixels(core, cell));
  const all = blocksOf(job).filter(isWanted);
  const sink = await openSink(grid, request.outputs);
  try {
    const collector = createRunCollector(judged, job.rules);
    for (const block of blocksOf(job)) if (!isWanted(block)) collector.add(block.core, allocateRuns(0));
    const totals: Totals = {
      transitions: new Float64Array(0),
      usable: 0,
      pixels: 0,
      timings: {},
      stages: new Map(),
    };
    let done = 0;
    const take = async (result: BlockResult) => {
      collector.add(result.block.core, result.runs);
      add(totals, result);
      await sink.put(result);
      request.onProgress?.(++done, all.length);
    };
    request.onProgress?.(0, all.length);
    const left = await takeFinished(request.journal, job, all, take);
    const { run = overThreads(request), signal } = request;
    const used = await run(job, inPanels(left, job), { journal: request.journal, signal, take });
    const judge = request.judge ?? judgedBy(outlines);
    // the files are put together meanwhile
    const finish = async () => judge(collector.finish(), request.classes);
    const [, runs] = await Promise.all([sink.close(), finish()]);
    return {
      runs: runsInPixels(runs, cell, grid),
      judged: { runs, grid: judged, cell },
      ...inPixels(totals, cell),
      backend: used ?? backend.name,
      stages: {
        ...(look.look === null ? {} : { look: backend.name }),
        ...Object.fromEntries([...totals.stages].map(([name, where]) => [name, [...where].join(', ')])),
      },
      reports: look.reports,
      tolerance: look.tolerance * cell,
      timings: { look: looked - started, blocks: performance.now() - looked, ...prefixed(totals.timings) },
    };
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/** The blocks done here. */
function overThreads({ before, after, workers }: CompareRequest): BlockRunner {
  return (job, left, { journal, signal, take }) =>
    runBlocks(job, left, {
      workers,
      shared: shareBlocks([...before, ...after], job),
      headers: headersOf([...before, ...after]),
      signal,
      onResult: async (result) => {
        await journal?.put(result);
        await take(result);
      },
    });
}

/** Takes over the blocks an earlier, interrupted run has finished; returns the others. */
async function takeFinished(
  journal: Journal | undefined,
  job: BlockJob,
  all: readonly Block[],
  take: (result: BlockResult) => Promise<void>,
): Promise<Block[]> {
  if (journal === undefined) return [...all];
  const there = await journal.open(job);
  const left: Block[] = [];
  for (const block of all) {
    const result = there.has(block.index) ? await journal.get(block) : null;
    if (result === null) left.push(block);
    else await take(result);
  }
  return left;
}

interface Totals {
  transitions: Float64Array;
  usable: number;
  pixels: number;
  timings: Record<string, number>;
  /** Where each stage ran: more than one place where blocks went different ways. */
  stages: Map<string, Set<string>>;
}

function add(totals: Totals, result: BlockResult): void {
  if (totals.transitions.length === 0) totals.transitions = new Float64Array(result.transitions.length);
  result.transitions.forEach((value, i) => {
    totals.transitions[i] += value;
  });
  totals.usable += result.usable;
  totals.pixels += result.pixels;
  for (const [name, ms] of Object.entries(result.timings))
    totals.timings[name] = (totals.timings[name] ?? 0) + ms;
  for (const [name, where] of Object.entries(result.stages)) {
    const known = totals.stages.get(name) ?? new Set();
    totals.stages.set(name, known.add(where));
  }
}

/** Numbers of cells as numbers of px. */
function inPixels(totals: Totals, cell: number): Totals {
  const area = cell ** 2;
  return {
    ...totals,
    transitions: totals.transitions.map((cells) => cells * area),
    usable: totals.usable * area,
    pixels: totals.pixels * area,
  };
}

/** Stage times are summed over threads, and say so. */
function prefixed(timings: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(timings).map(([name, ms]) => [`threads_${name}`, ms]));
}

interface Sink {
  put(result: BlockResult): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
}

/** The output rasters of a comparison. */
async function openSink(grid: Grid, outputs: CompareRequest['outputs']): Promise<Sink> {
  const writers = new Map<OutputName, CogWriter>();
  const abort = async () => {
    for (const writer of writers.values()) await writer.abort();
  };
  try {
    for (const [name, path] of Object.entries(outputs) as [OutputName, string][]) {
      writers.set(name, await createCog(path, outputSpec(name, grid)));
    }
  } catch (error) {
    await abort();
    throw error;
  }
  return {
    put: async (result) => {
      for (const tile of result.tiles) {
        await writers.get(tile.output)?.putTile(tile.column, tile.row, tile.encoded, tile.half, tile.level);
      }
    },
    close: async () => {
      for (const writer of writers.values()) await writer.close();
    },
    abort,
  };
}
