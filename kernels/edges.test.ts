import { describe, expect, test } from 'vitest';
import { coreWidth } from './bodies.js';
import { UNUSABLE } from './classes.js';
import type { DateBlock } from './detector.js';
import { growEdges, peelEdges } from './edges.js';

const SIDE = 15;

function farFromMiddle(i: number): number {
  const middle = (SIDE - 1) / 2;
  return Math.max(Math.abs((i % SIDE) - middle), Math.abs(Math.floor(i / SIDE) - middle));
}

/** A square of water_gain in the middle of ground that has surely changed `around` px beyond it. */
function made(half: number, around: number) {
  const plane = () => new Uint8Array(SIDE * SIDE);
  const detection = {
    code: plane(),
    confidence: plane(),
    magnitude: plane(),
    stateBefore: null,
    stateAfter: null,
    bare: plane(),
  };
  for (let i = 0; i < SIDE * SIDE; i++) {
    const far = farFromMiddle(i);
    if (far <= half) [detection.code[i], detection.confidence[i]] = [4, 100];
    if (far <= half + around) detection.magnitude[i] = 120;
  }
  return detection;
}
const count = (plane: Uint8Array, value: number) => plane.filter((v) => v === value).length;

test('a body of water gets back the changed pixels around it, no farther than asked', () => {
  const detection = made(2, 1);
  growEdges(detection, SIDE, 3);
  expect(count(detection.code, 4)).toBe(49);
  expect(count(detection.confidence, 100)).toBe(49);
  const wide = made(2, 5);
  growEdges(wide, SIDE, 1);
  // four sides, no corners in one step
  expect(count(wide.code, 4)).toBe(25 + 20);
});

test('what is a speck is told in metres: nine pixels of 5 m are a pond', () => {
  expect([1.5, 2, 3, 5, 10, 30].map(coreWidth)).toEqual([2, 2, 2, 1, 1, 1]);
  const pond = made(1, 5);
  growEdges(pond, SIDE, 1, coreWidth(5));
  expect(count(pond.code, 4)).toBe(9 + 12);
});

test('specks do not grow, and what is another class stays', () => {
  const speck = made(1, 5);
  growEdges(speck, SIDE, 3);
  expect(count(speck.code, 4)).toBe(9);
  const beside = made(2, 5);
  for (let x = 0; x < SIDE; x++) beside.code[4 * SIDE + x] = 7;
  growEdges(beside, SIDE, 3);
  expect(count(beside.code, 7)).toBe(SIDE);
  expect(beside.code.subarray(0, 4 * SIDE).includes(4)).toBe(false);
});

test('a new grove grows into plants alone, a cut wood into what were some', () => {
  const counted = (code: number, above: readonly [before: number, after: number], toBare = 0) => {
    const detection = {
      ...made(2, 1),
      stateBefore: new Uint8Array(SIDE * SIDE).fill(4),
      stateAfter: new Uint8Array(SIDE * SIDE).fill(4),
    };
    for (let i = 0; i < SIDE * SIDE; i++) {
      if (detection.code[i] === 4) [detection.code[i], detection.bare[i]] = [code, toBare];
      if (Math.floor(i / SIDE) < 5) [detection.stateBefore[i], detection.stateAfter[i]] = above;
    }
    growEdges(detection, SIDE, 3);
    return count(detection.code, code);
  };
  // the row above the body is left out where it is bare: 7 px
  expect(counted(6, [4, 5])).toBe(49 - 7);
  expect(counted(6, [5, 4])).toBe(49);
  expect(counted(7, [5, 4])).toBe(49 - 7);
  expect(counted(7, [4, 5])).toBe(49);
  // to bare ground its edge is told pixel by pixel
  expect(counted(7, [4, 5], 1)).toBe(25);
});

describe('the rim of a body', () => {
  const HALF = 3;
  /** Bare ground, and water within `HALF` px of the middle; one px farther a share of the way between them. */
  function dates(share: number) {
    const bands = ['green', 'nir'] as const;
    const [land, water] = [
      [900, 2600],
      [500, 200],
    ];
    const block = (part: (far: number) => number): DateBlock => {
      const stack = new Float32Array(2 * SIDE * SIDE);
      for (let i = 0; i < SIDE * SIDE; i++) {
        const gone = part(farFromMiddle(i));
        for (let b = 0; b < 2; b++) stack[b * SIDE * SIDE + i] = land[b] + gone * (water[b] - land[b]);
      }
      return { bands, stack, usable: new Uint8Array(SIDE * SIDE).fill(1) };
    };
    return [block(() => 0), block((far) => (far <= HALF ? 1 : far === HALF + 1 ? share : 0))] as const;
  }
  function peeled(share: number, half = HALF + 1) {
    const detection = made(half, 0);
    peelEdges(detection, SIDE, 3, ...dates(share));
    return detection;
  }

  test('loses what lies mostly outside, and that alone', () => {
    const { code, confidence } = peeled(0.4);
    expect(count(code, 4)).toBe((2 * HALF + 1) ** 2);
    expect(count(confidence, 100)).toBe((2 * HALF + 1) ** 2);
    expect(count(peeled(0.6).code, 4)).toBe((2 * HALF + 3) ** 2);
  });

  test('is peeled no deeper than asked', () => {
    expect(count(peeled(0, HALF + 3).code, 4)).toBe((2 * HALF + 1) ** 2);
    const shallow = made(HALF + 3, 0);
    peelEdges(shallow, SIDE, 1, ...dates(0));
    expect(count(shallow.code, 4)).toBe((2 * HALF + 5) ** 2);
  });

  test('is none where a mask cuts the body off', () => {
    const detection = made(HALF + 1, 0);
    for (let i = 0; i < SIDE * SIDE; i++) if (farFromMiddle(i) > HALF + 1) detection.code[i] = UNUSABLE;
    peelEdges(detection, SIDE, 3, ...dates(0.4));
    expect(count(detection.code, 4)).toBe((2 * HALF + 3) ** 2);
  });
});
