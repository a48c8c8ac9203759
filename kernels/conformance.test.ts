import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  BACKENDS,
  type Backend,
  BackendUnavailable,
  type KernelArgument,
  type KernelSource,
  openBackend,
} from './backend.js';
import { BAND_ROLES, type BandRole } from './bands.js';
import { cellSumKernel } from './cells.js';
import { CHANGE_CLASSES } from './classes.js';
import type { DateBlock, Detection, DetectorKind, SceneLook } from './detector.js';
import { DETECTORS } from './detectors.js';
import { brightnessKernel, indexChangeKernel, normalizedDifferenceKernel } from './indices.js';
import { plainBackend, type RecordedCall, runPlain } from './testing.js';
import { columnMeanKernel, combineKernel, gradientKernel, rowMeanKernel } from './texture.js';
import { coverageKernel, identityMap, LEAST_WEIGHT, warpKernel } from './warp.js';

// a Vulkan driver in software, for WebGPU where there is no GPU; only here, so that no other test picks it up
if (process.env.TUBAN_TEST_VULKAN_ICD) process.env.VK_ICD_FILENAMES = process.env.TUBAN_TEST_VULKAN_ICD;

const WIDTH = 173;
const HEIGHT = 131;
const LENGTH = WIDTH * HEIGHT;
/** Relative, of the value or of the terms it was summed from. */
const TOLERANCE = 1e-5;
/** Share of pixels whose codes must be equal: f32 and f64 may fall on different sides of a threshold. */
const EQUAL_CODES = 0.9999;

/** Mulberry32: seeded, so that a failure can be seen again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Planes that kernels meet: digital numbers, reflectances, and the edges (zeros, one value, huge, negative). */
const PLANES: Readonly<Record<string, (seed: number, length?: number) => Float32Array>> = {
  'digital numbers': made((r) => Math.floor(r() * 10_000)),
  reflectances: made((r) => r()),
  zeros: made(() => 0),
  'one value': made(() => 1234.5),
  'huge values': made((r) => r() * 1e12),
  'noise around zero': made((r) => r() - 0.5),
  'mostly zeros': made((r) => (r() < 0.9 ? 0 : r() * 255)),
};

function made(value: (r: () => number) => number) {
  return (seed: number, length = LENGTH) => {
    const r = random(seed);
    return Float32Array.from({ length }, () => value(r));
  };
}

/** A kernel over planes against mathematics written out here: the value, and the size of the terms it is summed from. */
interface RealCase {
  readonly source: KernelSource;
  readonly constants: Readonly<Record<string, number>>;
  readonly inputs: readonly number[];
  readonly reference: (planes: readonly Float32Array[], i: number) => readonly [value: number, terms: number];
}

const RADIUS = 3;
const texture = { width: WIDTH, height: HEIGHT, radius: RADIUS };
const combine = {
  first: LENGTH,
  second: 0,
  third: 2 * LENGTH,
  weight1: 0.5,
  weight2: 0.3,
  weight3: 0.2,
  offset: 40,
};
/** A pixel with the edges of the plane repeated. */
const px = (plane: Float32Array, x: number, y: number) =>
  plane[Math.min(HEIGHT - 1, Math.max(0, y)) * WIDTH + Math.min(WIDTH - 1, Math.max(0, x))];

