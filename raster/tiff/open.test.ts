import { describe, expect, it } from 'vitest';
import type { Window } from '../grid.js';
import { openRasterFrom } from './open.js';
import { type MadeFile, type MadeImage, makeTiff } from './testing/make-tiff.js';
import { memorySource } from './testing/memory-source.js';

const open = (images: MadeImage[], file?: MadeFile) =>
  openRasterFrom(memorySource(makeTiff(images, file)), 'made.tif');

/** Samples the image was made of, as readWindow lays them out. */
function expected(image: MadeImage, window: Window, band: number): number[] {
  const samples: number[] = [];
  for (let y = window.y; y < window.y + window.height; y++) {
    for (let x = window.x; x < window.x + window.width; x++) samples.push(image.sample(x, y, band));
  }
  return samples;
}

const KINDS = [
  {
    type: 'uint8',
    bits: 8,
    format: 1,
    sample: (x: number, y: number, b: number) => (x * 7 + y * 31 + b * 64) & 255,
  },
  {
    type: 'int8',
    bits: 8,
    format: 2,
    sample: (x: number, y: number, b: number) => ((x * 7 + y + b) & 255) - 128,
  },
  {
    type: 'uint16',
    bits: 16,
    format: 1,
    sample: (x: number, y: number, b: number) => (x * 2749 + y * 977 + b * 20_000) & 0xffff,
  },
  {
    type: 'int16',
    bits: 16,
    format: 2,
    sample: (x: number, y: number, b: number) => ((x * 2749 + y + b) & 0xffff) - 32_768,
  },
  {
    type: 'uint32',
    bits: 32,
    format: 1,
    sample: (x: number, y: number, b: number) => (x * 123_456_789 + y + b) >>> 0,
  },
  {
    type: 'int32',
    bits: 32,
    format: 2,
    sample: (x: number, y: number, b: number) => (x * 123_456_789 + y + b) | 0,
  },
  {
    type: 'float32',
    bits: 32,
    format: 3,
    sample: (x: number, y: number, b: number) => Math.fround(x / 3 - y * 1e9 + b),
  },
  {
    type: 'float64',
    bits: 64,
    format: 3,
    sample: (x: number, y: number, b: number) => x / 3 - y * 1e200 + b,
  },
] as const;

describe('samples come out as they were written', () => {
  for (const littleEndian of [true, false]) {
    for (const { type, ...kind } of KINDS) {
      const predictors: (1 | 2 | 3)[] = kind.format === 3 ? [1, 2, 3] : [1, 2];
      for (const predictor of predictors) {
        it(`${type}, predictor ${predictor}, ${littleEndian ? 'little' : 'big'}-endian, 1 to 4 bands, together and apart, tiles and strips`, async () => {
          for (const bands of [1, 2, 3, 4]) {
            for (const separate of [false, true]) {
              for (const cut of [{ tile: [16, 16] as const }, { rowsPerStrip: 5 }]) {
                const image: MadeImage = {
                  width: 37,
                  height: 21,
                  bands,
                  separate,
                  compression: 8,
                  predictor,
                  ...kind,
                  ...cut,
                };
                const file = await open([image], { littleEndian });
                expect(file.info.sampleType).toBe(type);
                const window = { x: 3, y: 2, width: 33, height: 19 };
                const asked = [...Array(bands).keys()].reverse();
                const read = await file.readWindow(0, window, asked);
                for (const [i, band] of asked.entries())
                  expect([...read[i]]).toEqual(expected(image, window, band));
              }
            }
          }
        });
      }
    }
  }

  it('in BigTIFF', async () => {
    const image: MadeImage = {
      width: 40,
      height: 30,
      bits: 16,
      tile: [16, 16],
      sample: (x, y) => x * 100 + y,
    };
    const file = await open([image], { bigTiff: true });
    const window = { x: 0, y: 0, width: 40, height: 30 };
    expect([...(await file.readWindow(0, window, [0]))[0]]).toEqual(expected(image, window, 0));
  });

  it('of the bands asked, in the order asked, a band twice if asked twice', async () => {
    for (const separate of [false, true]) {
      const image: MadeImage = {
        width: 8,
        height: 4,
        bands: 4,
        separate,
        sample: (x, _y, band) => x + 50 * band,
      };
      const file = await open([image]);
      const read = await file.readWindow(0, { x: 6, y: 3, width: 2, height: 1 }, [2, 0, 2]);
      expect(read.map((band) => [...band])).toEqual([
        [106, 107],
        [6, 7],
        [106, 107],
      ]);
    }
  });

  it('of an uncompressed strip too large to be read whole, of which only the rows asked are read', async () => {
    const image: MadeImage = { width: 800, height: 700, bits: 64, format: 3, sample: (x, y) => x + y / 8 };
    const source = memorySource(makeTiff([image]));
    const file = await openRasterFrom(source, 'made.tif');
    const window = { x: 600, y: 290, width: 5, height: 200 };
    expect([...(await file.readWindow(0, window, [0]))[0]]).toEqual(expected(image, window, 0));
    expect(source.bytesRead).toBeLessThan(source.size * 0.75);
  });

  it('and blocks a sparse file leaves out are nodata, or 0 where there is none', async () => {
    const image: MadeImage = { width: 32, height: 16, tile: [16, 16], sparse: [1], sample: () => 7 };
    const read = async (made: MadeImage) => {
      const file = await open([made]);
      return [...(await file.readWindow(0, { x: 15, y: 0, width: 2, height: 1 }, [0]))[0]];
    };
    expect(await read(image)).toEqual([7, 0]);
    expect(await read({ ...image, tags: [[42113, 2, '255']] })).toEqual([7, 255]);
  });
});

