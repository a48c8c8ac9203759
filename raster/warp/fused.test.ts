import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openBackend } from '../../kernels/backend.js';
import { CHANGE_CLASSES } from '../../kernels/classes.js';
import { indexDetector } from '../../kernels/index-detector.js';
import { CELL_HEAD, CELL_SIZE, type CellMap } from '../../kernels/warp.js';
import { writeCog } from '../cog/writer.js';
import { crsFromEpsg, transformer } from '../crs.js';
import { openScene } from '../scene.js';
import { madeGrid } from '../testing.js';
import { cellMap } from './cells.js';
import { type PreparedScene, readDate } from './date.js';
import { fusedReader } from './fused.js';
import { controlNet, netAt } from './net.js';
import { kernelResampler, plainResampler, sweepResampler } from './resampler.js';
import { readSource } from './source.js';

const folder = mkdtempSync(join(tmpdir(), 'tuban-fused-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SIDE = 300;
const ROLES = ['green', 'red', 'nir'] as const;
const source = madeGrid(SIDE, SIDE, { epsg: 32650, resolution: 2, left: 201_000, top: 2_496_000 });
const [left, top] = transformer(crsFromEpsg(32650), crsFromEpsg(4547))(201_020, 2_495_980);
/** Turned against the source by the difference of the two meridians. */
const target = madeGrid(280, 270, {
  epsg: 4547,
  resolution: 2,
  left: Math.round(left),
  top: Math.round(top),
});

async function scene(name: string, date: number, hole = false): Promise<PreparedScene> {
  const planes = ROLES.map((_, band) => {
    const plane = new Uint16Array(SIDE * SIDE);
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const kind = (Math.floor(x / 23) * 7 + Math.floor(y / 19) * 5 + date * (Math.floor(x / 46) % 2)) % 3;
        const value = [
          [500, 300, 100],
          [400, 250, 2000],
          [900, 1000, 1200],
        ][kind][band];
        plane[y * SIDE + x] = hole && x > 100 && x < 140 && y < 60 ? 0 : value + ((x * 31 + y * 17) % 60);
      }
    }
    return plane;
  });
  const path = join(folder, name);
  await writeCog(
    path,
    {
      grid: source,
      bands: 3,
      sampleType: 'uint16',
      nodata: 0,
      overviews: 'average',
      descriptions: [...ROLES],
    },
    planes,
  );
  return {
    scene: await openScene({ files: [path] }),
    shift: { dx: 0.3 * date, dy: -0.2 * date },
    normalization: date === 1 ? { nir: { gain: 1.1, offset: -20 } } : {},
    month: null,
  };
}

const windows = [
  { x: 20, y: 30, width: 200, height: 180 },
  { x: -16, y: -16, width: 150, height: 150 },
  { x: 180, y: 160, width: 130, height: 140 },
];

describe('a fused reader', () => {
  // on webasm a sweep by rows takes the kernel's place
  it.each([
    'cpu',
    'webasm',
  ] as const)('and %s give what reading, warping and judging planes give', async (name) => {
    const [before, after] = [await scene(`${name}0.tif`, 0), await scene(`${name}1.tif`, 1)];
    const readers = [fusedReader(before, target, ROLES), fusedReader(after, target, ROLES)];
    const backend = await openBackend(name);
    for (const window of windows) {
      const detector = indexDetector.create({
        backend,
        width: window.width,
        height: window.height,
        resolution: 2,
        bands: new Set(ROLES),
        classes: new Set(CHANGE_CLASSES.map(({ name }) => name)),
        look: null,
      });
      const planes = await detector.detect(
        await readDate([before], target, window, ROLES),
        await readDate([after], target, window, ROLES),
      );
      const expected = { code: planes.code.slice(), magnitude: planes.magnitude.slice() };
      const [a, b] = [await readers[0]?.read(window), await readers[1]?.read(window)];
      if (!a || !b || !detector.detectFromSource) throw new Error('cannot be fused');
      const found = await detector.detectFromSource(a, b);
      let differing = 0;
      let apart = 0;
      for (let i = 0; i < expected.code.length; i++) {
        if (found.code[i] !== expected.code[i]) differing++;
        if (Math.abs(found.magnitude[i] - expected.magnitude[i]) > 1) apart++;
      }
      // float32 in the kernel, doubles in the sweep: thresholds may fall on either side
      expect(differing / expected.code.length).toBeLessThanOrEqual(1e-4);
      expect(apart / expected.code.length).toBeLessThanOrEqual(1e-4);
      expect(new Set(found.code).size).toBeGreaterThan(2);
    }
    await backend.close();
    await before.scene.close();
    await after.scene.close();
  });

  it('leaves windows with pixels without data, and those outside the image, to the planes', async () => {
    const holed = await scene('holed.tif', 0, true);
    const reader = fusedReader(holed, target, ROLES);
    expect(await reader?.read({ x: 60, y: 10, width: 100, height: 100 })).toBeNull();
    expect(await reader?.read({ x: 60, y: 150, width: 100, height: 100 })).not.toBeNull();
    expect(await reader?.read({ x: 5000, y: 10, width: 100, height: 100 })).toBeNull();
    await holed.scene.close();
  });

  it('is none for scenes whose bands lie in several files', async () => {
    const one = await scene('one.tif', 0);
    const other = await scene('other.tif', 0);
    const nir = other.scene.bands.get('nir');
    if (!nir) throw new Error('no nir');
    const split = {
      ...one,
      scene: { ...one.scene, bands: new Map([...one.scene.bands, ['nir', nir] as const]) },
    };
    expect(fusedReader(split, target, ROLES)).toBeNull();
    await one.scene.close();
    await other.scene.close();
  });
});

