import { GeoTIFF, type ImageFileDirectory } from 'geotiff';
import { z } from 'zod';
import type { GeoKeys } from '../crs.js';
import { messageOf } from '../errors.js';
import { checkEntries } from './entries.js';
import { MAX_BANDS, MAX_DIRECTORIES, MAX_KEY_NUMBERS, MAX_TAG_BYTES } from './limits.js';
import { assertInside, type ByteSource } from './source.js';
import { type NumberTable, tableInFile, tableOf } from './table.js';

/** One image file directory (IFD): the tags we use, checked. Absent tags have the default of TIFF 6.0, or null. */
export interface Directory {
  readonly littleEndian: boolean;
  /** NewSubfileType: bit 0 a reduced image, bit 2 a mask. */
  readonly subfileType: number;
  readonly width: number;
  readonly height: number;
  readonly samplesPerPixel: number;
  readonly bitsPerSample: readonly number[];
  readonly sampleFormat: readonly number[];
  readonly compression: number;
  readonly predictor: number;
  readonly photometric: number | null;
  readonly extraSamples: readonly number[];
  /** True where every band has tiles of its own (PlanarConfiguration 2). */
  readonly separate: boolean;
  /** 2: the lowest bit of a byte is the first. */
  readonly fillOrder: number;
  /** Null where the image is in strips. */
  readonly tile: { readonly width: number; readonly height: number } | null;
  readonly rowsPerStrip: number;
  readonly offsets: NumberTable | null;
  readonly byteCounts: NumberTable | null;
  readonly jpegTables: Uint8Array | null;
  /** LercParameters: version and additional compression. */
  readonly lerc: readonly number[];
  readonly pixelScale: readonly number[];
  readonly tiepoints: readonly number[];
  readonly transformation: readonly number[];
  readonly geoKeys: GeoKeys | null;
  readonly nodata: string | null;
  readonly metadata: string | null;
  readonly dateTime: string | null;
}

const count = z.number().int().min(1).max(0x7fff_ffff);
const short = z.number().int().min(0).max(0xffff_ffff);
const shorts = z.array(short).max(MAX_BANDS);

/** What the tags may hold at all. What of it we can decode is for layout.ts to say. */
const Tags = z.object({
  subfileType: short.default(0),
  width: count,
  height: count,
  samplesPerPixel: z.number().int().min(1).max(MAX_BANDS).default(1),
  bitsPerSample: shorts.default([1]),
  sampleFormat: shorts.default([1]),
  compression: short.default(1),
  predictor: short.default(1),
  photometric: short.nullable().default(null),
  extraSamples: shorts.default([]),
  planar: z.number().int().min(1).max(2).default(1),
  fillOrder: short.default(1),
  tileWidth: count.optional(),
  tileHeight: count.optional(),
  rowsPerStrip: z.number().int().min(0).optional(),
});

/**
 * Directories of a TIFF in the order of their chain, the first the image itself. A chain that runs in a circle, out of
 * the file or into something that is no directory ends there: what was read before is sound.
 * @throws Error where the file is no TIFF or its first directory cannot be read.
 */
export async function readDirectories(source: ByteSource): Promise<Directory[]> {
  const tiff = await openTiff(source);
  const found: Directory[] = [];
  const seen = new Set<number>();
  let offset = tiff.firstIFDOffset;
  while (offset !== 0 && !seen.has(offset) && found.length < MAX_DIRECTORIES) {
    seen.add(offset);
    try {
      await checkEntries(source, offset, tiff);
      const ifd = await tiff.parser.parseFileDirectoryAt(offset);
      found.push(await directoryOf(ifd, source, tiff.littleEndian));
      offset = ifd.nextIFDByteOffset;
    } catch (error) {
      if (found.length === 0) throw error;
      break;
    }
  }
  if (found.length === 0) throw new Error('holds no image; expected a GeoTIFF');
  return found;
}

async function openTiff(source: ByteSource): Promise<GeoTIFF> {
  if (source.size === 0) throw new Error('is empty; expected a GeoTIFF');
  try {
    return await GeoTIFF.fromSource(tagSource(source));
  } catch (error) {
    throw new Error(`is not a TIFF (${messageOf(error)}); expected a GeoTIFF`, { cause: error });
  }
}

/** The source as geotiff.js asks for it: it reads headers by guess and past the end, so a slice may come short. */
function tagSource(source: ByteSource) {
  async function fetchSlice(slice: { offset: number; length: number }) {
    assertInside(slice.offset, 0, source.size);
    const length = Math.min(slice.length, source.size - slice.offset);
    if (length > MAX_TAG_BYTES) throw new Error(`corrupt: a tag claims ${slice.length} bytes`);
    return { ...slice, data: (await source.read(slice.offset, length)).buffer };
  }
  return {
    fetchSlice,
    fetch: async (slices: { offset: number; length: number }[]) =>
      Promise.all(slices.map(async (slice) => (await fetchSlice(slice)).data)),
    fileSize: source.size,
    close: async () => {},
  };
}

