import { describe, expect, it } from 'vitest';
import { createBuildings } from './building-judge.js';
import { buildingHalo, cellFactor } from './buildings.js';
import type { SceneColour } from './detector.js';
import { plainBackend } from './testing.js';

type Rgb = readonly [red: number, green: number, blue: number];

const GRASS: Rgb = [70, 95, 55];
const SOIL: Rgb = [150, 125, 95];
const ROOF: Rgb = [120, 122, 118];
const BLUE_ROOF: Rgb = [60, 90, 140];
const SHADE: Rgb = [24, 25, 24];

const SIDE = 40;
const AS_IT_IS = { gain: 1, offset: 0 };
const COLOUR: SceneColour = {
  maps: { red: AS_IT_IS, green: AS_IT_IS, blue: AS_IT_IS },
  saturation: 0.35,
  greyest: 0.05,
  brightness: 95,
};

/** A stack of blue, green and red, `factor` px a cell: `at` says what a cell shows. */
function stackOf(at: (x: number, y: number) => Rgb, factor = 1): Float32Array {
  const side = SIDE * factor;
  const stack = new Float32Array(3 * side * side);
  for (let i = 0; i < side * side; i++) {
    const [red, green, blue] = at(Math.floor((i % side) / factor), Math.floor(i / side / factor));
    stack[i] = blue;
    stack[side * side + i] = green;
    stack[2 * side * side + i] = red;
  }
  return stack;
}

/** A rectangle of one surface on another. */
const on =
  (ground: Rgb, ...things: readonly (readonly [x: number, y: number, w: number, h: number, what: Rgb])[]) =>
  (x: number, y: number): Rgb => {
    const thing = things.find(([left, top, w, h]) => x >= left && x < left + w && y >= top && y < top + h);
    return thing ? thing[4] : ground;
  };

const count = (marks: Uint8Array, test = (_i: number) => true) =>
  marks.reduce((sum, value, i) => sum + (value > 0 && test(i) ? 1 : 0), 0);

describe.each(['cpu', 'webasm'] as const)('buildings by colour on %s', (name) => {
  const find = async (
    before: ReturnType<typeof on>,
    after: ReturnType<typeof on>,
    { colours = [COLOUR, COLOUR], resolution = 1.2 }: { colours?: SceneColour[]; resolution?: number } = {},
  ) => {
    const factor = cellFactor(resolution);
    const judge = createBuildings({
      backend: { ...plainBackend().backend, name },
      width: SIDE * factor,
      height: SIDE * factor,
      resolution,
      bands: new Set(['blue', 'green', 'red']),
      colour: { before: colours[0], after: colours[1] },
    });
    // twice, so that nothing of the first block is left in the second
    await judge(stackOf(on(ROOF), factor), stackOf(on(GRASS), factor));
    return judge(stackOf(before, factor), stackOf(after, factor));
  };
  const house = [14, 12, 10, 9] as const;
  const inHouse = (i: number) =>
    i % SIDE >= 13 && i % SIDE < 25 && Math.floor(i / SIDE) >= 11 && Math.floor(i / SIDE) < 22;

  it.each([
    ['a grey roof on grass', GRASS, ROOF],
    ['a grey roof on soil', SOIL, ROOF],
    ['a blue roof on soil', SOIL, BLUE_ROOF],
  ])('finds %s, and where it was when it is gone', async (_what, ground, roof) => {
    const [empty, full] = [on(ground), on(ground, [...house, roof])];
    const built = await find(empty, full);
    expect(count(built.came, inHouse)).toBe(count(built.came));
    expect(count(built.came)).toBeGreaterThan(50);
    expect(count(built.gone)).toBe(0);
    expect(Math.min(...built.came.filter((value) => value > 0))).toBeGreaterThanOrEqual(64);
    const razed = await find(full, empty);
    expect([...razed.gone]).toEqual([...built.came]);
    expect(count(razed.came)).toBe(0);
  });

  it('finds nothing where it was grey before, in the shade, or on other ground than a roof', async () => {
    const quiet = async (before: ReturnType<typeof on>, after: ReturnType<typeof on>) => {
      const { came, gone } = await find(before, after);
      return count(came) + count(gone);
    };
    expect(await quiet(on(GRASS, [...house, ROOF]), on(SOIL, [...house, ROOF]))).toBe(0);
    expect(await quiet(on(GRASS), on(GRASS, [...house, SHADE]))).toBe(0);
    expect(await quiet(on(GRASS), on(GRASS, [...house, SOIL]))).toBe(0);
    expect(await quiet(on(GRASS), on(SOIL))).toBe(0);
  });

  it('takes back what normalization did to a date, and asks more where haze leaves little colour', async () => {
    const yellowed: SceneColour = { ...COLOUR, maps: { ...COLOUR.maps, blue: { gain: 2, offset: 0 } } };
    const half = on(GRASS, [...house, [ROOF[0], ROOF[1], ROOF[2] / 2]]);
    expect(count((await find(on(SOIL), half)).came)).toBe(0);
    expect(count((await find(on(SOIL), half, { colours: [COLOUR, yellowed] })).came)).toBeGreaterThan(50);
    const hazy: SceneColour = { ...COLOUR, saturation: 0.04 };
    expect(count((await find(on(SOIL), on(GRASS, [...house, ROOF]), { colours: [COLOUR, hazy] })).came)).toBe(
      0,
    );
  });

  it('leaves out what is a cell wide, and keeps neighbours three cells apart', async () => {
    const thin = await find(on(GRASS), on(GRASS, [3, 10, 30, 1, ROOF]));
    expect(count(thin.came)).toBe(0);
    const pair = await find(on(GRASS), on(GRASS, [6, 8, 10, 12, ROOF], [21, 8, 10, 12, ROOF]));
    const inColumn = (x: number) => count(pair.came, (i) => i % SIDE === x);
    expect(inColumn(11)).toBeGreaterThan(5);
    expect(inColumn(26)).toBeGreaterThan(5);
    expect(Math.min(...[16, 17, 18, 19, 20].map(inColumn))).toBe(0);
  });

  it('judges fine pixels by cells of about a metre', async () => {
    const [before, after] = [on(GRASS), on(GRASS, [...house, ROOF])];
    const coarse = await find(before, after, { resolution: 0.8 });
    const fine = await find(before, after, { resolution: 0.2 });
    expect([fine.factor, fine.width, fine.height]).toEqual([4, SIDE, SIDE]);
    expect([...fine.came]).toEqual([...coarse.came]);
  });
});

