import { describe, expect, it } from 'vitest';
import type { BandRole } from '../bands.js';
import { CHANGE_CLASSES, type ChangeClassName } from '../classes.js';
import type { DateBlock, SceneLook } from '../detector.js';
import { createFeatures, stateDetector } from '../state-detector.js';
import { plainBackend } from '../testing.js';

const LOOK: SceneLook = {
  dark: { blue: 60, green: 50, red: 40, nir: 30, swir1: 20 },
  high: { blue: 300, green: 320, red: 340, nir: 600, swir1: 500 },
  noise: { blue: 12, green: 12, red: 14, nir: 25, swir1: 20 },
  brightness: 140,
  canopy: 60,
  crowns: 0,
  vegetation: 0.6,
  edge: 25,
  colour: {
    before: {
      maps: { red: { gain: 1, offset: 0 }, green: { gain: 1, offset: 0 }, blue: { gain: 1, offset: 0 } },
      saturation: 0.287,
      greyest: 0.113,
      brightness: 231,
    },
    after: {
      maps: { red: { gain: 0.9, offset: 7 }, green: { gain: 1.1, offset: -9 }, blue: { gain: 1, offset: 3 } },
      saturation: 0.263,
      greyest: 0.221,
      brightness: 219,
    },
  },
};
const SURFACES: readonly Readonly<Partial<Record<BandRole, number>>>[] = [
  { blue: 80, green: 110, red: 70, nir: 500, swir1: 200 },
  { blue: 90, green: 140, red: 110, nir: 420, swir1: 260 },
  { blue: 120, green: 110, red: 80, nir: 45, swir1: 30 },
  { blue: 200, green: 230, red: 260, nir: 320, swir1: 380 },
  { blue: 320, green: 320, red: 320, nir: 330, swir1: 300 },
];
/** A lot of hard ground, and the bright roof that stands on it at even dates. */
const LOT: (typeof SURFACES)[number] = { blue: 250, green: 250, red: 250, nir: 330, swir1: 320 };
const ROOF: (typeof SURFACES)[number] = { blue: 520, green: 520, red: 520, nir: 480, swir1: 450 };

/** Whether a place lies in a square about (40, 40) with sides of 2·`reach`. */
function within(reach: number, x: number, y: number): boolean {
  return Math.max(Math.abs(x - 40), Math.abs(y - 40)) < reach;
}

/** A date of squares of surfaces, 11 px a side and speckled, that turn with `date`. */
function made(bands: readonly BandRole[], width: number, height: number, date: number): DateBlock {
  const length = width * height;
  const stack = new Float32Array(bands.length * length);
  let state = 7 + date;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const square = Math.floor((i % width) / 11) * 5 + Math.floor(i / width / 11) * 3;
    const speck = state % 97 === 0 ? 1 : 0;
    const [x, y] = [i % width, Math.floor(i / width)];
    const surface = !within(10, x, y)
      ? SURFACES[(square + (square % 4 === 0 ? date * 2 : 0) + speck) % SURFACES.length]
      : date % 2 === 0 && within(5, x, y)
        ? ROOF
        : LOT;
    bands.forEach((role, b) => {
      stack[b * length + i] = (surface[role] ?? 0) + ((state >>> (8 + b)) % 23) - 11;
    });
  }
  return { bands, stack, usable: Uint8Array.from({ length }, (_, i) => (i % 41 === 0 ? 0 : 1)) };
}

const BANDS: Readonly<Record<string, readonly BandRole[]>> = {
  'blue, green, red, nir, swir1': ['blue', 'green', 'red', 'nir', 'swir1'],
  'blue, green, red, nir': ['blue', 'green', 'red', 'nir'],
  'blue, green, red': ['blue', 'green', 'red'],
  'red, nir, swir1': ['red', 'nir', 'swir1'],
  'red, nir': ['red', 'nir'],
  'green, nir': ['green', 'nir'],
};
/** Width and height in px, metres a px: rows that fill no vector, blocks lower than the window, the widest window. */
type Shape = readonly [width: number, height: number, metres: number];

