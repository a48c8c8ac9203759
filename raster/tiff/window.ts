import type { Window } from '../grid.js';
import { type BlockIndex, readBlock } from './block.js';
import type { ByteCache } from './cache.js';
import { blockRows, type Layout } from './layout.js';
import { allocate } from './samples.js';
import type { ByteSource } from './source.js';
import type { SampleArray } from './types.js';

/** What a file's windows are read with. Blocks are cached under a number of their own in the file. */
export interface Reading {
  readonly source: ByteSource;
  readonly layouts: readonly Layout[];
  readonly cache: ByteCache<SampleArray | null>;
  /** Value of samples the file leaves out: its nodata, else 0. */
  readonly fill: number;
}

/** Samples of a window, one array a band in the order asked. The window must lie inside the level. */
export async function readWindow(
  reading: Reading,
  level: number,
  window: Window,
  bands: readonly number[],
): Promise<SampleArray[]> {
  const layout = reading.layouts[level];
  const outputs = bands.map(() => allocate(layout.sampleType, window.width * window.height));
  if (window.width === 0 || window.height === 0 || bands.length === 0) return outputs;
  const firstColumn = Math.floor(window.x / layout.blockWidth);
  const lastColumn = Math.floor((window.x + window.width - 1) / layout.blockWidth);
  const firstRow = Math.floor(window.y / layout.blockHeight);
  const lastRow = Math.floor((window.y + window.height - 1) / layout.blockHeight);
  const planes = layout.planes === 1 ? [0] : [...new Set(bands)];
  const outputsOf = (plane: number) =>
    layout.planes === 1 ? outputs : outputs.filter((_, i) => bands[i] === plane);
  for (let row = firstRow; row <= lastRow; row++) {
    for (let column = firstColumn; column <= lastColumn; column++) {
      for (const plane of planes) {
        const index = { column, row, plane };
        const samples = await reading.cache.get(keyOf(reading, level, index), () =>
          readBlock(reading.source, layout, index),
        );
        const part = overlap(layout, index, window);
        if (!samples) fillPart(part, outputsOf(plane), window.width, reading.fill);
        else if (layout.planes > 1) copyPart(samples, 1, [0], part, outputsOf(plane), window.width);
        else copyPart(samples, layout.blockBands, bands, part, outputs, window.width);
      }
    }
  }
  return outputs;
}

function keyOf({ layouts }: Reading, level: number, { column, row, plane }: BlockIndex): number {
  let base = 0;
  for (let i = 0; i < level; i++) base += layouts[i].across * layouts[i].down * layouts[i].planes;
  const { across, down } = layouts[level];
  return base + (plane * down + row) * across + column;
}

/** A rectangle shared by block and window: where it begins in each, and its size in px. */
interface Part {
  readonly width: number;
  readonly height: number;
  readonly blockStart: number;
  readonly blockStride: number;
  readonly windowStart: number;
}

function overlap(layout: Layout, { column, row }: BlockIndex, window: Window): Part {
  const blockX = column * layout.blockWidth;
  const blockY = row * layout.blockHeight;
  const x0 = Math.max(window.x, blockX);
  const y0 = Math.max(window.y, blockY);
  const x1 = Math.min(window.x + window.width, blockX + layout.blockWidth);
  const y1 = Math.min(window.y + window.height, blockY + blockRows(layout, row));
  return {
    width: x1 - x0,
    height: y1 - y0,
    blockStart: (y0 - blockY) * layout.blockWidth + (x0 - blockX),
    blockStride: layout.blockWidth,
    windowStart: (y0 - window.y) * window.width + (x0 - window.x),
  };
}

/** Takes `bands` of a block's part apart into `outputs`. One band may have several outputs, where it was asked twice. */
function copyPart(
  samples: SampleArray,
  step: number,
  bands: readonly number[],
  part: Part,
  outputs: readonly SampleArray[],
  stride: number,
): void {
  for (let row = 0; row < part.height; row++) {
    const from = (part.blockStart + row * part.blockStride) * step;
    const to = part.windowStart + row * stride;
    if (step === 1) {
      for (const output of outputs) output.set(samples.subarray(from, from + part.width), to);
    } else if (step === 4 && outputs.length === 4) {
      pickFour(samples, from, bands, outputs, to, part.width);
    } else if (step === 3 && outputs.length === 3) {
      pickThree(samples, from, bands, outputs, to, part.width);
    } else {
      for (let i = 0; i < outputs.length; i++)
        pick(samples, from + bands[i], step, outputs[i], to, part.width);
    }
  }
}

// One sweep over the pixels instead of one a band, where all of 3 or 4 bands are asked: the usual images.

function pick(
  samples: SampleArray,
  from: number,
  step: number,
  output: SampleArray,
  to: number,
  count: number,
): void {
  let at = from;
  for (let i = to; i < to + count; i++) {
    output[i] = samples[at];
    at += step;
  }
}

function pickThree(
  samples: SampleArray,
  from: number,
  [a, b, c]: readonly number[],
  [outA, outB, outC]: readonly SampleArray[],
  to: number,
  count: number,
): void {
  let at = from;
  for (let i = to; i < to + count; i++) {
    outA[i] = samples[at + a];
    outB[i] = samples[at + b];
    outC[i] = samples[at + c];
    at += 3;
  }
}

function pickFour(
  samples: SampleArray,
  from: number,
  [a, b, c, d]: readonly number[],
  [outA, outB, outC, outD]: readonly SampleArray[],
  to: number,
  count: number,
): void {
  let at = from;
  for (let i = to; i < to + count; i++) {
    outA[i] = samples[at + a];
    outB[i] = samples[at + b];
    outC[i] = samples[at + c];
    outD[i] = samples[at + d];
    at += 4;
  }
}

function fillPart(part: Part, outputs: readonly SampleArray[], stride: number, value: number): void {
  for (const output of outputs) {
    for (let row = 0; row < part.height; row++) {
      const to = part.windowStart + row * stride;
      output.fill(value, to, to + part.width);
    }
  }
}
