import { constants, deflateSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { deflate, inflate } from './zlib.js';

/** Bytes that pack well, badly, and not at all. */
function bytes(length: number, spread: number): Uint8Array {
  let state = length + spread;
  return Uint8Array.from({ length }, (_, i) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return ((state >>> 24) % spread) + (i >> 9);
  });
}

const SIZES = [0, 1, 1000, 65_536, 300_001];

describe('inflate', () => {
  it.each([1, 7, 256])('gives what zlib gives, one stream after the other, spread %i', (spread) => {
    for (const size of SIZES) {
      const expected = bytes(size, spread);
      for (const level of [0, 1, 9]) {
        const found = inflate(deflateSync(expected, { level }), size, size + 1000);
        expect(Buffer.compare(found, expected)).toBe(0);
      }
    }
  });

  it('gives the part of a stream that is there, and the next stream whole', () => {
    const expected = bytes(50_000, 7);
    const packed = deflateSync(expected);
    const part = inflate(packed.subarray(0, packed.length >> 1), expected.length, 60_000);
    expect(part.length).toBeGreaterThan(1000);
    expect(part.length).toBeLessThan(expected.length);
    expect(Buffer.compare(part, expected.subarray(0, part.length))).toBe(0);
    expect(Buffer.compare(inflate(packed, expected.length, 60_000), expected)).toBe(0);
  });

  it('refuses damage and streams that are too long, and goes on', () => {
    const expected = bytes(50_000, 7);
    const packed = deflateSync(expected);
    const damaged = Uint8Array.from(packed, (byte, i) => (i > 200 && i < 260 ? byte ^ 255 : byte));
    expect(() => inflate(damaged, expected.length, 60_000)).toThrow();
    expect(() => inflate(packed, 1000, 2000)).toThrow();
    expect(Buffer.compare(inflate(packed, expected.length, 60_000), expected)).toBe(0);
  });

  it('takes a stream a little longer than expected', () => {
    const expected = bytes(50_000, 7);
    expect(inflate(deflateSync(expected), 49_000, 60_000).length).toBe(50_000);
  });
});

describe('deflate', () => {
  it.each([
    [1, constants.Z_RLE],
    [6, constants.Z_DEFAULT_STRATEGY],
  ])('at level %i gives streams zlib takes, in bytes of their own', (level, strategy) => {
    const made = SIZES.map((size) => deflate(bytes(size, 7), { level, strategy }));
    made.forEach((packed, i) => {
      expect(Buffer.compare(inflateSync(packed), bytes(SIZES[i], 7))).toBe(0);
    });
    expect(new Set(made.map((packed) => packed.buffer)).size).toBe(made.length);
  });
});
