import { countedState, UNUSABLE } from '../../kernels/classes.js';
import type { DateBlock, Detection, Detector } from '../../kernels/detector.js';
import { createPyramid } from '../cog/pyramid.js';
import { cogLevels, TILE_SIZE } from '../cog/spec.js';
import { cutTile, encodeTile, halveTile } from '../cog/tile.js';
import { type Block, type Grid, type Window, windowInPixels } from '../grid.js';
import { measureRims } from '../rims.js';
import { extractRuns, OUTLINE_SUMS, type Runs } from '../runs.js';
import { sieveBlock } from '../sieve.js';
import type { PreparedScene } from '../warp/date.js';
import type { FusedReader, Room } from '../warp/fused.js';
import { rasterizeZones } from '../zones.js';
import {
  type BlockJob,
  type BlockResult,
  type OutputName,
  type OutputTile,
  outputSpec,
  STATE_SLOTS,
} from './job.js';
import { type PairBench, readPair, type Stopwatch, stopwatch } from './pair.js';
import { detectWithin } from './tolerance.js';

/** What is made once for all blocks of a shape: compiled kernels and the arrays the pixels go through. */
export interface Workbench extends PairBench {
  readonly detector: Detector;
  /** Where the detector takes source pixels, and each date is one scene whose windows can be handed over as they are. */
  readonly fused: readonly [FusedReader, FusedReader] | null;
  /** Name of the kernels' backend. */
  readonly backend: string;
}

/** Reads, warps, detects and reduces one block to what leaves it: runs, finished output tiles, state counts. */
export async function processBlock(
  job: BlockJob,
  before: readonly PreparedScene[],
  after: readonly PreparedScene[],
  bench: (window: Window) => Workbench,
  block: Block,
): Promise<BlockResult> {
  const clock = stopwatch();
  const window = windowOf(job, block);
  const { detection, dates, stages } = await detect(job, before, after, bench(window), window, clock);
  const pixels = block.core.width * block.core.height;
  const zones = job.zones.length > 0 ? rasterizeZones(job.zones, block.core) : null;
  const frame = {
    core: block.core,
    stride: window.width,
    left: block.core.x - window.x,
    top: block.core.y - window.y,
  };
  const outlined = job.outlines && job.look !== null && dates !== null ? { look: job.look, dates } : null;
  if (job.clip && zones !== null) clip(detection, zones, frame);
  const found = extractRuns({ ...frame, ...detection, zones });
  let runs = sieveBlock(found, block.core, job.grid, job.rules);
  if (outlined !== null) {
    runs = { ...runs, outline: new Float32Array(OUTLINE_SUMS * runs.count) };
    measureRims(runs, frame, detection.code, outlined.dates[0], outlined.dates[1], outlined.look);
  }
  const transitions = countStates(detection, zones, frame, job.zones.length);
  clock.lap('runs');
  const tiles = job.outputs.flatMap((output) => outputTiles(output, job, detection, frame));
  clock.lap('encode');
  return {
    block,
    runs,
    tiles,
    transitions,
    usable: pixels - unusablePixels(found),
    pixels,
    timings: clock.laps,
    stages,
  };
}

interface Detected {
  readonly detection: Detection;
  /** The planes that were judged; null where source pixels were. */
  readonly dates: readonly [DateBlock, DateBlock] | null;
  readonly stages: Readonly<Record<string, string>>;
}

/** From source pixels in one kernel where that can be, else over the planes of both dates. */
async function detect(
  job: BlockJob,
  before: readonly PreparedScene[],
  after: readonly PreparedScene[],
  bench: Workbench,
  window: Window,
  clock: Stopwatch,
): Promise<Detected> {
  const { detector, fused, backend, resampler } = bench;
  if (fused !== null && detector.detectFromSource && job.tolerance === 0) {
    const { sourceSamples } = detector;
    const room = (date: 0 | 1): Room | undefined =>
      sourceSamples && ((type, length) => sourceSamples(date, type, length));
    const first = await fused[0].read(window, room(0));
    const second = await fused[1].read(window, room(1));
    clock.lap('read');
    if (first && second) {
      const detection = await detector.detectFromSource(first, second);
      clock.lap('warp_detect');
      return { detection, dates: null, stages: { read: 'typescript', warp: backend, ...detector.stages } };
    }
  }
  const [first, second] = await readPair(job, before, after, window, bench, clock);
  const detection = await detectWithin(detector, first, second, window, job.tolerance);
  clock.lap('detect');
  const mask: Record<string, string> =
    job.look === null ? {} : { mask: bench.cellSums === null ? 'typescript' : backend };
  const stages = { read: 'typescript', warp: resampler.name, ...mask, ...detector.stages };
  return { detection, dates: [first, second], stages };
}

/** Least side of a window's inner part, px: the masks need to see whole clouds, also in a thin block at the grid's edge. */
const LEAST_SIDE = 256;

/**
 * What a window's place on the grid is a multiple of, px, but for what all have in common: detectors judge cells of up to so many
 * px, in every block the same ones. A learned model's coarsest step is 16 of its cells.
 */
const CELLS = 8;
const MODEL_CELLS = 128;

/** The pixels a block looks at: its core and the halo, and in a thin block at the grid's edge more of its neighbours. */
function windowOf({ halo, model }: BlockJob, { core }: Block): Window {
  const step = model === null ? CELLS : MODEL_CELLS;
  const more = (from: number, length: number) =>
    Math.min(Math.ceil(Math.max(0, LEAST_SIDE - length) / step) * step, from);
  const [left, top] = [more(core.x, core.width), more(core.y, core.height)];
  return {
    x: core.x - left - halo,
    y: core.y - top - halo,
    width: core.width + left + 2 * halo,
    height: core.height + top + 2 * halo,
  };
}

