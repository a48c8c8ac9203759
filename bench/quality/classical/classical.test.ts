import { describe, expect, it } from 'vitest';
import { hashAt } from '../../../vector/testing/class-raster.js';
import { chiSquareTail, irMad } from './irmad.js';
import { cholesky, eigenSymmetric, invertLower, multiply, transpose } from './linear.js';
import { CLASSICAL } from './methods.js';
import { above, otsu } from './otsu.js';
import { changeMagnitude, standardized } from './planes.js';

const SIDE = 96;
const noise = (seed: number) =>
  Float64Array.from({ length: SIDE * SIDE }, (_, i) => {
    // sum of four even ones: near enough to a bell
    const x = i % SIDE;
    const y = Math.floor(i / SIDE);
    return [0, 1, 2, 3].reduce((sum, k) => sum + hashAt(x, y, 10 * seed + k), 0) - 2;
  });
const inBox = (i: number) => i % SIDE >= 40 && i % SIDE < 60 && i >= 30 * SIDE && i < 50 * SIDE;

/** The second date in other units, with noise, and a box of new ground. */
function scenes() {
  const before = [noise(1), noise(2), noise(3)].map((band) => band.map((value) => 100 + 20 * value));
  const after = before.map((band, b) => {
    const more = noise(4 + b);
    return band.map((value, i) => 30 + 1.7 * (value + 0.5 * more[i]) + (inBox(i) ? 140 - 90 * b : 0));
  });
  return { width: SIDE, height: SIDE, before, after };
}

function close(values: readonly number[], expected: readonly number[]): void {
  for (const [k, value] of values.entries()) expect(value).toBeCloseTo(expected[k], 10);
}

describe('linear algebra', () => {
  const a = [
    [4, 2, 0.6],
    [2, 5, 1],
    [0.6, 1, 3],
  ];

  it('factors and inverts', () => {
    const l = cholesky(a);
    close(multiply(l, transpose(l)).flat(), a.flat());
    close(multiply(l, invertLower(l)).flat(), [1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  it('finds eigenvalues, largest first', () => {
    expect(
      eigenSymmetric([
        [2, 1],
        [1, 2],
      ]).values.map((v) => Number(v.toFixed(12))),
    ).toEqual([3, 1]);
    const { values, vectors } = eigenSymmetric(a);
    expect(values.reduce((x, y) => x + y)).toBeCloseTo(12, 10);
    values.forEach((value, k) => {
      const image = a.map((row) => row.reduce((sum, x, j) => sum + x * vectors[k][j], 0));
      close(
        image,
        vectors[k].map((x) => value * x),
      );
    });
  });
});

describe('chiSquareTail', () => {
  it('is the table of the books: the 5 % points', () => {
    const points = [3.841, 5.991, 7.815, 9.488, 11.07, 12.592];
    for (const [k, x] of points.entries()) expect(chiSquareTail(x, k + 1)).toBeCloseTo(0.05, 4);
    expect(chiSquareTail(0, 3)).toBeCloseTo(1, 6);
  });
});

describe('otsu', () => {
  it('parts two heaps', () => {
    const values = [1, 1.2, 0.9, 1.1, 9, 9.3, 8.8];
    expect([...above(values, otsu(values))]).toEqual([0, 0, 0, 0, 1, 1, 1]);
    expect([...above([5, 5], otsu([5, 5]))]).toEqual([0, 0]);
  });
});

describe('methods', () => {
  it('measures the change vector', () => {
    const planes = {
      width: 2,
      height: 1,
      before: [
        [0, 1],
        [0, 1],
      ],
      after: [
        [3, 1],
        [4, 1],
      ],
    };
    expect([...changeMagnitude(planes)]).toEqual([5, 0]);
    const [band] = standardized(planes).after;
    expect([...Array.from(band)]).toEqual([1, -1]);
  });

  it('IR-MAD minds no gain and no offset', () => {
    const { before, after, ...size } = scenes();
    const one = irMad({ ...size, before, after });
    const two = irMad({ ...size, before, after: after.map((band, b) => band.map((v) => 5 * b - 3 * v)) });
    for (let i = 0; i < one.length; i += 97) expect(two[i] / one[i]).toBeCloseTo(1, 6);
  });

  it.each(
    CLASSICAL.filter(({ name }) => name !== 'CVA raw'),
  )('$name finds new ground through a change of light', (method) => {
    const changed = method.changed(scenes());
    let [right, wrong] = [0, 0];
    for (let i = 0; i < changed.length; i++) {
      if (changed[i] === 1 && inBox(i)) right++;
      else if (changed[i] === 1) wrong++;
    }
    expect(right).toBeGreaterThan(0.9 * 400);
    expect(wrong).toBeLessThan(0.25 * 400);
  });
});
