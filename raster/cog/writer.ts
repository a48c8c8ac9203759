import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BadInput, messageOf, writeProblem } from '../errors.js';
import type { SampleArray } from '../tiff/types.js';
import { layoutCog } from './layout.js';
import { createPyramid, type WholeTile } from './pyramid.js';
import { type CogSpec, checkSpec, cogLevels, givenType, isSampleType } from './spec.js';
import { type Spooled, spoolOn, writeFully } from './spool.js';
import { cutTile, emptyTile, encodeTile, encodeTileInBackground, halveTile } from './tile.js';

export interface CogWriter {
  /**
   * Takes a tile, of full resolution unless `level` tells: its bytes by `encodeTile` and its samples by `halveTile`, null
   * where the tile above is put too. In any order, each tile once; calls may overlap. Tiles may come from worker threads.
   * @throws RangeError for a tile outside the grid or put twice.
   */
  putTile(
    col: number,
    row: number,
    encoded: Uint8Array,
    half: SampleArray | null,
    level?: number,
  ): Promise<void>;
  /** Assembles the file and gives it its name in one step. Tiles never put are nodata (else 0). */
  close(): Promise<void>;
  /** Drops what was written; `path` stays as it was. Nothing happens after `close`. */
  abort(): Promise<void>;
}

let serial = 0;

/**
 * Opens a Cloud Optimized GeoTIFF for writing tile by tile. Memory holds only overview tiles in the making (for tiles
 * that come row by row about half a tile a tile column); the rest waits in a temporary file beside `path`.
 * @throws BadInput where the spec contradicts itself. @throws Unavailable where the folder cannot be written.
 */
export async function createCog(path: string, spec: CogSpec): Promise<CogWriter> {
  checkSpec(path, spec);
  const levels = cogLevels(spec.grid);
  const pyramid = createPyramid(levels, spec);
  const placed: (Spooled | undefined)[][] = levels.map(({ cols, rows }) => new Array(cols * rows));
  const claimed = levels.map(() => new Set<number>());
  const temporary = `${path}.${process.pid}-${serial++}`;
  const spoolPath = `${temporary}.spool`;
  const partPath = `${temporary}.part`;
  const spoolFile = await asWritable(path, async () => {
    await mkdir(dirname(path), { recursive: true });
    return open(spoolPath, 'wx+');
  });
  const spool = spoolOn(spoolFile);
  let done = false;

  /** Encodes an overview tile, then what it completes above. */
  async function climb(first: WholeTile | null): Promise<void> {
    for (let tile = first; tile; ) {
      const { level, col, row, samples } = tile;
      const half = level + 1 < levels.length ? halveTile(samples, spec) : null;
      placed[level][row * levels[level].cols + col] = await spool.append(
        await encodeTileInBackground(samples, spec),
      );
      tile = half && pyramid.put(level + 1, col, row, half);
    }
  }

  async function assemble(): Promise<void> {
    for (let level = 1; level < levels.length; level++) {
      for (const tile of pyramid.unfinished(level)) await climb(tile);
    }
    let empty: Spooled | undefined;
    for (const tiles of placed) {
      for (let i = 0; i < tiles.length; i++) {
        if (tiles[i]) continue;
        empty ??= await spool.append(encodeTile(emptyTile(spec), spec));
        tiles[i] = empty;
      }
    }
    const complete = placed.map((tiles) => tiles.filter((tile) => tile !== undefined));
    const layout = layoutCog(
      spec,
      complete.map((tiles) => tiles.map((tile) => tile.size)),
    );
    const target = await open(partPath, 'wx');
    try {
      await writeFully(target, layout.header, 0);
      await spool.copyTo(target, layout.header.length, complete.toReversed().flat());
    } finally {
      await target.close();
    }
    await rename(partPath, path);
  }

  async function cleanUp(): Promise<void> {
    done = true;
    await spoolFile.close();
    await rm(spoolPath, { force: true });
    await rm(partPath, { force: true });
  }

  return {
    async putTile(col, row, encoded, half, level = 0) {
      if (done) throw new Error(`${path} is closed`);
      const { cols, rows } = levels[level];
      if (col < 0 || row < 0 || col >= cols || row >= rows) {
        throw new RangeError(`tile ${col}, ${row} lies outside ${path} (${cols} × ${rows} tiles)`);
      }
      const index = row * cols + col;
      if (claimed[level].has(index)) throw new RangeError(`tile ${col}, ${row} of ${path} was put twice`);
      claimed[level].add(index);
      await asWritable(path, async () => {
        placed[level][index] = await spool.append(encoded);
        if (half !== null && level + 1 < levels.length) await climb(pyramid.put(level + 1, col, row, half));
      });
    },
    async close() {
      if (done) throw new Error(`${path} is closed`);
      try {
        await asWritable(path, assemble);
      } finally {
        await cleanUp();
      }
    },
    async abort() {
      if (!done) await cleanUp();
    },
  };
}

/**
 * Writes a raster that fits in memory.
 * @param bands planar, `width * height` each, of the spec's sample type
 * @throws RangeError where their number, length or type is not the spec's.
 */
export async function writeCog(path: string, spec: CogSpec, bands: readonly SampleArray[]): Promise<void> {
  const { width, height } = spec.grid;
  if (
    bands.length !== spec.bands ||
    bands.some((band) => band.length !== width * height || !isSampleType(band, givenType(spec)))
  ) {
    throw new RangeError(
      `${path}: expected ${spec.bands} bands of ${width} × ${height} ${givenType(spec)} samples`,
    );
  }
  const writer = await createCog(path, spec);
  try {
    const { cols, rows } = cogLevels(spec.grid)[0];
    for (let row = 0; row < rows; row++) {
      for (let col = 0; col < cols; col++) {
        const tile = cutTile(bands, width, height, col, row, spec);
        await writer.putTile(col, row, encodeTile(tile, spec), halveTile(tile, spec));
      }
    }
    await writer.close();
  } finally {
    await writer.abort();
  }
}

/** Runs a file operation; what the system refuses becomes an error that names `path` and the cure. */
async function asWritable<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EISDIR' || code === 'ENOTDIR' || code === 'EEXIST') {
      throw new BadInput(`Cannot write ${path}: ${messageOf(error)}; expected a file in a folder`);
    }
    throw writeProblem(path, error);
  }
}
