import { ZSTDDecoder } from 'zstddec';
import { inflate as inflateReusing } from '../zlib.js';
import { decodeJpeg, decodeWebp } from './images.js';
import { decodeLerc } from './lerc.js';
import { decodeLzw } from './lzw.js';
import { decodePackBits } from './packbits.js';

/** What a codec must know of the block beside its bytes. */
export interface BlockShape {
  readonly width: number;
  readonly rows: number;
  readonly bands: number;
  /** Bytes the block has when decoded. */
  readonly bytes: number;
  /** Bytes of it that lie inside the image: tiles at the lower edge may end there. */
  readonly needed: number;
  readonly jpegTables: Uint8Array | null;
  /** JPEG: the file says YCbCr, to be turned to RGB. */
  readonly yCbCr: boolean;
  readonly lerc: readonly number[];
}

/** @returns decoded bytes; fewer than `shape.bytes` where the data ends before. */
type Codec = (input: Uint8Array, shape: BlockShape) => Uint8Array | Promise<Uint8Array>;

const CODECS: Readonly<Record<number, { readonly name: string; readonly decode: Codec }>> = {
  1: { name: 'none', decode: (input) => input },
  5: { name: 'LZW', decode: (input, shape) => decodeLzw(input, shape.bytes) },
  7: { name: 'JPEG', decode: decodeJpeg },
  8: { name: 'deflate', decode: (input, shape) => inflate(input, shape.bytes) },
  32773: { name: 'PackBits', decode: (input, shape) => decodePackBits(input, shape.bytes) },
  32946: { name: 'deflate', decode: (input, shape) => inflate(input, shape.bytes) },
  34887: { name: 'LERC', decode: (input, shape) => decodeLerc(input, shape, { inflate, zstd }) },
  50000: { name: 'ZSTD', decode: (input, shape) => zstd(input, shape.bytes) },
  50001: { name: 'WebP', decode: decodeWebp },
};

/** Codecs of 8-bit pictures: they know no predictor and no byte order. */
export const IMAGE_CODECS: ReadonlySet<number> = new Set([7, 50001]);

/** LERC hands out samples in the machine's byte order. */
export const HOST_ORDER_CODECS: ReadonlySet<number> = new Set([7, 34887, 50001]);

/** Registered TIFF compressions people meet and we do not read. */
const OTHER_NAMES: Readonly<Record<number, string>> = {
  2: 'CCITT RLE',
  3: 'CCITT fax 3',
  4: 'CCITT fax 4',
  6: 'old-style JPEG',
  32766: 'NeXT',
  32809: 'ThunderScan',
  34712: 'JPEG 2000',
  34925: 'LZMA',
  50002: 'JPEG XL',
  52546: 'JPEG XL',
};

export function isSupported(compression: number): boolean {
  return Object.hasOwn(CODECS, compression);
}

export function compressionName(compression: number): string {
  return CODECS[compression]?.name ?? OTHER_NAMES[compression] ?? String(compression);
}

export function supportedCompressions(): string {
  return [...new Set(Object.values(CODECS).map((codec) => codec.name))].join(', ');
}

/**
 * The bytes of one block; at once where the codec works at once, and then only until the next call.
 * @throws Error (or rejects) where they cannot be decoded, or are fewer than the part of the block inside the image.
 */
export function decompress(
  compression: number,
  input: Uint8Array,
  shape: BlockShape,
): Uint8Array | Promise<Uint8Array> {
  const codec = CODECS[compression];
  if (!codec) throw new Error(`unsupported compression ${compressionName(compression)}`);
  const corrupt = (error: unknown) =>
    new Error(`corrupt ${codec.name} data (${error instanceof Error ? error.message : String(error)})`, {
      cause: error,
    });
  const whole = (output: Uint8Array) => wholeBlock(output, codec.name, compression, shape);
  let output: Uint8Array | Promise<Uint8Array>;
  try {
    output = codec.decode(input, shape);
  } catch (error) {
    throw corrupt(error);
  }
  if (!(output instanceof Promise)) return whole(output);
  return output.then(whole, (error: unknown) => {
    throw corrupt(error);
  });
}

function wholeBlock(output: Uint8Array, name: string, compression: number, shape: BlockShape): Uint8Array {
  if (output.length < shape.needed) {
    const what = compression === 1 ? 'truncated: a block has' : `corrupt ${name} data: a block has`;
    throw new Error(`${what} ${output.length} of ${shape.needed} bytes`);
  }
  if (output.length === shape.bytes) return output;
  if (output.length > shape.bytes) return output.subarray(0, shape.bytes);
  const padded = new Uint8Array(shape.bytes);
  padded.set(output);
  return padded;
}

/** Some writers fill the last strip up; more than this over the block's size is no slip but an attack. */
const SLACK_BYTES = 4 * 1024 * 1024;

function inflate(input: Uint8Array, size: number): Uint8Array {
  return inflateReusing(input, size, size + SLACK_BYTES);
}

let zstdReady: Promise<ZSTDDecoder> | undefined;

async function zstd(input: Uint8Array, size: number): Promise<Uint8Array> {
  zstdReady ??= startZstd();
  // the size bounds what is written: a frame that holds more is an error, which comes out as no bytes at all
  return (await zstdReady).decode(input, size);
}

async function startZstd(): Promise<ZSTDDecoder> {
  const decoder = new ZSTDDecoder();
  await decoder.init();
  return decoder;
}
