import { expect, it } from 'vitest';
import type { BandRole } from '../../kernels/bands.js';
import type { DateBlock } from '../../kernels/detector.js';
import { plainBackend } from '../../kernels/testing.js';
import { measureLevels } from './levels.js';
import { LOOK_SIZE } from './windows.js';

const BANDS: readonly BandRole[] = ['blue', 'green', 'red', 'nir'];
/** Reflectance × 10,000 in the order of the bands. */
const COVERS = {
  wood: [300, 500, 300, 3500],
  grass: [500, 950, 480, 3800],
  bare: [1400, 1900, 2400, 2900],
} as const;

/** A window whose rows are of one cover above and another below; rows of crowns, 4 px each, darken and brighten a wood by a share. */
function made(above: keyof typeof COVERS, below: keyof typeof COVERS, crowns: number): DateBlock {
  const length = LOOK_SIZE ** 2;
  const stack = new Float32Array(BANDS.length * length);
  for (let i = 0; i < length; i++) {
    const row = Math.floor(i / LOOK_SIZE);
    const cover = row < LOOK_SIZE / 2 ? above : below;
    const shade = cover === 'wood' ? 1 + (row % 8 < 4 ? crowns : -crowns) : 1;
    for (let b = 0; b < BANDS.length; b++) stack[b * length + i] = shade * COVERS[cover][b];
  }
  return { bands: BANDS, stack, usable: new Uint8Array(length).fill(1) };
}

const levelsOf = (block: DateBlock) =>
  measureLevels([block], [block], {
    backend: plainBackend().backend,
    resolution: 2,
    surfaceReflectance: true,
    normalization: [{}, {}],
  });

it('knows how rough the crowns of its woods are, whatever else is green', async () => {
  const [plain, rough, rougher] = await Promise.all(
    [0, 0.15, 0.3].map(async (crowns) => (await levelsOf(made('wood', 'grass', crowns))).crowns),
  );
  expect(plain).toBeLessThan(0.01);
  expect(rough).toBeGreaterThan(0.1);
  expect(rougher / rough).toBeCloseTo(2, 0);
});

it('knows nothing of crowns where there is nothing green', async () => {
  expect((await levelsOf(made('bare', 'bare', 0))).crowns).toBe(0);
});
