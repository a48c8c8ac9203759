import { describe, expect, it } from 'vitest';
import { decodeLzw } from './lzw.js';
import { decodePackBits } from './packbits.js';
import { expandFloat24, expandHalf, unpackBits } from './samples.js';

/** LZW as TIFF 6.0 section 13 tells the encoder, with strings as keys. */
function encodeLzw(bytes: Uint8Array): Uint8Array {
  let bits = '';
  let width = 9;
  let table = new Map<string, number>();
  const emit = (code: number) => {
    bits += code.toString(2).padStart(width, '0');
  };
  const codeOf = (s: string) => (s.length === 1 ? s.charCodeAt(0) : (table.get(s) ?? Number.NaN));
  const clear = () => {
    emit(256);
    table = new Map();
    width = 9;
  };
  clear();
  let string = '';
  for (const byte of bytes) {
    const longer = string + String.fromCharCode(byte);
    if (longer.length === 1 || table.has(longer)) {
      string = longer;
      continue;
    }
    emit(codeOf(string));
    table.set(longer, 258 + table.size);
    const next = 258 + table.size;
    if (next === 512 || next === 1024 || next === 2048) width++;
    if (next === 4095) clear();
    string = String.fromCharCode(byte);
  }
  emit(codeOf(string));
  emit(257);
  const out = new Uint8Array(Math.ceil(bits.length / 8));
  for (let i = 0; i < out.length; i++)
    out[i] = Number.parseInt(bits.slice(8 * i, 8 * i + 8).padEnd(8, '0'), 2);
  return out;
}

describe('LZW', () => {
  it('decodes what the specification encodes, over every code width and a full table', () => {
    let seed = 7;
    const bytes = Uint8Array.from({ length: 40_000 }, (_, i) => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return i % 300 < 40 ? 9 : (seed >> 16) & 31;
    });
    expect(decodeLzw(encodeLzw(bytes), bytes.length)).toEqual(bytes);
  });

  it('decodes a string that is defined by its own use', () => {
    const bytes = new Uint8Array(1000).fill(65);
    expect(decodeLzw(encodeLzw(bytes), bytes.length)).toEqual(bytes);
  });

  it('writes no more than the block has, however much the data would make', () => {
    expect(decodeLzw(encodeLzw(new Uint8Array(100_000).fill(1)), 10)).toEqual(new Uint8Array(10).fill(1));
  });

  it('gives what there is of data that is cut off', () => {
    const encoded = encodeLzw(Uint8Array.from({ length: 100 }, (_, i) => i));
    expect(decodeLzw(encoded.subarray(0, 20), 100).length).toBeLessThan(20);
  });

  it('refuses a code that is not defined yet', () => {
    // 256 (clear), 65, 300 in 9 bits each
    expect(() => decodeLzw(Uint8Array.of(0x80, 0x10, 0x65, 0x80), 100)).toThrow('code 300');
  });
});

describe('PackBits', () => {
  it("decodes the example of Apple's technical note 1023", () => {
    const packed = Uint8Array.of(
      0xfe,
      0xaa,
      0x02,
      0x80,
      0x00,
      0x2a,
      0xfd,
      0xaa,
      0x03,
      0x80,
      0x00,
      0x2a,
      0x22,
      0xf7,
      0xaa,
    );
    const plain = [0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0x22];
    expect([...decodePackBits(packed, 24)]).toEqual([...plain, ...new Array(10).fill(0xaa)]);
  });

  it('ends where the data ends', () => {
    expect([...decodePackBits(Uint8Array.of(5, 1, 2), 100)]).toEqual([1, 2]);
    expect([...decodePackBits(Uint8Array.of(0xf7), 100)]).toEqual([]);
  });
});

describe('samples that are not whole bytes', () => {
  it('spreads 1-bit samples, every row from a byte of its own', () => {
    const out = new Uint8Array(6);
    unpackBits(Uint8Array.of(0b10100000, 0b01100000), 1, 3, 2, out);
    expect([...out]).toEqual([1, 0, 1, 0, 1, 1]);
  });

  it('spreads 12-bit samples', () => {
    const out = new Uint16Array(3);
    unpackBits(Uint8Array.of(0xab, 0xc1, 0x23, 0xff, 0xf0), 12, 3, 1, out);
    expect([...out]).toEqual([0xabc, 0x123, 0xfff]);
  });

  it('widens half precision, with its zeros, subnormals, infinities and NaN', () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00, 0xfc00, 0x7e00, 0x7bff, 0);
    expect([...expandHalf(halves)]).toEqual([1, -2, 2 ** -24, Infinity, -Infinity, NaN, 65504, 0]);
  });

  it('widens floats of 24 bits in either byte order', () => {
    expect([...expandFloat24(Uint8Array.of(0x3f, 0x80, 0), false)]).toEqual([1.5]);
    expect([...expandFloat24(Uint8Array.of(0, 0x80, 0xbf), true)]).toEqual([-1.5]);
  });
});
