import { UNUSABLE } from '../kernels/classes.js';
import type { Runs } from './runs.js';

/** Label of runs that belong to no region: the unusable ones. */
export const NO_REGION = -1;

/** A label a run (NO_REGION for those left out) and how many regions there are. Labels count in raster order of the regions' first pixels. */
export interface Labels {
  readonly label: Int32Array;
  readonly count: number;
}

/**
 * Labels 4-connected regions of equal class by union-find over runs (the row scan of He, Chao and Suzuki, 2008):
 * memory grows with runs. Where `byZone`, regions also end at subdistrict borders.
 */
export function labelRegions(runs: Runs, options: { readonly byZone: boolean }): Labels {
  const { count, y, x0, x1, code, zone } = runs;
  const { byZone } = options;
  const parent = new Int32Array(count);
  let upper = 0;
  let rowStart = 0;
  for (let k = 0; k < count; k++) {
    if (k > 0 && y[k] !== y[k - 1]) {
      // the row just finished is the one above only if no row lies between
      upper = y[k] === y[k - 1] + 1 ? rowStart : k;
      rowStart = k;
    }
    const own = code[k];
    if (own === UNUSABLE) {
      parent[k] = NO_REGION;
      continue;
    }
    parent[k] = k;
    const left = x0[k];
    const right = x1[k];
    if (k > rowStart && x1[k - 1] === left && code[k - 1] === own && (!byZone || zone[k - 1] === zone[k])) {
      union(parent, k - 1, k);
    }
    while (upper < rowStart && x1[upper] <= left) upper++;
    for (let above = upper; above < rowStart && x0[above] < right; above++) {
      if (code[above] === own && (!byZone || zone[above] === zone[k])) union(parent, above, k);
    }
  }
  return compact(parent);
}

/** The root of a tree, whose paths are halved on the way. */
export function find(parent: Int32Array | number[], k: number): number {
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

/** Turns trees into labels, in place: a parent comes before its children, and so has its label already. */
function compact(parent: Int32Array): Labels {
  let count = 0;
  for (let k = 0; k < parent.length; k++) {
    const above = parent[k];
    if (above === NO_REGION) continue;
    parent[k] = above === k ? count++ : parent[above];
  }
  return { label: parent, count };
}

/** Pixels a region. */
export function regionSizes(runs: Runs, labels: Labels): Float64Array {
  const { count, x0, x1 } = runs;
  const { label } = labels;
  const sizes = new Float64Array(labels.count);
  for (let k = 0; k < count; k++) {
    if (label[k] !== NO_REGION) sizes[label[k]] += x1[k] - x0[k];
  }
  return sizes;
}

/** What region rules ask of regions; sums, so that parts of a region can be added up. */
export interface Shapes {
  readonly pixels: Float64Array;
  /** Pairs of neighbouring pixels inside a region: its perimeter in px is 4·pixels - 2·joints. */
  readonly joints: Float64Array;
}

export function regionShapes(runs: Runs, { label, count: regions }: Labels): Shapes {
  const { count, y, x0, x1 } = runs;
  const pixels = new Float64Array(regions);
  const joints = new Float64Array(regions);
  let upper = 0;
  let rowStart = 0;
  for (let k = 0; k < count; k++) {
    if (k > 0 && y[k] !== y[k - 1]) {
      upper = y[k] === y[k - 1] + 1 ? rowStart : k;
      rowStart = k;
    }
    const own = label[k];
    if (own === NO_REGION) continue;
    const [left, right] = [x0[k], x1[k]];
    pixels[own] += right - left;
    joints[own] += right - left - 1;
    // runs that touch have one label only where they are of one region
    if (k > rowStart && x1[k - 1] === left && label[k - 1] === own) joints[own]++;
    while (upper < rowStart && x1[upper] <= left) upper++;
    for (let above = upper; above < rowStart && x0[above] < right; above++) {
      if (label[above] === own) joints[own] += Math.min(right, x1[above]) - Math.max(left, x0[above]);
    }
  }
  return { pixels, joints };
}