interface Frame {
  readonly core: Window;
  /** Width of the padded planes, and where the core begins in them. */
  readonly stride: number;
  readonly left: number;
  readonly top: number;
}

function at(frame: Frame, x: number, y: number): number {
  return (y + frame.top) * frame.stride + frame.left + x;
}

/** Takes everything outside the zones out of the detection. */
function clip(detection: Detection, zones: Uint16Array, frame: Frame): void {
  const planes = Object.values(detection).filter((plane): plane is Uint8Array => plane !== null);
  for (let y = 0; y < frame.core.height; y++) {
    for (let x = 0; x < frame.core.width; x++) {
      if (zones[y * frame.core.width + x] !== 0) continue;
      const i = at(frame, x, y);
      for (const plane of planes) plane[i] = 0;
    }
  }
}

function unusablePixels(runs: Runs): number {
  let pixels = 0;
  for (let k = 0; k < runs.count; k++) if (runs.code[k] === UNUSABLE) pixels += runs.x1[k] - runs.x0[k];
  return pixels;
}

/** What each code of a state raster counts as. */
const COUNTED = Uint8Array.from({ length: 256 }, (_, code) => countedState(code));

/** As in BlockResult; where the detector knows no states all pixels count as none. */
function countStates(
  { code, stateBefore, stateAfter }: Detection,
  zones: Uint16Array | null,
  frame: Frame,
  zoneCount: number,
): Float64Array {
  const transitions = new Float64Array((zoneCount + 1) * STATE_SLOTS * STATE_SLOTS);
  if (stateBefore === null || stateAfter === null) {
    if (zones === null) transitions[0] = frame.core.width * frame.core.height;
    else for (const zone of zones) transitions[zone * STATE_SLOTS * STATE_SLOTS]++;
    return transitions;
  }
  const counts = new Uint32Array(transitions.length);
  const { width, height } = frame.core;
  for (let y = 0; y < height; y++) {
    const start = at(frame, 0, y);
    for (let x = 0; x < width; x++) {
      const i = start + x;
      const zone = zones === null ? 0 : zones[y * width + x];
      const states =
        code[i] === UNUSABLE ? 0 : COUNTED[stateBefore[i]] * STATE_SLOTS + COUNTED[stateAfter[i]];
      counts[zone * STATE_SLOTS * STATE_SLOTS + states]++;
    }
  }
  transitions.set(counts);
  return transitions;
}

/**
 * The tiles of an output, and the one that the block makes of the first overview: so a quarter of the samples goes over to the
 * main thread, which has the higher overviews to make alone.
 */
function outputTiles(output: OutputName, job: BlockJob, detection: Detection, frame: Frame): OutputTile[] {
  const spec = outputSpec(output, job.target);
  const levels = cogLevels(job.target);
  const core = withinGrid(windowInPixels(frame.core, job.cell), job.target);
  const plane = inPixels(cropOutput(output, detection, frame), frame.core.width, job.cell, core);
  const overview = levels.length > 1 ? createPyramid(levels, spec) : null;
  const tiles: OutputTile[] = [];
  for (let y = 0; y < core.height; y += TILE_SIZE) {
    for (let x = 0; x < core.width; x += TILE_SIZE) {
      const samples = cutTile([plane], core.width, core.height, x / TILE_SIZE, y / TILE_SIZE, spec, scratch);
      const [column, row] = [(core.x + x) / TILE_SIZE, (core.y + y) / TILE_SIZE];
      tiles.push({ output, level: 0, column, row, encoded: encodeTile(samples, spec), half: null });
      const above = overview?.put(1, column, row, halveTile(samples, spec));
      if (!above) continue;
      tiles.push({
        output,
        level: 1,
        column: above.col,
        row: above.row,
        encoded: encodeTile(above.samples, spec),
        half: levels.length > 2 ? (halveTile(above.samples, spec) as Uint8Array) : null,
      });
    }
  }
  if (overview !== null && overview.unfinished(1).length > 0)
    throw new Error('a block must hold whole tiles of the first overview');
  return tiles;
}

/** A window as far as it lies on the grid. */
function withinGrid({ x, y, width, height }: Window, grid: Grid): Window {
  return { x, y, width: Math.min(width, grid.width - x), height: Math.min(height, grid.height - y) };
}

/** A plane of cells, `stride` of them a row, as px: every px of a cell has its value. */
function inPixels(
  plane: Uint8Array,
  stride: number,
  cell: number,
  { width, height }: Pick<Window, 'width' | 'height'>,
): Uint8Array {
  if (cell === 1) return plane;
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = Math.floor(y / cell) * stride;
    if (y % cell > 0) pixels.copyWithin(y * width, (y - 1) * width, y * width);
    else for (let x = 0; x < width; x++) pixels[y * width + x] = plane[from + Math.floor(x / cell)];
  }
  return pixels;
}

/** Room for the samples of one tile. */
const scratch = new Uint8Array(TILE_SIZE ** 2);

/** The core of an output plane; nothing where the detector does not tell. */
function cropOutput(output: OutputName, detection: Detection, frame: Frame): Uint8Array {
  const { width, height } = frame.core;
  const source = output === 'state' ? detection.stateAfter : detection[output];
  // a plane that is all core is used as it is
  if (source !== null && frame.stride === width && source.length === width * height) return source;
  const plane = new Uint8Array(width * height);
  for (let y = 0; y < height && source !== null; y++) {
    const start = at(frame, 0, y);
    plane.set(source.subarray(start, start + width), y * width);
  }
  return plane;
}
