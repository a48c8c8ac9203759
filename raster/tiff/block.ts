import { assertPlausible, decompress, HOST_ORDER_CODECS } from './codecs.js';
import { blockRows, type Layout } from './layout.js';
import { MAX_ENCODED_BYTES } from './limits.js';
import { type Lanes, takeApart, undoFloatDifferences, undoWideDifferences } from './predictor.js';
import {
  allocate,
  expandFloat24,
  expandHalf,
  reverseBits,
  toHostOrder,
  unpackBits,
  viewAs,
} from './samples.js';
import { assertInside, type ByteRange, type ByteSource } from './source.js';
import type { SampleArray } from './types.js';

/** Which block of an image: its column, row and plane (0 but where bands lie apart). */
export interface BlockIndex {
  readonly column: number;
  readonly row: number;
  readonly plane: number;
}

/**
 * Decodes one block into what `room` gives: a plane a band, `blockWidth` px a row, planes `blockWidth * blockHeight` samples apart.
 * @returns false for a block the file leaves out (sparse files); `room` is then not asked.
 * @throws Error where its data is missing or cannot be decoded.
 */
export async function readBlock(
  source: ByteSource,
  layout: Layout,
  index: BlockIndex,
  room: () => SampleArray,
): Promise<boolean> {
  const { directory, blockBands, blockWidth, rowBytes } = layout;
  const rows = blockRows(layout, index.row);
  const bytes = rowBytes * rows;
  // tiles at the lower edge may end with the image's last row (libtiff's PackBits writer does)
  const needed = rowBytes * Math.min(rows, layout.height - index.row * layout.blockHeight);
  const place = await blockRange(source, layout, index);
  if (!place) return false;
  if (place.length > MAX_ENCODED_BYTES) throw new Error(`corrupt: one block claims ${place.length} bytes`);
  // before anything is allocated for it
  assertInside(place.offset, place.length, source.size);
  assertPlausible(directory.compression, place.length, needed);
  const encoded = await source.read(place.offset, place.length, takeSpare(place.length));
  if (directory.fillOrder === 2 && !HOST_ORDER_CODECS.has(directory.compression)) reverseBits(encoded);
  const result = decompress(directory.compression, encoded, {
    width: blockWidth,
    rows,
    bands: blockBands,
    bytes,
    needed,
    jpegTables: directory.jpegTables,
    yCbCr: directory.photometric === 6,
    lerc: directory.lerc,
  });
  // bytes that came at once lie in a buffer that the next block is decoded into: nothing may come between
  toPlanes(result instanceof Promise ? await result : result, layout, rows, room());
  spare = encoded.buffer;
  return true;
}

/**
 * The buffer the last block's bytes were read into, for the next: a new one a tile keeps the garbage collector as busy as
 * a thread. Whoever takes it has it alone; small ones are not worth it.
 */
let spare: ArrayBuffer | undefined;
const LEAST_SPARE = 64 * 1024;

function takeSpare(length: number): ArrayBuffer | undefined {
  if (length < LEAST_SPARE) return undefined;
  const taken = spare;
  spare = undefined;
  // an eighth more than asked for, so that the next block finds room in it
  return taken !== undefined && taken.byteLength >= length ? taken : new ArrayBuffer(length + (length >> 3));
}

/** Samples of a block that `readBlock` writes. */
export function blockLength({ blockWidth, blockHeight, blockBands }: Layout): number {
  return blockWidth * blockHeight * blockBands;
}

/** Where a block lies in the file, null where the file leaves it out. */
export async function blockRange(
  source: ByteSource,
  layout: Layout,
  index: BlockIndex,
): Promise<ByteRange | null> {
  const { offsets, byteCounts, compression } = layout.directory;
  if (!offsets) throw new Error('corrupt: it does not say where its tiles or strips are');
  const { piecesPerStrip: pieces } = layout;
  const bytes = layout.rowBytes * blockRows(layout, index.row);
  // pieces of a strip count as one of the file's strips
  const strip = Math.floor(index.row / pieces);
  const strips = Math.ceil(layout.down / pieces);
  const number = (index.plane * strips + strip) * layout.across + index.column;
  if (number >= offsets.length)
    throw new Error(`corrupt: it lists ${offsets.length} tiles or strips, number ${number} is missing`);
  const offset = await offsets.at(number);
  const within = (index.row % pieces) * layout.blockHeight * layout.rowBytes;
  const counted = byteCounts && number < byteCounts.length ? await byteCounts.at(number) : null;
  if (offset === 0 || counted === 0) return null;
  if (compression === 1) {
    const there = Math.min(bytes, (counted ?? Number.POSITIVE_INFINITY) - within);
    return { offset: offset + within, length: Math.max(there, 0) };
  }
  // without a count libtiff takes what is left of the file
  return { offset, length: counted ?? Math.min(source.size - offset, 2 * bytes + 65_536) };
}

