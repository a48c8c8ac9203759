import type { Grid, Window } from './grid.js';
import { find, type Labels, labelRegions, NO_REGION, regionShapes, type Shapes } from './regions.js';
import { allocateRuns, copyRuns, firstOfRow, mergeRuns, type Runs, selectRuns } from './runs.js';

/**
 * The minimum mapping unit: least pixels of a region by class code; a code without an entry needs none. Borders of
 * subdistricts do not count: a region over a border is judged whole. Unusable pixels always stay.
 */
export type LeastPixels = readonly number[];

/** Most perimeter²/(16·area) of a region by class code, 1 for a square; a code without an entry may be as long as it is. */
export type MostElongation = readonly number[];

export interface RegionRules {
  readonly least: LeastPixels;
  readonly longest?: MostElongation;
}

/** Whether a whole region of a class stays. */
function stays({ least, longest = [] }: RegionRules, code: number, pixels: number, joints: number): boolean {
  if (pixels < (least[code] ?? 0)) return false;
  const most = longest[code];
  return most === undefined || (4 * pixels - 2 * joints) ** 2 <= 16 * pixels * most;
}

/** The runs of regions that the rules let stay, and the unusable ones; `runs` are those of the whole grid. */
export function sieveRuns(runs: Runs, rules: RegionRules): Runs {
  const labels = labelRegions(runs, { byZone: false });
  return keep(runs, labels, regionShapes(runs, labels), rules, new Uint8Array(labels.count));
}

/**
 * Drops the runs of a block whose regions end inside it and break the rules. What reaches an edge of the block that is
 * no edge of the grid may go on beyond and stays: so most specks never leave the block's thread.
 */
export function sieveBlock(runs: Runs, core: Window, grid: Grid, rules: RegionRules): Runs {
  const labels = labelRegions(runs, { byZone: false });
  const open = new Uint8Array(labels.count);
  const { count, y, x0, x1 } = runs;
  const left = core.x === 0 ? NO_SEAM : core.x;
  const right = core.x + core.width === grid.width ? NO_SEAM : core.x + core.width;
  const { top, bottom } = seamRows(core, grid);
  for (let k = 0; k < count; k++) {
    const region = labels.label[k];
    if (region === NO_REGION) continue;
    if (x0[k] === left || x1[k] === right || y[k] === top || y[k] === bottom) {
      open[region] = 1;
    }
  }
  return keep(runs, labels, regionShapes(runs, labels), rules, open);
}

/** Stands for an edge beyond which nothing lies; no px has this place. */
const NO_SEAM = -1;

/** The first and last row of a block or row of blocks where others lie beyond them. */
function seamRows({ y, height }: { readonly y: number; readonly height: number }, grid: Grid) {
  return {
    top: y === 0 ? NO_SEAM : y,
    bottom: y + height === grid.height ? NO_SEAM : y + height - 1,
  };
}

/** Without the runs of regions that break the rules and are not open, which is whole. */
function keep(
  runs: Runs,
  { label }: Labels,
  { pixels, joints }: Shapes,
  rules: RegionRules,
  open: Uint8Array,
): Runs {
  const kept = new Uint8Array(runs.count);
  for (let k = 0; k < runs.count; k++) {
    const region = label[k];
    kept[k] =
      region === NO_REGION || open[region] === 1 || stays(rules, runs.code[k], pixels[region], joints[region])
        ? 1
        : 0;
  }
  return selectRuns(runs, kept);
}

/** Takes the runs of blocks as they finish and has in the end those that stay after the minimum mapping unit. */
export interface RunCollector {
  /** Takes the runs of a finished block, in any order of the blocks. */
  add(core: Window, runs: Runs): void;
  /**
   * The runs that stay, in row-major order of the grid; to be called once, when all blocks have come.
   * @throws Error where blocks are missing.
   */
  finish(): Runs;
}

/** Label of runs that are known to stay, beside the numbers of regions that may still grow. */
const STAYS = -1;

