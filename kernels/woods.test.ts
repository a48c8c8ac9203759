import { describe, expect, it } from 'vitest';
import { UNUSABLE } from './classes.js';
import type { DateBlock } from './detector.js';
import { growWoods, joinTrees } from './woods.js';

const SIDE = 40;
const MIDDLE = 20;
const [FOREST, GREEN, OTHER] = [3, 4, 5];

const distance = (at: number) => Math.hypot((at % SIDE) - MIDDLE, Math.floor(at / SIDE) - MIDDLE);
/** Crowns and the gaps between them, the same every time. */
const crowns = (at: number) => 12 * Math.sin(at * 12.9898);

/** A lawn, and a grove planted within `radius` px of its middle, of which `told` px are known; it thins towards its edge down to `thinnest`. */
function grove(radius: number, told: number, thinnest = 1) {
  const plane = () => new Uint8Array(SIDE * SIDE);
  const detection = {
    code: plane(),
    confidence: plane(),
    magnitude: plane(),
    stateBefore: plane().fill(GREEN),
    stateAfter: plane().fill(GREEN),
    bare: plane(),
  };
  const stack = (value: (at: number) => number) =>
    Float32Array.from({ length: SIDE * SIDE }, (_, at) => value(at));
  const [before, after] = [
    () => 100,
    (at: number) => {
      const far = distance(at);
      if (far > radius) return 100;
      const thick = far <= told ? 1 : thinnest;
      return 100 - thick * 40 + crowns(at);
    },
  ].map((value): DateBlock => ({ bands: ['red'], stack: stack(value), usable: plane().fill(1) }));
  for (let at = 0; at < SIDE * SIDE; at++)
    if (distance(at) <= told)
      [detection.code[at], detection.confidence[at], detection.stateAfter[at]] = [6, 90, FOREST];
  return { detection, before, after };
}
const within = (radius: number) =>
  Array.from({ length: SIDE * SIDE }, (_, at) => at).filter((at) => distance(at) <= radius);
const gained = (code: Uint8Array) => code.reduce((sum, value) => sum + Number(value === 6), 0);

describe('a planted wood', () => {
  it('grows from what is surely seen to its edge, and not into the lawn', () => {
    const { detection, before, after } = grove(12, 5, 0.8);
    growWoods(detection, SIDE, before, after);
    expect(within(10).every((at) => detection.code[at] === 6 && detection.confidence[at] === 90)).toBe(true);
    expect(gained(detection.code)).toBeLessThan(within(13).length);
  });

  it('does not grow into what has gone less than half of its way, nor from bare ground or a wood, into bare ground, another class or what nobody sees', () => {
    const thin = grove(12, 5, 0.2);
    growWoods(thin.detection, SIDE, thin.before, thin.after);
    expect(gained(thin.detection.code)).toBeLessThan(within(7).length);
    for (const [plane, value] of [
      ['stateAfter', OTHER],
      ['stateBefore', OTHER],
      ['stateBefore', FOREST],
      ['code', 1],
      ['code', UNUSABLE],
    ] as const) {
      const { detection, before, after } = grove(12, 5);
      detection[plane].fill(value, 0, SIDE * (MIDDLE - 6));
      growWoods(detection, SIDE, before, after);
      expect(detection.code.subarray(0, SIDE * (MIDDLE - 6)).includes(6)).toBe(false);
      expect(gained(detection.code)).toBeGreaterThan(300);
    }
  });

  it('takes in the trees that stood among its own, not those beside it', () => {
    const { detection } = grove(10, 10);
    // one clump inside, one across its edge and beyond
    const clump = (x: number) =>
      within(12).filter(
        (at) => Math.abs((at % SIDE) - x) <= 2 && Math.abs(Math.floor(at / SIDE) - MIDDLE) <= 2,
      );
    for (const at of [...clump(MIDDLE), ...clump(MIDDLE + 10)]) detection.code[at] = 0;
    detection.stateAfter.fill(FOREST);
    joinTrees(detection, SIDE);
    expect(clump(MIDDLE).every((at) => detection.code[at] === 6)).toBe(true);
    expect(detection.code[MIDDLE * SIDE + MIDDLE + 12]).toBe(0);
    expect(within(14).filter((at) => distance(at) > 11.5 && detection.code[at] === 6)).toEqual([]);
  });

  it('takes in no bare ground among its trees', () => {
    const { detection } = grove(10, 10);
    const at = MIDDLE * SIDE + MIDDLE;
    [detection.code[at], detection.stateAfter[at]] = [0, OTHER];
    joinTrees(detection, SIDE);
    expect(detection.code[at]).toBe(0);
  });
});
