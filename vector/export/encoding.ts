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

/** What our own sentences hold and GBK lacks, by what it has for it. */
const inGbk = (text: string) => text.replaceAll('m²', '㎡').replaceAll('\u00a0', ' ');

export function encoderOf(encoding: Encoding): Encoder {
  let lacking = 0;
  let cut = 0;
  const encode = (given: string): Uint8Array => {
    if (encoding === 'utf-8') return Buffer.from(given, 'utf8');
    const text = inGbk(given);
    const bytes = iconv.encode(text, 'gbk');
    // every ? that was none before stands for a character, of which some are two UTF-16 units
    const found = iconv.decode(bytes, 'gbk');
    if (found !== text) lacking += count(found, '?') - count(text, '?');
    return bytes;
  };
  return {
    encode,
    encodeCut(text, bytes) {
      const whole = encode(text);
      if (whole.length <= bytes) return whole;
      cut++;
      const kept: Uint8Array[] = [];
      let used = 0;
      for (const character of encoding === 'utf-8' ? text : inGbk(text)) {
        const one = encoding === 'utf-8' ? Buffer.from(character, 'utf8') : iconv.encode(character, 'gbk');
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
