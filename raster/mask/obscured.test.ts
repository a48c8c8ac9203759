import { describe, expect, it } from 'vitest';
import { openBackend } from '../../kernels/backend.js';
import type { DateBlock } from '../../kernels/detector.js';
import { madeLook as look } from '../testing.js';
import { cellSummer } from './cell-sums.js';
import { maskObscured, maskPair, maskShadows } from './obscured.js';

const BANDS = ['blue', 'green', 'red', 'nir'] as const;
const frame = { width: 250, height: 230, resolution: 2 };
const length = frame.width * frame.height;

/** Plain ground, on which `paint` puts something: its value is added, or multiplies what is over dark. */
function date(paint: (x: number, y: number) => { add?: number; times?: number } = () => ({})): DateBlock {
  const stack = new Float32Array(BANDS.length * length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [i % frame.width, Math.floor(i / frame.width)];
    const { add = 0, times = 1 } = paint(x, y);
    BANDS.forEach((role, b) => {
      const ground = role === 'nir' ? 400 : 150 + ((x * 7 + y * 13) % 9);
      stack[b * length + i] = ground * times + add + (look.dark[role] ?? 0);
    });
  }
  return { bands: BANDS, stack, usable: new Uint8Array(length).fill(1) };
}

const from = (x: number, y: number, cx: number, cy: number) => Math.hypot(x - cx, y - cy);
/** White, and fading out over some 20 px. */
const cloud = (x: number, y: number) => ({ add: Math.min(700, Math.max(0, 900 - 14 * from(x, y, 70, 80))) });
const shadow = (x: number, y: number) => (from(x, y, 170, 150) < 40 ? { times: 0.4 } : {});
const roof = (x: number, y: number) => (x > 100 && x < 150 && y > 100 && y < 140 ? { add: 700 } : {});
const both = (x: number, y: number) => ({ ...cloud(x, y), ...shadow(x, y) });

const at = ({ usable }: DateBlock, x: number, y: number) => usable[y * frame.width + x];

