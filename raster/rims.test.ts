import { describe, expect, it } from 'vitest';
import type { ChangeClassName } from '../kernels/classes.js';
import type { DateBlock, SceneLook } from '../kernels/detector.js';
import { chanceOfBuilding } from './outline-model.js';
import { candidatesOf, judgeRims, measureRims, weighRims } from './rims.js';
import { allocateRuns, copyRuns, extractRuns, mergeRuns, OUTLINE_SUMS, type Runs } from './runs.js';

const SIDE = 48;
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
const BOTH: readonly ChangeClassName[] = ['building_new', 'building_removed'];

const inside = (x: number, y: number) => x >= 18 && x < 30 && y >= 18 && y < 30;
const roof = (x: number, y: number) => (inside(x, y) ? 170 : 100);
const plain = () => 100;
/** Rough everywhere, as trees are. */
const rough = (x: number, y: number) => 100 + 60 * Math.sin(x * 1.3) * Math.cos(y * 1.7);

function dateOf(value: (x: number, y: number) => number): DateBlock {
  const stack = new Float32Array(SIDE * SIDE);
  for (let i = 0; i < stack.length; i++) stack[i] = value(i % SIDE, Math.floor(i / SIDE));
  return { bands: ['red'], stack, usable: new Uint8Array(SIDE * SIDE).fill(1) };
}

/** Runs of a part of the plane, with the outlines of candidates measured. */
function measured(
  before: DateBlock,
  after: DateBlock,
  is: (x: number, y: number) => boolean,
  [from, to]: readonly [number, number] = [4, SIDE - 4],
): Runs {
  const code = new Uint8Array(SIDE * SIDE);
  for (let i = 0; i < code.length; i++) code[i] = is(i % SIDE, Math.floor(i / SIDE)) ? 1 : 0;
  const core = { x: from, y: 4, width: to - from, height: SIDE - 8 };
  const frame = { core, stride: SIDE, left: from, top: 4 };
  const found = extractRuns({ ...frame, code, confidence: code, bare: null, zones: null });
  const runs = copyRuns(found, 0, found.count, allocateRuns(found.count, true), 0);
  measureRims(runs, frame, code, before, after, LOOK);
  return runs;
}
const classesOf = (
  before: (x: number, y: number) => number,
  after: (x: number, y: number) => number,
  wanted = BOTH,
) => [...new Set(judgeRims(measured(dateOf(before), dateOf(after), inside), wanted).code)];

describe('outlines', () => {
  it('tell new from removed from repainted', () => {
    expect(classesOf(plain, roof)).toEqual([1]);
    expect(classesOf(roof, plain)).toEqual([2]);
    expect(classesOf(roof, (x, y) => (inside(x, y) ? 40 : 100))).toEqual([]);
  });

  it('are what is sharper than the inside: trees before are no outline', () => {
    expect(classesOf(rough, roof)).toEqual([1]);
    expect(classesOf(roof, rough)).toEqual([2]);
  });

  it('tell of the shadow that came and of the contrast around', () => {
    // 4 px of shadow along the lower side
    const casts = (x: number, y: number) => (x >= 18 && x < 30 && y >= 30 && y < 34 ? 5 : roof(x, y));
    const runs = measured(dateOf(plain), dateOf(casts), inside);
    const [{ pixels, came, went }] = candidatesOf(runs, runs.outline ?? new Float32Array(0)).candidates;
    expect(pixels).toBe(144);
    expect(came.core).toBeCloseTo(100 / 144, 6);
    // a side of four, and the shadow's ends beside the two next ones are out of their reach
    expect(came.shaded).toBeCloseTo(1 / 4, 6);
    expect(came.contrast).toBeCloseTo(Math.log(1.8 / 1.1), 5);
    expect(came.contrastThen).toBeCloseTo(0, 6);
    expect([went.shaded, went.contrast]).toEqual([0, 0]);
    expect(went.contrastThen).toBeCloseTo(Math.log(1.8 / 1.1), 5);
  });

  it('carry the chance as confidence', () => {
    const runs = judgeRims(measured(dateOf(plain), dateOf(roof), inside), BOTH);
    const sum = runs.confidence.reduce((total, value) => total + value, 0);
    const [{ came }] = candidatesOf(runs, runs.outline ?? new Float32Array(0)).candidates;
    expect(sum / 144 / 128).toBeCloseTo(chanceOfBuilding(came), 2);
  });

  it('do not change with the light', () => {
    expect(classesOf((x, y) => 0.6 * roof(x, y), roof)).toEqual([]);
  });

  it('count only for classes that are asked for', () => {
    expect(classesOf(plain, roof, ['building_removed'])).toEqual([]);
    expect(classesOf(roof, plain, ['building_new'])).toEqual([]);
  });

  it('speak where a detector is sure of a new building by itself: the likelier, the less they stood before', () => {
    const weighed = (
      before: (x: number, y: number) => number,
      says: (confidence: number, faded: number) => number,
    ) => {
      const runs = measured(dateOf(before), dateOf(roof), inside);
      // 96 of 128 a pixel
      runs.confidence.fill(96 * 12);
      return weighRims(runs, says);
    };
    const seen: number[][] = [];
    const confidenceOf = ({ confidence }: Runs) =>
      confidence.reduce((sum, value) => sum + value, 0) / 144 / 128;
    const kept = weighed(plain, (...of) => seen.push(of) && 0.9);
    expect([kept.count, new Set(kept.code)]).toEqual([12, new Set([1])]);
    expect(confidenceOf(kept)).toBeCloseTo(0.9, 2);
    expect(
      weighed(
        (x, y) => (inside(x, y) ? 40 : 100),
        (...of) => seen.push(of) && 0.3,
      ).count,
    ).toBe(0);
    expect(seen.map(([confidence]) => confidence)).toEqual([0.75, 0.75]);
    // no outline before against a sharper one
    expect(seen[0][1]).toBeLessThan(-1);
    expect(seen[1][1]).toBeGreaterThan(0);
  });

  it('ragged regions that are all rim are dropped', () => {
    const ragged = (x: number, y: number) => inside(x, y) && (x % 3 === 0 || y === 20);
    expect(judgeRims(measured(dateOf(plain), dateOf(roof), ragged), BOTH).count).toBe(0);
  });

  it('are the same when a seam goes through the region', () => {
    const dates = [dateOf(rough), dateOf(roof)] as const;
    const sums = (runs: Runs) => {
      const total = new Float64Array(OUTLINE_SUMS);
      runs.outline?.forEach((value, i) => {
        total[i % OUTLINE_SUMS] += value;
      });
      return [...total].map((value) => Number(value.toFixed(3)));
    };
    const parts = ([from, to]: readonly [number, number]) => ({
      core: { x: from, y: 4, width: to - from, height: SIDE - 8 },
      runs: measured(...dates, inside, [from, to]),
    });
    const joined = mergeRuns([parts([4, 23]), parts([23, SIDE - 4])]);
    expect(sums(joined)).toEqual(sums(measured(...dates, inside)));
    expect([...new Set(judgeRims(joined, BOTH).code)]).toEqual([1]);
  });

  it('other classes pass by, and without sums nothing is judged', () => {
    const runs = measured(dateOf(plain), dateOf(plain), inside);
    runs.code.fill(4);
    expect(judgeRims(runs, BOTH).count).toBe(runs.count);
    const bare = allocateRuns(1);
    bare.code[0] = 1;
    expect(judgeRims(bare, BOTH)).toBe(bare);
  });
});
