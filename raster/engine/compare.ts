import { type BackendRequest, BackendUnavailable, openBackend } from '../../kernels/backend.js';
import { BAND_ROLES, type BandRole } from '../../kernels/bands.js';
import { BUILDINGS } from '../../kernels/buildings.js';
import { CHANGE_CLASSES, type ChangeClassName } from '../../kernels/classes.js';
import type { DetectorKind } from '../../kernels/detector.js';
import { type CogWriter, createCog } from '../cog/writer.js';
import { BadInput } from '../errors.js';
import { BLOCK_SIZE, type Block, blocks, type Grid, type Window } from '../grid.js';
import { judgeRims } from '../rims.js';
import { allocateRuns, type Runs } from '../runs.js';
import { filesOf, placementOf } from '../scene.js';
import type { Headers } from '../scene-files.js';
import { createRunCollector, type LeastPixels } from '../sieve.js';
import type { SharedBlocks } from '../tiff/shared.js';
import { controlNet, netScale, type Placement } from '../warp/net.js';
import type { Zone } from '../zones.js';
import { type BlockJob, type BlockResult, MASK_HALO, type OutputName, outputSpec } from './job.js';
import type { Journal } from './journal.js';
import { runBlocks } from './pool.js';
import { lookFirst, type OpenedScene, type SceneReport } from './prepare.js';

