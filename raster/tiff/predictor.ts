import { openSweeps, type Sweeps, sweepsOver } from '../../kernels/wasm/sweeps.js';

/** Integer lanes of a decoded block, in the machine's byte order. */
export type Lanes = Uint8Array | Uint16Array | Uint32Array;

/** How the samples of a block lie: `rows` rows of `width` pixels of `bands` samples. */
export interface BlockShapePx {
  readonly width: number;
  readonly rows: number;
  readonly bands: number;
  /** Samples from one plane to the next in the output. */
  readonly plane: number;
}

/** Bytes of rows taken apart at once: few enough to stay in a core's own cache on their way. */
const CHUNK_BYTES = 128 * 1024;

let arena: { readonly bytes: number; readonly sweeps: Sweeps<'from' | 'to'> } | undefined;

/**
 * Takes interleaved pixels apart into planes, and on the way undoes horizontal differencing (TIFF 6.0 section 14)
 * where `differenced`: every sample is the sum of the stored ones of its band to its left, modulo the lane. By loops over
 * vectors, in chunks of rows.
 */
export function takeApart(lanes: Lanes, out: Lanes, shape: BlockShapePx, differenced: boolean): void {
  const { width, rows, bands, plane } = shape;
  if (bands === 1 && !differenced) {
    out.set(lanes.subarray(0, width * rows));
    return;
  }
  const size = lanes.BYTES_PER_ELEMENT;
  const there = sweepsOver(lanes, out);
  if (there !== null) {
    const apart = size === 1 ? there.apart8 : size === 2 ? there.apart16 : there.apart32;
    apart(lanes.byteOffset, out.byteOffset, width, rows, bands, plane, differenced ? 1 : 0);
    return;
  }
  const rowBytes = width * bands * size;
  const most = Math.max(1, Math.floor(CHUNK_BYTES / rowBytes));
  const needed = Math.min(most, rows) * rowBytes;
  if (arena === undefined || arena.bytes < needed) {
    const bytes = Math.max(needed, CHUNK_BYTES);
    arena = { bytes, sweeps: openSweeps({ from: bytes, to: bytes }) };
  }
  const { run, at, u8 } = arena.sweeps;
  const apart = size === 1 ? run.apart8 : size === 2 ? run.apart16 : run.apart32;
  const source = new Uint8Array(lanes.buffer, lanes.byteOffset, lanes.byteLength);
  const target = new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
  const [from, to] = [u8('from'), u8('to')];
  for (let row = 0; row < rows; row += most) {
    const count = Math.min(most, rows - row);
    from.set(source.subarray(row * rowBytes, (row + count) * rowBytes));
    apart(at.from, at.to, width, count, bands, width * count, differenced ? 1 : 0);
    const length = width * count * size;
    for (let band = 0; band < bands; band++) {
      target.set(to.subarray(band * length, (band + 1) * length), (band * plane + row * width) * size);
    }
  }
}

/** Undoes horizontal differencing of samples of 64 bits in place, as lanes of 32 bits: low word first, as little-endian machines keep them. */
export function undoWideDifferences(words: Uint32Array, rowLength: number, stride: number): void {
  for (let start = 0; start + 2 * rowLength <= words.length; start += 2 * rowLength) {
    const end = start + 2 * rowLength;
    for (let i = start + 2 * stride; i < end; i += 2) {
      const low = words[i] + words[i - 2 * stride];
      words[i] = low;
      words[i + 1] += words[i + 1 - 2 * stride] + (low > 0xffff_ffff ? 1 : 0);
    }
  }
}

/**
 * Undoes the floating point predictor (Adobe Photoshop TIFF technical note 3, 2005): a row's bytes are differenced,
 * and stored as planes, most significant bytes of all samples first, whatever the byte order of the file.
 * @param bytes whole rows; changed
 * @param rowLength samples of a row, all bands
 * @param stride samples of a pixel
 * @param width bytes of a sample
 * @returns the samples, little-endian
 */
export function undoFloatDifferences(
  bytes: Uint8Array,
  rowLength: number,
  stride: number,
  width: number,
): Uint8Array<ArrayBuffer> {
  const rowBytes = rowLength * width;
  const output = new Uint8Array(bytes.length);
  for (let start = 0; start + rowBytes <= bytes.length; start += rowBytes) {
    const end = start + rowBytes;
    for (let i = start + stride; i < end; i++) bytes[i] += bytes[i - stride];
    for (let plane = 0; plane < width; plane++) {
      let from = start + plane * rowLength;
      for (let to = start + width - 1 - plane; to < end; to += width) output[to] = bytes[from++];
    }
  }
  return output;
}
