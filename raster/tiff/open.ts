import type { Affine } from '../affine.js';
import { type Crs, crsFromGeoKeys } from '../crs.js';
import { BadInput, messageOf, Unavailable } from '../errors.js';
import type { Window } from '../grid.js';
import { blockLength } from './block.js';
import { ownBlocks } from './blocks.js';
import type { Directory } from './directory.js';
import { transformOf, worldFile } from './georeference.js';
import { headerOf, layoutsFrom, type RasterHeader } from './header.js';
import { bytesOf, type Layout, layoutOf } from './layout.js';
import { CACHE_BYTES, MAX_BLOCK_BYTES, SHARED_BYTES } from './limits.js';
import { bandMetadata, colourRoles, dateOf, fillValue, nodataOf } from './metadata.js';
import { createSharedBlocks, type SharedBlocks, type SharedMemory, sharedBlocks } from './shared.js';
import { type ByteSource, fileSource } from './source.js';
import type { RasterFile, RasterInfo, SampleType } from './types.js';
import { type Reading, readInto, readWindow } from './window.js';

export interface OpenOptions {
  /** CRS of a file that names none. One that names its own keeps it. */
  readonly sourceCrs?: Crs;
  /** What another thread has read of the same file, opened with the same options; not used where its length is another now. */
  readonly header?: RasterHeader;
}

/**
 * Opens a GeoTIFF, BigTIFF or COG on disk. Close it when done.
 * @throws BadInput naming the file where it is missing, no TIFF, corrupt, or of a kind we do not read.
 */
export async function openRaster(path: string, options: OpenOptions = {}): Promise<RasterFile> {
  const source = await fileSource(path);
  try {
    return await openRasterFrom(source, path, { ...options, worldTransform: () => worldFile(path) });
  } catch (error) {
    await source.close();
    throw error;
  }
}

/**
 * The same over any source of bytes. `name` is what messages call the file.
 * @throws BadInput naming the file.
 */
export async function openRasterFrom(
  source: ByteSource,
  name: string,
  options: OpenOptions & { readonly worldTransform?: () => Promise<Affine | null> } = {},
): Promise<RasterFile> {
  const { header } = options;
  if (header !== undefined && header.size === source.size)
    return fileOf(source, layoutsFrom(source, header), header.info);
  return naming(name, async () => {
    // threads that are handed the header never need it
    const { readDirectories } = await import('./directory.js');
    const directories = await readDirectories(source);
    const main = directories[0];
    const layouts = levelsOf(directories);
    const transform =
      transformOf(main) ?? (hasGeoreference(main) ? null : await options.worldTransform?.()) ?? null;
    return fileOf(source, layouts, describe(name, main, layouts, transform, options.sourceCrs));
  });
}

function fileOf(source: ByteSource, layouts: readonly Layout[], info: RasterInfo): RasterFile {
  const fill = fillValue(info.nodata, info.sampleType);
  let cache = ownBlocks(info.sampleType, cacheBytes(layouts));
  let closed = false;
  const reading = (level: number, window: Window, bands: readonly number[]): Reading => {
    if (closed) throw new Error(`${info.path}: read after it was closed`);
    checkWindow(info, level, window, bands);
    return { source, layouts, cache, fill };
  };
  return {
    info,
    header: headerOf(source, info, layouts),
    async readWindow(level, window, bands) {
      const from = reading(level, window, bands);
      return naming(info.path, () => readWindow(from, level, window, bands));
    },
    async readInto(level, window, bands, target) {
      const from = reading(level, window, bands);
      return naming(info.path, () => readInto(from, level, window, bands, target));
    },
    shareBlocks: (width, height, memory) => shareBlocks(layouts[0], info.sampleType, width, height, memory),
    keepBlocksIn(shared) {
      cache = sharedBlocks(shared);
    },
    async close() {
      if (closed) return;
      closed = true;
      cache.clear();
      await source.close();
    },
  };
}

/** Room for the blocks under a band of windows, and a row of them more for the next band. */
function shareBlocks(
  full: Layout,
  sampleType: SampleType,
  width: number,
  height: number,
  memory: SharedMemory,
): SharedBlocks {
  const across = Math.min(full.across, Math.ceil(width / full.blockWidth) + 2);
  const down = Math.min(full.down, Math.ceil(height / full.blockHeight) + 2);
  const wanted = across * down * full.planes;
  const bytes = blockLength(full) * bytesOf(sampleType);
  const slots = Math.max(2, Math.min(wanted, Math.floor(SHARED_BYTES / bytes)));
  return createSharedBlocks(sampleType, blockLength(full), slots, memory);
}

