import { ZSTDDecoder } from 'zstddec';
import { openShared } from '../../kernels/wasm/sweeps.js';
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

interface CodecOf {
  readonly name: string;
  readonly decode: Codec;
  /** Bytes that one byte of it can make at most; where nothing bounds them (a constant picture), what is believed. */
  readonly times: number;
  /** A block of so many bytes may be of next to no data: all of one value. UNASKED_BYTES where absent. */
  readonly constantBytes?: number;
}

/** A byte of data is believed to make so much where its codec has no bound. */
const BELIEVED_TIMES = 4096;
/** 1024² of four 32-bit bands: a tile of sea or of nodata is a header alone in LERC and WebP. */
const CONSTANT_BYTES = 16 * 1024 * 1024;

const CODECS: Readonly<Record<number, CodecOf>> = {
  1: { name: 'none', times: 1, decode: (input) => input },
  // strings of 3838 bytes in 12 bits
  5: { name: 'LZW', times: 2560, decode: (input, shape) => decodeLzw(input, shape.bytes) },
  7: { name: 'JPEG', times: BELIEVED_TIMES, decode: decodeJpeg },
  // 258 bytes in 2 bits
  8: { name: 'deflate', times: 1032, decode: (input, shape) => inflate(input, shape.bytes) },
  32773: { name: 'PackBits', times: 64, decode: (input, shape) => decodePackBits(input, shape.bytes) },
  32946: { name: 'deflate', times: 1032, decode: (input, shape) => inflate(input, shape.bytes) },
  34887: {
    name: 'LERC',
    times: BELIEVED_TIMES,
    constantBytes: CONSTANT_BYTES,
    decode: (input, shape) => decodeLerc(input, shape, { inflate, zstd }),
  },
  // blocks of 128 KiB in 4 bytes
  50000: { name: 'ZSTD', times: 32_768, decode: (input, shape) => zstd(input, shape.bytes) },
  50001: { name: 'WebP', times: BELIEVED_TIMES, constantBytes: CONSTANT_BYTES, decode: decodeWebp },
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

/** Blocks up to this size are decoded whatever they claim, and found too short then. */
const UNASKED_BYTES = 1024 * 1024;

/** @throws Error where `length` bytes of data cannot make the block they claim to be: before room is made for it. */
export function assertPlausible(compression: number, length: number, needed: number): void {
  const codec = CODECS[compression];
  if (!codec || needed <= (codec.constantBytes ?? UNASKED_BYTES) || length * codec.times >= needed) return;
  const what = compression === 1 ? 'truncated: a block has' : `corrupt ${codec.name} data: a block has`;
  throw new Error(`${what} ${length} bytes, which cannot make ${needed}`);
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
  return inflateReusing(input, size, size + SLACK_BYTES, sharedRoom);
}

let shared: Uint8Array | null = null;

/** Where threads share memory, room in it for `bytes`: what is unpacked there is taken apart into a shared block without a copy. */
function sharedRoom(bytes: number): Uint8Array | null {
  if (shared === null || shared.length < bytes) {
    shared = openShared({ room: bytes + (bytes >> 3) })?.u8('room') ?? null;
  }
  return shared;
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
