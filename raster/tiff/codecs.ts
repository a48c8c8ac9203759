import { constants, inflateSync } from 'node:zlib';
import { ZSTDDecoder } from 'zstddec';
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
 * The bytes of one block.
 * @throws Error where they cannot be decoded, or are fewer than the part of the block inside the image.
 */
export async function decompress(
  compression: number,
  input: Uint8Array,
  shape: BlockShape,
): Promise<Uint8Array> {
  const codec = CODECS[compression];
  if (!codec) throw new Error(`unsupported compression ${compressionName(compression)}`);
  let output: Uint8Array;
  try {
    output = await codec.decode(input, shape);
  } catch (error) {
    throw new Error(
      `corrupt ${codec.name} data (${error instanceof Error ? error.message : String(error)})`,
      {
        cause: error,
      },
    );
  }
  if (output.length < shape.needed) {
    const what = compression === 1 ? 'truncated: a block has' : `corrupt ${codec.name} data: a block has`;
    throw new Error(`${what} ${output.length} of ${shape.needed} bytes`);
  }
  if (output.length === shape.bytes) return output;
  if (output.length > shape.bytes) return output.subarray(0, shape.bytes);
  const whole = new Uint8Array(shape.bytes);
  whole.set(output);
  return whole;
}

/** Some writers fill the last strip up; more than this over the block's size is no slip but an attack. */
const SLACK_BYTES = 4 * 1024 * 1024;

function inflate(input: Uint8Array, size: number): Uint8Array {
  return inflateSync(input, {
    // one chunk that holds all, and a little more so that zlib sees the end: no growing, no joining
    chunkSize: size + 64,
    maxOutputLength: size + SLACK_BYTES,
    finishFlush: constants.Z_SYNC_FLUSH,
  });
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
