import { describe, expect, it } from 'vitest';
import { type BackendName, BackendUnavailable, openBackend } from '../backend.js';
import type { DateBlock, SceneLook } from '../detector.js';
import { cardFault, ModelCard } from './card.js';
import { chancesOver, sampleAt } from './chances.js';
import { learnedDetector } from './detector.js';
import { cellSize, type LearnedModel, misfit, UnusableModel } from './model.js';
import { readOnnx } from './onnx-file.js';
import { openModel } from './session.js';
import { cardFor, differenceModel, message, modelOf, type Node, onnxFile } from './testing.js';
import { tileSize, tileStarts, tileWeight } from './tiles.js';

// a Vulkan driver for this test alone, read when the first device is asked for
if (process.env.TUBAN_TEST_VULKAN_ICD) process.env.VK_ICD_FILENAMES = process.env.TUBAN_TEST_VULKAN_ICD;

const FILE = differenceModel([2, -1], 0.5);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Noise, the same every time, 0-1. */
function noise(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  });
}

function block(width: number, height: number, seed: number): DateBlock {
  return {
    bands: ['green', 'red'],
    stack: noise(2 * width * height, seed),
    usable: new Uint8Array(width * height).fill(1),
  };
}

const LOOK: SceneLook = {
  dark: { red: 0.1, green: 0.2 },
  high: { red: 0.8, green: 0.5 },
  noise: {},
  brightness: 1,
  canopy: 1,
  crowns: 0,
  vegetation: 1,
  edge: 1,
};

describe('a model in this thread', () => {
  it('gives what its layers say, number by number', async () => {
    const session = await openModel(modelOf(FILE));
    const [before, after] = [noise(2 * 6 * 5, 1), noise(2 * 6 * 5, 2)];
    const { data, stride } = await session.run(before, after, 6, 5);
    await session.close();
    expect(stride).toBe(1);
    const d = (k: number) => after[k] - before[k];
    for (let i = 0; i < 30; i++) expect(data[i]).toBeCloseTo(sigmoid(2 * d(i) - d(30 + i) + 0.5), 5);
  });

  it('takes one of another shape by its card alone: stacked, channels last, of one size, at half its size, logits of two classes', async () => {
    const file = onnxFile({
      nodes: [
        { operator: 'Transpose', inputs: ['image'], outputs: ['x'], attributes: { perm: [0, 3, 1, 2] } },
        {
          operator: 'AveragePool',
          inputs: ['x'],
          outputs: ['p'],
          attributes: { kernel_shape: [2, 2], strides: [2, 2] },
        },
        { operator: 'Conv', inputs: ['p', 'w'], outputs: ['c'] },
        { operator: 'Transpose', inputs: ['c'], outputs: ['logits'], attributes: { perm: [0, 2, 3, 1] } },
      ],
      weights: [{ name: 'w', dims: [2, 4, 1, 1], values: [0, 0, 0, 0, -3, 0, 3, 0] }],
      inputs: [{ name: 'image', dims: [1, 16, 16, 4] }],
      outputs: [{ name: 'logits', dims: [1, 8, 8, 2] }],
    });
    const card = cardFor(file, {
      inputs: { form: 'stacked', layout: 'nhwc', names: ['image'], bands: ['red', 'green'], size: 16 },
      outputs: { name: 'logits', activation: 'softmax', channels: ['none', 'water_gain'] },
    });
    const session = await openModel(modelOf(file, card));
    const [before, after] = [noise(2 * 256, 3), noise(2 * 256, 4)];
    const { data, stride } = await session.run(before, after, 16, 16);
    expect(stride).toBe(2);
    const mean = (planes: Float32Array, x: number, y: number) =>
      [0, 1, 16, 17].reduce((sum, k) => sum + planes[32 * y + 2 * x + k], 0) / 4;
    for (const [x, y] of [
      [0, 0],
      [3, 5],
      [7, 7],
    ]) {
      const chance = sigmoid(3 * (mean(after, x, y) - mean(before, x, y)));
      expect(data[64 + 8 * y + x]).toBeCloseTo(chance, 5);
      expect(data[8 * y + x]).toBeCloseTo(1 - chance, 5);
    }
    // over a block larger than its size it goes in tiles
    const map = await chancesOver(
      session,
      card,
      [block(40, 23, 5), block(40, 23, 6)],
      { width: 40, height: 23, slack: 0 },
      1,
      LOOK,
    );
    await session.close();
    expect([map.width, map.height]).toEqual([40, 23]);
    for (let i = 0; i < 40 * 23; i++) expect(map.data[i] + map.data[40 * 23 + i]).toBeCloseTo(1, 4);
  });

  it('says what comes out where that is not what the card says', async () => {
    const lying = cardFor(FILE, {
      outputs: { name: 'probability', activation: 'none', channels: ['building_new', 'building_removed'] },
    });
    const session = await openModel(modelOf(FILE, lying));
    await expect(session.run(noise(60, 1), noise(60, 2), 6, 5)).rejects.toThrow(
      /gives float32 of 1 × 1 × 5 × 6/,
    );
  });
});

