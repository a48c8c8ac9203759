import { UNUSABLE } from '../../kernels/classes.js';
import type { DateBlock, Detection, Detector } from '../../kernels/detector.js';
import { TILE_SIZE } from '../cog/spec.js';
import { cutTile, encodeTile, halveTile } from '../cog/tile.js';
import type { Block, Window } from '../grid.js';
import { maskObscured } from '../mask/obscured.js';
import { extractRuns } from '../runs.js';
import { fillGaps, type PreparedScene, readDate } from '../warp/date.js';
import { rasterizeZones } from '../zones.js';
import {
  type BlockJob,
  type BlockResult,
  type OutputName,
  type OutputTile,
  outputSpec,
  STATE_SLOTS,
} from './job.js';

/** Steps of confidence and magnitude in a detection. */
const STEPS = 128;

/** What is made once for all blocks of a shape: compiled kernels and the arrays the pixels go through. */
export interface Workbench {
  readonly detector: Detector;
  readonly dates: readonly [DateBlock, DateBlock];
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
  const { detector, dates } = bench(window);
  const [first, second] = await readPair(job, before, after, window, dates);
  clock.lap('read_warp_mask');
  const detection = await detector.detect(first, second);
  clock.lap('detect');
  const zones = job.zones.length > 0 ? rasterizeZones(job.zones, block.core) : null;
  const frame = {
    core: block.core,
    stride: window.width,
    left: block.core.x - window.x,
    top: block.core.y - window.y,
  };
  if (job.clip && zones !== null) clip(detection, zones, frame);
  const runs = extractRuns({ ...frame, ...detection, zones });
  const { transitions, usable } = countStates(detection, zones, frame, job.zones.length);
  clock.lap('runs');
  const tiles = job.outputs.flatMap((output) => outputTiles(output, job, detection, frame));
  clock.lap('encode');
  return {
    block,
    runs,
    tiles,
    transitions,
    usable,
    pixels: block.core.width * block.core.height,
    timings: clock.laps,
  };
}

/** Least side of a window's inner part, px: the masks need to see whole clouds, also in a thin block at the grid's edge. */
const LEAST_SIDE = 256;

/** The pixels a block looks at: its core and the halo, and in a thin block at the grid's edge more of its neighbours. */
function windowOf({ halo }: BlockJob, { core }: Block): Window {
  const more = (from: number, length: number) => Math.min(Math.max(0, LEAST_SIDE - length), from);
  const [left, top] = [more(core.x, core.width), more(core.y, core.height)];
  return {
    x: core.x - left - halo,
    y: core.y - top - halo,
    width: core.width + left + 2 * halo,
    height: core.height + top + 2 * halo,
  };
}

/**
 * Both dates, each masked against the first look of the other. Scenes with a quality band bring their own mask, and
 * without a look at the scenes there are no levels to judge by.
 */
async function readPair(
  job: BlockJob,
  before: readonly PreparedScene[],
  after: readonly PreparedScene[],
  window: Window,
  dates: Workbench['dates'],
): Promise<readonly [DateBlock, DateBlock]> {
  const { grid, bands, look } = job;
  const first = await readDate(before.slice(0, 1), grid, window, bands, dates[0]);
  const second = await readDate(after.slice(0, 1), grid, window, bands, dates[1]);
  const frame = { width: window.width, height: window.height, resolution: grid.resolution };
  const against = (other: DateBlock) => (date: DateBlock) => {
    if (look !== null && !same(before, after)) maskObscured(date, other, look, frame);
  };
  // each is judged against the other as it came, whichever goes first
  const asCame = { ...second, usable: second.usable.slice() };
  against(first)(second);
  against(asCame)(first);
  await fillGaps(first, before.slice(1), grid, window, against(second));
  await fillGaps(second, after.slice(1), grid, window, against(first));
  return [first, second];
}

/** A first month is compared with itself. */
function same(before: readonly PreparedScene[], after: readonly PreparedScene[]): boolean {
  return before[0].scene.path === after[0].scene.path;
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
  for (let y = 0; y < frame.core.height; y++) {
    for (let x = 0; x < frame.core.width; x++) {
      if (zones[y * frame.core.width + x] !== 0) continue;
      const i = at(frame, x, y);
      for (const plane of Object.values(detection)) plane[i] = 0;
    }
  }
}

function countStates(
  detection: Detection,
  zones: Uint16Array | null,
  frame: Frame,
  zoneCount: number,
): { transitions: Float64Array; usable: number } {
  const transitions = new Float64Array((zoneCount + 1) * STATE_SLOTS * STATE_SLOTS);
  let usable = 0;
  for (let y = 0; y < frame.core.height; y++) {
    for (let x = 0; x < frame.core.width; x++) {
      const i = at(frame, x, y);
      const ok = detection.code[i] !== UNUSABLE;
      if (ok) usable++;
      const zone = zones === null ? 0 : zones[y * frame.core.width + x];
      const before = ok ? detection.stateBefore[i] : 0;
      const after = ok ? detection.stateAfter[i] : 0;
      transitions[(zone * STATE_SLOTS + before) * STATE_SLOTS + after]++;
    }
  }
  return { transitions, usable };
}

function outputTiles(output: OutputName, job: BlockJob, detection: Detection, frame: Frame): OutputTile[] {
  const { core } = frame;
  const spec = outputSpec(output, job.grid);
  const plane = cropOutput(output, detection, frame);
  const tiles: OutputTile[] = [];
  for (let row = 0; row * TILE_SIZE < core.height; row++) {
    for (let column = 0; column * TILE_SIZE < core.width; column++) {
      const samples = cutTile([plane], core.width, core.height, column, row, spec);
      tiles.push({
        output,
        column: core.x / TILE_SIZE + column,
        row: core.y / TILE_SIZE + row,
        encoded: encodeTile(samples, spec),
        half: halveTile(samples, spec) as Uint8Array | Float32Array,
      });
    }
  }
  return tiles;
}

/** The core of an output plane as it is written. */
function cropOutput(output: OutputName, detection: Detection, frame: Frame): Uint8Array | Float32Array {
  const { width, height } = frame.core;
  if (output === 'state') {
    const plane = new Uint8Array(width * height);
    for (let y = 0; y < height; y++) {
      const start = at(frame, 0, y);
      plane.set(detection.stateAfter.subarray(start, start + width), y * width);
    }
    return plane;
  }
  const source = detection[output];
  const plane = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const start = at(frame, 0, y);
    for (let x = 0; x < width; x++) plane[y * width + x] = source[start + x] / STEPS;
  }
  return plane;
}

function stopwatch() {
  const laps: Record<string, number> = {};
  let last = performance.now();
  return {
    laps,
    lap(name: string) {
      const now = performance.now();
      laps[name] = (laps[name] ?? 0) + now - last;
      last = now;
    },
  };
}