const REAL: readonly RealCase[] = [
  {
    source: normalizedDifferenceKernel,
    constants: {},
    inputs: [1, 1],
    reference: ([a, b], i) => [difference(a[i], b[i]), 0],
  },
  {
    source: brightnessKernel,
    constants: {},
    inputs: [1, 1, 1],
    reference: ([a, b, c], i) => [(a[i] + b[i] + c[i]) / 3, Math.abs(a[i]) + Math.abs(b[i]) + Math.abs(c[i])],
  },
  {
    source: combineKernel,
    constants: combine,
    inputs: [3],
    reference: ([stack], i) => {
      const terms = [0.5 * stack[LENGTH + i], 0.3 * stack[i], 0.2 * stack[2 * LENGTH + i], -40];
      return [Math.max(0, sum(terms)), sum(terms.map(Math.abs))];
    },
  },
  {
    source: gradientKernel,
    constants: texture,
    inputs: [1],
    reference: ([plane], i) => {
      const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
      const at = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => px(plane, x + dx, y + dy)));
      const sobel = (weights: readonly number[]) => sum(weights.map((w, k) => w * at[k]));
      const gx = sobel([-1, 0, 1, -2, 0, 2, -1, 0, 1]);
      const gy = sobel([-1, -2, -1, 0, 0, 0, 1, 2, 1]);
      return [Math.hypot(gx, gy) / 8, sum(at.map(Math.abs))];
    },
  },
  {
    source: rowMeanKernel,
    constants: texture,
    inputs: [1],
    reference: ([plane], i) => mean((k) => px(plane, (i % WIDTH) + k, Math.floor(i / WIDTH))),
  },
  {
    source: columnMeanKernel,
    constants: texture,
    inputs: [1],
    reference: ([plane], i) => mean((k) => px(plane, i % WIDTH, Math.floor(i / WIDTH) + k)),
  },
];

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function difference(a: number, b: number): number {
  return a + b > 0 ? Math.min(1, Math.max(-1, (a - b) / (a + b))) : 0;
}

function mean(at: (k: number) => number): readonly [number, number] {
  const values = Array.from({ length: 2 * RADIUS + 1 }, (_, k) => at(k - RADIUS));
  return [sum(values) / values.length, sum(values.map(Math.abs)) / values.length];
}

/** Change codes of plain index differencing (docs/design.md, section 4). */
function indexCode(before: readonly number[], after: readonly number[]): number {
  const [[g0, r0, n0], [g1, r1, n1]] = [before, after];
  const ndvi = [difference(n0, r0), difference(n1, r1)];
  const ndwi = [difference(g0, n0), difference(g1, n1)];
  if (ndwi[1] > 0.1 && ndwi[0] < 0) return 4;
  if (ndwi[0] > 0.1 && ndwi[1] < 0) return 5;
  return ndvi[0] > 0.5 && ndvi[0] - ndvi[1] > 0.2 && ndwi[1] < 0 ? 7 : 0;
}

const IDENTITY_GAINS = Object.fromEntries(
  [1, 2].flatMap((date) =>
    ['green', 'red', 'nir'].flatMap((role) => [
      [`${role}Gain${date}`, 1],
      [`${role}Offset${date}`, 0],
    ]),
  ),
) as Record<string, number>;

/** A window of source px, and a block that lies in it turned and a little coarser, reaching beyond its right edge. */
const SOURCE = 190;
const CELLS = { spacing: 64, across: Math.ceil(WIDTH / 64) };
const place = (x: number, y: number) => [4.3 + 1.15 * x + 0.07 * y, 15.6 - 0.09 * x + 1.1 * y] as const;
const TURNED = Float32Array.from([
  ...[-0.5, SOURCE - 0.5, -0.5, SOURCE - 0.5, SOURCE - 1, SOURCE - 1],
  ...Array.from({ length: CELLS.across * Math.ceil(HEIGHT / 64) }, (_, k) => {
    const [u, v] = place((k % CELLS.across) * 64, Math.floor(k / CELLS.across) * 64);
    return [u, 1.15, 0.07, 0, v, -0.09, 1.1, 0];
  }).flat(),
]);

/** One pixel of the block by the definition; null outside the image or on too little data. */
function resampled(samples: Float32Array, valid: Float32Array, band: number, i: number): number | null {
  const [u, v] = place(i % WIDTH, Math.floor(i / WIDTH));
  if (u < -0.5 || v < -0.5 || u >= SOURCE - 0.5 || v >= SOURCE - 0.5) return null;
  let value = 0;
  let weight = 0;
  for (const y of [Math.floor(v), Math.floor(v) + 1]) {
    for (const x of [Math.floor(u), Math.floor(u) + 1]) {
      const at = Math.min(SOURCE - 1, Math.max(0, y)) * SOURCE + Math.min(SOURCE - 1, Math.max(0, x));
      const w = (1 - Math.abs(u - x)) * (1 - Math.abs(v - y)) * valid[at];
      weight += w;
      value += w * samples[band * SOURCE * SOURCE + at];
    }
  }
  return weight >= LEAST_WEIGHT ? value / weight : null;
}