describe('a model on the device that kernels run on', () => {
  const outcome = async (name: BackendName) => {
    const backend = await openBackend(name);
    const card = cardFor(FILE, { normalization: { kind: 'levels', mean: [0.5, 0.4], std: [0.2, 0.3] } });
    const kind = learnedDetector(modelOf(FILE, card));
    const detector = kind.create({
      ...{ backend, width: 64, height: 48, resolution: 1, look: LOOK },
      ...{ bands: new Set(['green', 'red'] as const), classes: new Set(['building_new'] as const) },
    });
    try {
      const { code, confidence } = await detector.detect(block(64, 48, 5), block(64, 48, 6));
      return { code: [...code], confidence: [...confidence], stages: detector.stages };
    } finally {
      await kind.close?.();
      await backend.close();
    }
  };

  it('says the same as in WebAssembly, and names where it ran', async () => {
    const expected = await outcome('webasm');
    expect(expected.stages.model).toBe('onnx wasm');
    expect(new Set(expected.code).size).toBeGreaterThan(1);
    let found: typeof expected;
    try {
      found = await outcome('webgpu');
    } catch (error) {
      if (!(error instanceof BackendUnavailable)) throw error;
      expect(process.env.TUBAN_REQUIRE_WEBGPU, error.message).toBeUndefined();
      console.warn(`models are not checked on webgpu: ${error.message}`);
      return;
    }
    expect(found.stages.model).toBe('onnx webgpu');
    const differ = found.code.filter((code, k) => code !== expected.code[k]).length;
    expect(differ).toBeLessThanOrEqual(1);
    const apart = found.confidence.filter((c, k) => Math.abs(c - expected.confidence[k]) > 1).length;
    expect(apart).toBeLessThanOrEqual(1);
  });
});

