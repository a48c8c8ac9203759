import { describe, expect, it } from 'vitest';
import { blocks, type Grid } from './grid.js';
import { allocateRuns, extractRuns, type Runs } from './runs.js';
import { createRunCollector, type RegionRules, sieveBlock, sieveRuns } from './sieve.js';
import { madeGrid } from './testing.js';

/** A class raster from rows of text: `.` none, `x` unusable, a digit a code. */
function drawn(...rows: readonly string[]): { grid: Grid; code: Uint8Array } {
  const code = Uint8Array.from(rows.join(''), (c) => (c === '.' ? 0 : c === 'x' ? 255 : Number(c)));
  return { grid: madeGrid(rows[0].length, rows.length), code };
}

/** Codes 1 to 3 in clumps, some unusable pixels; the same for the same seed. */
function clumps(width: number, height: number, seed: number): { grid: Grid; code: Uint8Array } {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const code = new Uint8Array(width * height);
  for (let i = 0; i < code.length; i++) {
    const near = [i % width > 0 ? code[i - 1] : 0, code[i - width] ?? 0];
    const u = random();
    code[i] =
      u < 0.7 ? near[Math.floor(random() * 2)] : u < 0.86 ? 0 : u < 0.87 ? 255 : 1 + Math.floor(random() * 3);
  }
  return { grid: madeGrid(width, height), code };
}

function runsIn({ grid, code }: { grid: Grid; code: Uint8Array }, core = blocks(grid, 1e6)[0].core): Runs {
  const plane = new Uint8Array(code.length).fill(3);
  return extractRuns({
    core,
    stride: grid.width,
    left: core.x,
    top: core.y,
    code,
    confidence: plane,
    bare: plane,
    zones: null,
  });
}

/** The runs drawn as text; where they overlap or lie outside, the text shows it. */
function shown(runs: Runs, { width, height }: Grid): string[] {
  const rows = Array.from({ length: height }, () => new Array<string>(width).fill('.'));
  for (let k = 0; k < runs.count; k++) {
    for (let x = runs.x0[k]; x < runs.x1[k]; x++) {
      rows[runs.y[k]][x] =
        rows[runs.y[k]][x] === '.' ? (runs.code[k] === 255 ? 'x' : `${runs.code[k]}`) : '!';
    }
  }
  return rows.map((row) => row.join(''));
}

/** What the engine does: blocks are sieved one by one and collected in an order of their own. */
function collected(
  raster: { grid: Grid; code: Uint8Array },
  rules: RegionRules,
  size: number,
  step: number,
): Runs {
  const { grid } = raster;
  const all = blocks(grid, size);
  const collector = createRunCollector(grid, rules);
  for (let i = 0; i < all.length; i++) {
    const { core } = all[(i * step) % all.length];
    collector.add(core, sieveBlock(runsIn(raster, core), core, grid, rules));
  }
  return collector.finish();
}

describe('sieveRuns', () => {
  const raster = drawn('111.22', '1...22', '......', '333333');

  it('keeps a region of exactly the minimum and drops one that is a pixel smaller', () => {
    const kept = (least: number) => [...sieveRuns(runsIn(raster), { least: [0, least, least, least] }).code];
    expect(kept(4)).toEqual([1, 2, 1, 2, 3]);
    expect(kept(5)).toEqual([3]);
    expect(kept(6)).toEqual([3]);
    expect(kept(7)).toEqual([]);
  });

  it('asks for the minimum of each class, and for none of a class without', () => {
    expect([...sieveRuns(runsIn(raster), { least: [0, 5] }).code]).toEqual([2, 2, 3]);
    expect([...sieveRuns(runsIn(raster), { least: [] }).code]).toEqual([1, 2, 1, 2, 3]);
  });

  it('always keeps unusable pixels', () => {
    const least = new Array<number>(256).fill(100);
    expect(shown(sieveRuns(runsIn(drawn('xx1')), { least }), madeGrid(3, 1))).toEqual(['xx.']);
  });

  it('drops regions longer for their area than their class may be', () => {
    const shapes = drawn('11.111111', '11.......', '.........', '222222222');
    const kept = (most: number) =>
      shown(sieveRuns(runsIn(shapes), { least: [], longest: [0, most] }), shapes.grid).map((r) => r[3]);
    // a strip of 6 px: 14² / (16 · 6)
    expect(kept(2.04)[0]).toBe('.');
    expect(kept(2.05)[0]).toBe('1');
    expect(shown(sieveRuns(runsIn(shapes), { least: [], longest: [0, 1] }), shapes.grid)).toEqual([
      '11.......',
      '11.......',
      '.........',
      '222222222',
    ]);
  });

  it('judges a region over a zone border whole', () => {
    const runs = extractRuns({
      core: { x: 0, y: 0, width: 4, height: 1 },
      stride: 4,
      left: 0,
      top: 0,
      code: Uint8Array.of(1, 1, 1, 1),
      confidence: new Uint8Array(4),
      bare: new Uint8Array(4),
      zones: Uint16Array.of(1, 2, 2, 2),
    });
    expect([...sieveRuns(runs, { least: [0, 4] }).zone]).toEqual([0, 1]);
  });
});

describe('sieveBlock', () => {
  it('drops what is small and ends inside the block, and keeps what reaches another block', () => {
    const raster = drawn('1....1', '..11..', '.....2', '2.....', '......', '..3...');
    const core = { x: 0, y: 0, width: 5, height: 4 };
    // at the grid's own edges nothing can follow
    expect(
      shown(sieveBlock(runsIn(raster, core), core, raster.grid, { least: [0, 3, 3, 3] }), raster.grid),
    ).toEqual(['......', '......', '......', '2.....', '......', '......']);
  });
});

describe('createRunCollector', () => {
  it('joins a region over seams before it judges it', () => {
    const raster = drawn('......', '.1111.', '.1..1.', '.1111.', '......', '..22..');
    const least = [0, 10, 3];
    for (const size of [1, 2, 3, 4]) {
      expect(shown(collected(raster, { least }, size, 1), raster.grid)).toEqual([
        ...['......', '.1111.', '.1..1.', '.1111.', '......', '......'],
      ]);
    }
  });

  it.each([1, 5, 8, 16, 100])('blocks of %i px in any order give the runs of the whole raster', (size) => {
    for (let seed = 1; seed <= 12; seed++) {
      const raster = clumps(41, 37, seed);
      const rules = { least: [0, 2 + (seed % 7), 9, 25], longest: [1, 2 + (seed % 3), 3] };
      const count = blocks(raster.grid, size).length;
      const step = [7, 11, 13, 1].find((prime) => count % prime !== 0 || prime === 1) ?? 1;
      const whole = shown(sieveRuns(runsIn(raster), rules), raster.grid);
      const runs = collected(raster, rules, size, step);
      expect(shown(runs, raster.grid)).toEqual(whole);
      for (let k = 1; k < runs.count; k++) {
        expect(runs.y[k] * 41 + runs.x0[k]).toBeGreaterThan(runs.y[k - 1] * 41 + runs.x0[k - 1]);
      }
      expect(whole.join('')).toMatch(/1.*x|x.*1/);
    }
  });

  it('refuses to finish before all blocks have come', () => {
    const collector = createRunCollector(madeGrid(20, 20), { least: [] });
    collector.add({ x: 0, y: 0, width: 10, height: 10 }, allocateRuns(0));
    expect(() => collector.finish()).toThrow(/row 0 of 20/);
  });
});
