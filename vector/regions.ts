import { UNUSABLE } from '../kernels/classes.js';
import type { Runs } from '../raster/runs.js';

/** Label of runs that belong to no region: unusable or dropped. */
export const NO_REGION = -1;

/** A label a run (NO_REGION for those left out) and how many regions there are. Labels count in raster order of the regions' first pixels. */
export interface Labels {
  readonly label: Int32Array;
  readonly count: number;
}

/**
 * Labels 4-connected regions of equal class by union-find over runs (the row scan of He, Chao and Suzuki, 2008):
 * memory grows with runs. Where `byZone`, regions also end at subdistrict borders. `keep` drops runs beforehand.
 */
export function labelRegions(runs: Runs, options: { byZone: boolean; keep?: Uint8Array }): Labels {
  const { count, y, x0, x1, code, zone } = runs;
  const parent = new Int32Array(count);
  for (let k = 0; k < count; k++) parent[k] = k;
  const same = (a: number, b: number) => code[a] === code[b] && (!options.byZone || zone[a] === zone[b]);
  const absent = (k: number) => code[k] === UNUSABLE || options.keep?.[k] === 0;
  let upper = 0;
  let rowStart = 0;
  for (let k = 0; k < count; k++) {
    if (k > 0 && y[k] !== y[k - 1]) {
      // the row just finished is the one above only if no row lies between
      upper = y[k] === y[k - 1] + 1 ? rowStart : k;
      rowStart = k;
    }
    if (absent(k)) continue;
    if (k > rowStart && x1[k - 1] === x0[k] && !absent(k - 1) && same(k - 1, k)) union(parent, k - 1, k);
    while (upper < rowStart && x1[upper] <= x0[k]) upper++;
    for (let above = upper; above < rowStart && x0[above] < x1[k]; above++) {
      if (!absent(above) && same(above, k)) union(parent, above, k);
    }
  }
  return compact(parent, absent);
}

function find(parent: Int32Array, k: number): number {
  let root = k;
  while (parent[root] !== root) {
    parent[root] = parent[parent[root]];
    root = parent[root];
  }
  return root;
}

/** The smaller index stays root, so that a root is its region's first run in raster order. */
function union(parent: Int32Array, a: number, b: number): void {
  const ra = find(parent, a);
  const rb = find(parent, b);
  if (ra < rb) parent[rb] = ra;
  else if (rb < ra) parent[ra] = rb;
}

function compact(parent: Int32Array, absent: (k: number) => boolean): Labels {
  const label = new Int32Array(parent.length).fill(NO_REGION);
  let count = 0;
  for (let k = 0; k < parent.length; k++) {
    if (absent(k)) continue;
    const root = find(parent, k);
    label[k] = root === k ? count++ : label[root];
  }
  return { label, count };
}

/** Pixels a region. */
export function regionSizes(runs: Runs, labels: Labels): Float64Array {
  const sizes = new Float64Array(labels.count);
  for (let k = 0; k < runs.count; k++) {
    if (labels.label[k] !== NO_REGION) sizes[labels.label[k]] += runs.x1[k] - runs.x0[k];
  }
  return sizes;
}

/**
 * 1 for the runs that stay: unusable ones, and those of regions of at least the minimum size. `minimum` gives px a
 * class code. Borders of subdistricts do not count: a region over a border is judged whole.
 */
export function keepLarge(runs: Runs, minimum: (code: number) => number): Uint8Array {
  const labels = labelRegions(runs, { byZone: false });
  const sizes = regionSizes(runs, labels);
  const keep = new Uint8Array(runs.count);
  for (let k = 0; k < runs.count; k++) {
    const region = labels.label[k];
    keep[k] = region === NO_REGION || sizes[region] >= minimum(runs.code[k]) ? 1 : 0;
  }
  return keep;
}

/** Run indices ordered by region: those of region r are `order[start[r]] … order[start[r + 1] - 1]`, in raster order. */
export function groupByRegion(labels: Labels): { start: Int32Array; order: Int32Array } {
  const start = new Int32Array(labels.count + 1);
  for (const region of labels.label) if (region !== NO_REGION) start[region + 1]++;
  for (let r = 0; r < labels.count; r++) start[r + 1] += start[r];
  const order = new Int32Array(start[labels.count]);
  const next = start.slice();
  labels.label.forEach((region, k) => {
    if (region !== NO_REGION) order[next[region]++] = k;
  });
  return { start, order };
}

/** Looks up the region of a pixel (grid px), NO_REGION for none, by bisection of the runs. */
export function regionFinder(runs: Runs, labels: Labels): (x: number, y: number) => number {
  const { count, y, x0, x1 } = runs;
  return (px, py) => {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (y[middle] < py || (y[middle] === py && x1[middle] <= px)) low = middle + 1;
      else high = middle;
    }
    return low < count && y[low] === py && x0[low] <= px ? labels.label[low] : NO_REGION;
  };
}
