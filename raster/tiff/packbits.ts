/**
 * PackBits, TIFF 6.0 section 9: a signed byte n, then n + 1 bytes as they are (n >= 0) or one byte 1 - n times
 * (-127 to -1); -128 is skipped.
 * @returns the bytes decoded: `size`, or fewer where the data ends before.
 */
export function decodePackBits(input: Uint8Array, size: number): Uint8Array {
  const output = new Uint8Array(size);
  let position = 0;
  let written = 0;
  while (written < size && position < input.length) {
    const n = (input[position++] << 24) >> 24;
    if (n === -128) continue;
    if (n < 0) {
      if (position >= input.length) break;
      const end = Math.min(size, written + 1 - n);
      output.fill(input[position++], written, end);
      written = end;
    } else {
      const count = Math.min(n + 1, size - written, input.length - position);
      output.set(input.subarray(position, position + count), written);
      position += count;
      written += count;
    }
  }
  return written === size ? output : output.subarray(0, written);
}