/** A row of blocks after its regions were judged. */
interface Band {
  readonly runs: Runs;
  /** For each run STAYS, or the number of its region that reaches another row of blocks. */
  readonly open: Int32Array;
}

/**
 * A collector for one grid. Rows of blocks are merged and judged from top to bottom, as soon as they are whole: regions
 * that end inside a row are kept or dropped at once, those that reach another are joined over the seam and judged in
 * the end. Memory grows with the patches and with the specks on seams, not with all specks.
 */
export function createRunCollector(grid: Grid, rules: RegionRules): RunCollector {
  const waiting = new Map<number, { readonly core: Window; readonly runs: Runs }[]>();
  const bands: Band[] = [];
  const regions = openRegions();
  let nextRow = 0;
  let lastRow: SeamRow = NO_ROW;

  const takeBand = (parts: { readonly core: Window; readonly runs: Runs }[]) => {
    parts.sort((a, b) => a.core.x - b.core.x);
    const { height } = parts[0].core;
    const bottom = nextRow + height;
    const runs = mergeRuns(parts);
    const { open, keep } = judge(runs, rules, seamRows({ y: nextRow, height }, grid), regions);
    joinRows(lastRow, rowOf(runs, open, nextRow), regions);
    lastRow = rowOf(runs, open, bottom - 1);
    bands.push({ runs: selectRuns(runs, keep), open: selected(open, keep) });
    nextRow = bottom;
  };

  return {
    add(core, runs) {
      const parts = waiting.get(core.y);
      if (parts === undefined) waiting.set(core.y, [{ core, runs }]);
      else parts.push({ core, runs });
      for (;;) {
        const whole = waiting.get(nextRow);
        if (whole === undefined || whole.reduce((sum, part) => sum + part.core.width, 0) < grid.width) return;
        waiting.delete(nextRow);
        takeBand(whole);
      }
    },
    finish() {
      if (nextRow < grid.height) {
        throw new Error(
          `blocks of row ${nextRow} of ${grid.height} are missing; add all blocks before finish`,
        );
      }
      return joinBands(bands, rules, regions);
    },
  };
}

/** Regions that reach a seam: union-find with sums. Their number grows with what lies on seams. */
interface OpenRegions {
  open(pixels: number, joints: number): number;
  /** Joins two regions that touch along so many pixels of a seam. */
  join(a: number, b: number, along: number): void;
  /** Pixels and pairs of neighbours of the whole region that a number belongs to. */
  shape(region: number): { readonly pixels: number; readonly joints: number };
}

function openRegions(): OpenRegions {
  const parent: number[] = [];
  const pixels: number[] = [];
  const joints: number[] = [];
  return {
    open(own, ownJoints) {
      parent.push(parent.length);
      pixels.push(own);
      joints.push(ownJoints);
      return parent.length - 1;
    },
    join(a, b, along) {
      const ra = find(parent, a);
      const rb = find(parent, b);
      joints[ra] += along;
      if (ra === rb) return;
      parent[rb] = ra;
      pixels[ra] += pixels[rb];
      joints[ra] += joints[rb];
    },
    shape(region) {
      const root = find(parent, region);
      return { pixels: pixels[root], joints: joints[root] };
    },
  };
}

/** Which runs of a row of blocks stay or may stay, and the numbers of the regions that reach its first or last row. */
function judge(
  runs: Runs,
  rules: RegionRules,
  seams: { readonly top: number; readonly bottom: number },
  regions: OpenRegions,
): { open: Int32Array; keep: Uint8Array } {
  const { count, y, code } = runs;
  const labels = labelRegions(runs, { byZone: false });
  const shapes = regionShapes(runs, labels);
  const numbers = openAtSeams(y, labels, shapes, seams, regions);
  const open = new Int32Array(count).fill(STAYS);
  const keep = new Uint8Array(count).fill(1);
  for (let k = 0; k < count; k++) {
    const region = labels.label[k];
    if (region === NO_REGION) continue;
    open[k] = numbers[region];
    if (numbers[region] !== STAYS) continue;
    if (!stays(rules, code[k], shapes.pixels[region], shapes.joints[region])) keep[k] = 0;
  }
  return { open, keep };
}

