import { expect, it } from 'vitest';
import { UNUSABLE } from '../../kernels/classes.js';
import type { DateBlock, Detector } from '../../kernels/detector.js';
import { detectWithin } from './tolerance.js';

const [WIDTH, HEIGHT] = [60, 50];
const LENGTH = WIDTH * HEIGHT;

/** Calls a change wherever values differ. */
const differencing: Detector = {
  stages: {},
  async detect(before, after) {
    const plane = () => new Uint8Array(LENGTH);
    const found = { code: plane(), confidence: plane(), magnitude: plane() };
    for (let i = 0; i < LENGTH; i++) {
      const ok = before.usable[i] === 1 && after.usable[i] === 1;
      const differs = before.stack[i] !== after.stack[i];
      found.code[i] = ok ? Number(differs) : UNUSABLE;
      found.confidence[i] = ok && differs ? 100 : 0;
      found.magnitude[i] = found.confidence[i];
    }
    return { ...found, stateBefore: null, stateAfter: null, bare: null };
  },
};

/** Squares of 10 px, moved right by `shift`, and a new one of 16 px. */
function date(shift: number, built: boolean): DateBlock {
  const stack = Float32Array.from({ length: LENGTH }, (_, i) => {
    const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
    if (built && x >= 30 && x < 46 && y >= 20 && y < 36) return 9;
    return (Math.floor((x - shift + 100) / 10) + Math.floor(y / 10)) % 2;
  });
  return { bands: ['red'], stack, usable: new Uint8Array(LENGTH).fill(1) };
}

/** Changed pixels but for the rim, over which nothing can be moved in: a block's halo. */
const count = (code: Uint8Array) =>
  code.reduce((sum, value, i) => {
    const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
    const inside = x >= 4 && y >= 4 && x < WIDTH - 4 && y < HEIGHT - 4;
    return sum + (inside && value === 1 ? 1 : 0);
  }, 0);

it('finds what has changed and nothing a misregistration within the tolerance makes', async () => {
  const find = async (shift: number, tolerance: number) =>
    (
      await detectWithin(
        differencing,
        date(0, false),
        date(shift, true),
        { width: WIDTH, height: HEIGHT },
        tolerance,
      )
    ).code;
  expect(count(await find(0, 0))).toBe(256);
  expect(count(await find(2, 0))).toBeGreaterThan(450);
  for (const shift of [0, 2, -2]) expect(count(await find(shift, 2))).toBe(256);
});

it('leaves the usable ground and the dates as they are', async () => {
  const [before, after] = [date(0, false), date(0, true)];
  before.usable[70] = 0;
  const stack = before.stack.slice();
  const { code } = await detectWithin(differencing, before, after, { width: WIDTH, height: HEIGHT }, 2);
  expect([...code].flatMap((value, i) => (value === UNUSABLE ? [i] : []))).toEqual([70]);
  expect(before.stack).toEqual(stack);
});