/** The decoded bytes as samples, a plane a band. */
function toPlanes(decoded: Uint8Array, layout: Layout, rows: number, out: SampleArray): void {
  const { directory, format, blockBands, blockWidth, blockHeight } = layout;
  const { compression } = directory;
  const predictor = HOST_ORDER_CODECS.has(compression) || compression === 1 ? 1 : directory.predictor;
  const { bits } = format;
  const shape = { width: blockWidth, rows, bands: blockBands, plane: blockWidth * blockHeight };
  // whole samples of the output's own width, the usual kind: taken apart and summed up in one sweep
  if (predictor !== 3 && (bits === 8 || bits === 16 || bits === 32) && out.BYTES_PER_ELEMENT * 8 === bits) {
    const bytes = inHostOrder(decoded, layout);
    takeApart(lanesOf(bytes, bits), lanesOf(out, bits), shape, predictor === 2);
    return;
  }
  const samples = toSamples(decoded, layout, rows, predictor);
  if (blockBands === 1) {
    out.set(samples);
    return;
  }
  for (let band = 0; band < blockBands; band++) {
    let from = band;
    for (let to = 0; to < blockWidth * rows; to++, from += blockBands)
      out[band * shape.plane + to] = samples[from];
  }
}

/** Samples as they lie in the file, bands interleaved, of the rarer kinds. */
function toSamples(decoded: Uint8Array, layout: Layout, rows: number, predictor: number): SampleArray {
  const { directory, format, sampleType, blockBands, blockWidth } = layout;
  const rowLength = blockWidth * blockBands;
  const { bits, kind } = format;
  if (predictor === 3) {
    const little = undoFloatDifferences(decoded, rowLength, blockBands, bits / 8);
    if (bits === 24) return expandFloat24(little, true);
    toHostOrder(little, true, bits / 8);
    return finish(little, layout);
  }
  if (kind === 'float' && bits === 24) return expandFloat24(decoded, directory.littleEndian);
  if (bits !== 8 && bits !== 16 && bits !== 32 && bits !== 64) {
    const out = allocate(sampleType, rowLength * rows);
    unpackBits(decoded, bits, rowLength, rows, out);
    return out;
  }
  const bytes = inHostOrder(decoded, layout);
  if (predictor === 2 && bits === 64) undoWideDifferences(wordsOf(bytes), rowLength, blockBands);
  else if (predictor === 2) sumInPlace(lanesOf(bytes, bits), rowLength, blockBands);
  return finish(bytes, layout);
}

/** Horizontal differences of half-precision floats, whose samples are twice as wide as what is stored. */
function sumInPlace(lanes: Lanes, rowLength: number, stride: number): void {
  for (let start = 0; start + rowLength <= lanes.length; start += rowLength) {
    for (let i = start + stride; i < start + rowLength; i++) lanes[i] += lanes[i - stride];
  }
}

/** The bytes of whole samples in the machine's order, on a boundary of their width. */
function inHostOrder(decoded: Uint8Array, { directory, format }: Layout): Uint8Array {
  const width = format.bits / 8;
  // a copy by constructor: Buffer.slice would only be another view
  const bytes = decoded.byteOffset % width === 0 ? decoded : new Uint8Array(decoded);
  if (!HOST_ORDER_CODECS.has(directory.compression)) toHostOrder(bytes, directory.littleEndian, width);
  return bytes;
}

function finish(bytes: Uint8Array, { format, sampleType }: Layout): SampleArray {
  if (format.kind !== 'float' || format.bits !== 16) return viewAs(sampleType, bytes);
  return expandHalf(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1));
}

function lanesOf(samples: SampleArray, bits: number): Lanes {
  const { buffer, byteOffset, byteLength } = samples;
  if (bits === 8) return new Uint8Array(buffer, byteOffset, byteLength);
  if (bits === 16) return new Uint16Array(buffer, byteOffset, byteLength >> 1);
  return wordsOf(samples);
}

function wordsOf({ buffer, byteOffset, byteLength }: SampleArray): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength >> 2);
}
