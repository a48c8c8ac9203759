import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bombs } from './testing/bombs.js';
import { HOSTILE_CHILD, type HostileOutcome, readHostile } from './testing/hostile.js';
import { mutation } from './testing/mutations.js';
import { probe } from './testing/probe.js';
import { seedFiles } from './testing/seeds.js';

/**
 * Small sound files spoilt at random. TUBAN_MUTATIONS=N reads N of them in place of 10,000 (1,000,000 by `npm run drill`),
 * TUBAN_MUTATIONS_FROM=K begins at the K-th: slices of one series add up. TUBAN_DRILL_SEED=N is another series.
 */
const FROM = Number(process.env.TUBAN_MUTATIONS_FROM ?? 0);
const COUNT = Number(process.env.TUBAN_MUTATIONS ?? (process.env.TUBAN_DRILL === '1' ? 1_000_000 : 10_000));
const SEED = Number(process.env.TUBAN_DRILL_SEED ?? 20_261_121);
/** No drill of a million is done in less. */
const LONG = 7_200_000;

function together(a: HostileOutcome, b: HostileOutcome): HostileOutcome {
  return {
    wrong: [...a.wrong, ...b.wrong],
    read: a.read + b.read,
    refused: a.refused + b.refused,
    slowestMs: Math.max(a.slowestMs, b.slowestMs),
    growthMb: Math.max(a.growthMb, b.growthMb),
  };
}

describe('a hostile TIFF is read right or refused in a line, within 5 s and 64 MB', () => {
  it('the compiled child is there (npm run build)', () => {
    expect(existsSync(HOSTILE_CHILD)).toBe(true);
  });

  it(`for mutations ${FROM} to ${FROM + COUNT} of series ${SEED}`, { timeout: LONG }, async () => {
    // two processes: while the one waits for its disk the other works
    const half = FROM + Math.ceil(COUNT / 2);
    const slices = [
      { from: FROM, to: half },
      { from: half, to: FROM + COUNT },
    ];
    const outcomes = await Promise.all(
      slices.map((slice) => readHostile(HOSTILE_CHILD, { kind: 'mutations', seed: SEED, ...slice })),
    );
    const { wrong, ...counts } = outcomes.reduce(together);
    console.info(`mutations ${FROM} to ${FROM + COUNT} of series ${SEED}:`, JSON.stringify(counts));
    expect(wrong).toEqual([]);
    expect(counts.read + counts.refused).toBe(COUNT);
    expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(COUNT / 5);
  });

  it('for bombs and directories that run in circles', { timeout: 300_000 }, async () => {
    const all = bombs();
    const circles = all.filter((bomb) => bomb().same).length;
    expect([all.length - circles >= 60, circles]).toEqual([true, 20]);
    const { wrong, ...counts } = await readHostile(HOSTILE_CHILD, {
      kind: 'bombs',
      seed: SEED,
      from: 0,
      to: all.length,
    });
    console.info(`bombs: ${all.length}`, JSON.stringify(counts));
    expect(wrong).toEqual([]);
    expect(counts.read + counts.refused).toBe(all.length);
  });

  it('and the sound files they are made of hold the same pixels, whatever the codec', async () => {
    const digests = new Map<string, string>();
    const folder = mkdtempSync(join(tmpdir(), 'tuban-seeds-'));
    for (const { name, bytes } of await seedFiles()) {
      const path = join(folder, 'seed.tif');
      writeFileSync(path, bytes);
      const probed = await probe(path);
      if (/^(none|lzw|packbits|zstd|lerc|lerc in deflate), (tiles|strips)/.test(name))
        digests.set(name, 'digest' in probed ? probed.digest : probed.refusal);
    }
    rmSync(folder, { recursive: true });
    const of = (cut: RegExp) => [...digests].filter(([name]) => cut.test(name)).map(([, digest]) => digest);
    expect([of(/tiles/).length, of(/strips/).length]).toEqual([12, 6]);
    expect([new Set(of(/tiles/)).size, new Set(of(/strips/)).size]).toEqual([1, 1]);
  });

  it('and a series is the same in whatever slices it is read', async () => {
    const seeds = await seedFiles();
    const one = mutation(seeds, SEED, 4711);
    expect(mutation(seeds, SEED, 4711)).toEqual(one);
    expect(mutation(seeds, SEED + 1, 4711).bytes.equals(one.bytes)).toBe(false);
  });
});
