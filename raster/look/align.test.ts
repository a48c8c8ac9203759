import { afterAll, describe, expect, it } from 'vitest';
import type { DateBlock } from '../../kernels/detector.js';
import { gridOf } from '../choose-grid.js';
import type { Window } from '../grid.js';
import { openScene, placed, type Scene } from '../scene.js';
import { realData } from '../testing.js';
import { unprepared } from '../warp/date.js';
import { NO_SHIFT, type Shift, type ShiftField, shiftAt } from '../warp/net.js';
import { type Alignment, align, frameOf, toleranceOf, UNMOVED } from './align.js';
import { lookWindows, readLook } from './windows.js';

/** Light, haze and calibration of another day. */
const OTHER_LIGHT = {
  red: { gain: 0.8, offset: 12 },
  green: { gain: 1.2, offset: -5 },
  blue: { gain: 1.1, offset: 20 },
  nir: { gain: 0.9, offset: 3 },
};

interface Pair {
  readonly fixed: readonly DateBlock[];
  readonly windows: readonly Window[];
  readonly frame: Pick<ShiftField, 'centre' | 'reach'>;
  /** Aligns the second date as if it came moved by `made`, under another light. */
  found(made?: Shift): Promise<Alignment>;
}

const opened: Scene[] = [];
afterAll(async () => {
  for (const scene of opened) await scene.close();
});

async function pairOf(before: string, after: string, sensor?: string): Promise<Pair> {
  const first = await openScene({ files: [before], sensor });
  const second = await openScene({ files: [after], sensor });
  opened.push(first, second);
  const { grid } = gridOf(placed(first), {});
  const windows = lookWindows(grid);
  const bands = [...first.bands.keys()];
  const fixed = await readLook([unprepared(first)], grid, windows, bands);
  const frame = frameOf(windows);
  const found = (made = NO_SHIFT) =>
    align(
      fixed,
      (shift) => {
        const moved = {
          scene: second,
          shift: sumOf(shift, made, frame),
          normalization: OTHER_LIGHT,
          month: null,
        };
        return readLook([moved], grid, windows, bands);
      },
      windows,
    );
  return { fixed, windows, frame, found };
}

/** Both shifts one after the other: fields add up, their slopes being small. */
function sumOf(a: Shift, b: Shift, frame: Pair['frame']): Shift {
  if (a.field === undefined && b.field === undefined) return { dx: a.dx + b.dx, dy: a.dy + b.dy };
  const terms = ({ field, dx, dy }: Shift) => field ?? { dx: [dx], dy: [dy] };
  const [p, q] = [terms(a), terms(b)];
  const add = (u: readonly number[], v: readonly number[]) =>
    Array.from({ length: 6 }, (_, k) => (u[k] ?? 0) + (v[k] ?? 0));
  const field = { ...frame, dx: add(p.dx, q.dx), dy: add(p.dy, q.dy) };
  return { dx: field.dx[0], dy: field.dy[0], field };
}

/** RMS distance of two shifts over the ground the windows span, px. */
function rmsBetween(a: Shift, b: Shift, { centre, reach }: Pair['frame']): number {
  let sum = 0;
  for (let j = -5; j <= 5; j++) {
    for (let i = -5; i <= 5; i++) {
      const [x, y] = [centre[0] + (i / 5) * reach, centre[1] + (j / 5) * reach * 0.75];
      const [p, q] = [shiftAt(a, x, y), shiftAt(b, x, y)];
      sum += (p.dx - q.dx) ** 2 + (p.dy - q.dy) ** 2;
    }
  }
  return Math.sqrt(sum / 121);
}

const field = (frame: Pair['frame'], dx: readonly number[], dy: readonly number[]): Shift => ({
  dx: dx[0],
  dy: dy[0],
  field: { ...frame, dx, dy },
});
const SHIFTS = [
  { dx: 0.4, dy: -0.7 },
  { dx: -3.5, dy: 0.8 },
  { dx: 4.9, dy: -4.2 },
];
const naip = (year: string) => `m_4709963_se_14_1_${year}.tif`;
const series = realData('series_naip');
const levir = realData('building_levir');

