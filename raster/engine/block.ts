import type { BandRole } from '../../kernels/bands.js';
import { UNUSABLE } from '../../kernels/classes.js';
import type { Detection, Detector } from '../../kernels/detector.js';
import { TILE_SIZE } from '../cog/spec.js';
import { cutTile, encodeTile, halveTile } from '../cog/tile.js';
import type { Block, Window } from '../grid.js';
import { extractRuns } from '../runs.js';
import { type PreparedScene, readDate } from '../warp/date.js';
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

/** Reads, warps, detects and reduces one block to what leaves it: runs, finished output tiles, state counts. */
export async function processBlock(
  job: BlockJob,
  before: readonly PreparedScene[],
  after: readonly PreparedScene[],
  detector: Detector,
  block: Block,
): Promise<BlockResult> {
  const clock = stopwatch();
  const roles: readonly BandRole[] = job.bands;
  // constant shapes: a block at the edge reaches beyond the grid instead of being smaller
  const window: Window = { x: block.padded.x, y: block.padded.y, ...job.block };
  const first = await readDate(before, job.grid, window, roles);
  const second = await readDate(after, job.grid, window, roles);
  clock.lap('read_warp');
  const detection = await detector.detect(first, second);
  clock.lap('detect');
  const zones = job.zones.length > 0 ? rasterizeZones(job.zones, block.core) : null;
  const frame = { core: block.core, stride: window.width, left: detector.halo, top: detector.halo };
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
