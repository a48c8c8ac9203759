import { describe, expect, it } from 'vitest';
import { UNUSABLE } from '../kernels/classes.js';
import { blocks } from './grid.js';
import { extractRuns, mergeRuns, type Runs, runsInPixels } from './runs.js';
import { madeGrid } from './testing.js';

/** Each run as [y, x0, x1, code, zone, confidence, bare]. */
const list = (runs: Runs) =>
  Array.from({ length: runs.count }, (_, k) => [
    runs.y[k],
    runs.x0[k],
    runs.x1[k],
    runs.code[k],
    runs.zone[k],
    runs.confidence[k],
    runs.bare[k],
  ]);

describe('extractRuns', () => {
  it('gives runs of one code and zone in grid px, with sums of confidence and of bare ground', () => {
    const code = Uint8Array.of(0, 7, 7, 7, 0, 4, 255, 255);
    const runs = extractRuns({
      core: { x: 100, y: 50, width: 8, height: 1 },
      stride: 8,
      left: 0,
      top: 0,
      code,
      confidence: Uint8Array.of(9, 100, 110, 120, 9, 64, 9, 9),
      bare: Uint8Array.of(0, 1, 0, 1, 0, 0, 0, 0),
      zones: Uint16Array.of(1, 1, 1, 2, 2, 2, 0, 0),
    });
    expect(list(runs)).toEqual([
      [50, 101, 103, 7, 0, 210, 1],
      [50, 103, 104, 7, 1, 120, 1],
      [50, 105, 106, 4, 1, 64, 0],
      [50, 106, 108, UNUSABLE, -1, 0, 0],
    ]);
  });

  it('looks at the core of a padded block only', () => {
    const code = new Uint8Array(5 * 5).fill(1);
    const plain = new Uint8Array(25);
    const core = { x: 0, y: 0, width: 3, height: 3 };
    const runs = extractRuns({
      core,
      stride: 5,
      left: 1,
      top: 1,
      code,
      confidence: plain,
      bare: plain,
      zones: null,
    });
    expect(list(runs)).toEqual([0, 1, 2].map((y) => [y, 0, 3, 1, -1, 0, 0]));
  });
});

describe('mergeRuns', () => {
  it('puts the runs of many blocks into row-major order of the grid', () => {
    const grid = madeGrid(23, 17);
    const code = (x: number, y: number) => (Math.floor(x / 3) * 7 + y * 5) % 4;
    const parts = blocks(grid, 8).map(({ core }) => {
      const padded = { width: core.width + 4, height: core.height + 4 };
      const plane = new Uint8Array(padded.width * padded.height);
      for (let y = 0; y < core.height; y++)
        for (let x = 0; x < core.width; x++)
          plane[(y + 2) * padded.width + x + 2] = code(core.x + x, core.y + y);
      const frame = { core, stride: padded.width, left: 2, top: 2 };
      return {
        core,
        runs: extractRuns({ ...frame, code: plane, confidence: plane, bare: plane, zones: null }),
      };
    });
    expect(parts.length).toBe(9);
    const merged = mergeRuns(parts);
    const drawn = new Uint8Array(23 * 17);
    let last = -1;
    for (let k = 0; k < merged.count; k++) {
      const start = merged.y[k] * 23 + merged.x0[k];
      expect(start).toBeGreaterThan(last);
      last = start;
      drawn.fill(merged.code[k], start, merged.y[k] * 23 + merged.x1[k]);
      expect(merged.confidence[k]).toBe(merged.code[k] * (merged.x1[k] - merged.x0[k]));
    }
    expect([...drawn]).toEqual(Array.from({ length: 23 * 17 }, (_, i) => code(i % 23, Math.floor(i / 23))));
  });

  it('gives none for none', () => {
    expect(mergeRuns([]).count).toBe(0);
  });
});

describe('runsInPixels', () => {
  const [columns, rows, cell] = [7, 5, 4];
  const code = Uint8Array.from({ length: columns * rows }, (_, i) => [0, 3, 3, 5, 255][(i * 7) % 5]);
  const confidence = Uint8Array.from(code, (value, i) => (value > 0 ? 20 + i : 0));
  const core = { x: 0, y: 0, width: columns, height: rows };
  const zones = Uint16Array.from(code, (_, i) => 1 + Math.floor((i % columns) / 4));
  const frame = { core, stride: columns, left: 0, top: 0 };
  const cells = extractRuns({ ...frame, code, confidence, bare: confidence.map((c) => c % 2), zones });

  it('draws every cell as its pixels, in row-major order, as far as the grid goes', () => {
    // the last cells reach 3 px beyond it to the right, and 1 below
    const [width, height] = [columns * cell - 3, rows * cell - 1];
    const runs = runsInPixels(cells, cell, { width, height });
    const drawn = new Uint8Array(width * height);
    let last = -1;
    for (let k = 0; k < runs.count; k++) {
      const start = runs.y[k] * width + runs.x0[k];
      expect(start).toBeGreaterThan(last);
      last = start;
      expect(runs.x1[k]).toBeLessThanOrEqual(width);
      expect(runs.zone[k]).toBe(Math.floor(runs.x0[k] / cell / 4));
      drawn.fill(runs.code[k], start, runs.y[k] * width + runs.x1[k]);
    }
    const cellOf = (i: number) =>
      Math.floor(Math.floor(i / width) / cell) * columns + Math.floor((i % width) / cell);
    expect(drawn).toEqual(Uint8Array.from(drawn, (_, i) => code[cellOf(i)]));
  });

  it('leaves the mean confidence of a run what it was, and its share of bare ground', () => {
    const whole = { width: columns * cell, height: rows * cell };
    const runs = runsInPixels(cells, cell, whole);
    const total = (of: Runs, key: 'confidence' | 'bare') =>
      of[key].reduce((sum, value, k) => sum + (of.code[k] === UNUSABLE ? 0 : value), 0);
    expect(total(runs, 'confidence')).toBe(cell ** 2 * total(cells, 'confidence'));
    expect(total(cells, 'bare')).toBeGreaterThan(0);
    expect(total(runs, 'bare')).toBe(cell ** 2 * total(cells, 'bare'));
  });

  it('are the runs themselves where a cell is a pixel', () => {
    expect(runsInPixels(cells, 1, core)).toBe(cells);
  });
});