const SHAPES: readonly Shape[] = [
  [93, 71, 2],
  [64, 3, 2],
  [5, 40, 10],
  [61, 44, 10],
  [70, 50, 0.5],
  [17, 1, 0.5],
];

const all = CHANGE_CLASSES.map((c) => c.name);

async function detect(
  sweep: boolean,
  bands: readonly BandRole[],
  [width, height, resolution]: Shape,
  classes: readonly ChangeClassName[] = all,
) {
  const plain = plainBackend().backend;
  const backend = sweep ? ({ ...plain, name: 'webasm' } as const) : plain;
  const detector = stateDetector.create({
    backend,
    width,
    height,
    resolution,
    bands: new Set(bands),
    classes: new Set(classes),
    look: LOOK,
  });
  // twice, so that nothing of the first block is left in the second
  await detector.detect(made(bands, width, height, 1), made(bands, width, height, 3));
  return detector.detect(made(bands, width, height, 0), made(bands, width, height, 1));
}

function differing(a: Uint8Array | null, b: Uint8Array | null, by = 0): number {
  let count = 0;
  a?.forEach((value, i) => {
    if (Math.abs(value - (b?.[i] ?? 255)) > by) count++;
  });
  return count;
}

describe.each(Object.keys(BANDS))('the sweep over %s', (name) => {
  it.each(SHAPES)('tells of %i × %i px of %d m what the kernels tell', async (width, height, resolution) => {
    const shape: Shape = [width, height, resolution];
    const expected = await detect(false, BANDS[name], shape);
    const found = await detect(true, BANDS[name], shape);
    // f32 and doubles may fall on different sides of a threshold
    const few = Math.ceil(expected.code.length * 1e-3);
    for (const plane of ['code', 'stateBefore', 'stateAfter', 'bare'] as const)
      expect(differing(found[plane], expected[plane]), plane).toBeLessThanOrEqual(few);
    for (const plane of ['confidence', 'magnitude'] as const)
      expect(differing(found[plane], expected[plane], 1), plane).toBeLessThanOrEqual(few);
  });
});

it('meets every class in what it is tested on', async () => {
  const { code } = await detect(true, BANDS['blue, green, red, nir'], SHAPES[0]);
  const found = new Set(code);
  // in fine pixels with near infrared a demolition is a candidate like a new building
  expect([1, 3, 4, 5, 7].filter((c) => !found.has(c))).toEqual([]);
  const coarse = await detect(true, BANDS['blue, green, red, nir'], [93, 71, 10]);
  expect(coarse.code).toContain(2);
});

it('leaves out classes that were not asked for', async () => {
  const asked = await detect(true, BANDS['blue, green, red, nir'], SHAPES[0], ['water_gain']);
  const some = new Set(asked.code);
  expect([...some].sort((a, b) => a - b)).toEqual([0, 4, 255]);
  const expected = await detect(false, BANDS['blue, green, red, nir'], SHAPES[0], ['water_gain']);
  expect(differing(asked.code, expected.code)).toBe(0);
  expect(differing(asked.bare, expected.bare)).toBe(0);
});

it('gives the look the features of the kernels', async () => {
  const [width, height, bands] = [77, 31, BANDS['blue, green, red']];
  const plain = plainBackend().backend;
  const { stack } = made(bands, width, height, 0);
  const of = (backend: typeof plain) =>
    createFeatures({ backend, width, height, resolution: 2, bands: new Set(bands) }, LOOK.dark)(stack);
  const expected = await of(plain);
  const found = await of({ ...plain, name: 'webasm' });
  let worst = 0;
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(found[i] - expected[i]));
  expect(worst).toBeLessThan(1e-3);
  expect(expected.some((value) => value > 10)).toBe(true);
});