describe('cloud and shadow from a pair', () => {
  it('takes a cloud and its shadow out of the look they are in, and of that alone', () => {
    const [clear, clouded] = [date(), date(both)];
    const { taken } = maskPair(clear, clouded, look, frame);
    expect(clear.usable.includes(0)).toBe(false);
    expect([at(clouded, 70, 80), at(clouded, 170, 150), at(clouded, 240, 20), at(clouded, 20, 220)]).toEqual([
      0, 0, 1, 1,
    ]);
    expect(taken).toBe(clouded.usable.filter((value) => value === 0).length);
  });

  it('leaves a roof, whose rim is sharp, and a shadow where no cloud is in sight', () => {
    for (const paint of [roof, shadow]) {
      const [first, second] = [date(), date(paint)];
      expect(maskPair(first, second, look, frame).taken).toBe(0);
    }
  });

  it('leaves roofs and cast shadows of a new estate, dark on the whole as a cloud’s shadow but not alike', () => {
    const estate = (x: number, y: number) => ({ times: ((x >> 2) + (y >> 2)) % 4 === 0 ? 1.4 : 0.25 });
    const built = (x: number, y: number) =>
      x >= 150 && x < 230 && y >= 20 && y < 100 ? estate(x, y) : cloud(x, y - 70);
    const [bare, clouded] = [date(), date(built)];
    maskPair(bare, clouded, look, frame);
    expect([at(clouded, 70, 150), at(clouded, 190, 60)]).toEqual([0, 1]);
  });

  it('takes ground that lay under the other look’s cloud for no shadow, and finds a shadow there against a third look', () => {
    const aside = (x: number, y: number) => cloud(x - 120, y - 100);
    const [clouded, cleared] = [date(cloud), date(aside)];
    expect(maskPair(clouded, cleared, look, frame).bothCloudy).toBe(true);
    expect([at(clouded, 70, 80), at(cleared, 70, 80), at(cleared, 190, 180)]).toEqual([0, 1, 0]);

    const dimmed = date((x, y) => ({ ...aside(x, y), ...(from(x, y, 70, 80) < 40 ? { times: 0.4 } : {}) }));
    const before = date(cloud);
    maskPair(before, dimmed, look, frame);
    expect(at(dimmed, 70, 80)).toBe(1);
    expect(maskShadows(dimmed, date(), look, frame)).toBeGreaterThan(1000);
    expect([at(dimmed, 70, 80), at(dimmed, 20, 220)]).toEqual([0, 1]);
  });

  it('reaches as far around a cloud as its veil does, and no farther for a new roof there', () => {
    const masked = (paint: Parameters<typeof date>[0]) => {
      const clouded = date(paint);
      maskPair(date(), clouded, look, frame);
      const distances = (usable: number) =>
        Array.from(clouded.usable, (value, i) =>
          value === usable ? from(i % frame.width, Math.floor(i / frame.width), 70, 80) : Number.NaN,
        ).filter((distance) => !Number.isNaN(distance));
      return { nearestOpen: Math.min(...distances(1)), farthestMasked: Math.max(...distances(0)) };
    };
    // the cloud fades out 64 px from its middle
    const plain = masked(cloud);
    expect(plain.nearestOpen).toBeGreaterThan(58);
    expect(plain.farthestMasked).toBeLessThan(76);
    const roofed = (x: number, y: number) =>
      x >= 72 && x < 84 && y >= 152 && y < 164 ? { add: 300 } : cloud(x, y);
    expect(masked(roofed)).toEqual(plain);
    const veiled = (x: number, y: number) =>
      from(x, y, 70, 80) < 78 ? { add: Math.max(cloud(x, y).add, 40) } : {};
    expect(masked(veiled).nearestOpen).toBeGreaterThan(plain.nearestOpen + 8);
  });

  it('reaches as far around a shadow as it dims the ground', () => {
    const fading = (reach: number) => (x: number, y: number) => {
      const d = from(x, y, 170, 150);
      return d < 40 ? { times: 0.4 } : d < reach ? { times: 0.8 } : cloud(x, y);
    };
    const openAt = (reach: number, d: number) => {
      const clouded = date(fading(reach));
      maskPair(date(), clouded, look, frame);
      return [at(clouded, 170 + d, 150), at(clouded, 170, 150 + d)];
    };
    expect(openAt(0, 56)).toEqual([1, 1]);
    expect(openAt(62, 56)).toEqual([0, 0]);
  });

  it('judges a pair as each date alone against the other as it came', () => {
    const pair = [date(cloud), date((x, y) => both(x - 60, y - 20))] as const;
    const alone = [date(cloud), date((x, y) => both(x - 60, y - 20))] as const;
    // some pixels were never usable
    for (const { usable } of [...pair, ...alone]) for (let i = 0; i < length; i += 7) usable[i] = 0;
    const asCame = { ...alone[1], usable: alone[1].usable.slice() };
    const taken = maskObscured(alone[1], alone[0], look, frame) + maskObscured(alone[0], asCame, look, frame);
    expect(maskPair(pair[0], pair[1], look, frame)).toEqual({ taken, bothCloudy: true });
    expect(pair[0].usable).toEqual(alone[0].usable);
    expect(pair[1].usable).toEqual(alone[1].usable);
    expect(taken).toBeGreaterThan(1000);
  });

  it('asks for a quality band where pixels are too coarse to see a rim', () => {
    const [clear, clouded] = [date(), date(cloud)];
    expect(maskPair(clear, clouded, look, { ...frame, resolution: 30 }).taken).toBe(0);
  });

  it('finds the same from sums of a kernel as from its own', async () => {
    const backend = await openBackend('cpu');
    const sum = cellSummer(backend, frame, BANDS.length);
    if (sum === null) throw new Error('no cells');
    const pairs = [0, 1].map(() => [date(cloud), date((x, y) => both(x - 60, y - 20))] as const);
    const sums = [await sum(pairs[0][0]), await sum(pairs[0][1])] as const;
    expect(maskPair(...pairs[0], look, frame, sums)).toEqual(maskPair(...pairs[1], look, frame));
    expect(pairs[0].map(({ usable }) => usable)).toEqual(pairs[1].map(({ usable }) => usable));
    await backend.close();
  });
});
