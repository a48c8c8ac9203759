import { promisify } from 'node:util';
import { deflate, type ZlibOptions, constants as zlib } from 'node:zlib';
import type { SampleArray } from '../tiff/types.js';
import { deflate as deflateTile } from '../zlib.js';
import {
  type CogSamples,
  type CogSpec,
  givenType,
  isSampleType,
  newSamples,
  predictorOf,
  TILE_SIZE,
} from './spec.js';
import { halveSteps, packRuns, packSteps, predictSteps } from './steps.js';

/** What encoding and halving need to know of a spec: enough for a worker thread. */
export type TileSpec = Pick<CogSpec, 'bands' | 'sampleType' | 'nodata' | 'overviews' | 'level' | 'steps'>;

/** Encoded constant tiles (nodata, no change) by what they hold: they make up most of a change raster. */
const constants = new Map<string, Uint8Array>();
const MAX_CONSTANTS = 64;

/**
 * One tile as the file stores it: predictor, then deflate (zlib).
 * @param samples pixel-interleaved, `TILE_SIZE * TILE_SIZE * bands`, as `cutTile` makes them; not changed.
 * @returns bytes of its own (may be transferred to another thread).
 * @throws RangeError where length or type of `samples` is not the spec's.
 */
export function encodeTile(samples: SampleArray, spec: TileSpec): Uint8Array {
  const tile = checked(samples, spec, TILE_SIZE);
  const key = constantKey(tile, spec);
  const known = key === null ? undefined : constants.get(key);
  return known
    ? known.slice()
    : keep(key, packed(tile, spec) ?? deflateTile(predict(tile, spec), optionsOf(spec)));
}

const deflateInBackground = promisify<Uint8Array, ZlibOptions, Buffer>(deflate);

/** `encodeTile` with the deflate in Node's thread pool, for the thread that must stay responsive. */
export async function encodeTileInBackground(samples: SampleArray, spec: TileSpec): Promise<Uint8Array> {
  const tile = checked(samples, spec, TILE_SIZE);
  const key = constantKey(tile, spec);
  const known = key === null ? undefined : constants.get(key);
  return known
    ? known.slice()
    : keep(
        key,
        packed(tile, spec) ?? (await deflateInBackground(predict(tile, spec).slice(), optionsOf(spec))),
      );
}

/** Bytes at the lowest level, where nothing but runs is looked for: several times as fast as zlib; measures where they are predicted. */
function packed(tile: CogSamples, { steps, level, bands }: TileSpec): Uint8Array | null {
  if (level !== 1 || bands !== 1 || !(tile instanceof Uint8Array)) return null;
  return steps === undefined ? packRuns(tile) : packSteps(tile, steps);
}

function optionsOf({ level = 6 }: TileSpec) {
  return { level, strategy: level === 1 ? zlib.Z_RLE : zlib.Z_DEFAULT_STRATEGY };
}

function keep(key: string | null, encoded: Uint8Array): Uint8Array {
  if (key !== null && constants.size < MAX_CONSTANTS) constants.set(key, encoded.slice());
  return encoded;
}

/** A key for a tile all of whose pixels are alike, else null. */
function constantKey(tile: CogSamples, spec: TileSpec): string | null {
  const { bands } = spec;
  // bits, not values: NaN equals itself
  const bits =
    tile instanceof Float32Array ? new Uint32Array(tile.buffer, tile.byteOffset, tile.length) : tile;
  for (let i = bands; i < bits.length; i++) if (bits[i] !== bits[i - bands]) return null;
  return `${spec.sampleType}/${spec.steps ?? 0}/${spec.level ?? 6}/${bits.subarray(0, bands).join(',')}`;
}

/** The tile's bytes after the predictor, little-endian (every platform Node 20 runs on but s390x is). */
export function predict(tile: CogSamples, spec: TileSpec): Uint8Array {
  if (spec.steps !== undefined) return predictSteps(tile as Uint8Array, spec.steps);
  const predictor = predictorOf(spec.sampleType);
  if (predictor === 1) return new Uint8Array(tile.buffer, tile.byteOffset, tile.byteLength);
  if (tile instanceof Float32Array) return floatingPointPredictor(tile, spec.bands);
  const rowLength = TILE_SIZE * spec.bands;
  const out = new Uint16Array(tile.length);
  for (let row = 0; row < tile.length; row += rowLength) {
    const end = row + rowLength;
    for (let i = row; i < row + spec.bands; i++) out[i] = tile[i];
    for (let i = row + spec.bands; i < end; i++) out[i] = tile[i] - tile[i - spec.bands];
  }
  return new Uint8Array(out.buffer);
}

