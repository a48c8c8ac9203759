import iconv from 'iconv-lite';

/** GBK (code page 936) is what older Chinese GIS and Excel expect. */
export const ENCODINGS = ['utf-8', 'gbk'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Encodes text, and counts the characters the encoding lacks, which become `?`. */
export interface Encoder {
  encode(text: string): Uint8Array;
  /** The longest beginning of the text that fits into `bytes`, cut between characters. */
  encodeCut(text: string, bytes: number): Uint8Array;
  readonly lacking: () => number;
  readonly cut: () => number;
}

/** What our own sentences hold and GBK lacks as what it has for it. */
const inGbk = (text: string) => text.replaceAll('m²', '㎡').replaceAll('\u00a0', ' ');

export function encoderOf(encoding: Encoding): Encoder {
  let lacking = 0;
  let cut = 0;
  const own = (text: string) => (encoding === 'utf-8' ? text : inGbk(text));
  const bytesOf = (text: string): Buffer =>
    encoding === 'utf-8' ? Buffer.from(text, 'utf8') : iconv.encode(text, 'gbk');
  const encodeOwn = (text: string): Uint8Array => {
    const bytes = bytesOf(text);
    if (encoding === 'utf-8') return bytes;
    // every ? that was none before stands for a character, of which some are two UTF-16 units
    const found = iconv.decode(bytes, 'gbk');
    if (found !== text) lacking += count(found, '?') - count(text, '?');
    return bytes;
  };
  return {
    encode: (text) => encodeOwn(own(text)),
    encodeCut(given, bytes) {
      const text = own(given);
      const whole = encodeOwn(text);
      if (whole.length <= bytes) return whole;
      cut++;
      const kept: Uint8Array[] = [];
      let used = 0;
      for (const character of text) {
        const one = bytesOf(character);
        if (used + one.length > bytes) break;
        kept.push(one);
        used += one.length;
      }
      return Buffer.concat(kept);
    },
    lacking: () => lacking,
    cut: () => cut,
  };
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}