describe('chances over a block', () => {
  it('are of the means over cells of what both dates show, normalized by the levels', async () => {
    const card = cardFor(FILE, { normalization: { kind: 'levels', mean: [0.5, 0.4], std: [0.2, 0.3] } });
    const session = await openModel(modelOf(FILE, card));
    const [before, after] = [block(8, 8, 7), block(8, 8, 8)];
    before.usable[18] = 0;
    after.usable[27] = 0;
    const map = await chancesOver(session, card, [before, after], { width: 8, height: 8, slack: 0 }, 2, LOOK);
    await session.close();
    const value = (date: DateBlock, band: 0 | 1, used: readonly number[]) => {
      const [dark, high, mean, std] = band === 1 ? [0.1, 0.8, 0.5, 0.2] : [0.2, 0.5, 0.4, 0.3];
      const raw = used.reduce((sum, k) => sum + date.stack[64 * band + k], 0) / used.length;
      return ((raw - dark) / high - mean) / std;
    };
    const expected = (used: readonly number[]) => {
      const d = (band: 0 | 1) => value(after, band, used) - value(before, band, used);
      return sigmoid(2 * d(1) - d(0) + 0.5);
    };
    expect(map.data[0]).toBeCloseTo(expected([0, 1, 8, 9]), 4);
    expect(map.data[5]).toBeCloseTo(expected([19, 26]), 4);
  });

  it('see no difference where one date hides the ground, or both', async () => {
    const session = await openModel(modelOf(FILE, cardFor(FILE)));
    const [before, after] = [block(8, 8, 7), block(8, 8, 8)];
    before.usable.fill(0, 0, 2);
    before.usable.fill(0, 8, 10);
    after.usable[0] = 0; // cell 0: before shows nothing, after three pixels
    for (const k of [2, 11]) before.usable[k] = 0; // cell 1: each date shows the other half
    for (const k of [3, 10]) after.usable[k] = 0;
    for (const date of [before, after]) for (const k of [4, 5, 12, 13]) date.usable[k] = 0; // cell 2: nothing
    const map = await chancesOver(
      session,
      cardFor(FILE),
      [before, after],
      { width: 8, height: 8, slack: 0 },
      2,
      LOOK,
    );
    await session.close();
    for (const cell of [0, 1, 2]) expect(map.data[cell]).toBeCloseTo(sigmoid(0.5), 5);
    expect(map.data[3]).not.toBeCloseTo(sigmoid(0.5), 2);
  });

  it('leave out what nobody asks about, and nothing else', async () => {
    const session = await openModel(modelOf(FILE, cardFor(FILE)));
    const dates = [block(24, 20, 7), block(24, 20, 8)] as const;
    const over = (slack: number) =>
      chancesOver(session, cardFor(FILE), dates, { width: 24, height: 20, slack }, 2, LOOK);
    const [whole, inner] = [await over(0), await over(4)];
    await session.close();
    expect([inner.width, inner.height]).toEqual([8, 6]);
    for (let y = 0; y < 6; y++)
      for (let x = 0; x < 8; x++) expect(inner.data[8 * y + x]).toBe(whole.data[12 * (y + 2) + x + 2]);
  });

  it('show no border between tiles: many tiles say what one does', async () => {
    // two layers of 5 × 5: what a pixel says depends on 4 px around it
    const kernel = noise(25 * 4, 9);
    const graph = (size: number | string) =>
      onnxFile({
        nodes: [
          { operator: 'Concat', inputs: ['before', 'after'], outputs: ['x'], attributes: { axis: 1 } },
          { operator: 'Conv', inputs: ['x', 'w'], outputs: ['y'], attributes: { pads: [2, 2, 2, 2] } },
          { operator: 'Relu', inputs: ['y'], outputs: ['z'] },
          { operator: 'Conv', inputs: ['z', 'v'], outputs: ['s'], attributes: { pads: [2, 2, 2, 2] } },
          { operator: 'Sigmoid', inputs: ['s'], outputs: ['probability'] },
        ],
        weights: [
          { name: 'w', dims: [1, 4, 5, 5], values: [...kernel].map((k) => k - 0.45) },
          { name: 'v', dims: [1, 1, 5, 5], values: [...kernel.subarray(0, 25)].map((k) => (k - 0.5) / 4) },
        ],
        inputs: ['before', 'after'].map((name) => ({ name, dims: [1, 2, size, size] })),
        outputs: [{ name: 'probability', dims: [1, 1, size, size] }],
      });
    const over = async (size: number | null) => {
      const file = graph(size ?? 'any');
      const card = cardFor(file, {
        margin_px: 8,
        inputs: { form: 'pair', names: ['before', 'after'], bands: ['red', 'green'], multiple: 4, size },
      });
      const session = await openModel(modelOf(file, card));
      const dates = [block(150, 130, 10), block(150, 130, 11)] as const;
      return chancesOver(session, card, dates, { width: 150, height: 130, slack: 0 }, 1, LOOK).finally(() =>
        session.close(),
      );
    };
    const [whole, tiled] = [await over(null), await over(48)];
    const spread = Math.max(...whole.data) - Math.min(...whole.data);
    expect(spread).toBeGreaterThan(0.2);
    // the rim of the block itself sees what the tile pads with, which differs
    let most = 0;
    for (let y = 4; y < 126; y++)
      for (let x = 4; x < 146; x++)
        most = Math.max(most, Math.abs(whole.data[150 * y + x] - tiled.data[150 * y + x]));
    expect(most).toBeLessThan(1e-5);
  });

  it('tiles are equal, as few as may be, and no larger than they must be', () => {
    expect(tileSize(1216, 1280, 128, 16)).toBe(1216);
    expect(tileSize(1301, 1280, 128, 16)).toBe(720);
    expect(tileSize(3000, 1280, 128, 16)).toBe(1088);
    for (const length of [1, 700, 1281, 2433, 9999]) {
      const size = tileSize(length, 1280, 128, 16);
      expect(size % 16).toBe(0);
      expect(size).toBeLessThanOrEqual(1280);
      const starts = tileStarts(length, size, 128, 16);
      expect(starts.length).toBe(Math.max(1, Math.ceil((length - 128) / 1152)));
      expect(starts[starts.length - 1] + size - length).toBeLessThan(16 * (starts.length + 1));
    }
  });

  it('tiles cover every length, on the multiples asked for, and fade into one another', () => {
    for (const [length, size, overlap, multiple] of [
      [100, 64, 16, 8],
      [64, 64, 16, 8],
      [65, 64, 32, 16],
      [1000, 512, 64, 16],
    ]) {
      const starts = tileStarts(length, size, overlap, multiple);
      expect(starts.every((start) => start % multiple === 0)).toBe(true);
      expect(starts[starts.length - 1] + size).toBeGreaterThanOrEqual(length);
      for (let k = 1; k < starts.length; k++)
        expect(starts[k]).toBeLessThanOrEqual(starts[k - 1] + size - overlap);
    }
    const fade = Array.from({ length: 32 }, (_, d) =>
      [tileWeight(64 - 32 + d, 64, 16, [false, true]), tileWeight(d, 64, 16, [true, false])].reduce(
        (a, b) => a + b,
      ),
    );
    for (const sum of fade) expect(sum).toBeCloseTo(1, 10);
    expect(sampleAt(Float32Array.of(0, 1, 2, 3), 0, 2, 2, 0.5, 0.5)).toBe(1.5);
    expect(sampleAt(Float32Array.of(0, 1, 2, 3), 0, 2, 2, -3, 9)).toBe(2);
  });
});