function describe(
  path: string,
  main: Directory,
  layouts: readonly Layout[],
  transform: Affine | null,
  sourceCrs: Crs | undefined,
): RasterInfo {
  const { width, height, bands, sampleType } = layouts[0];
  const named = bandMetadata(main.metadata, bands);
  return {
    path,
    width,
    height,
    transform,
    crs: (main.geoKeys && crsFromGeoKeys(main.geoKeys)) ?? sourceCrs ?? null,
    bandCount: bands,
    sampleType,
    nodata: nodataOf(main.nodata, sampleType),
    bandDescriptions: named.descriptions,
    colours: colourRoles(main, named.colours),
    levels: layouts.map((layout) => ({ width: layout.width, height: layout.height })),
    scales: named.scales,
    offsets: named.offsets,
    acquired: dateOf(main.dateTime),
  };
}

/** The image and its overviews, finest first: reduced images (not masks) of the same bands and the same shape. */
function levelsOf(directories: readonly Directory[]): Layout[] {
  const [main, ...others] = directories;
  const full = layoutOf(main);
  const overviews: Layout[] = [];
  for (const directory of others) {
    if (!isReduced(directory)) continue;
    let layout: Layout;
    try {
      layout = layoutOf(directory);
    } catch {
      // an overview we cannot read only makes zooming out slower
      continue;
    }
    if (layout.bands === full.bands && layout.sampleType === full.sampleType && hasShapeOf(full, layout)) {
      overviews.push(layout);
    }
  }
  overviews.sort((a, b) => b.width - a.width);
  return [full, ...overviews];
}

function isReduced({ subfileType }: Directory): boolean {
  return (subfileType & 1) === 1 && (subfileType & 4) === 0;
}

/** True where an image shows the same as the full one, coarser: a thumbnail may show a part. */
function hasShapeOf(full: Layout, overview: Layout): boolean {
  if (overview.width >= full.width && overview.height >= full.height) return false;
  const factor = Math.max(full.width / overview.width, full.height / overview.height);
  return (
    Math.abs(overview.width - full.width / factor) <= 1.5 &&
    Math.abs(overview.height - full.height / factor) <= 1.5
  );
}

function hasGeoreference({ pixelScale, tiepoints, transformation }: Directory): boolean {
  return pixelScale.length > 0 || tiepoints.length > 0 || transformation.length > 0;
}

/**
 * Room for a row of strips, which every window in them needs whole. Tiles need no more than the windows at work reach:
 * a cache of whole tile rows would grow with the image.
 */
function cacheBytes([full]: readonly Layout[]): number {
  const block = full.blockWidth * full.blockHeight * full.blockBands * bytesOf(full.sampleType);
  return Math.min(MAX_BLOCK_BYTES, Math.max(CACHE_BYTES, full.across === 1 ? block * full.planes : 0));
}

/** @throws RangeError: a window outside the image is the caller's mistake, not the file's. */
function checkWindow(info: RasterInfo, level: number, window: Window, bands: readonly number[]): void {
  const size = info.levels[level];
  if (!size) throw new RangeError(`${info.path}: level ${level} of ${info.levels.length}`);
  const { x, y, width, height } = window;
  const whole = [x, y, width, height].every((n) => Number.isInteger(n) && n >= 0);
  if (!whole || x + width > size.width || y + height > size.height) {
    throw new RangeError(
      `${info.path}: window ${x}, ${y}, ${width} × ${height} is not inside level ${level} of ${size.width} × ${size.height} px`,
    );
  }
  for (const band of bands) {
    if (!Number.isInteger(band) || band < 0 || band >= info.bandCount) {
      throw new RangeError(`${info.path}: band ${band} of ${info.bandCount} (they count from 0)`);
    }
  }
}

/** Runs `work`; whatever the file makes go wrong comes out as one line that begins with its name. */
async function naming<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BadInput && error.message.startsWith(name)) throw error;
    const message = `${name}: ${messageOf(error).replace(/\s+/g, ' ').trim()}`;
    // an address that stopped answering is no fault of the input
    throw error instanceof Unavailable
      ? new Unavailable(message, { cause: error })
      : new BadInput(message, { cause: error });
  }
}
