import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openShared, type SharedRoom, shareRoom, sweepsOver } from '../../kernels/wasm/sweeps.js';
import { newSamples } from '../cog/spec.js';
import { writeCog } from '../cog/writer.js';
import { crsFromEpsg } from '../crs.js';
import type { Grid } from '../grid.js';
import { openRaster } from './open.js';
import { type SharedBlocks, sharedMemory } from './shared.js';
import type { RasterFile } from './types.js';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tuban-room-'));
});
afterAll(() => rm(dir, { recursive: true }));

const MIB = 1024 * 1024;
const grid: Grid = {
  crs: crsFromEpsg(4547),
  resolution: 2,
  width: 1100,
  height: 700,
  transform: [2, 0, 512_000, 0, -2, 2_496_000],
};

const KINDS = [
  ['uint8', 3],
  ['uint16', 4],
  ['int16', 1],
  ['float32', 2],
] as const;

describe('a thread with a room in the memory that holds the shared blocks', () => {
  const files = new Map<string, { readonly plain: RasterFile; readonly sharing: RasterFile }>();
  let room: SharedRoom | undefined;

  beforeAll(async () => {
    const shared = sharedMemory();
    const blocks: Record<string, SharedBlocks> = {};
    for (const [sampleType, bands] of KINDS) {
      const path = join(dir, `${sampleType}.tif`);
      const planes = Array.from({ length: bands }, (_, band) => {
        const plane = newSamples(sampleType, grid.width * grid.height);
        for (let i = 0; i < plane.length; i++)
          plane[i] = ((Math.imul(i + 7 * band, 2_654_435_761) >>> 9) % 211) - 3 * band;
        return plane;
      });
      await writeCog(path, { grid, bands, sampleType, overviews: 'average' }, planes);
      const [plain, sharing] = [await openRaster(path), await openRaster(path)];
      blocks[sampleType] = sharing.shareBlocks(grid.width, grid.height, shared);
      files.set(sampleType, { plain, sharing });
    }
    // a view made before the memory grew is no view of what it is now: all of it is taken before a thread looks
    room = { memory: shared.memory, from: shared.take(40 * MIB) ?? 0, bytes: 40 * MIB };
    for (const [sampleType, { sharing }] of files) sharing.keepBlocksIn(blocks[sampleType]);
    shareRoom(room);
  });
  afterAll(async () => {
    for (const { plain, sharing } of files.values()) {
      await plain.close();
      await sharing.close();
    }
  });

  // over a seam of tiles, with an odd number of bytes a row, and up to the last pixel
  const windows = [
    { x: 500, y: 505, width: 37, height: 21 },
    { x: 1001, y: 600, width: 99, height: 100 },
  ];
  it.each(
    KINDS,
  )('reads windows of %s, %i bands, into it as into memory of its own', async (sampleType, bands) => {
    const { plain, sharing } = files.get(sampleType) as { plain: RasterFile; sharing: RasterFile };
    for (const window of windows) {
      const wanted = Array.from({ length: bands }, (_, band) => bands - 1 - band);
      const expected = await plain.readWindow(0, window, wanted);
      const [stride, plane] = [128, 128 * 128];
      const kind = expected[0].constructor as typeof Float32Array;
      const part = openShared({ samples: plane * bands * expected[0].BYTES_PER_ELEMENT })?.u8('samples');
      if (part === undefined) throw new Error('no room');
      const samples = new kind(part.buffer as ArrayBuffer, part.byteOffset, plane * bands);
      expect(sweepsOver(samples)).not.toBeNull();
      await sharing.readInto(0, window, wanted, { samples, stride, plane });
      expected.forEach((values, band) => {
        for (let y = 0; y < window.height; y++) {
          const start = band * plane + y * stride;
          const row = values.subarray(y * window.width, (y + 1) * window.width);
          expect([...samples.subarray(start, start + window.width)]).toEqual([...row]);
        }
      });
    }
  });

  it('has no more than there is', () => {
    if (room === undefined) throw new Error('no room');
    shareRoom({ ...room, bytes: 4096 });
    expect(openShared({ one: 1000 })).not.toBeNull();
    expect(openShared({ two: 4000 })).toBeNull();
  });
});

it('says where a memory is full', () => {
  const memory = sharedMemory();
  expect(memory.take(65_536)).toBe(65_536);
  expect(memory.take(5 * 1024 ** 3)).toBeNull();
  expect(memory.take(65_536)).toBe(2 * 65_536);
});