export interface CompareRequest {
  readonly grid: Grid;
  /** Scenes in order of preference; what both dates have in bands is used. */
  readonly before: readonly OpenedScene[];
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
  /** Decides what candidates are where the detector's buildings are such; by their outlines where absent. */
  readonly judge?: (runs: Runs, wanted: readonly ChangeClassName[]) => Runs;
  /** Smaller regions are dropped; none where absent. */
  readonly least?: LeastPixels;
  /** Where the rasters made block by block go. */
  readonly outputs: Readonly<Partial<Record<OutputName, string>>>;
  readonly workers: number;
  /** Where finished blocks are kept, for a run that can go on after an interruption. */
  readonly journal?: Journal;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface CompareResult {
  /** Of the regions that are large enough, and of unusable pixels. */
  readonly runs: Runs;
  /** As in BlockResult, summed over the grid. */
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

/** Compares two dates block by block over worker threads. Output rasters appear whole or not at all. */
export async function compare(request: CompareRequest): Promise<CompareResult> {
  const started = performance.now();
  const { grid, detector } = request;
  const available = commonBands([...request.before, ...request.after]);
  const bands = detector.bandsUsed(available);
  const backend = await openBackend(request.backend).catch((error: unknown) => {
    if (error instanceof BackendUnavailable) throw new BadInput(`${error.message}; expected --backend auto`);
    throw error;
  });
  const look = await lookFirst(request.reference, request.before, request.after, grid, {
    align: request.align,
    normalize: request.normalize,
    levels: detector.needsLook,
    bands,
    backend,
  }).finally(() => backend.close());
  const looked = performance.now();

  const size = Math.min(BLOCK_SIZE, Math.max(grid.width, grid.height));
  const wary = isComposite(request.before) || isComposite(request.after);
  const halo =
    detector.halo(grid.resolution) +
    (detector.needsLook || wary ? MASK_HALO : 0) +
    (look.tolerance > 0 ? TOLERANCE_HALO : 0);
  const outlines = detector.outlined(new Set(bands), grid.resolution);
  const job: BlockJob = {
    grid,
    before: look.before,
    after: look.after,
    bands,
    detector: detector.name,
    model: detector.model ?? null,
    classes: request.classes,
    look: look.look,
    backend: request.backend === 'auto' ? backend.name : request.backend,
    zones: request.zones,
    clip: request.clip,
    halo,
    outputs: Object.keys(request.outputs) as OutputName[],
    // what may be several buildings on one lot is judged by its outline
    rules: { least: request.least ?? [], longest: outlines ? [] : LONGEST },
    outlines,
    tolerance: look.tolerance,
  };
  const { wanted = () => true } = request;
  const all = blocks(grid, size).filter(({ core }) => wanted(core));
  const sink = await openSink(grid, request.outputs);
  try {
    const collector = createRunCollector(grid, job.rules);
    for (const { core } of blocks(grid, size)) if (!wanted(core)) collector.add(core, allocateRuns(0));
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
    const used = await runBlocks(job, inPanels(left, grid, size), {
      workers: request.workers,
      shared: shareBlocks([...request.before, ...request.after], grid, size),
      headers: headersOf([...request.before, ...request.after]),
      signal: request.signal,
      onResult: async (result) => {
        await request.journal?.put(result);
        await take(result);
      },
    });
    await sink.close();
    return {
      runs: job.outlines
        ? (request.judge ?? judgeRims)(collector.finish(), request.classes)
        : collector.finish(),
      ...totals,
      backend: used ?? backend.name,
      stages: {
        ...(look.look === null ? {} : { look: backend.name }),
        ...Object.fromEntries([...totals.stages].map(([name, where]) => [name, [...where].join(', ')])),
      },
      reports: look.reports,
      tolerance: look.tolerance,
      timings: { look: looked - started, blocks: performance.now() - looked, ...prefixed(totals.timings) },
    };
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/** Takes over the blocks an earlier, interrupted run has finished; returns the others. */
async function takeFinished(
  journal: Journal | undefined,
  job: BlockJob,
  all: readonly Block[],
  take: (result: BlockResult) => Promise<void>,
): Promise<Block[]> {
  if (journal === undefined) return [...all];
  await journal.open(job);
  const left: Block[] = [];
  for (const block of all) {
    const result = await journal.get(block);
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

/** Columns of blocks in a panel, about. */
const PANEL = 4;

/** How many panels of about equal width a grid has, and how many columns of blocks the widest of them. */
function panelsOf(
  grid: Grid,
  size: number,
): { readonly count: number; readonly columns: number; readonly widest: number } {
  const columns = Math.ceil(grid.width / size);
  const count = Math.max(1, Math.round(columns / PANEL));
  return { count, columns, widest: Math.ceil(columns / count) };
}

/**
 * The blocks in the order they are worked off: row by row in panels a few blocks wide. Neighbours read the same tiles of
 * the scenes, and the rows of a panel need few enough to be kept whatever the width of the grid.
 */
function inPanels(left: readonly Block[], grid: Grid, size: number): Block[] {
  const { count, columns } = panelsOf(grid, size);
  const panelOf = ({ core }: Block) => Math.floor(((core.x / size) * count) / columns);
  return [...left].sort((a, b) => panelOf(a) - panelOf(b) || a.index - b.index);
}

/** Room for the decoded tiles under a row of a panel, a file. */
function shareBlocks(scenes: readonly OpenedScene[], grid: Grid, size: number): Map<string, SharedBlocks> {
  const width = Math.min(grid.width, size * panelsOf(grid, size).widest);
  const height = Math.min(grid.height, size);
  const shared = new Map<string, SharedBlocks>();
  for (const { scene } of scenes) {
    for (const file of filesOf(scene)) {
      const scale = sourceScale({ ...grid, width, height }, placementOf(file.info));
      shared.set(file.info.path, file.shareBlocks(width * scale, height * scale));
    }
  }
  return shared;
}

/** A file that stands for two scenes with a CRS each, as `--source-crs` may say, is read anew by every thread. */
function headersOf(scenes: readonly OpenedScene[]): Headers {
  const files = scenes.flatMap(({ scene }) => filesOf(scene));
  const headers = new Map(files.map((file) => [file.info.path, file.header]));
  for (const { info } of files) {
    const other = headers.get(info.path)?.info.crs;
    if (other?.proj4 !== info.crs?.proj4) headers.delete(info.path);
  }
  return headers;
}

/** px of a raster that one px of the grid spans, about. */
function sourceScale(grid: Grid, placement: Placement): number {
  const window = { x: 0, y: 0, width: grid.width, height: grid.height };
  return netScale(controlNet(grid, window, placement));
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