const LOOK: SceneLook = {
  dark: { blue: 60, green: 50, red: 40, nir: 30, swir1: 20, swir2: 15 },
  high: { blue: 300, green: 320, red: 340, nir: 600, swir1: 500, swir2: 400 },
  noise: { blue: 12, green: 12, red: 14, nir: 25, swir1: 20, swir2: 18 },
  brightness: 140,
  canopy: 60,
  crowns: 0,
  // no ratio of small numbers, as whole samples make them, may fall upon a threshold
  vegetation: 0.613,
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

/** Two dates of patches of vegetation, water, bare ground and texture, so that every class is met. */
function dates(bands: readonly BandRole[], seed: number): { before: DateBlock; after: DateBlock } {
  const r = random(seed);
  const surfaces: readonly Readonly<Record<BandRole, number>>[] = [
    { blue: 80, green: 110, red: 70, nir: 500, swir1: 200, swir2: 100 },
    { blue: 90, green: 140, red: 110, nir: 420, swir1: 260, swir2: 150 },
    { blue: 120, green: 110, red: 80, nir: 45, swir1: 30, swir2: 20 },
    { blue: 200, green: 230, red: 260, nir: 320, swir1: 380, swir2: 330 },
    { blue: 240, green: 240, red: 240, nir: 280, swir1: 260, swir2: 240 },
  ];
  const block = (): DateBlock => {
    const stack = new Float32Array(bands.length * LENGTH);
    const kinds = Array.from({ length: 400 }, () => Math.floor(r() * surfaces.length));
    for (let i = 0; i < LENGTH; i++) {
      const kind = kinds[(Math.floor(i / WIDTH / 16) * 11 + Math.floor((i % WIDTH) / 16)) % 400];
      const spread = kind === 4 ? 0.8 : 0.1;
      const light = 1 + (r() - 0.5) * spread;
      bands.forEach((role, b) => {
        stack[b * LENGTH + i] = Math.round(surfaces[kind][role] * light + (r() - 0.5) * 20);
      });
    }
    return { bands, stack, usable: Uint8Array.from({ length: LENGTH }, () => (r() < 0.03 ? 0 : 1)) };
  };
  return { before: block(), after: block() };
}

const BAND_SETS: readonly (readonly BandRole[])[] = [
  BAND_ROLES,
  ['blue', 'green', 'red', 'nir'],
  ['blue', 'green', 'red'],
];

async function detect(kind: DetectorKind, backend: Backend, bands: readonly BandRole[]): Promise<Detection> {
  const used = kind.bandsUsed(new Set(bands));
  const detector = kind.create({
    backend,
    width: WIDTH,
    height: HEIGHT,
    // cells of 2 × 2 px where buildings are judged by colour
    resolution: bands.length === 3 ? 0.5 : 2,
    bands: new Set(used),
    classes: new Set(CHANGE_CLASSES.map((c) => c.name)),
    look: kind.needsLook ? LOOK : null,
  });
  const { before, after } = dates(used, 7);
  return detector.detect(before, after);
}

const judges = (kind: DetectorKind, bands: readonly BandRole[]) =>
  kind.computable(new Set(bands)).classes.length > 0;

/** Calls of all kernels that detectors make, run as plain TypeScript. */
async function recorded(): Promise<readonly RecordedCall[]> {
  const { backend, calls } = plainBackend();
  for (const kind of DETECTORS) {
    for (const bands of BAND_SETS) if (judges(kind, bands)) await detect(kind, backend, bands);
  }
  return calls;
}

/** Share of pixels where a and b are equal. */
function agreement(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let equal = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) equal++;
  return equal / a.length;
}

/** Share of pixels where a and b are at most one step apart. */
function nearly(a: Uint8Array, b: Uint8Array): number {
  let near = 0;
  for (let i = 0; i < a.length; i++) if (Math.abs(a[i] - b[i]) <= 1) near++;
  return near / a.length;
}

