import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BadInput } from '../errors.js';
import { openRaster } from './open.js';
import { plainLerc } from './testing/encoders.js';
import { firstDirectory, type MadeImage, makeTiff, type Tag } from './testing/make-tiff.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuban-hostile-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Opens the bytes as a file and reads one pixel of it. */
async function readPixel(bytes: Uint8Array): Promise<number> {
  const path = join(folder, 'h.tif');
  await writeFile(path, bytes);
  const file = await openRaster(path);
  try {
    return (await file.readWindow(0, { x: 0, y: 0, width: 1, height: 1 }, [0]))[0][0];
  } finally {
    await file.close();
  }
}

/** The one line with which it is refused; it must begin with the file's name. */
async function refusal(bytes: Uint8Array): Promise<string> {
  const error: unknown = await readPixel(bytes).then(
    () => new Error('it was read'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BadInput);
  const { message } = error as BadInput;
  expect(message.startsWith(`${join(folder, 'h.tif')}: `)).toBe(true);
  expect(message).not.toContain('\n');
  return message.slice(join(folder, 'h.tif').length + 2);
}

const plain: MadeImage = { width: 8, height: 8, sample: () => 5 };
const made = (...tags: Tag[]) => makeTiff([{ ...plain, tags }]);

describe('a file that cannot be read is refused in one line that names it', () => {
  it('because it is not there, a directory, empty or no TIFF', async () => {
    await expect(openRaster(join(folder, 'none.tif'))).rejects.toThrow(/none\.tif: no such file/);
    await expect(openRaster(folder)).rejects.toThrow(`${folder}: is a directory`);
    expect(await refusal(new Uint8Array())).toMatch(/^is empty/);
    expect(await refusal(Buffer.from('<html><body>404</body></html>'))).toMatch(/^is not a TIFF/);
    expect(await refusal(Buffer.from('II'))).toMatch(/^is not a TIFF/);
  });

  it('because its first directory lies beyond the end, or is empty', async () => {
    const beyond = made();
    beyond.writeUInt32LE(0x7fff_0000, 4);
    expect(await refusal(beyond)).toMatch(/^truncated or corrupt/);
    const nothing = made();
    nothing.writeUInt16LE(0, firstDirectory(nothing));
    expect(await refusal(nothing)).toMatch(/claims 0 tags/);
  });

  it('because it is cut off anywhere', async () => {
    const whole = makeTiff([{ ...plain, width: 64, height: 64, tile: [16, 16], compression: 8 }]);
    for (let length = 0; length < whole.length - 16; length += 61) await refusal(whole.subarray(0, length));
  });

  it('because it claims an image, a tile or bands beyond all bounds', async () => {
    expect(await refusal(made([256, 4, [0]]))).toMatch(/tag width is not usable/);
    expect(await refusal(made([256, 4, [0x7fff_ffff]], [257, 4, [0x7fff_ffff]]))).toMatch(/truncated|MiB/);
    expect(await refusal(made([322, 4, [65_536]], [323, 4, [65_536]]))).toMatch(
      /one tile is 65536 × 65536 px/,
    );
    expect(await refusal(made([277, 3, [65_535]], [257, 4, [2 ** 30]]))).toMatch(/strip|truncated/);
  });

  it('because a tag claims more values than the file has bytes', async () => {
    const bytes = made([273, 4, [0, 0]]);
    const at = firstDirectory(bytes) + 2;
    const entries = bytes.readUInt16LE(at - 2);
    for (let i = 0; i < entries; i++) {
      if (bytes.readUInt16LE(at + 12 * i) === 273) bytes.writeUInt32LE(0xffff_fff0, at + 12 * i + 4);
    }
    expect(await refusal(bytes)).toMatch(/^truncated or corrupt/);
  });

  it('because a tile would inflate to far more than it is', async () => {
    const bomb = deflateSync(Buffer.alloc(64 * 1024 * 1024));
    const image = makeTiff([{ ...plain, compression: 8 }]);
    const bytes = Buffer.concat([image, bomb]);
    const at = firstDirectory(bytes) + 2;
    for (let i = 0; i < bytes.readUInt16LE(at - 2); i++) {
      if (bytes.readUInt16LE(at + 12 * i) === 273) bytes.writeUInt32LE(image.length, at + 12 * i + 8);
      if (bytes.readUInt16LE(at + 12 * i) === 279) bytes.writeUInt32LE(bomb.length, at + 12 * i + 8);
    }
    expect(await refusal(bytes)).toMatch(/^corrupt deflate data/);
  });

  it('because its compression or its samples are none we read, which it names with those we do', async () => {
    expect(await refusal(made([259, 3, [50002]]))).toMatch(
      /unsupported compression JPEG XL; supported are none, LZW/,
    );
    expect(await refusal(made([339, 3, [6]]))).toMatch(/complex numbers/);
    expect(await refusal(made([258, 3, [64]]))).toMatch(/64-bit uint/);
    expect(await refusal(made([317, 3, [2]], [258, 3, [4]], [259, 3, [8]]))).toMatch(
      /predictor 2 with 4-bit/,
    );
  });

  it('because its data is damaged', async () => {
    for (const compression of [5, 7, 8, 32773, 34887, 50000, 50001]) {
      expect(await refusal(made([259, 3, [compression]]))).toMatch(/^corrupt .* data/);
    }
  });

  it('because its LERC data holds more than its block, or samples of another type', async () => {
    const block = { width: 8, rows: 8 };
    const lerc = (encode: (raw: Buffer) => Uint8Array) =>
      makeTiff([{ ...plain, compression: 34887, encode, tags: [[50674, 4, [2, 0]]] }]);
    const more = { width: 16_000, rows: 16_000, dataType: 7, constant: 1 };
    // the decoder would make a band of 2 GB of what follows; the block itself is sound and is read
    expect(await readPixel(lerc((raw) => Buffer.concat([plainLerc(raw, block), plainLerc(raw, more)])))).toBe(
      5,
    );
    expect(await refusal(lerc((raw) => plainLerc(raw, { ...block, dataType: 7, constant: 1 })))).toMatch(
      /samples are of another type/,
    );
  });

  it('because its WebP data is of another format, which the library would read too', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>');
    const bytes = makeTiff([{ ...plain, bands: 3, compression: 50001, encode: () => svg }]);
    expect(await refusal(bytes)).toMatch(/does not begin as WebP does/);
  });

  it('because its data cannot make the block it claims, before room is made for that', async () => {
    const claim: Tag[] = [256, 257, 322, 323].map((tag): Tag => [tag, 4, [16_384]]);
    const bytes = makeTiff([{ ...plain, tile: [8, 8], compression: 8, tags: claim }]);
    expect(await refusal(bytes)).toMatch(
      /^corrupt deflate data: a block has \d+ bytes, which cannot make 268435456/,
    );
  });

  it('because its samples have no bits, so that any number of bands would be no bytes', async () => {
    const claim = [
      [258, 3, [0]],
      [277, 3, [65_535]],
    ] as const satisfies readonly Tag[];
    for (const compression of [1, 8])
      expect(await refusal(makeTiff([{ ...plain, tile: [16, 16], compression, tags: claim }]))).toMatch(
        /0 bits/,
      );
  });

  it('because its tile is far higher than its image, whose rows alone its data must have', async () => {
    const bytes = makeTiff([{ ...plain, tile: [8, 8], tags: [[323, 4, [8_000_000]]] }]);
    expect(await refusal(bytes)).toMatch(/^corrupt: its tiles are 8 × 8000000 px in an image of 8 × 8/);
  });

  it('but not because a tile is of one value, which is a header alone in LERC and WebP', async () => {
    const side = 1200;
    const made = { width: side, height: side, tile: [side, side], sample: () => 7 } as const;
    const lerc = plainLerc(new Uint8Array(0), { width: side, rows: side, constant: 7 });
    expect(await readPixel(makeTiff([{ ...made, compression: 34887, encode: () => lerc }]))).toBe(7);
    const create = { width: side, height: side, channels: 3, background: { r: 7, g: 7, b: 7 } } as const;
    const webp = await sharp({ create }).webp({ lossless: true }).toBuffer();
    expect(await readPixel(makeTiff([{ ...made, bands: 3, compression: 50001, encode: () => webp }]))).toBe(
      7,
    );
  });

  it('but not because of a long word in its metadata, which once took minutes', async () => {
    expect(await readPixel(made([42112, 2, `<Item ${'a'.repeat(1_000_000)}>1</Item>`]))).toBe(5);
  });

  it('but never crashes, whatever byte of it is changed', async () => {
    const whole = makeTiff([
      {
        ...plain,
        compression: 8,
        predictor: 2,
        bits: 16,
        tags: [
          [33550, 12, [1, 1, 0]],
          [33922, 12, [0, 0, 0, 1, 1, 0]],
        ],
      },
    ]);
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0, 0xff, whole[at] ^ 0x10]) {
        const bytes = Buffer.from(whole);
        bytes[at] = value;
        await readPixel(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(BadInput));
      }
    }
  });
});
