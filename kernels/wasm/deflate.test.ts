import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openSweeps } from './sweeps.js';

const MOST = 400_000;
const { run, at, u8 } = openSweeps({ from: MOST, work: 112 * 1024, out: MOST + MOST / 8 + 4096 });

function packed(bytes: Uint8Array): Uint8Array {
  u8('from').set(bytes);
  return u8('out').slice(0, run.deflateRuns(at.from, bytes.length, at.work, at.out));
}

/** The same numbers in [0, 1) each time. */
function numbers(): () => number {
  let state = 7;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const next = numbers();
const KINDS: Readonly<Record<string, (i: number) => number>> = {
  'zeros only': () => 0,
  noise: () => 256 * next(),
  'runs broken here and there': () => (next() < 0.02 ? 256 * next() : 0),
  'rows of one value': (i) => (i >> 9) & 255,
  'short runs': (i) => (i / 5) & 3,
  'a few values, the small ones more often': () => Math.min(255, -8 * Math.log(next() + 1e-9)),
};
/** About where tokens, vectors, the longest repetition and blocks of tokens end. */
const LENGTHS = [0, 1, 2, 3, 15, 16, 17, 18, 33, 258, 259, 260, 261, 262, 519, 1000, 65_536, MOST];

describe('deflateRuns', () => {
  it.each(Object.keys(KINDS))('packs %s into what zlib unpacks', (kind) => {
    for (const length of LENGTHS) {
      const bytes = Uint8Array.from({ length }, (_, i) => KINDS[kind](i));
      expect(Buffer.compare(inflateSync(packed(bytes)), bytes), `${length} bytes`).toBe(0);
    }
  });

  it('keeps codes to 15 bits where weights would make longer ones', () => {
    const values: number[] = [];
    for (let value = 0, times = 1; value < 22; value++, times = Math.ceil(times * 1.618)) {
      for (let i = 0; i < times; i++) values.push(value);
    }
    for (let i = values.length - 1; i > 0; i--) {
      const other = Math.floor(next() * i);
      [values[i], values[other]] = [values[other], values[i]];
    }
    const bytes = Uint8Array.from(values);
    expect(Buffer.compare(inflateSync(packed(bytes)), bytes)).toBe(0);
  });
});
