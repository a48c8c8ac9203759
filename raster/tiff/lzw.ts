const CLEAR = 256;
const END = 257;
const FIRST_FREE = 258;
const MAX_CODES = 4096;

/**
 * LZW as TIFF 6.0 section 13 has it: codes of 9 to 12 bits, most significant bit first, one code early in growing.
 * Every string of the table already stands in the output (the last string and the byte after it), so the table
 * holds only where and how long. Stops when `size` bytes are there, which bounds what a hostile strip can make.
 * @returns the bytes decoded: `size`, or fewer where the data ends before.
 * @throws Error on a code that no encoder writes.
 */
export function decodeLzw(input: Uint8Array, size: number): Uint8Array {
  const output = new Uint8Array(size);
  const starts = new Uint32Array(MAX_CODES);
  const lengths = new Uint32Array(MAX_CODES);
  let position = 0;
  let written = 0;
  let buffer = 0;
  let bits = 0;
  let width = 9;
  let next = FIRST_FREE;
  let lastStart = -1;
  let lastLength = 0;

  while (written < size) {
    while (bits < width && position < input.length) {
      buffer = (buffer << 8) | input[position++];
      bits += 8;
    }
    if (bits < width) break;
    bits -= width;
    const code = buffer >>> bits;
    buffer &= (1 << bits) - 1;

    if (code === CLEAR) {
      width = 9;
      next = FIRST_FREE;
      lastStart = -1;
      continue;
    }
    if (code === END) break;

    const start = written;
    if (code < CLEAR) {
      output[written++] = code;
    } else {
      let from: number;
      let length: number;
      if (code < next) {
        from = starts[code];
        length = lengths[code];
      } else if (code === next && lastStart >= 0) {
        from = lastStart;
        length = lastLength + 1;
      } else {
        throw new Error(`corrupt LZW data: code ${code} where at most ${next} is known`);
      }
      const end = Math.min(size, written + length);
      while (written < end) output[written++] = output[from++];
    }
    if (lastStart >= 0 && next < MAX_CODES) {
      starts[next] = lastStart;
      lengths[next] = lastLength + 1;
      next++;
      if (next === (1 << width) - 1 && width < 12) width++;
    }
    lastStart = start;
    lastLength = written - start;
  }
  return written === size ? output : output.subarray(0, written);
}
