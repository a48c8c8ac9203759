import { deflateSync } from 'node:zlib';

/** One image of a TIFF made for a test. What is left out has TIFF's default; samples are given, not read. */
export interface MadeImage {
  readonly width: number;
  readonly height: number;
  readonly bands?: number;
  readonly bits?: 8 | 16 | 32 | 64;
  /** 1 unsigned, 2 signed, 3 float. */
  readonly format?: 1 | 2 | 3;
  /** 1 and 8 are done here; any other takes `encode`. */
  readonly compression?: number;
  /** Compresses the bytes of one block. */
  readonly encode?: (raw: Buffer, block: { readonly width: number; readonly rows: number }) => Uint8Array;
  readonly predictor?: 1 | 2 | 3;
  readonly separate?: boolean;
  readonly tile?: readonly [width: number, height: number];
  readonly rowsPerStrip?: number;
  /** Blocks to leave out (offset and byte count 0). */
  readonly sparse?: readonly number[];
  /** More tags, or others in place of those made: [tag, field type, values]. */
  readonly tags?: readonly Tag[];
  readonly sample: (x: number, y: number, band: number) => number;
}

export type Tag = readonly [
  tag: number,
  type: 1 | 2 | 3 | 4 | 7 | 12 | 16,
  values: string | readonly number[],
];

export interface MadeFile {
  readonly littleEndian?: boolean;
  readonly bigTiff?: boolean;
  /** Where the last directory points on to: 0, the end, unless told. */
  readonly lastNext?: number;
}

/** A TIFF of the images, in the plainest layout: blocks, tag values and directory of each in turn. */
export function makeTiff(images: readonly MadeImage[], file: MadeFile = {}): Buffer {
  const { littleEndian = true, bigTiff = false } = file;
  const put = writer(littleEndian);
  const parts: Buffer[] = [];
  let size = 0;
  const append = (bytes: Buffer) => {
    const at = size;
    const padded = bytes.length % 8 ? Buffer.concat([bytes, Buffer.alloc(8 - (bytes.length % 8))]) : bytes;
    parts.push(padded);
    size += padded.length;
    return at;
  };
  append(Buffer.alloc(16));

  const directories: number[] = [];
  const nextAt: number[] = [];
  for (const image of images) {
    const offsets: number[] = [];
    const counts: number[] = [];
    for (const [i, block] of blocksOf(image, littleEndian).entries()) {
      const left = image.sparse?.includes(i) ?? false;
      offsets.push(left ? 0 : append(block));
      counts.push(left ? 0 : block.length);
    }
    const entries = tagsOf(image, offsets, counts)
      .sort((a, b) => a[0] - b[0])
      .map(([tag, type, values]) => {
        const bytes = valueBytes(type, values, put);
        const count = typeof values === 'string' ? bytes.length : values.length;
        const inline = bigTiff ? 8 : 4;
        const field =
          bytes.length <= inline
            ? Buffer.concat([bytes, Buffer.alloc(inline - bytes.length)])
            : put(bigTiff ? 8 : 4, append(bytes));
        return Buffer.concat([put(2, tag), put(2, type), put(bigTiff ? 8 : 4, count), field]);
      });
    const body = Buffer.concat([put(bigTiff ? 8 : 2, entries.length), ...entries]);
    directories.push(append(Buffer.concat([body, Buffer.alloc(8)])));
    nextAt.push((directories.at(-1) ?? 0) + body.length);
  }

  const bytes = Buffer.concat(parts);
  bytes.write(littleEndian ? 'II' : 'MM', 0);
  put(2, bigTiff ? 43 : 42).copy(bytes, 2);
  if (bigTiff) put(2, 8).copy(bytes, 4);
  put(bigTiff ? 8 : 4, directories[0] ?? 0).copy(bytes, bigTiff ? 8 : 4);
  for (const [i, at] of nextAt.entries()) {
    put(bigTiff ? 8 : 4, directories[i + 1] ?? file.lastNext ?? 0).copy(bytes, at);
  }
  return bytes;
}

/** Offset of the first directory of a classic TIFF made above. */
export function firstDirectory(tiff: Buffer): number {
  return tiff.toString('latin1', 0, 2) === 'II' ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
}

function writer(littleEndian: boolean) {
  return (width: 2 | 4 | 8, value: number): Buffer => {
    const bytes = Buffer.alloc(width);
    const view = new DataView(bytes.buffer, bytes.byteOffset, width);
    if (width === 2) view.setUint16(0, value, littleEndian);
    else if (width === 4) view.setUint32(0, value, littleEndian);
    else view.setBigUint64(0, BigInt(value), littleEndian);
    return bytes;
  };
}

