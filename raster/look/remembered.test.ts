import { expect, it } from 'vitest';
import type { Scene } from '../scene.js';
import { madeFile, madeGrid } from '../testing.js';
import { MOST_REMEMBERED, rememberedScene } from './remembered.js';

const grid = madeGrid(100, 80);

function made() {
  const file = madeFile(grid, (x, y) => 1000 * y + x);
  const bands = new Map([['red', { role: 'red', file, index: 0, scale: 1, offset: 0 }]]);
  return { file, scene: { name: 'made', bands, quality: null } as unknown as Scene };
}

function redOf(scene: Scene) {
  const band = scene.bands.get('red');
  if (band === undefined) throw new Error('no red');
  return band.file;
}

it('reads a window once, and shifted ones within the margin from what it kept', async () => {
  const { file, scene } = made();
  const memory = { bytes: 0 };
  const read = redOf(rememberedScene(scene, 5, memory));
  for (const [x, y] of [
    [20, 30],
    [15, 35],
    [24, 26],
  ]) {
    const [plane] = await read.readWindow(0, { x, y, width: 3, height: 2 }, [0]);
    const row = (v: number) => [0, 1, 2].map((k) => 1000 * v + x + k);
    expect([...plane]).toEqual([...row(y), ...row(y + 1)]);
  }
  expect(file.reads.map((r) => r.window)).toEqual([{ x: 15, y: 25, width: 13, height: 12 }]);
  expect(memory.bytes).toBe(13 * 12 * 4);
});

it('reads again what lies beyond the margin, and stays inside the image', async () => {
  const { file, scene } = made();
  const read = redOf(rememberedScene(scene, 5, { bytes: 0 }));
  await read.readWindow(0, { x: 0, y: 70, width: 10, height: 10 }, [0]);
  await read.readWindow(0, { x: 10, y: 70, width: 10, height: 10 }, [0]);
  expect(file.reads.map((r) => r.window)).toEqual([
    { x: 0, y: 65, width: 15, height: 15 },
    { x: 5, y: 65, width: 20, height: 15 },
  ]);
});

it('keeps no more where the memory is full', async () => {
  const { file, scene } = made();
  const read = redOf(rememberedScene(scene, 5, { bytes: MOST_REMEMBERED }));
  const window = { x: 20, y: 30, width: 3, height: 2 };
  await read.readWindow(0, window, [0]);
  await read.readWindow(0, window, [0]);
  expect(file.reads.map((r) => r.window)).toEqual([window, window]);
});
