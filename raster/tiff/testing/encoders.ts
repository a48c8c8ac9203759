/** The plainest encoders of the codecs Node has none of: valid streams that compress nothing. */

const LZW_CLEAR = 256;
const LZW_END = 257;

/** LZW of 9-bit codes alone: the table is cleared before a tenth bit is needed. TIFF 6.0 section 13. */
export function plainLzw(bytes: Uint8Array): Uint8Array {
  const codes: number[] = [];
  bytes.forEach((byte, i) => {
    if (i % 200 === 0) codes.push(LZW_CLEAR);
    codes.push(byte);
  });
  codes.push(LZW_END);
  const out = new Uint8Array(Math.ceil((codes.length * 9) / 8));
  codes.forEach((code, i) => {
    for (let bit = 0; bit < 9; bit++) {
      const at = 9 * i + bit;
      if ((code >> (8 - bit)) & 1) out[at >> 3] |= 0x80 >> (at & 7);
    }
  });
  return out;
}

/** PackBits of literal runs. TIFF 6.0 section 9. */
export function plainPackBits(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let at = 0; at < bytes.length; at += 128) {
    const run = bytes.subarray(at, at + 128);
    out.push(run.length - 1, ...run);
  }
  return Uint8Array.from(out);
}

/** A zstd frame (RFC 8878) of one raw block; `claim` is the content size it names. */
export function plainZstd(bytes: Uint8Array, claim = bytes.length): Uint8Array {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(0xfd2fb528, 0);
  // single segment, content size in 4 bytes
  head[4] = 0xa0;
  head.writeUInt32LE(claim, 5);
  head.writeUIntLE((bytes.length << 3) | 1, 9, 3);
  return Buffer.concat([head, bytes]);
}

export interface LercClaim {
  readonly width: number;
  readonly rows: number;
  /** DT_Byte where not said; 7 is a double. */
  readonly dataType?: number;
  /** All samples have this value, so none is written. */
  readonly constant?: number;
}

/** A LERC2 blob of version 2: every sample as it is, in one sweep. */
export function plainLerc(bytes: Uint8Array, { width, rows, dataType = 1, constant }: LercClaim): Uint8Array {
  const HEAD = 58;
  const data =
    constant === undefined ? Buffer.concat([Uint8Array.of(0, 0, 0, 0, 1), bytes]) : Buffer.alloc(4);
  const head = Buffer.alloc(HEAD);
  head.write('Lerc2 ', 0, 'latin1');
  for (const [i, value] of [2, rows, width, rows * width, 8, HEAD + data.length, dataType].entries())
    head.writeInt32LE(value | 0, 6 + 4 * i);
  head.writeDoubleLE(0.5, 34);
  head.writeDoubleLE(constant ?? 0, 42);
  head.writeDoubleLE(constant ?? 255, 50);
  return Buffer.concat([head, data]);
}
