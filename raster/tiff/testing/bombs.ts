import { deflateSync } from 'node:zlib';
import { plainLerc, plainLzw, plainPackBits, plainZstd } from './encoders.js';
import { type MadeImage, makeTiff, type Tag } from './make-tiff.js';
import type { Mutation } from './mutations.js';
import { walk } from './walk.js';

const SIDE = 16;
const MIB = 1024 * 1024;

interface Codec {
  readonly code: number;
  readonly bands: number;
  /** A block that is as sound as it can be. */
  readonly sound: (raw: Buffer) => Uint8Array;
  /** Data that claims or makes far more than the 256 px it is for. */
  readonly large: () => Uint8Array;
  readonly tags?: readonly Tag[];
}

const zeros = (bytes: number) => Buffer.alloc(bytes);

/** A JPEG of nothing but its frame: `side` px of three bands, and a scan that ends at once. */
function jpegFrame(side: number): Buffer {
  const frame = Buffer.from([255, 0xc0, 0, 17, 8, 0, 0, 0, 0, 3, 1, 17, 0, 2, 17, 0, 3, 17, 0]);
  frame.writeUInt16BE(side, 5);
  frame.writeUInt16BE(side, 7);
  const scan = [255, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0, 0, 255, 0xd9];
  return Buffer.concat([Buffer.from([255, 0xd8]), frame, Buffer.from(scan)]);
}

/** A lossless WebP of which only the head is there. */
function webpHead(side: number): Buffer {
  const bits = Buffer.alloc(12);
  bits[0] = 0x2f;
  bits.writeUInt32LE(((side - 1) | ((side - 1) << 14)) >>> 0, 1);
  const chunk = Buffer.concat([Buffer.from('VP8L'), Buffer.from([12, 0, 0, 0]), bits]);
  const riff = Buffer.alloc(8);
  riff.write('RIFF', 'latin1');
  riff.writeUInt32LE(4 + chunk.length, 4);
  return Buffer.concat([riff, Buffer.from('WEBP'), chunk]);
}

const CODECS: Readonly<Record<string, Codec>> = {
  none: { code: 1, bands: 1, sound: (raw) => raw, large: () => zeros(64 * 1024) },
  LZW: { code: 5, bands: 1, sound: plainLzw, large: () => plainLzw(zeros(256 * 1024)) },
  JPEG: { code: 7, bands: 3, sound: () => jpegFrame(SIDE), large: () => jpegFrame(65_500) },
  deflate: {
    code: 8,
    bands: 1,
    sound: (raw) => deflateSync(raw),
    large: () => deflateSync(zeros(200 * MIB)),
  },
  PackBits: {
    code: 32773,
    bands: 1,
    sound: plainPackBits,
    // runs of 128 zeros
    large: () => Buffer.alloc(64 * 1024, Uint8Array.of(0x81, 0)),
  },
  LERC: {
    code: 34887,
    bands: 1,
    sound: (raw) => plainLerc(raw, { width: SIDE, rows: SIDE }),
    // a sound blob, and behind it one of a constant that nobody asked for
    large: () =>
      Buffer.concat([
        plainLerc(zeros(SIDE * SIDE), { width: SIDE, rows: SIDE }),
        plainLerc(zeros(0), { width: 16_000, rows: 16_000, dataType: 7, constant: 1 }),
      ]),
    tags: [[50674, 4, [2, 0]]],
  },
  ZSTD: {
    code: 50000,
    bands: 1,
    sound: (raw) => plainZstd(raw),
    large: () => plainZstd(zeros(256), 0xffff_fff0),
  },
  WebP: { code: 50001, bands: 3, sound: () => webpHead(SIDE), large: () => webpHead(16_383) },
};

interface Claim {
  readonly tags: readonly Tag[];
  readonly strips?: boolean;
  readonly large?: boolean;
}

/** Made when its turn comes, so that what it takes to make is not taken for what it takes to read. */
export type Bomb = () => Mutation;

/** What a file claims over what it holds. `strips` has no tile tags. */
const CLAIMS: Readonly<Record<string, Claim>> = {
  'an image of 2^31 px a side': {
    tags: [
      [256, 4, [0x7fff_ffff]],
      [257, 4, [0x7fff_ffff]],
    ],
  },
  'a tile of 16384 px a side': {
    tags: [
      [256, 4, [16_384]],
      [257, 4, [16_384]],
      [322, 4, [16_384]],
      [323, 4, [16_384]],
    ],
  },
  'a tile of 2^31 px a side': {
    tags: [
      [322, 4, [0x7fff_ffff]],
      [323, 4, [0x7fff_ffff]],
    ],
  },
  'a tile of 2^24 rows for an image of 16': { tags: [[323, 4, [2 ** 24]]] },
  'one strip of 2^27 rows': {
    tags: [
      [257, 4, [2 ** 27]],
      [278, 4, [0xffff_ffff]],
    ],
    strips: true,
  },
  'samples of 65535 bands': {
    tags: [
      [277, 3, [65_535]],
      [322, 4, [64]],
      [323, 4, [64]],
    ],
  },
  'samples of no bits and 65535 bands': {
    tags: [
      [258, 3, [0]],
      [277, 3, [65_535]],
    ],
  },
  'bands of their own, 65535': {
    tags: [
      [277, 3, [65_535]],
      [284, 3, [2]],
    ],
  },
  'a block of 500 MB': { tags: [[325, 4, [500_000_000]]] },
  'data of more than it is for': { tags: [], large: true },
};

