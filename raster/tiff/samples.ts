import { endianness } from 'node:os';
import type { SampleArray, SampleType } from './types.js';

/** How one sample lies in the file. */
export interface SampleFormat {
  readonly kind: 'uint' | 'int' | 'float';
  readonly bits: number;
}

const HOST_LITTLE_ENDIAN = endianness() === 'LE';

/** The type samples are handed out as, null where we have none for it. */
export function sampleTypeOf({ kind, bits }: SampleFormat): SampleType | null {
  if (kind === 'float')
    return bits === 16 || bits === 24 || bits === 32 ? 'float32' : bits === 64 ? 'float64' : null;
  if (kind === 'int') return bits === 8 ? 'int8' : bits === 16 ? 'int16' : bits === 32 ? 'int32' : null;
  return bits <= 8 ? 'uint8' : bits <= 16 ? 'uint16' : bits <= 32 ? 'uint32' : null;
}

export function allocate(type: SampleType, length: number): SampleArray {
  switch (type) {
    case 'uint8':
      return new Uint8Array(length);
    case 'int8':
      return new Int8Array(length);
    case 'uint16':
      return new Uint16Array(length);
    case 'int16':
      return new Int16Array(length);
    case 'uint32':
      return new Uint32Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'float32':
      return new Float32Array(length);
    case 'float64':
      return new Float64Array(length);
  }
}

/** Bytes in the machine's order seen as samples; copied only where they do not lie on a sample's boundary. */
export function viewAs(type: SampleType, bytes: Uint8Array): SampleArray {
  const width =
    type === 'uint8' || type === 'int8'
      ? 1
      : type === 'uint16' || type === 'int16'
        ? 2
        : type === 'float64'
          ? 8
          : 4;
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  const { buffer, byteOffset } = aligned;
  const length = Math.floor(aligned.byteLength / width);
  switch (type) {
    case 'uint8':
      return new Uint8Array(buffer, byteOffset, length);
    case 'int8':
      return new Int8Array(buffer, byteOffset, length);
    case 'uint16':
      return new Uint16Array(buffer, byteOffset, length);
    case 'int16':
      return new Int16Array(buffer, byteOffset, length);
    case 'uint32':
      return new Uint32Array(buffer, byteOffset, length);
    case 'int32':
      return new Int32Array(buffer, byteOffset, length);
    case 'float32':
      return new Float32Array(buffer, byteOffset, length);
    case 'float64':
      return new Float64Array(buffer, byteOffset, length);
  }
}

/** Puts samples of 2, 4 or 8 bytes into the machine's order, in place. */
export function toHostOrder(bytes: Uint8Array, littleEndian: boolean, width: number): void {
  if (littleEndian === HOST_LITTLE_ENDIAN || width === 1) return;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength - (bytes.byteLength % width));
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
  else if (width === 8) buffer.swap64();
}

/**
 * Samples of any 1 to 32 bits, packed most significant bit first, each row from a byte of its own (TIFF 6.0
 * BitsPerSample); spread to whole ones.
 * @param rowLength samples of a row, all bands
 */
export function unpackBits(
  bytes: Uint8Array,
  bits: number,
  rowLength: number,
  rows: number,
  out: SampleArray,
): void {
  const rowBytes = Math.ceil((rowLength * bits) / 8);
  for (let row = 0; row < rows; row++) {
    let at = row * rowBytes;
    let have = 0;
    let value = 0;
    for (let i = 0; i < rowLength; i++) {
      // arithmetic instead of shifts: up to 39 bits are held at once
      while (have < bits) {
        value = value * 256 + bytes[at++];
        have += 8;
      }
      have -= bits;
      const unit = 2 ** have;
      const sample = Math.floor(value / unit);
      out[row * rowLength + i] = sample;
      value -= sample * unit;
    }
  }
}

/** IEEE 754 half precision, in the machine's order, to single. */
export function expandHalf(halves: Uint16Array): Float32Array {
  const out = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) out[i] = sign * fraction * 2 ** -24;
    else if (exponent === 31) out[i] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else out[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return out;
}

/** Floats of 24 bits (1 sign, 7 exponent, 16 fraction: Photoshop TIFF technical note 3) to single. */
export function expandFloat24(bytes: Uint8Array, littleEndian: boolean): Float32Array {
  const count = Math.floor(bytes.length / 3);
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const high = bytes[3 * i + (littleEndian ? 2 : 0)];
    const low = bytes[3 * i + (littleEndian ? 0 : 2)];
    const fraction = bytes[3 * i + 1] * 256 + low;
    const sign = high & 0x80 ? -1 : 1;
    const exponent = high & 0x7f;
    if (exponent === 0) out[i] = sign * fraction * 2 ** -78;
    else if (exponent === 127) out[i] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else out[i] = sign * (1 + fraction / 65536) * 2 ** (exponent - 63);
  }
  return out;
}

const REVERSED = Uint8Array.from({ length: 256 }, (_, byte) => {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) reversed |= 0x80 >> bit;
  return reversed;
});

/** FillOrder 2: the bits of every byte the other way round, in place. */
export function reverseBits(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = REVERSED[bytes[i]];
}