function valueBytes(type: Tag[1], values: Tag[2], put: ReturnType<typeof writer>): Buffer {
  if (typeof values === 'string') return Buffer.from(`${values}\0`, 'utf8');
  if (type === 12) {
    const little = put(2, 1)[0] === 1;
    return Buffer.concat(
      values.map((value) => {
        const bytes = Buffer.alloc(8);
        if (little) bytes.writeDoubleLE(value);
        else bytes.writeDoubleBE(value);
        return bytes;
      }),
    );
  }
  if (type === 1 || type === 7) return Buffer.from(values);
  return Buffer.concat(values.map((value) => put(type === 3 ? 2 : type === 16 ? 8 : 4, value)));
}

function tagsOf(image: MadeImage, offsets: number[], counts: number[]): Tag[] {
  const {
    width,
    height,
    bands = 1,
    bits = 8,
    format = 1,
    compression = 1,
    predictor = 1,
    separate,
    tile,
  } = image;
  const made: Tag[] = [
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, Array.from({ length: bands }, () => bits)],
    [259, 3, [compression]],
    [262, 3, [1]],
    [277, 3, [bands]],
    [284, 3, [separate ? 2 : 1]],
    [317, 3, [predictor]],
    [339, 3, Array.from({ length: bands }, () => format)],
  ];
  if (tile) made.push([322, 4, [tile[0]]], [323, 4, [tile[1]]], [324, 4, offsets], [325, 4, counts]);
  else made.push([278, 4, [image.rowsPerStrip ?? height]], [273, 4, offsets], [279, 4, counts]);
  const others = image.tags ?? [];
  return [...made.filter(([tag]) => !others.some(([other]) => other === tag)), ...others];
}

function blocksOf(image: MadeImage, littleEndian: boolean): Buffer[] {
  const { width, height, bands = 1, separate, tile, rowsPerStrip = height, compression = 1 } = image;
  const blockWidth = tile ? tile[0] : width;
  const blockHeight = tile ? tile[1] : rowsPerStrip;
  const planes = separate
    ? Array.from({ length: bands }, (_, b) => [b])
    : [Array.from({ length: bands }, (_, b) => b)];
  const blocks: Buffer[] = [];
  for (const plane of planes) {
    for (let y = 0; y < height; y += blockHeight) {
      for (let x = 0; x < width; x += blockWidth) {
        const rows = tile ? blockHeight : Math.min(blockHeight, height - y);
        const lines = Array.from({ length: rows }, (_, row) =>
          rowBytes(image, plane, x, y + row, blockWidth, littleEndian),
        );
        const raw = Buffer.concat(lines);
        if (image.encode) blocks.push(Buffer.from(image.encode(raw, { width: blockWidth, rows })));
        else blocks.push(compression === 8 ? deflateSync(raw) : raw);
      }
    }
  }
  return blocks;
}

/** One row of a block, predicted. Written with BigInt and bytes, unlike what it tests. */
function rowBytes(
  image: MadeImage,
  plane: number[],
  x0: number,
  y: number,
  count: number,
  littleEndian: boolean,
): Buffer {
  const { bits = 8, format = 1, predictor = 1, sample } = image;
  const width = bits / 8;
  const words: bigint[] = [];
  for (let x = x0; x < x0 + count; x++)
    for (const band of plane) words.push(wordOf(sample(x, y, band), bits, format));
  if (predictor === 3) {
    const row = Buffer.alloc(words.length * width);
    for (const [i, word] of words.entries()) {
      for (let b = 0; b < width; b++)
        row[b * words.length + i] = Number((word >> BigInt(8 * (width - 1 - b))) & 255n);
    }
    const plain = Buffer.from(row);
    for (let i = plane.length; i < row.length; i++) row[i] = plain[i] - plain[i - plane.length];
    return row;
  }
  const stored = words.map((word, i) => {
    const left = predictor === 2 && i >= plane.length ? words[i - plane.length] : 0n;
    return BigInt.asUintN(bits, word - left);
  });
  const row = Buffer.alloc(words.length * width);
  for (const [i, word] of stored.entries()) {
    for (let b = 0; b < width; b++) {
      const shift = BigInt(8 * (littleEndian ? b : width - 1 - b));
      row[i * width + b] = Number((word >> shift) & 255n);
    }
  }
  return row;
}

function wordOf(value: number, bits: number, format: number): bigint {
  if (format !== 3) return BigInt.asUintN(bits, BigInt(value));
  const view = new DataView(new ArrayBuffer(8));
  if (bits === 64) view.setFloat64(0, value);
  else view.setFloat32(0, value);
  return bits === 64 ? view.getBigUint64(0) : BigInt(view.getUint32(0));
}