describe('a model fits', () => {
  const card = cardFor(FILE, { pixel_size_m: { trained: 1, least: 0.8, most: 1.5 } });

  it('pixels of its size, in cells of 1, 2, 4 or 8', () => {
    expect(cellSize(card, 1)).toBe(1);
    expect(cellSize(card, 0.55)).toBe(2);
    expect(cellSize(card, 0.2)).toBe(4);
    expect(cellSize(card, 2)).toBeNull();
    expect(cellSize(card, 0.09)).toBeNull();
  });

  it('and is given the pixels it has learnt, where the mathematics would judge coarser ones', () => {
    const bands = new Set(['blue', 'green', 'red', 'nir'] as const);
    const kind = learnedDetector(modelOf(FILE, card));
    expect([0.25, 0.5, 1, 2].map((resolution) => kind.cell(bands, resolution))).toEqual([4, 2, 1, 1]);
  });

  it('or the reason is told', () => {
    expect(misfit(card, new Set(['red', 'green', 'blue']), 0.5)).toBeNull();
    expect(misfit(card, new Set(['red']), 0.5)).toBe('it needs the green band');
    expect(misfit(card, new Set(['red', 'green']), 2)).toMatch(/pixels of 0.8 to 1.5 m, and those of 2 m/);
  });
});

describe('what a patch of a model is worth', () => {
  const told = { name: 'probability', activation: 'none', channels: ['building_new'] } as const;
  const kindWith = (line: Record<string, number>) =>
    learnedDetector(modelOf(FILE, cardFor(FILE, { outputs: told, calibration: { building_new: line } })));
  const EVIDENCE = { confidence: 0.8, areaM2: 100, compactness: 0.5 };

  it('is its mean alone where its card says no more', () => {
    const kind = kindWith({ slope: 2, intercept: -1 });
    expect(kind.outlines(new Set(['red']), 2)).toBe('none');
    expect(kind.chance?.(new Set(['red']), 2)('building_new', EVIDENCE)).toBeCloseTo(
      sigmoid(2 * Math.log(4) - 1),
      6,
    );
  });

  it('is weighed with its outline once where its card says how', () => {
    const kind = kindWith({ slope: 2, intercept: -1, faded: -0.5 });
    const weigh = kind.outlines(new Set(['red']), 2);
    expect(typeof weigh === 'function' && weigh(0.8, 1.2)).toBeCloseTo(sigmoid(2 * Math.log(4) - 1 - 0.6), 6);
    expect(kind.chance?.(new Set(['red']), 2)('building_new', EVIDENCE)).toBe(0.8);
    // what a second look asks is whether it is there still
    expect(kind.again?.outlines(new Set(['red']), 2)).toBe('none');
  });
});

describe('a second look', () => {
  it('takes a quarter of the odds, of every class that the model tells', () => {
    const outputs = {
      name: 'probability',
      activation: 'none',
      channels: ['building_new', 'none', 'building_removed'],
    } as const;
    const card = { ...cardFor(FILE), outputs, thresholds: { building_removed: 0.8 } } as unknown as ModelCard;
    const { again } = learnedDetector(modelOf(FILE, card));
    // 0.5 where the card names none: odds 1 to 1/4, and 4 to 1
    expect(again?.model?.card.thresholds).toEqual({
      building_new: expect.closeTo(0.2, 9),
      building_removed: expect.closeTo(0.5, 9),
    });
    expect(again?.model?.card.sha256).toBe(card.sha256);
  });
});

