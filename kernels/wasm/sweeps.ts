import { readFileSync } from 'node:fs';

/**
 * Loops over pixels written for the processor (kernels/wasm/assembly, AssemblyScript): several times faster than the same
 * as GPU.js kernels or TypeScript, because they load vectors of neighbouring samples (docs/performance.md). They hold no
 * state; whoever opens them lays out their memory once.
 */
export interface SweepExports {
  brighten(first: number, second: number, third: number, weights: number, width: number, out: number): void;
  gradient(up: number, middle: number, down: number, width: number, out: number): void;
  boxMean(
    ring: number,
    slots: number,
    pitch: number,
    y: number,
    height: number,
    radius: number,
    width: number,
    sums: number,
    table: number,
    out: number,
  ): void;
  stateRow(
    bandsBefore: number,
    bandsAfter: number,
    rawBefore: number,
    rawAfter: number,
    apart: number,
    count: number,
    noise: number,
    levels: number,
    has: number,
    scores: number,
    width: number,
    code: number,
    confidence: number,
    magnitude: number,
    stateBefore: number,
    stateAfter: number,
    bare: number,
    rowsBefore: number,
    rowsAfter: number,
    radius: number,
  ): void;
  support(
    width: number,
    height: number,
    least: number,
    wanted: number,
    code: number,
    confidence: number,
    bare: number,
  ): void;
  shadeRow(
    bands: number,
    pitch: number,
    factor: number,
    across: number,
    maps: number,
    saturation: number,
    blueness: number,
    brightness: number,
  ): void;
  evidenceRow(
    grey: number,
    blueness: number,
    brightness: number,
    otherGrey: number,
    otherBlueness: number,
    gradient: number,
    levels: number,
    across: number,
    confidence: number,
    core: number,
  ): void;
  erode(mask: number, pitch: number, across: number, down: number, out: number): void;
  dilate(mask: number, pitch: number, across: number, down: number, out: number): void;
  grow(mask: number, confidence: number, pitch: number, across: number, down: number, out: number): void;
  majority(mask: number, pitch: number, across: number, down: number, out: number): void;
  marks(mask: number, confidence: number, pitch: number, across: number, down: number, out: number): void;
  indexChange(
    type: number,
    before: number,
    mapBefore: number,
    after: number,
    mapAfter: number,
    gains: number,
    width: number,
    height: number,
    spacing: number,
    across: number,
    strideBefore: number,
    planeBefore: number,
    strideAfter: number,
    planeAfter: number,
    wanted: number,
    rows: number,
    code: number,
    confidence: number,
    magnitude: number,
    edges: number,
  ): void;
  warp(
    type: number,
    samples: number,
    stride: number,
    plane: number,
    bands: number,
    valid: number,
    validStride: number,
    map: number,
    spacing: number,
    across: number,
    width: number,
    height: number,
    gains: number,
    rows: number,
    out: number,
    inside: number,
  ): void;
  apart8: Apart;
  apart16: Apart;
  apart32: Apart;
  halveTile(tile: number, half: number): void;
  deflateRuns(from: number, length: number, work: number, out: number): number;
  predictTile(tile: number, share: number, row: number, out: number): void;
}

type Apart = (
  from: number,
  to: number,
  width: number,
  rows: number,
  bands: number,
  plane: number,
  differenced: number,
) => void;

/** The loops over a memory of their own: where each named part of it begins, and views of the parts. */
export interface Sweeps<Part extends string> {
  readonly run: SweepExports;
  readonly at: Readonly<Record<Part, number>>;
  u8(part: Part): Uint8Array<ArrayBuffer>;
  f32(part: Part): Float32Array<ArrayBuffer>;
  u32(part: Part): Uint32Array<ArrayBuffer>;
  /** Floats anywhere in the memory. */
  floats(address: number, count: number): Float32Array<ArrayBuffer>;
}

const PAGE = 65_536;
/** Vectors may be read and written a little beyond a part's end. */
const ROOM = 64;

let compiled: WebAssembly.Module | undefined;

/** Compiled once a thread. The build puts it beside the compiled code, also for a test runner that runs from source. */
function sweepModule(): WebAssembly.Module {
  const here = import.meta.url;
  const url = new URL(here.endsWith('.ts') ? '../../dist/kernels/wasm/sweeps.wasm' : './sweeps.wasm', here);
  compiled ??= new WebAssembly.Module(readFileSync(url));
  return compiled;
}

/** @param bytes of each part; every part begins on a boundary of 64 bytes, zeroed. */
export function openSweeps<Part extends string>(bytes: Readonly<Record<Part, number>>): Sweeps<Part> {
  const at = {} as Record<Part, number>;
  // the first page stays free: a pointer of 0 is a mistake
  let end = PAGE;
  for (const [part, length] of Object.entries(bytes) as [Part, number][]) {
    at[part] = end;
    end += Math.ceil((length + ROOM) / 64) * 64;
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / PAGE), maximum: 65_536 });
  const { exports } = new WebAssembly.Instance(sweepModule(), { env: { memory } });
  return {
    run: exports as unknown as SweepExports,
    at,
    u8: (part) => new Uint8Array(memory.buffer, at[part], bytes[part]),
    f32: (part) => new Float32Array(memory.buffer, at[part], bytes[part] >> 2),
    u32: (part) => new Uint32Array(memory.buffer, at[part], bytes[part] >> 2),
    floats: (address, count) => new Float32Array(memory.buffer, address, count),
  };
}