async function directoryOf(
  ifd: ImageFileDirectory,
  source: ByteSource,
  littleEndian: boolean,
): Promise<Directory> {
  const one = async (tag: number) => (await numbers(ifd, tag))[0];
  const many = async (tag: number) => {
    const values = await numbers(ifd, tag);
    return values.length > 0 ? values : undefined;
  };
  const parsed = Tags.safeParse({
    subfileType: await one(254),
    width: await one(256),
    height: await one(257),
    samplesPerPixel: await one(277),
    bitsPerSample: await many(258),
    sampleFormat: await many(339),
    compression: await one(259),
    predictor: await one(317),
    photometric: await one(262),
    extraSamples: await many(338),
    planar: await one(284),
    fillOrder: await one(266),
    tileWidth: await one(322),
    tileHeight: await one(323),
    rowsPerStrip: await one(278),
  });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(`corrupt: its tag ${issue?.path.join('.')} is not usable (${issue?.message})`);
  }
  const { tileWidth, tileHeight, planar, rowsPerStrip, ...tags } = parsed.data;
  const tile = tileWidth && tileHeight ? { width: tileWidth, height: tileHeight } : null;
  // GDAL and libtiff take either pair of tags, whichever is there
  const table = (tiled: number, striped: number) =>
    tableFor(ifd, tiled, source, littleEndian) ?? tableFor(ifd, striped, source, littleEndian);
  const jpegTables = await numbers(ifd, 347);
  return {
    ...tags,
    littleEndian,
    separate: planar === 2 && tags.samplesPerPixel > 1,
    tile,
    rowsPerStrip: Math.min(rowsPerStrip || tags.height, tags.height),
    offsets: table(324, 273),
    byteCounts: table(325, 279),
    jpegTables: jpegTables.length > 0 ? Uint8Array.from(jpegTables) : null,
    lerc: await numbers(ifd, 50674),
    pixelScale: await numbers(ifd, 33550),
    tiepoints: await numbers(ifd, 33922),
    transformation: await numbers(ifd, 34264),
    geoKeys: geoKeysOf(ifd),
    nodata: await text(ifd, 42113),
    metadata: await text(ifd, 42112),
    dateTime: await text(ifd, 306),
  };
}

/** The numbers of a tag, none where it is absent, is text or is a table that lies elsewhere. */
async function numbers(ifd: ImageFileDirectory, tag: number): Promise<number[]> {
  if (ifd.deferredArrays.has(tag)) return [];
  const value: unknown = await ifd.loadValue(tag);
  if (typeof value === 'number') return [value];
  if (Array.isArray(value)) return value.map(Number);
  return ArrayBuffer.isView(value) && 'length' in value
    ? Array.from(value as unknown as ArrayLike<number>)
    : [];
}

/** ASCII of a tag without the NUL at its end. Some writers use bytes instead of ASCII. */
async function text(ifd: ImageFileDirectory, tag: number): Promise<string | null> {
  const value: unknown = await ifd.loadValue(tag);
  const found = value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
  return typeof found === 'string' ? (found.split('\0')[0] ?? '') : null;
}

function tableFor(
  ifd: ImageFileDirectory,
  tag: number,
  source: ByteSource,
  littleEndian: boolean,
): NumberTable | null {
  const deferred = ifd.deferredArrays.get(tag);
  if (deferred) {
    const { arrayOffset: offset, fieldType, length } = deferred;
    return tableInFile(source, littleEndian, { offset, fieldType, length });
  }
  const value: unknown = ifd.actualizedFields.get(tag);
  if (typeof value === 'number') return tableOf([value]);
  if (Array.isArray(value)) return tableOf(value.map(Number));
  return ArrayBuffer.isView(value) && 'length' in value
    ? tableOf(value as unknown as ArrayLike<number>)
    : null;
}

function geoKeysOf(ifd: ImageFileDirectory): GeoKeys | null {
  let raw: Readonly<Record<string, unknown>> | null;
  try {
    raw = ifd.parseGeoKeyDirectory();
  } catch {
    // a key that points nowhere: the file is as one without a CRS, and `--source-crs` can name it
    return null;
  }
  if (!raw) return null;
  const keys: Record<string, number | string | readonly number[]> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (typeof value === 'number' || typeof value === 'string') keys[name] = value;
    else if (value instanceof Float64Array || value instanceof Uint16Array) {
      if (value.length <= MAX_KEY_NUMBERS) keys[name] = Array.from(value);
    }
  }
  return Object.keys(keys).length > 0 ? keys : null;
}