/** A number for each region that reaches a seam, STAYS for the others. */
function openAtSeams(
  y: Int32Array,
  { label, count }: Labels,
  { pixels, joints }: Shapes,
  { top, bottom }: { readonly top: number; readonly bottom: number },
  regions: OpenRegions,
): Int32Array {
  const numbers = new Int32Array(count).fill(STAYS);
  for (let k = 0; k < label.length; k++) {
    const region = label[k];
    if (region === NO_REGION || numbers[region] !== STAYS) continue;
    if (y[k] === top || y[k] === bottom) numbers[region] = regions.open(pixels[region], joints[region]);
  }
  return numbers;
}

/** The runs of a row of pixels at a seam. */
interface SeamRow {
  readonly x0: Int32Array;
  readonly x1: Int32Array;
  readonly code: Uint8Array;
  readonly open: Int32Array;
}

const NO_ROW: SeamRow = {
  x0: new Int32Array(0),
  x1: new Int32Array(0),
  code: new Uint8Array(0),
  open: new Int32Array(0),
};

function rowOf(runs: Runs, open: Int32Array, row: number): SeamRow {
  const from = firstOfRow(runs, row);
  const to = firstOfRow(runs, row + 1);
  return {
    x0: runs.x0.slice(from, to),
    x1: runs.x1.slice(from, to),
    code: runs.code.slice(from, to),
    open: open.slice(from, to),
  };
}

/** Joins the regions that go on from one row to the next. */
function joinRows(above: SeamRow, below: SeamRow, regions: OpenRegions): void {
  let first = 0;
  for (let k = 0; k < below.x0.length; k++) {
    if (below.open[k] === STAYS) continue;
    while (first < above.x0.length && above.x1[first] <= below.x0[k]) first++;
    for (let a = first; a < above.x0.length && above.x0[a] < below.x1[k]; a++) {
      if (above.open[a] !== STAYS && above.code[a] === below.code[k]) {
        const along = Math.min(above.x1[a], below.x1[k]) - Math.max(above.x0[a], below.x0[k]);
        regions.join(above.open[a], below.open[k], along);
      }
    }
  }
}

/** The runs of all bands that stay, now that every region is whole. Empties `bands`. */
function joinBands(bands: Band[], rules: RegionRules, regions: OpenRegions): Runs {
  const keeps = bands.map(({ runs, open }) => {
    const keep = new Uint8Array(runs.count);
    for (let k = 0; k < runs.count; k++) {
      if (open[k] === STAYS) {
        keep[k] = 1;
        continue;
      }
      const { pixels, joints } = regions.shape(open[k]);
      keep[k] = stays(rules, runs.code[k], pixels, joints) ? 1 : 0;
    }
    return keep;
  });
  return joinRuns(bands.splice(0).map(({ runs }, place) => selectRuns(runs, keeps[place])));
}

/** The values whose place in `keep` is not 0. */
function selected(values: Int32Array, keep: Uint8Array): Int32Array {
  const result = new Int32Array(values.length);
  let count = 0;
  for (let k = 0; k < values.length; k++) if (keep[k] !== 0) result[count++] = values[k];
  return result.slice(0, count);
}

/** Runs of one list after another. */
function joinRuns(parts: readonly Runs[]): Runs {
  const outlined = parts.some(({ outline }) => outline !== null);
  const joined = allocateRuns(
    parts.reduce((sum, part) => sum + part.count, 0),
    outlined,
  );
  let at = 0;
  for (const part of parts) {
    copyRuns(part, 0, part.count, joined, at);
    at += part.count;
  }
  return joined;
}
