import { openSweeps, type Sweeps } from '../../kernels/wasm/sweeps.js';
import { TILE_SIZE } from './spec.js';

const PIXELS = TILE_SIZE * TILE_SIZE;

let arena: Sweeps<'tile' | 'half' | 'row' | 'out' | 'work' | 'packed'> | undefined;

/** Room that `deflateRuns` works in, and a stream's that does not pack at all. */
const WORK = 112 * 1024;
const PACKED = 4.5 * PIXELS + 4096;

/** Loops over vectors with room for one tile, opened at first need, once a thread. */
function withTile(tile: Uint8Array): NonNullable<typeof arena> {
  arena ??= openSweeps({
    tile: PIXELS,
    half: PIXELS / 4,
    row: 3 * TILE_SIZE,
    out: 4 * PIXELS,
    work: WORK,
    packed: PACKED,
  });
  arena.u8('tile').set(tile);
  return arena;
}

/**
 * The bytes of the floating point predictor of a tile of whole steps, each of which stands for the float32 step / steps.
 * A view: the next call writes over it.
 */
export function predictSteps(tile: Uint8Array, steps: number): Uint8Array {
  const { run, at, u8 } = withTile(tile);
  run.predictTile(at.tile, 1 / steps, at.row, at.out);
  return u8('out');
}

/** The same bytes as a zlib stream, in bytes of its own: they never leave the loops' memory as they are, a float a pixel. */
export function packSteps(tile: Uint8Array, steps: number): Uint8Array<ArrayBuffer> {
  const { run, at, u8 } = withTile(tile);
  run.predictTile(at.tile, 1 / steps, at.row, at.out);
  const length = run.deflateRuns(at.out, 4 * PIXELS, at.work, at.packed);
  return u8('packed').slice(0, length);
}

/** Bytes of a tile as a zlib stream in which nothing but runs of one value is looked for, in bytes of its own. */
export function packRuns(tile: Uint8Array): Uint8Array<ArrayBuffer> {
  const { run, at, u8 } = withTile(tile);
  return u8('packed').slice(0, run.deflateRuns(at.tile, PIXELS, at.work, at.packed));
}

/** Means of each four pixels of a tile of whole steps. */
export function halveSteps(tile: Uint8Array): Uint8Array<ArrayBuffer> {
  const { run, at, u8 } = withTile(tile);
  run.halveTile(at.tile, at.half);
  return u8('half').slice();
}
