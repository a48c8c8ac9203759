import { describe, expect, it } from 'vitest';
import type { BandRole } from './bands.js';
import { CHANGE_CLASSES, type ChangeClassName, codeOf, SHADE } from './classes.js';
import type { DateBlock, SceneLook } from './detector.js';
import { stateDetector } from './state-detector.js';
import { plainBackend } from './testing.js';

const BANDS: readonly BandRole[] = ['blue', 'green', 'red', 'nir'];
/** Reflectance × 10,000; lush summer grass has nearly the index of a wood, and twice its brightness. */
const COVERS = {
  wood: [300, 500, 300, 3500],
  grass: [500, 950, 480, 3300],
  bare: [1400, 1900, 2400, 2900],
  shaded: [140, 190, 240, 290],
} as const;
type Cover = keyof typeof COVERS;

const LOOK: SceneLook = {
  dark: {},
  high: { blue: 1400, green: 1900, red: 2400, nir: 3500 },
  noise: { blue: 20, green: 20, red: 20, nir: 60 },
  brightness: 650,
  canopy: 367,
  crowns: 0,
  vegetation: 0.84,
  edge: 300,
};
const CLASSES: readonly ChangeClassName[] = CHANGE_CLASSES.map(({ name }) => name);
const SIDE = 64;
const BOX = { from: 20, to: 44 };

/** A ground of one cover with a square of 24 × 24 px (2 m) of another in its middle. */
function made(around: Cover, within: Cover): DateBlock {
  const length = SIDE * SIDE;
  const stack = new Float32Array(BANDS.length * length);
  const isIn = (value: number) => value >= BOX.from && value < BOX.to;
  for (let i = 0; i < length; i++) {
    const cover = COVERS[isIn(i % SIDE) && isIn(Math.floor(i / SIDE)) ? within : around];
    for (let band = 0; band < BANDS.length; band++) stack[band * length + i] = cover[band];
  }
  return { bands: BANDS, stack, usable: new Uint8Array(length).fill(1) };
}

function detect(before: DateBlock, after: DateBlock, look = LOOK, classes = CLASSES) {
  const detector = stateDetector.create({
    backend: plainBackend().backend,
    width: SIDE,
    height: SIDE,
    resolution: 2,
    bands: new Set(BANDS),
    classes: new Set(classes),
    look,
  });
  return detector.detect(before, after);
}

/** Pixels of each class. */
async function found(before: DateBlock, after: DateBlock, look = LOOK): Promise<Record<string, number>> {
  const { code } = await detect(before, after, look);
  const counts = CHANGE_CLASSES.map(({ name }) => [
    name,
    code.filter((value) => value === codeOf(name)).length,
  ]);
  return Object.fromEntries(counts.filter(([, count]) => Number(count) > 0));
}

const WHOLE = (BOX.to - BOX.from) ** 2;

it('a wood cut to grass in summer is lost, though the index hardly falls', async () => {
  const { forest_loss: lost, ...others } = await found(made('wood', 'wood'), made('wood', 'grass'));
  expect(lost).toBeGreaterThan(0.9 * WHOLE);
  expect(lost).toBeLessThanOrEqual(WHOLE);
  expect(others).toEqual({});
});

it('a grove planted on grass is found to its edges, which the window of the texture blurs', async () => {
  const { forest_gain: gained, ...others } = await found(made('grass', 'grass'), made('grass', 'wood'));
  expect(gained).toBeGreaterThan(0.95 * WHOLE);
  expect(gained).toBeLessThanOrEqual(WHOLE);
  expect(others).toEqual({});
});

it('grass that ripens or is mown around a wood is neither', async () => {
  const ripe = made('grass', 'wood');
  ripe.stack.forEach((value, i) => {
    if (i >= 3 * SIDE * SIDE && value === COVERS.grass[3]) ripe.stack[i] = 0.8 * value;
  });
  const { forest_gain: gained, forest_loss: lost } = await found(made('grass', 'wood'), ripe);
  expect([gained, lost]).toEqual([undefined, undefined]);
});

it('tells a shadow from ground in the sun, also where it cannot tell what lies there', async () => {
  const { stateAfter } = await detect(made('grass', 'grass'), made('bare', 'shaded'));
  const middle = (SIDE * SIDE + SIDE) / 2;
  expect([stateAfter?.[0], stateAfter?.[middle]]).toEqual([5, SHADE]);
});

it('judges pixels of about two metres or coarser ones where there is near infrared, all of them where there is none', () => {
  const cells = (bands: readonly BandRole[]) =>
    [0.15, 0.25, 0.5, 0.8, 1, 1.4, 1.5, 2, 10, 30].map((m) => stateDetector.cell(new Set(bands), m));
  expect(cells(BANDS)).toEqual([8, 8, 4, 2, 2, 2, 1, 1, 1, 1]);
  expect(new Set(cells(['blue', 'green', 'red']))).toEqual(new Set([1]));
});

describe('where the scene has woods whose crowns show', () => {
  const crowned = { ...LOOK, crowns: 0.4 };

  /** Rows of bright and dark crowns, 4 px each. */
  function rough(date: DateBlock): DateBlock {
    date.stack.forEach((value, i) => {
      const at = i % (SIDE * SIDE);
      date.stack[i] = value * (Math.floor(at / SIDE) % 8 < 4 ? 1.25 : 0.75);
    });
    return date;
  }

  it('a field as dark as a wood is none, and what lies bare there is earthwork', async () => {
    const smooth = made('grass', 'wood');
    expect(await found(smooth, made('grass', 'grass'), crowned)).toEqual({});
    expect(await found(made('grass', 'grass'), smooth, crowned)).toEqual({});
    const { earthwork, forest_loss: lost } = await found(smooth, made('grass', 'bare'), crowned);
    expect(earthwork).toBeGreaterThan(0.8 * WHOLE);
    expect(lost).toBeUndefined();
    const { code } = await detect(smooth, made('grass', 'bare'), crowned, ['forest_loss']);
    expect(code.every((value) => value === 0)).toBe(true);
  });

  it('a wood is one', async () => {
    const { forest_loss: lost } = await found(rough(made('grass', 'wood')), made('grass', 'grass'), crowned);
    expect(lost).toBeGreaterThan(0.8 * WHOLE);
  });
});
