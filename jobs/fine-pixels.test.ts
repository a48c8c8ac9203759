import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, UNUSABLE } from '../kernels/classes.js';
import type { DetectorKind } from '../kernels/detector.js';
import { stateDetector } from '../kernels/state-detector.js';
import { commonBands, compare } from '../raster/engine/compare.js';
import { STATE_SLOTS } from '../raster/engine/job.js';
import type { OpenedScene } from '../raster/engine/prepare.js';
import { cellsOfGrid, type Grid, gridBounds } from '../raster/grid.js';
import { runsInPixels } from '../raster/runs.js';
import { openScene } from '../raster/scene.js';
import { drawRuns } from '../raster/testing.js';
import { openRaster } from '../raster/tiff/open.js';
import { type Zone, zoneOfRings } from '../raster/zones.js';
import { makeSamples, type SampleSet } from '../samples/make.js';
import { diff } from './diff.js';
import { readWhole } from './prediction.js';

let dir = '';
let samples: SampleSet;
let before: OpenedScene;
let after: OpenedScene;
let grid: Grid;
const RESOLUTION = 0.5;
const CELL = 4;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tuban-fine-'));
  // wider than one block of cells
  const [[west, south], [east, north]] = [
    [114.1, 22.54],
    [114.1117, 22.5445],
  ];
  const ring = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
  const properties = { code: '440303001', name: '桂园街道' };
  const geometry = { type: 'Polygon', coordinates: [ring] };
  const extent = join(dir, 'district.geojson');
  await writeFile(
    extent,
    JSON.stringify({ type: 'FeatureCollection', features: [{ type: 'Feature', properties, geometry }] }),
  );
  const months = ['2026-04', '2026-05'];
  samples = await makeSamples({ dir, seed: 3, months, resolution: RESOLUTION, extent, clouds: false });
  const open = async ({ file }: { file: string }) => {
    const spec = { files: [file] };
    return { spec, scene: await openScene(spec) };
  };
  before = await open(samples.scenes[0]);
  after = await open(samples.scenes[1]);
  // the truth's, which is not the scenes'
  const file = await openRaster(samples.truth[0].file);
  const { width, height, transform, crs } = file.info;
  await file.close();
  if (crs === null || transform === null) throw new Error('a truth without a place');
  grid = { crs, resolution: RESOLUTION, width, height, transform };
}, 120_000);
afterAll(async () => {
  for (const opened of [before, after]) await opened?.scene.close();
  await rm(dir, { recursive: true, force: true });
});

/** Most of the ground, up to just before the middle of a cell. */
function leftPart(on: Grid): Zone {
  const { minX, maxX, minY, maxY } = gridBounds(on);
  const right = minX + 1000 + RESOLUTION * (CELL / 2 - 1);
  expect(right).toBeLessThan(maxX);
  const ring = [
    [minX, minY],
    [right, minY],
    [right, maxY],
    [minX, maxY],
  ] as const;
  return zoneOfRings([ring], on);
}

/** On raw places and values, so that different grids see the same ground. */
function detect(on: Grid, detector: DetectorKind = stateDetector, state?: string) {
  const { classes } = stateDetector.computable(commonBands([before, after]));
  return compare({
    grid: on,
    before: [before],
    after: [after],
    reference: before,
    detector,
    classes,
    backend: 'webasm',
    align: false,
    normalize: false,
    zones: [leftPart(on)],
    clip: true,
    outputs: state === undefined ? {} : { state },
    workers: 2,
  });
}

const share = (codes: Uint8Array, holds: (code: number, i: number) => boolean) =>
  codes.reduce((sum, code, i) => sum + (holds(code, i) ? 1 : 0), 0) / codes.length;

async function read(path: string, on: Pick<Grid, 'width' | 'height'> = grid): Promise<Uint8Array> {
  const file = await openRaster(path);
  expect([file.info.width, file.info.height]).toEqual([on.width, on.height]);
  const codes = await readWhole(file);
  await file.close();
  return Uint8Array.from(codes);
}