it.each([
  0.2, 0.5, 2,
])('tells the same of a pixel of %d m in every window that holds its halo', async (resolution) => {
  const [whole, halo] = [6 * 64, buildingHalo(resolution)];
  const kinds = [GRASS, SOIL, ROOF, BLUE_ROOF, SHADE];
  const world = (date: number, left: number, top: number, width: number, height: number) => {
    const stack = new Float32Array(3 * width * height);
    for (let i = 0; i < width * height; i++) {
      const [x, y] = [left + (i % width), top + Math.floor(i / width)];
      const size = Math.round(9 / resolution);
      const kind = (Math.floor(x / size) * 7 + Math.floor(y / size) * 3) % 5;
      const speck = ((x * 31 + y * 17 + date * 5) % 23) - 11;
      const rgb = kinds[(kind + (kind % 2) * date + (speck === 11 ? 2 : 0)) % 5];
      rgb.forEach((value, b) => {
        stack[(2 - b) * width * height + i] = value + speck;
      });
    }
    return stack;
  };
  const marksOf = async (
    left: number,
    top: number,
    width: number,
    height: number,
    name: 'webasm' | 'cpu' = 'webasm',
  ) => {
    const judge = createBuildings({
      backend: { ...plainBackend().backend, name },
      ...{ width, height, resolution },
      bands: new Set(['blue', 'green', 'red']),
      colour: { before: COLOUR, after: COLOUR },
    });
    return judge(world(0, left, top, width, height), world(1, left, top, width, height));
  };
  const [all, part] = [await marksOf(0, 0, whole, whole), await marksOf(24, 40, 240, 232)];
  let compared = 0;
  let wrong = 0;
  for (let y = halo; y < 232 - halo; y += part.factor) {
    for (let x = halo; x < 240 - halo; x += part.factor) {
      const own = (y / part.factor) * part.width + x / part.factor;
      const other = ((y + 40) / all.factor) * all.width + (x + 24) / all.factor;
      for (const which of ['came', 'gone'] as const) {
        if (part[which][own] > 0) compared++;
        if (part[which][own] !== all[which][other]) wrong++;
      }
    }
  }
  expect(wrong).toBe(0);
  expect(compared).toBeGreaterThan(100);
  const plain = await marksOf(24, 40, 240, 232, 'cpu');
  for (const which of ['came', 'gone'] as const) {
    // f32 and doubles may fall on different sides of a threshold or a step of confidence
    const apart = part[which].filter((value, i) => Math.abs(value - plain[which][i]) > 1).length;
    expect(apart / part[which].length).toBeLessThan(1e-3);
  }
});

it('makes cells of a power of two of pixels, and halos of whole cells', () => {
  expect([0.05, 0.2, 0.3, 0.5, 0.6, 0.61, 2, 10].map(cellFactor)).toEqual([8, 4, 4, 2, 2, 1, 1, 1]);
  for (const resolution of [0.05, 0.2, 0.5, 2]) {
    expect(buildingHalo(resolution) % 8).toBe(0);
    expect(buildingHalo(resolution)).toBeGreaterThanOrEqual(10 * cellFactor(resolution));
  }
});
