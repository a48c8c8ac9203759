import { compressionName, IMAGE_CODECS, isSupported, supportedCompressions } from './codecs.js';
import type { Directory } from './directory.js';
import { MAX_BLOCK_BYTES, MAX_IDLE_TILE_BYTES, STRIP_PIECE_BYTES } from './limits.js';
import { type SampleFormat, sampleTypeOf } from './samples.js';
import type { SampleType } from './types.js';

/** Where the samples of one image of the file lie: its cutting into blocks (tiles, strips, or pieces of strips). */
export interface Layout {
  readonly directory: Directory;
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  readonly format: SampleFormat;
  readonly sampleType: SampleType;
  readonly blockWidth: number;
  readonly blockHeight: number;
  readonly across: number;
  readonly down: number;
  /** Bands in one block: all, or 1 where they lie apart. */
  readonly blockBands: number;
  /** Planes of blocks: 1, or a plane a band. */
  readonly planes: number;
  /** Bytes of one row of a block, uncompressed, as in the file. */
  readonly rowBytes: number;
  /** Blocks that one strip of the file is read as; 1 but for large uncompressed strips. */
  readonly piecesPerStrip: number;
}

const FORMATS: Readonly<Record<number, SampleFormat['kind']>> = {
  1: 'uint',
  2: 'int',
  3: 'float',
  4: 'uint',
};
const YCBCR = 6;

/**
 * How a directory's samples are to be read.
 * @throws Error naming what of it cannot be read, and what could.
 */
export function layoutOf(directory: Directory): Layout {
  const { compression, samplesPerPixel: bands, separate, tile, width, height } = directory;
  if (!isSupported(compression)) {
    throw new Error(
      `unsupported compression ${compressionName(compression)}; supported are ${supportedCompressions()}`,
    );
  }
  const format = formatOf(directory);
  const sampleType = sampleTypeOf(format);
  if (!sampleType) {
    throw new Error(
      `unsupported samples (${format.bits}-bit ${format.kind}); supported are unsigned 1-32, signed 8, 16, 32 and float 16, 24, 32, 64 bit`,
    );
  }
  if (directory.photometric === YCBCR && compression !== 7) {
    throw new Error('unsupported: YCbCr colours without JPEG compression; convert it to RGB first');
  }
  if (IMAGE_CODECS.has(compression) && (format.kind !== 'uint' || format.bits !== 8)) {
    throw new Error(
      `unsupported: ${compressionName(compression)} with ${format.bits}-bit samples; supported is 8-bit`,
    );
  }
  checkPredictor(directory, format);

  const blockBands = separate ? 1 : bands;
  const blockWidth = tile ? tile.width : width;
  const rowBytes = Math.ceil((blockWidth * blockBands * format.bits) / 8);
  const stripHeight = directory.rowsPerStrip;
  const pieces = tile ? 1 : piecesOf(directory, rowBytes);
  const blockHeight = tile ? tile.height : Math.ceil(stripHeight / pieces);
  const across = tile ? Math.ceil(width / blockWidth) : 1;
  const down = Math.ceil(height / blockHeight);
  const outBytes = blockWidth * blockBands * blockHeight * bytesOf(sampleType);
  if (Math.max(rowBytes * blockHeight, outBytes) > MAX_BLOCK_BYTES) {
    throw new Error(
      `one ${tile ? 'tile' : 'strip'} is ${blockWidth} × ${blockHeight} px × ${blockBands} bands, more than ${MAX_BLOCK_BYTES / 2 ** 20} MiB; rewrite it in smaller tiles, e.g. gdal_translate -co TILED=YES`,
    );
  }
  // of a tile only the rows inside the image need be there: a claim of more is not backed by data
  if (tile && tile.height > 2 * height && outBytes > MAX_IDLE_TILE_BYTES) {
    throw new Error(
      `corrupt: its tiles are ${tile.width} × ${tile.height} px in an image of ${width} × ${height}`,
    );
  }
  const planes = separate ? bands : 1;
  if (!Number.isSafeInteger(across * down * planes)) throw new Error('corrupt: it claims too many tiles');
  return {
    directory,
    width,
    height,
    bands,
    format,
    sampleType,
    blockWidth,
    blockHeight,
    across,
    down,
    blockBands,
    planes,
    rowBytes,
    piecesPerStrip: pieces,
  };
}

export function bytesOf(type: SampleType): number {
  return type.endsWith('64') ? 8 : type.endsWith('32') ? 4 : type.endsWith('16') ? 2 : 1;
}

function formatOf(directory: Directory): SampleFormat {
  const bits = directory.bitsPerSample[0] ?? 1;
  const code = directory.sampleFormat[0] ?? 1;
  if (code === 5 || code === 6)
    throw new Error('unsupported samples (complex numbers); supported are real numbers');
  // blocks of any number of them would be no bytes at all
  if (bits < 1) throw new Error('corrupt: it says that its samples have 0 bits');
  const kind = FORMATS[code];
  if (!kind) throw new Error(`corrupt: sample format ${code} is not known to TIFF`);
  const mixed =
    directory.bitsPerSample.some((b) => b !== bits) || directory.sampleFormat.some((f) => f !== code);
  if (mixed)
    throw new Error('unsupported: its bands have samples of different types; supported is one type for all');
  return { kind, bits };
}

function checkPredictor({ predictor, compression }: Directory, { kind, bits }: SampleFormat): void {
  // libtiff heeds the predictor only in the codecs that have one
  if (predictor === 1 || IMAGE_CODECS.has(compression) || compression === 1) return;
  if (predictor === 2 && (bits === 8 || bits === 16 || bits === 32 || bits === 64)) return;
  if (predictor === 3 && kind === 'float') return;
  throw new Error(`unsupported: predictor ${predictor} with ${bits}-bit ${kind} samples`);
}

/**
 * Into how many blocks an uncompressed strip is cut: any rows of it can be read alone. The pieces must be equal, but
 * for the last one where the strip is the whole image.
 */
function piecesOf({ compression, rowsPerStrip, height }: Directory, rowBytes: number): number {
  if (compression !== 1 || rowBytes * rowsPerStrip <= 4 * STRIP_PIECE_BYTES) return 1;
  const most = Math.max(1, Math.floor(STRIP_PIECE_BYTES / rowBytes));
  if (rowsPerStrip >= height) return Math.ceil(rowsPerStrip / most);
  for (let rows = Math.min(most, rowsPerStrip); rows > 1; rows--) {
    if (rowsPerStrip % rows === 0) return rowsPerStrip / rows;
  }
  return rowsPerStrip;
}

/** Rows a block really has: the last strip is cut off at the image's end, tiles never are. */
export function blockRows(layout: Layout, row: number): number {
  if (layout.directory.tile) return layout.blockHeight;
  return Math.min(layout.blockHeight, layout.height - row * layout.blockHeight);
}
