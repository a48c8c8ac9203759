import { expect, test } from 'vitest';
import { growEdges } from './edges.js';

const SIDE = 15;

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
  const middle = (SIDE - 1) / 2;
  for (let i = 0; i < SIDE * SIDE; i++) {
    const far = Math.max(Math.abs((i % SIDE) - middle), Math.abs(Math.floor(i / SIDE) - middle));
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
