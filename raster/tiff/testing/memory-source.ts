import { assertInside, type ByteSource } from '../source.js';

/** A file in memory that counts its reads, and the bytes read. */
export function memorySource(bytes: Uint8Array): ByteSource & { reads: number; bytesRead: number } {
  return {
    size: bytes.length,
    reads: 0,
    bytesRead: 0,
    async read(offset, length) {
      assertInside(offset, length, bytes.length);
      this.reads++;
      this.bytesRead += length;
      return new Uint8Array(bytes.subarray(offset, offset + length));
    },
    close: async () => {},
  };
}
