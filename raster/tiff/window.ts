import { sweepsOver } from '../../kernels/wasm/sweeps.js';
import type { Window } from '../grid.js';
import { type BlockIndex, blockLength, blockRange, readBlock } from './block.js';
import type { BlockCache } from './blocks.js';
import { blockRows, type Layout } from './layout.js';
import { allocate } from './samples.js';
import type { ByteSource } from './source.js';
import type { SampleArray, WindowTarget } from './types.js';

/** What a file's windows are read with. Blocks are cached under a number of their own in the file. */
export interface Reading {
  readonly source: ByteSource;
  readonly layouts: readonly Layout[];
  readonly cache: BlockCache;
  /** Value of samples the file leaves out: its nodata, else 0. */
  readonly fill: number;
}

/** Samples of a window, a plane a band in the order asked, in arrays of their own. The window lies inside the level. */
export async function readWindow(
  reading: Reading,
  level: number,
  window: Window,
  bands: readonly number[],
): Promise<SampleArray[]> {
  const { sampleType } = reading.layouts[level];
  const plane = window.width * window.height;
  const samples = allocate(sampleType, plane * bands.length);
  await readInto(reading, level, window, bands, { samples, stride: window.width, plane });
  return bands.map((_, i) => samples.subarray(i * plane, (i + 1) * plane));
}

/** The same into an array at hand. */
export async function readInto(
  reading: Reading,
  level: number,
  window: Window,
  bands: readonly number[],
  target: WindowTarget,
): Promise<void> {
  if (window.width === 0 || window.height === 0 || bands.length === 0) return;
  const layout = reading.layouts[level];
  const read = (index: BlockIndex, wait: boolean) =>
    reading.cache.use(
      keyOf(reading, level, index),
      blockLength(layout),
      (room) => readBlock(reading.source, layout, index, room),
      (samples) => copyBlock(samples, layout, index, window, bands, target, reading.fill),
      wait,
    );
  const blocks = blocksOf(layout, window, bands);
  await announce(reading, level, blocks);
  const busy: BlockIndex[] = [];
  for (const index of blocks) if (!(await read(index, false))) busy.push(index);
  // those another thread was just decoding are waited for once nothing else is left to do
  for (const index of busy) await read(index, true);
}

/** Tells a source for which every read is dear what comes next: the blocks that nobody has decoded yet. */
async function announce(reading: Reading, level: number, blocks: readonly BlockIndex[]): Promise<void> {
  const { source, layouts, cache } = reading;
  if (!source.announce) return;
  const missing = blocks.filter((index) => !cache.has(keyOf(reading, level, index)));
  const ranges = await Promise.all(missing.map((index) => blockRange(source, layouts[level], index)));
  source.announce(ranges.filter((range) => range !== null));
}

/** The blocks a window touches, row by row. */
function blocksOf(layout: Layout, window: Window, bands: readonly number[]): BlockIndex[] {
  const firstColumn = Math.floor(window.x / layout.blockWidth);
  const lastColumn = Math.floor((window.x + window.width - 1) / layout.blockWidth);
  const firstRow = Math.floor(window.y / layout.blockHeight);
  const lastRow = Math.floor((window.y + window.height - 1) / layout.blockHeight);
  const planes = layout.planes === 1 ? [0] : [...new Set(bands)];
  const found: BlockIndex[] = [];
  for (let row = firstRow; row <= lastRow; row++) {
    for (let column = firstColumn; column <= lastColumn; column++) {
      for (const plane of planes) found.push({ column, row, plane });
    }
  }
  return found;
}

function keyOf({ layouts }: Reading, level: number, { column, row, plane }: BlockIndex): number {
  let base = 0;
  for (let i = 0; i < level; i++) base += layouts[i].across * layouts[i].down * layouts[i].planes;
  const { across, down } = layouts[level];
  return base + (plane * down + row) * across + column;
}

/** Copies what a block has of the window: row by row, for blocks keep their bands apart. */
function copyBlock(
  samples: SampleArray | null,
  layout: Layout,
  index: BlockIndex,
  window: Window,
  bands: readonly number[],
  target: WindowTarget,
  fill: number,
): void {
  const blockX = index.column * layout.blockWidth;
  const blockY = index.row * layout.blockHeight;
  const x0 = Math.max(window.x, blockX);
  const y0 = Math.max(window.y, blockY);
  const x1 = Math.min(window.x + window.width, blockX + layout.blockWidth);
  const y1 = Math.min(window.y + window.height, blockY + blockRows(layout, index.row));
  const alike = samples !== null && samples.constructor === target.samples.constructor;
  const there = alike ? sweepsOver(samples, target.samples) : null;
  for (let i = 0; i < bands.length; i++) {
    if (layout.planes > 1 && bands[i] !== index.plane) continue;
    const plane = layout.planes > 1 ? 0 : bands[i] * layout.blockWidth * layout.blockHeight;
    if (there !== null && samples !== null) {
      const size = samples.BYTES_PER_ELEMENT;
      const from = plane + (y0 - blockY) * layout.blockWidth + (x0 - blockX);
      const to = i * target.plane + (y0 - window.y) * target.stride + (x0 - window.x);
      there.copyRows(
        samples.byteOffset + from * size,
        target.samples.byteOffset + to * size,
        (x1 - x0) * size,
        y1 - y0,
        layout.blockWidth * size,
        target.stride * size,
      );
      continue;
    }
    for (let y = y0; y < y1; y++) {
      const to = i * target.plane + (y - window.y) * target.stride + (x0 - window.x);
      if (samples === null) {
        target.samples.fill(fill, to, to + x1 - x0);
        continue;
      }
      const from = plane + (y - blockY) * layout.blockWidth + (x0 - blockX);
      target.samples.set(samples.subarray(from, from + x1 - x0), to);
    }
  }
}