describe.skipIf(series === null)('co-registration of NAIP dates, crops and light changed', () => {
  const dates = (before: string, after: string) =>
    pairOf(`${series}/${naip(before)}`, `${series}/${naip(after)}`, 'naip');

  it.each([
    ['20120731', '20140720'],
    ['20140720', '20150926'],
  ])('recovers made shifts between %s and %s to 0.1 px', async (before, after) => {
    const pair = await dates(before, after);
    const plain = await pair.found();
    expect(plain).toMatchObject({ reliable: true, residualOfShift: null });
    // unmoved ground on grids of another phase: what is found are a metre or two of the images' own
    expect(Math.hypot(plain.shift.dx, plain.shift.dy)).toBeLessThan(0.5);
    expect(toleranceOf(plain, 5)).toBe(0);
    for (const made of SHIFTS) {
      const { shift } = await pair.found(made);
      expect(shift.field).toBeUndefined();
      expect(rmsBetween(sumOf(shift, made, pair.frame), plain.shift, pair.frame)).toBeLessThan(0.1);
    }
  });

  it('moves a date under another light not at all onto itself', async () => {
    const pair = await dates('20140720', '20140720');
    expect((await pair.found()).shift).toBe(NO_SHIFT);
  });

  it('recovers a made rotation, scale and smooth warp of up to 4 px of a date to 0.2 px', async () => {
    const pair = await dates('20140720', '20140720');
    const { frame } = pair;
    for (const made of [
      field(frame, [0.5, 0, 3], [0.5, -3, 0]),
      field(frame, [1, 2.5, 0], [-1, 0, 2.5]),
      field(frame, [-0.5, 1, 0.5, 2.5, 0, 0], [0.3, 0, 1, 0, 1.5, 1.5]),
    ]) {
      const { shift } = await pair.found(made);
      expect(rmsBetween(sumOf(shift, made, frame), NO_SHIFT, frame)).toBeLessThan(0.2);
    }
  });

  it('recovers the same field between two dates however the second was turned and scaled, to 0.2 px', async () => {
    const pair = await dates('20140720', '20150926');
    const { frame } = pair;
    const turned = field(frame, [0.5, 0, 3], [0.5, -3, 0]);
    const scaled = field(frame, [1, 2.5, 0], [-1, 0, 2.5]);
    const [one, other] = [await pair.found(turned), await pair.found(scaled)];
    expect(one.residualOfShift).toBeGreaterThan(3 * (one.residual ?? 0));
    const totals = [sumOf(one.shift, turned, frame), sumOf(other.shift, scaled, frame)] as const;
    expect(rmsBetween(...totals, frame)).toBeLessThan(0.2);
    const plain = await pair.found();
    expect(rmsBetween(totals[0], plain.shift, frame)).toBeLessThan(0.5);
  });
});

describe.skipIf(levir === null)('co-registration of RGB pairs years apart', () => {
  const tile = (n: number) => pairOf(`${levir}/test_${n}_before.tif`, `${levir}/test_${n}_after.tif`);

  it('recovers made shifts to 0.1 px, or says that it is not sure, where windows contradict one another', async () => {
    const pair = await tile(5);
    const plain = await pair.found();
    for (const made of [NO_SHIFT, ...SHIFTS]) {
      const found = await pair.found(made);
      const off = rmsBetween(sumOf(found.shift, made, pair.frame), plain.shift, pair.frame);
      expect(off < 0.1 || toleranceOf(found, 0.55) === 2).toBe(true);
    }
  });

  it.each([9, 12])('recovers made shifts of LEVIR tile %i to 0.1 px', async (n) => {
    const pair = await tile(n);
    const plain = await pair.found();
    expect(plain.reliable).toBe(true);
    for (const made of SHIFTS) {
      const { shift } = await pair.found(made);
      expect(rmsBetween(sumOf(shift, made, pair.frame), plain.shift, pair.frame)).toBeLessThan(0.1);
    }
  });
});

it('reckons with misregistration where windows do not agree', () => {
  const found = (more: Partial<Alignment>) => ({
    ...UNMOVED,
    tried: 16,
    agreeing: 8,
    residual: 0.3,
    ...more,
  });
  expect(toleranceOf(found({}), 2)).toBe(0);
  expect(toleranceOf(found({ residual: 0.7 }), 2)).toBe(1);
  expect(toleranceOf(found({ contradicting: 5 }), 2)).toBe(2);
  // in cells of 4 px what is off by less than a cell bears on none
  expect([0.7, 2.5].map((residual) => toleranceOf(found({ residual }), 0.5, 4))).toEqual([0, 1]);
  expect([1, 2, 4].map((cell) => toleranceOf(found({ reliable: false }), 0.5, cell))).toEqual([2, 1, 1]);
  expect([0.5, 5, 10].map((metres) => toleranceOf(found({ reliable: false }), metres))).toEqual([2, 2, 1]);
});
