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
  copyRows(
    from: number,
    to: number,
    length: number,
    rows: number,
    fromStride: number,
    toStride: number,
  ): void;
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

/** The loops over a memory: where each named part of it begins, and views of the parts. */
export interface Sweeps<Part extends string, Buffer extends ArrayBufferLike = ArrayBuffer> {
  readonly run: SweepExports;
  readonly at: Readonly<Record<Part, number>>;
  u8(part: Part): Uint8Array<Buffer>;
  f32(part: Part): Float32Array<Buffer>;
  u32(part: Part): Uint32Array<Buffer>;
  /** Floats anywhere in the memory. */
  floats(address: number, count: number): Float32Array<Buffer>;
}

const PAGE = 65_536;
/** Vectors may be read and written a little beyond a part's end. */
const ROOM = 64;

const compiled = new Map<string, WebAssembly.Module>();

/** Compiled once a thread. The build puts it beside the compiled code, also for a test runner that runs from source. */
function sweepModule(name: 'sweeps' | 'sweeps-shared'): WebAssembly.Module {
  const here = import.meta.url;
  const folder = here.endsWith('.ts') ? '../../dist/kernels/wasm/' : './';
  const module =
    compiled.get(name) ?? new WebAssembly.Module(readFileSync(new URL(`${folder}${name}.wasm`, here)));
  compiled.set(name, module);
  return module;
}

function exportsOver(memory: WebAssembly.Memory, name: 'sweeps' | 'sweeps-shared'): SweepExports {
  const { exports } = new WebAssembly.Instance(sweepModule(name), { env: { memory } });
  return exports as unknown as SweepExports;
}

/** Where parts of so many bytes lie from `start` on, every one on a boundary of 64 bytes, and where the last ends. */
function layOut<Part extends string>(bytes: Readonly<Record<Part, number>>, start: number) {
  const at = {} as Record<Part, number>;
  let end = start;
  for (const [part, length] of Object.entries(bytes) as [Part, number][]) {
    at[part] = end;
    end += Math.ceil((length + ROOM) / 64) * 64;
  }
  return { at, end };
}

function viewsOf<Part extends string, Buffer extends ArrayBufferLike>(
  run: SweepExports,
  buffer: Buffer,
  at: Readonly<Record<Part, number>>,
  bytes: Readonly<Record<Part, number>>,
): Sweeps<Part, Buffer> {
  return {
    run,
    at,
    u8: (part) => new Uint8Array(buffer, at[part], bytes[part]),
    f32: (part) => new Float32Array(buffer, at[part], bytes[part] >> 2),
    u32: (part) => new Uint32Array(buffer, at[part], bytes[part] >> 2),
    floats: (address, count) => new Float32Array(buffer, address, count),
  };
}

/** In a memory of its own. @param bytes of each part; every part begins on a boundary of 64 bytes, zeroed. */
export function openSweeps<Part extends string>(bytes: Readonly<Record<Part, number>>): Sweeps<Part> {
  // the first page stays free: a pointer of 0 is a mistake
  const { at, end } = layOut(bytes, PAGE);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / PAGE), maximum: 65_536 });
  return viewsOf(exportsOver(memory, 'sweeps'), memory.buffer as ArrayBuffer, at, bytes);
}

/** A part of a memory that threads share which one of them has alone. */
export interface SharedRoom {
  readonly memory: WebAssembly.Memory;
  /** Byte that it begins at. */
  readonly from: number;
  readonly bytes: number;
}

interface Heap {
  readonly run: SweepExports;
  readonly buffer: ArrayBufferLike;
  next: number;
  readonly end: number;
}

let heap: Heap | undefined;

/** From now on this thread's `openShared` lays out its parts there: what other threads have decoded can be read without a copy. */
export function shareRoom({ memory, from, bytes }: SharedRoom): void {
  heap = {
    run: exportsOver(memory, 'sweeps-shared'),
    buffer: memory.buffer,
    next: from,
    end: from + bytes,
  };
}

/** Where parts laid out in a shared room begin and end. */
const spans = new WeakMap<object, { readonly from: number; readonly end: number }>();

/**
 * As `openSweeps` but not zeroed, in this thread's room of a shared memory; null where it has none, or not enough left.
 * @param former parts that these take the place of: where nothing was laid out since, they begin where those did, and what
 * lies in the first part stays
 */
export function openShared<Part extends string>(
  bytes: Readonly<Record<Part, number>>,
  former?: Sweeps<Part, ArrayBufferLike>,
): Sweeps<Part, ArrayBufferLike> | null {
  if (heap === undefined) return null;
  const before = former && spans.get(former);
  const from = before?.end === heap.next ? before.from : heap.next;
  const { at, end } = layOut(bytes, from);
  if (end > heap.end) return null;
  heap.next = end;
  const sweeps = viewsOf(heap.run, heap.buffer, at, bytes);
  spans.set(sweeps, { from, end });
  return sweeps;
}

/** The loops that reach all of these arrays where they lie: only those in the memory that this thread shares. */
export function sweepsOver(...arrays: readonly ArrayBufferView[]): SweepExports | null {
  return heap !== undefined && arrays.every(({ buffer }) => buffer === heap?.buffer) ? heap.run : null;
}