async function tryOpen(name: (typeof BACKENDS)[number]): Promise<Backend | null> {
  try {
    return await openBackend(name);
  } catch (error) {
    if (!(error instanceof BackendUnavailable) || name !== 'webgpu') throw error;
    if (process.env.TUBAN_REQUIRE_WEBGPU === '1') throw error;
    console.warn(`kernels are not checked on webgpu: ${error.message}`);
    return null;
  }
}

it('checks every kernel there is', async () => {
  const names = (await readdir(import.meta.dirname)).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  );
  const exported: KernelSource[] = [];
  for (const name of names) {
    const module = (await import(join(import.meta.dirname, name))) as Record<string, unknown>;
    exported.push(...Object.values(module).filter(isKernel));
  }
  const checked = new Set([
    ...REAL.map((c) => c.source),
    warpKernel,
    coverageKernel,
    cellSumKernel,
    ...(await recorded()).map((call) => call.source),
  ]);
  expect(exported.filter((kernel) => !checked.has(kernel)).map((kernel) => kernel.name)).toEqual([]);
  expect(exported.length).toBeGreaterThan(7);
});

function isKernel(value: unknown): value is KernelSource {
  return typeof value === 'object' && value !== null && 'kernel' in value && 'name' in value;
}

describe.each(BACKENDS)('on %s', async (name) => {
  const backend = await tryOpen(name);

  describe.skipIf(backend === null)('kernels of real values equal their mathematics', () => {
    for (const { source, constants, inputs, reference } of REAL) {
      it.each(Object.keys(PLANES))(`${source.name} of %s`, async (kind) => {
        if (backend === null) return;
        const planes = inputs.map((count, k) => PLANES[kind](k + 1, count * LENGTH));
        const found = await backend.compile(source, LENGTH, constants).run(planes);
        let worst = 0;
        for (let i = 0; i < LENGTH; i++) {
          const [value, terms] = reference(planes, i);
          const allowed = TOLERANCE * Math.max(Math.abs(value), terms);
          const error = Math.abs(found[i] - value);
          // NaN is worse than anything
          if (!(error <= allowed)) worst = Math.max(worst, Number.isNaN(error) ? Infinity : error / allowed);
        }
        expect(worst).toBe(0);
      });
    }
  });

  describe.skipIf(backend === null)('kernels that resample', () => {
    it.each(Object.keys(PLANES))('index_change of %s gives the codes of the design', async (kind) => {
      if (backend === null) return;
      const [before, after] = [PLANES[kind](1, 3 * LENGTH), PLANES[kind](2, 3 * LENGTH)];
      const { numbers, spacing, across } = identityMap(WIDTH, HEIGHT);
      const packed = await backend
        .compile(indexChangeKernel, LENGTH, {
          ...{ width: WIDTH, length: LENGTH, spacing, across, stride: WIDTH, plane: LENGTH },
          ...IDENTITY_GAINS,
        })
        .run([before, numbers, after, numbers]);
      const at = (stack: Float32Array, i: number) => [stack[i], stack[LENGTH + i], stack[2 * LENGTH + i]];
      const codes = Uint8Array.from({ length: LENGTH }, (_, i) => indexCode(at(before, i), at(after, i)));
      expect(
        agreement(
          Array.from(packed, (value) => value >> 7),
          codes,
        ),
      ).toBeGreaterThanOrEqual(EQUAL_CODES);
    });

    it('take source pixels by bilinear weights, those without data with none', async () => {
      if (backend === null) return;
      const frame = { width: WIDTH, length: LENGTH, stride: SOURCE, plane: SOURCE * SOURCE, ...CELLS };
      const samples = PLANES['digital numbers'](3, 2 * frame.plane);
      const valid = Float32Array.from({ length: frame.plane }, (_, i) => (i % 11 === 0 ? 0 : 1));
      const gains = Float32Array.of(1, 0, 0.5, -7);
      const covered = await backend.compile(coverageKernel, LENGTH, frame).run([valid, TURNED]);
      const warped = await backend
        .compile(warpKernel, 2 * LENGTH, frame)
        .run([samples, valid, TURNED, gains]);
      let wrong = 0;
      let outside = 0;
      for (let i = 0; i < LENGTH; i++) {
        const [value0, value1] = [0, 1].map((band) => resampled(samples, valid, band, i));
        const expected = value0 === null || value1 === null ? [0, 0] : [value0, 0.5 * value1 - 7];
        if (value0 === null) outside++;
        if ((covered[i] === 1) !== (value0 !== null)) wrong++;
        // coordinates are float32: a thousandth of a px of digital numbers up to 10,000
        else if (Math.abs(warped[i] - expected[0]) > 10 || Math.abs(warped[LENGTH + i] - expected[1]) > 5)
          wrong++;
      }
      expect(wrong / LENGTH).toBeLessThanOrEqual(1 - EQUAL_CODES);
      expect(outside).toBeGreaterThan(LENGTH / 20);
    });
  });

  it.skipIf(backend === null)('cell_sum sums usable pixels a cell, those at the edges too', async () => {
    if (backend === null) return;
    const side = 8;
    const [columns, rows] = [Math.ceil(WIDTH / side), Math.ceil(HEIGHT / side)];
    const cells = columns * rows;
    const stack = PLANES['digital numbers'](5, 2 * LENGTH);
    const usable = Uint8Array.from({ length: LENGTH }, (_, i) => (i % 7 === 0 ? 0 : 1));
    const expected = new Float64Array(3 * cells);
    for (let i = 0; i < LENGTH; i++) {
      const cell = Math.floor(i / WIDTH / side) * columns + Math.floor((i % WIDTH) / side);
      [stack[i], stack[LENGTH + i], 1].forEach((value, b) => {
        expected[b * cells + cell] += value * usable[i];
      });
    }
    const constants = { width: WIDTH, height: HEIGHT, side, columns, cells, bands: 2 };
    const found = await backend.compile(cellSumKernel, 3 * cells, constants).run([stack, usable]);
    const wrong = expected.filter((value, c) => !(Math.abs(found[c] - value) <= TOLERANCE * value));
    expect(wrong.length).toBe(0);
  });

  describe.skipIf(backend === null)('detectors', () => {
    for (const kind of DETECTORS) {
      for (const bands of BAND_SETS.filter((set) => judges(kind, set))) {
        it(`${kind.name} over ${bands.length} bands detects as its plain TypeScript does`, async () => {
          if (backend === null) return;
          const expected = await detect(kind, plainBackend().backend, bands);
          const found = await detect(kind, backend, bands);
          for (const plane of ['code', 'stateBefore', 'stateAfter', 'bare'] as const) {
            const [own, reference] = [found[plane], expected[plane]];
            if (own === null || reference === null) expect(own, plane).toBe(reference);
            else expect(agreement(own, reference), plane).toBeGreaterThanOrEqual(EQUAL_CODES);
          }
          for (const plane of ['confidence', 'magnitude'] as const) {
            expect(nearly(found[plane], expected[plane]), plane).toBeGreaterThanOrEqual(EQUAL_CODES);
          }
          // the scene must be able to tell: several codes, none of them everywhere
          expect(new Set(expected.code).size).toBeGreaterThan(2);
        });
      }
    }

    it('gives every kernel they call the values of its plain TypeScript', async () => {
      if (backend === null) return;
      for (const call of await recorded()) {
        const found = await backend.compile(call.source, call.length, call.constants).run(call.args);
        const expected = runPlain(call);
        const scale = Math.max(1e-30, ...call.args.map(largest));
        let differing = 0;
        for (let i = 0; i < expected.length; i++) {
          const error = Math.abs(found[i] - expected[i]);
          if (!(error <= TOLERANCE * Math.max(scale, Math.abs(expected[i])))) differing++;
        }
        // packed codes may differ where f32 falls on the other side of a step
        expect(differing / expected.length, call.source.name).toBeLessThanOrEqual(1 - EQUAL_CODES + 2e-3);
      }
    });
  });

  it.skipIf(backend === null)('and lets go of it', async () => {
    await backend?.close();
  });
});

function largest(arg: KernelArgument): number {
  let most = 0;
  for (const value of typeof arg === 'number' ? [arg] : arg) most = Math.max(most, Math.abs(value));
  return most;
}