describe('a cell map', () => {
  it('holds the coordinates of its net in px of the window', () => {
    const net = controlNet(target, windows[0], { crs: source.crs, transform: source.transform });
    const plan = { window: { x: 12, y: 9, width: 250, height: 250 }, levelWidth: 150, levelHeight: 150 };
    const map = cellMap(net, { ...plan, reduce: [2, 2] });
    for (const [x, y] of [
      [0, 0],
      [127, 127],
      [128, 5],
      [199, 179],
    ]) {
      const [u, v] = netAt(net, x, y);
      const [atU, atV] = lookUp(map, x, y);
      expect(atU).toBeCloseTo(u / 2 - 0.5 - 12, 3);
      expect(atV).toBeCloseTo(v / 2 - 0.5 - 9, 3);
    }
  });
});

function lookUp({ numbers, spacing, across }: CellMap, x: number, y: number): number[] {
  const [column, row] = [Math.floor(x / spacing), Math.floor(y / spacing)];
  const c = CELL_HEAD + (row * across + column) * CELL_SIZE;
  const [dx, dy] = [x - column * spacing, y - row * spacing];
  return [0, 4].map((k) => {
    const [a, b, d, e] = numbers.subarray(c + k, c + k + 4);
    return a + b * dx + d * dy + e * dx * dy;
  });
}

describe('resampling', () => {
  it.each(['kernels', 'vectors'])('by %s equals that by rows, holes and edges included', async (name) => {
    const holed = await scene(`${name}.tif`, 0, true);
    const backend = await openBackend('cpu');
    const other = name === 'kernels' ? kernelResampler(backend) : sweepResampler();
    const nir = holed.scene.bands.get('nir');
    if (!nir) throw new Error('no nir');
    for (const window of windows) {
      const net = controlNet(target, window, holed.scene.placement);
      const read = await readSource(nir.file, net, { bands: [0, 1, 2] });
      if (read === null) throw new Error('no source');
      const length = window.width * window.height;
      const results = [];
      for (const resampler of [plainResampler, other]) {
        const outputs = ROLES.map(() => new Float32Array(length));
        const valid = new Uint8Array(length);
        const maps = [
          { gain: 1, offset: 0 },
          { gain: 2, offset: 5 },
          { gain: 0.5, offset: -3 },
        ];
        await resampler.run(net, read, maps, outputs, valid);
        results.push({ outputs, valid });
      }
      const [expected, found] = results;
      let wrong = 0;
      let different = 0;
      for (let i = 0; i < length; i++) {
        if (expected.valid[i] !== found.valid[i]) different++;
        else if (expected.valid[i] === 1) {
          const far = expected.outputs.some(
            (plane, b) => Math.abs(plane[i] - found.outputs[b][i]) > 0.02 * Math.max(1, plane[i] / 100),
          );
          if (far) wrong++;
        }
      }
      expect([different, wrong]).toEqual([0, 0]);
      expect(new Set(found.valid).size).toBe(2);
    }
    await backend.close();
    await holed.scene.close();
  });
});
