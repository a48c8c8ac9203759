import { expect, test } from 'vitest';
import { shapeCandidates } from './candidates.js';
import type { DateBlock, SceneLook } from './detector.js';

const SIDE = 40;
const LOOK: SceneLook = {
  dark: {},
  high: { red: 200 },
  noise: {},
  brightness: 100,
  canopy: 1,
  crowns: 0,
  vegetation: 1,
  edge: 1,
};

/** Candidates from a test of place, over an after look of one band. */
function made(isCandidate: (x: number, y: number) => boolean, value: (x: number, y: number) => number) {
  const plane = () => new Uint8Array(SIDE * SIDE);
  const detection = {
    code: plane(),
    confidence: plane(),
    magnitude: plane(),
    stateBefore: null,
    stateAfter: null,
    bare: plane(),
  };
  const stack = new Float32Array(SIDE * SIDE);
  for (let i = 0; i < stack.length; i++) {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    stack[i] = value(x, y);
    if (isCandidate(x, y)) [detection.code[i], detection.confidence[i]] = [1, 110];
  }
  const after: DateBlock = { bands: ['red'], stack, usable: plane().fill(1) };
  shapeCandidates(detection, SIDE, after, LOOK);
  return detection.code;
}
const inBox = (x: number, y: number, from: number, to: number) => x >= from && x < to && y >= 10 && y < 22;

test('holes are filled and specks taken off', () => {
  const code = made(
    (x, y) => (inBox(x, y, 10, 22) && !(x === 15 && y === 15)) || (x === 30 && y === 30),
    () => 100,
  );
  expect(code[15 * SIDE + 15]).toBe(1);
  expect(code[30 * SIDE + 30]).toBe(0);
});

test('two roofs with an edge between them become two', () => {
  const bright = (x: number) => (x < 20 ? 60 : 180);
  const code = made((x, y) => inBox(x, y, 8, 32), bright);
  const row = code.subarray(16 * SIDE, 17 * SIDE);
  expect([row[12], row[27]]).toEqual([1, 1]);
  expect(row.subarray(12, 27).includes(0)).toBe(true);
});

test('a strip of noise along an edge goes', () => {
  const code = made(
    (x, y) => x >= 18 && x < 21 && y > 5 && y < 35,
    (x) => (x < 20 ? 60 : 180),
  );
  expect(code.includes(1)).toBe(false);
});