describe('scenes of half a metre', () => {
  it('show what the same ground shows in pixels of two metres, on the grid they are asked for', async () => {
    expect((grid.width % CELL) + (grid.height % CELL)).not.toBe(0);
    const state = join(dir, 'state.tif');
    const fine = await detect(grid, stateDetector, state);
    const coarse = await detect(cellsOfGrid(grid, CELL));
    expect([fine.judged.cell, coarse.judged.cell]).toEqual([CELL, 1]);
    const [own, theirs] = [fine.runs, runsInPixels(coarse.runs, CELL, grid)].map((runs) =>
      drawRuns(runs, grid),
    );
    expect(share(own, (code) => code > 0 && code < UNUSABLE)).toBeGreaterThan(0.002);
    // blocks are cut elsewhere
    expect(share(own, (code, i) => code === theirs[i])).toBeGreaterThan(0.9995);
    // usable pixels and areas are counted in those of the grid
    expect(fine.usable / coarse.usable).toBeCloseTo(CELL ** 2, 2);
    const states = await read(state);
    const inCell = (i: number) => {
      const [x, y] = [i % grid.width, Math.floor(i / grid.width)];
      return (y - (y % CELL)) * grid.width + x - (x % CELL);
    };
    expect(share(states, (code, i) => code === states[inCell(i)])).toBe(1);
    expect(new Set(states).size).toBeGreaterThan(3);
    const tableOf = (result: typeof fine) => result.transitions.map((pixels) => pixels / result.pixels);
    const inRaster = share(states, (code) => code === 1);
    const afterOne = tableOf(fine).reduce((sum, part, i) => sum + (i % STATE_SLOTS === 1 ? part : 0), 0);
    expect(afterOne).toBeCloseTo(inRaster, 2);
  });

  it('are wrong about water and woods many times over where every pixel is judged by itself', async () => {
    const truth = await read(samples.truth[0].file);
    const asked = ['water_gain', 'water_loss', 'forest_gain', 'forest_loss'] as const;
    const codes = new Set<number>(asked.map(codeOf));
    const wrong = async (detector: DetectorKind) => {
      const found = drawRuns((await detect(grid, detector)).runs, grid);
      return share(found, (code, i) => codes.has(code) && code !== truth[i]);
    };
    const cells = await wrong(stateDetector);
    expect(await wrong({ ...stateDetector, cell: () => 1 })).toBeGreaterThan(4 * cells);
  });

  it('are co-registered in their own pixels, and the summary says what they were judged in', async () => {
    const { summary, patches } = await diff({
      before: before.spec,
      after: after.spec,
      out: join(dir, 'result'),
      mmu: { building: 50, other: 200 },
      backend: 'webasm',
      workers: 2,
      detector: stateDetector,
      align: true,
      normalize: true,
    });
    const [dx, dy] = samples.takes[1].shift;
    expect(Math.hypot(dx, dy)).toBeGreaterThan(0.2);
    // the scene is moved back by as much
    expect(Math.hypot(summary.alignment.dx + dx, summary.alignment.dy + dy)).toBeLessThan(0.25);
    expect(summary.judged_cell_px).toBe(CELL);
    expect(summary.notes).toContainEqual(expect.stringContaining('cells of 4 × 4 (2 m)'));
    expect(summary.grid.resolution).toBe(RESOLUTION);
    expect(patches.length).toBeGreaterThan(0);
    const codes = await read(join(dir, 'result', 'change.tif'), summary.grid);
    const changed = share(codes, (code) => code > 0 && code < UNUSABLE) * codes.length * RESOLUTION ** 2;
    // outlines are smoothed
    expect(patches.reduce((sum, { areaM2 }) => sum + areaM2, 0) / changed).toBeCloseTo(1, 1);
  });
});