function image(codec: Codec, claim: Claim): MadeImage {
  return {
    width: SIDE,
    height: SIDE,
    bands: codec.bands,
    compression: codec.code,
    ...(claim.strips ? {} : { tile: [SIDE, SIDE] as const }),
    encode: claim.large ? codec.large : codec.sound,
    tags: [...(codec.tags ?? []), ...claim.tags],
    sample: (x, y) => x + y,
  };
}

const LITTLE = { littleEndian: true } as const;

/** Values far beyond what their tags are for, all lying where the file has bytes. */
function crammed(): Bomb[] {
  const base: MadeImage = { width: SIDE, height: SIDE, sample: () => 3 };
  const long = Array.from({ length: 200_000 }, () => 1);
  const key = (i: number) => [1024 + (i % 3000), 34736, 60_000, 0];
  const files: Readonly<Record<string, () => Tag[]>> = {
    'bits of 200000 bands': () => [[258, 4, long]],
    'geokeys that each take all doubles': () => [
      [34735, 3, [1, 1, 0, 16_000, ...Array.from({ length: 16_000 }, (_, i) => key(i)).flat()]],
      [34736, 12, Array.from({ length: 60_000 }, () => 1)],
    ],
    'metadata of one long word': () => [[42112, 2, `<Item ${'a'.repeat(2 * MIB)}>1</Item>`]],
    'metadata of many items': () => [[42112, 2, '<Item '.repeat(300_000)]],
    'metadata of entities': () => [[42112, 2, `<Item name="a" sample="0">${'&#'.repeat(MIB)}</Item>`]],
    'JPEG tables of a megabyte': () => [
      [347, 7, new Array(MIB).fill(255)],
      [259, 3, [7]],
    ],
    'a nodata of a megabyte': () => [[42113, 2, '9'.repeat(MIB)]],
    'tables of 200000 tiles': () => [[273, 4, Array.from({ length: 200_000 }, (_, i) => i)]],
  };
  return Object.entries(files).map(([what, tags]) => () => ({
    what,
    bytes: makeTiff([{ ...base, tags: tags() }], LITTLE),
    same: false,
  }));
}

/** Each codec with each claim, and tags crammed full: at least sixty. */
function claims(): Bomb[] {
  return Object.entries(CODECS).flatMap(([name, codec]) =>
    Object.entries(CLAIMS).map(([claim, made]) => () => ({
      what: `${name}: ${claim}`,
      bytes: makeTiff([image(codec, made)], LITTLE),
      same: false,
    })),
  );
}

/** Directories that lead back, on, or into one another. Their first image is sound and must be read. */
function cycles(): Bomb[] {
  const found: Bomb[] = [];
  const plain: MadeImage = { width: SIDE, height: SIDE, sample: (x, y) => x * y };
  const reduced: MadeImage = { ...plain, width: 8, height: 8, tags: [[254, 4, [1]]] };
  for (const bigTiff of [false, true]) {
    for (const littleEndian of [false, true]) {
      const file = { bigTiff, littleEndian };
      const kind = `${bigTiff ? 'BigTIFF' : 'TIFF'} ${littleEndian ? 'II' : 'MM'}`;
      const add = (what: string, images: readonly MadeImage[], to: (directories: number[]) => number) => {
        const at = walk(makeTiff(images, file)).directories.map((directory) => directory.at);
        found.push(() => ({
          what: `${kind}: ${what}`,
          bytes: makeTiff(images, { ...file, lastNext: to(at) }),
          same: true,
        }));
      };
      add('a directory that is its own next', [plain], ([first]) => first);
      add('two directories in a circle', [plain, reduced], ([first]) => first);
      add('a chain into its middle', [plain, ...new Array(40).fill(reduced)], (at) => at[20]);
      add(
        'a chain of 3000 directories in a circle',
        [plain, ...new Array(3000).fill(reduced)],
        ([first]) => first,
      );
      const subs = (of: number): MadeImage => ({ ...plain, tags: [[330, 4, new Array(64).fill(of)]] });
      const [, second] = walk(makeTiff([subs(0), reduced], file)).directories;
      add('SubIFDs that lead to the next and back', [subs(second.at), reduced], ([first]) => first);
    }
  }
  return found;
}

/** All of them; `same` for those whose first image is sound and must be read. */
export function bombs(): Bomb[] {
  return [...claims(), ...crammed(), ...cycles()];
}