/** Adobe Photoshop TIFF Technical Note 3: bytes of a row regrouped by significance, highest first, then differenced. */
function floatingPointPredictor(tile: Float32Array, bands: number): Uint8Array {
  const source = new Uint8Array(tile.buffer, tile.byteOffset, tile.byteLength);
  const out = new Uint8Array(source.length);
  const count = TILE_SIZE * bands;
  for (let row = 0; row < source.length; row += 4 * count) {
    for (let i = 0; i < count; i++) {
      const at = row + 4 * i;
      out[row + i] = source[at + 3];
      out[row + count + i] = source[at + 2];
      out[row + 2 * count + i] = source[at + 1];
      out[row + 3 * count + i] = source[at];
    }
    for (let i = row + 4 * count - 1; i >= row + bands; i--) out[i] -= out[i - bands];
  }
  return out;
}

/**
 * A tile at half the resolution, `(TILE_SIZE / 2)² * bands`, interleaved: the quarter it fills of the tile above.
 * `nearest` takes the upper left of four; `average` the mean of those that are neither nodata nor NaN.
 * @throws RangeError where length or type of `samples` is not the spec's.
 */
export function halveTile(samples: SampleArray, spec: TileSpec): CogSamples {
  const tile = checked(samples, spec, TILE_SIZE);
  if (spec.overviews === 'nearest') return halveNearest(tile, spec);
  return spec.steps === undefined ? halveAverage(tile, spec) : halveSteps(tile as Uint8Array);
}

function halveNearest(tile: CogSamples, spec: TileSpec): CogSamples {
  const { bands } = spec;
  const half = TILE_SIZE / 2;
  const out = newSamples(givenType(spec), half * half * bands);
  let o = 0;
  for (let y = 0; y < half; y++) {
    let i = 2 * y * TILE_SIZE * bands;
    for (let x = 0; x < half; x++, i += bands) for (let b = 0; b < bands; b++) out[o++] = tile[i++];
  }
  return out;
}

function halveAverage(tile: CogSamples, { bands, sampleType, nodata }: TileSpec): CogSamples {
  const half = TILE_SIZE / 2;
  const out = newSamples(sampleType, half * half * bands);
  const whole = sampleType !== 'float32';
  const empty = nodata ?? (whole ? 0 : Number.NaN);
  const down = TILE_SIZE * bands;
  let o = 0;
  for (let y = 0; y < half; y++) {
    let i = 2 * y * down;
    for (let x = 0; x < half; x++, i += bands) {
      for (let b = 0; b < bands; b++, i++) {
        let sum = 0;
        let count = 0;
        let first = 0;
        for (let k = 0; k < 4; k++) {
          const value = tile[i + (k & 1) * bands + (k >> 1) * down];
          if (value === nodata || Number.isNaN(value)) continue;
          if (count++ === 0) first = value;
          sum += value;
        }
        const mean = whole ? Math.round(sum / count) : sum / count;
        // a mean that happens to be nodata would make a hole of four good samples
        out[o++] = count === 0 ? empty : mean === nodata ? first : mean;
      }
    }
  }
  return out;
}

/**
 * Cuts tile (col, row) out of planar bands and interleaves it. Beyond the right and lower edge the last column and
 * row are repeated, so that averages at the edge stay true.
 * @param bands planar, `width * height` each
 * @param room for the tile's samples, where there is some at hand
 */
export function cutTile(
  bands: readonly SampleArray[],
  width: number,
  height: number,
  col: number,
  row: number,
  spec: TileSpec,
  room?: CogSamples,
): CogSamples {
  const count = bands.length;
  const out = room ?? newSamples(givenType(spec), TILE_SIZE * TILE_SIZE * count);
  const x0 = col * TILE_SIZE;
  const y0 = row * TILE_SIZE;
  const inside = Math.min(TILE_SIZE, width - x0);
  for (let b = 0; b < count; b++) {
    const band = bands[b];
    for (let y = 0; y < TILE_SIZE; y++) {
      const from = Math.min(y0 + y, height - 1) * width + x0;
      if (count === 1) {
        out.set(band.subarray(from, from + inside), y * TILE_SIZE);
        out.fill(band[from + inside - 1], y * TILE_SIZE + inside, (y + 1) * TILE_SIZE);
        continue;
      }
      let o = y * TILE_SIZE * count + b;
      for (let x = 0; x < inside; x++, o += count) out[o] = band[from + x];
      const last = band[from + inside - 1];
      for (let x = inside; x < TILE_SIZE; x++, o += count) out[o] = last;
    }
  }
  return out;
}

/** A tile of nodata, or of zeros where the spec has none. */
export function emptyTile(spec: TileSpec): CogSamples {
  return newSamples(givenType(spec), TILE_SIZE * TILE_SIZE * spec.bands).fill(spec.nodata ?? 0);
}

function checked(samples: SampleArray, spec: TileSpec, side: number): CogSamples {
  const expected = side * side * spec.bands;
  if (!isSampleType(samples, givenType(spec)) || samples.length !== expected) {
    throw new RangeError(
      `a tile of ${samples.constructor.name}[${samples.length}]; expected ${givenType(spec)}[${expected}]`,
    );
  }
  return samples;
}