describe('a card', () => {
  it.each([
    ['an unknown band', { inputs: { form: 'pair', names: ['before', 'after'], bands: ['red', 'purple'] } }],
    ['one name for a pair', { inputs: { form: 'pair', names: ['before'], bands: ['red', 'green'] } }],
    ['a file elsewhere', { file: '../../etc/passwd' }],
    ['a name that is a path', { name: '../x' }],
    ['a threshold of 2', { thresholds: { building_new: 2 } }],
    ['sizes turned round', { pixel_size_m: { trained: 1, least: 2, most: 4 } }],
    ['a key nobody knows', { backdoor: true }],
    ['a deviation of 0', { normalization: { kind: 'fixed', mean: [0, 0], std: [1, 0] } }],
    [
      'a size that is no multiple',
      {
        inputs: { form: 'pair', names: ['before', 'after'], bands: ['red', 'green'], multiple: 16, size: 40 },
      },
    ],
  ])('is refused with %s', (_, over) => {
    const { ...plain } = cardFor(FILE);
    expect(ModelCard.safeParse({ ...plain, ...over }).success).toBe(false);
  });

  it.each([
    ['a mean too few', { normalization: { kind: 'fixed', mean: [0], std: [1] } }, /1 means/],
    ['no class', { outputs: { name: 'probability', activation: 'none', channels: ['none'] } }, /no class/],
    [
      'a class twice',
      { outputs: { name: 'probability', activation: 'none', channels: ['water_gain', 'water_gain'] } },
      /twice/,
    ],
    ['a threshold for what it does not tell', { thresholds: { water_gain: 0.5 } }, /water_gain/],
  ])('contradicts itself with %s', (_, over, message) => {
    expect(cardFault(cardFor(FILE, over))).toMatch(message);
  });

  it('is in order as it stands', () => {
    expect(cardFault(cardFor(FILE))).toBeNull();
  });
});

describe('an ONNX file', () => {
  const ports = { inputs: [{ name: 'a', dims: [1] }], outputs: [{ name: 'b', dims: [1] }] };
  const of = (node: Node) => onnxFile({ nodes: [node], ...ports });
  const plain: Node = { operator: 'Relu', inputs: ['a'], outputs: ['b'] };

  it('tells its layers, ports and weights', () => {
    const { operators, inputs, outputs, weights } = readOnnx(FILE);
    expect([...operators]).toEqual([
      ['Sub', 1],
      ['Conv', 1],
      ['Sigmoid', 1],
    ]);
    expect([inputs, outputs, weights]).toEqual([['before', 'after'], ['probability'], 3]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['loops', of({ ...plain, operator: 'Loop', attributes: { body: { graph: [] } } }), /loops/],
    ['calls out', of({ ...plain, operator: 'Shell', domain: 'evil.example' }), /Shell is of evil.example/],
    [
      'reads other files',
      onnxFile({
        nodes: [plain],
        weights: [{ name: 'w', dims: [1], values: [1], external: true }],
        ...ports,
      }),
      /another file/,
    ],
    ['defines functions', Uint8Array.from([...FILE, ...message(25, [])]), /functions/],
    ['is empty', new Uint8Array(0), /no ONNX/],
    ['is a picture', Uint8Array.from(Buffer.from('\u0089PNG\r\n\u001a\n0000')), /no ONNX|middle/],
    ['ends in the middle', FILE.subarray(0, FILE.length - 7), /middle|no ONNX/],
    ['has two graphs', Uint8Array.from([...FILE, ...FILE]), /no ONNX/],
  ])('that %s is refused', (_, file, message) => {
    expect(() => readOnnx(file)).toThrow(UnusableModel);
    expect(() => readOnnx(file)).toThrow(message);
  });

  it('cut off or changed anywhere is refused or loads, and nothing else', async () => {
    let refused = 0;
    for (let k = 0; k < FILE.length; k += 3) {
      const changed = FILE.slice();
      changed[k] ^= 1 << (k % 8);
      for (const file of [changed, FILE.slice(0, k)]) {
        const opened = openModel(modelOf(file)).then(
          (session) => session.close(),
          (error: unknown) => {
            expect(error).toBeInstanceOf(UnusableModel);
            refused++;
          },
        );
        await opened;
      }
    }
    expect(refused).toBeGreaterThan(FILE.length / 4);
  });

  it('with other ports than its card says is refused before anything runs', async () => {
    const card = (over: Readonly<Record<string, unknown>>): LearnedModel =>
      modelOf(FILE, cardFor(FILE, over));
    const inputs = { form: 'pair', names: ['before', 'nachher'], bands: ['red', 'green'] };
    await expect(openModel(card({ inputs }))).rejects.toThrow(
      /inputs are before, after, its card says before, nachher/,
    );
    const outputs = { name: 'mask', activation: 'none', channels: ['building_new'] };
    await expect(openModel(card({ outputs }))).rejects.toThrow(/outputs are probability, its card says mask/);
  });
});