describe('levels', () => {
  const sample = () => 1;
  it('are the image and its overviews, finest first, without masks and thumbnails of another shape', async () => {
    const reduced = (width: number, height: number, subfile: number): MadeImage => ({
      width,
      height,
      sample: () => width,
      tags: [[254, 4, [subfile]]],
    });
    const file = await open([
      { width: 64, height: 32, sample },
      reduced(64, 32, 4),
      reduced(16, 8, 1),
      reduced(32, 16, 1),
      reduced(32, 16, 5),
      reduced(20, 20, 1),
      reduced(60, 30, 0),
    ]);
    expect(file.info.levels).toEqual([
      { width: 64, height: 32 },
      { width: 32, height: 16 },
      { width: 16, height: 8 },
    ]);
    expect([...(await file.readWindow(1, { x: 31, y: 15, width: 1, height: 1 }, [0]))[0]]).toEqual([32]);
  });

  it('end where the chain of directories runs in a circle', async () => {
    const tiff = makeTiff([{ width: 8, height: 8, sample }]);
    const at = tiff.readUInt32LE(4);
    const round = makeTiff([{ width: 8, height: 8, sample }], { lastNext: at });
    const file = await openRasterFrom(memorySource(round), 'made.tif');
    expect(file.info.levels).toHaveLength(1);
  });
});

describe('reading again', () => {
  const image: MadeImage = { width: 64, height: 64, tile: [32, 32], compression: 8, sample: (x, y) => x ^ y };

  it('decodes no tile twice for windows that overlap, at once or one after the other', async () => {
    const source = memorySource(makeTiff([image]));
    const file = await openRasterFrom(source, 'made.tif');
    // the first tile, and with it the tables of where tiles are
    await file.readWindow(0, { x: 0, y: 0, width: 1, height: 1 }, [0]);
    const before = source.reads;
    const window = { x: 8, y: 8, width: 48, height: 48 };
    await Promise.all([file.readWindow(0, window, [0]), file.readWindow(0, window, [0])]);
    await file.readWindow(0, { x: 0, y: 0, width: 64, height: 64 }, [0]);
    expect(source.reads - before).toBe(3);
  });

  it('gives arrays of its own each time', async () => {
    const file = await open([image]);
    const window = { x: 0, y: 0, width: 32, height: 32 };
    (await file.readWindow(0, window, [0]))[0].fill(9);
    expect([...(await file.readWindow(0, window, [0]))[0]]).toEqual(expected(image, window, 0));
  });

  it('is a mistake of the caller outside the level, its bands and after closing', async () => {
    const file = await open([image]);
    await expect(file.readWindow(0, { x: 40, y: 0, width: 32, height: 1 }, [0])).rejects.toThrow(RangeError);
    await expect(file.readWindow(1, { x: 0, y: 0, width: 1, height: 1 }, [0])).rejects.toThrow(RangeError);
    await expect(file.readWindow(0, { x: 0, y: 0, width: 1, height: 1 }, [1])).rejects.toThrow(RangeError);
    await file.close();
    await expect(file.readWindow(0, { x: 0, y: 0, width: 1, height: 1 }, [0])).rejects.toThrow('closed');
  });
});

describe('a header that was read before', () => {
  const image: MadeImage = { width: 40, height: 30, tile: [16, 16], sample: (x, y) => (x * 3 + y * 5) & 255 };
  const window = { x: 3, y: 2, width: 30, height: 25 };

  it('opens the file in another thread, without a look at its tags', async () => {
    const bytes = makeTiff([image, { ...image, width: 20, height: 15, tags: [[254, 4, [1]]] }]);
    const first = await openRasterFrom(memorySource(bytes), 'made.tif');
    const header = structuredClone(first.header);
    const tagsGone = Uint8Array.from(bytes).fill(0, 0, 16);
    const second = await openRasterFrom(memorySource(Buffer.from(tagsGone)), 'made.tif', { header });
    expect(second.info).toEqual(first.info);
    expect([...(await second.readWindow(0, window, [0]))[0]]).toEqual(expected(image, window, 0));
  });

  it('is not used for a file of another length', async () => {
    const { header } = await open([{ ...image, width: 80 }]);
    const other = await openRasterFrom(memorySource(makeTiff([image])), 'made.tif', { header });
    expect(other.info.width).toBe(40);
  });
});
