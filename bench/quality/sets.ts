import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ChangeClassName } from '../../kernels/classes.js';

/** Real pairs with truth. All are judged with the same defaults of `diff`; only band numbers are told. */
export interface RealSet {
  readonly name: string;
  readonly bands?: string;
  /** Classes that the truth tells, together. Null: the magnitude of change above one half, against labels. */
  readonly classes: readonly ChangeClassName[] | null;
  /** Values of the truth that mean changed and unchanged, where it is not 0 and 1. */
  readonly labels?: { readonly positive: number; readonly negative: number };
  /** Pixel F1 in percent that the project wants to reach. */
  readonly aim: number;
}

export const REAL_SETS: readonly RealSet[] = [
  { name: 'building_levir', classes: ['building_new'], aim: 28 },
  { name: 'building_fotbcd', classes: ['building_new', 'building_removed'], aim: 30 },
  { name: 'water_ombria', bands: 'swir1=1,nir=2,red=3', classes: ['water_gain'], aim: 50 },
  { name: 'landcover_landsat', classes: null, labels: { positive: 2, negative: 1 }, aim: 95 },
];

/** The changed pixels' magnitude (`magnitude.tif`) lies above this: its documented meaning. */
export const MAGNITUDE = 0.5;

export interface RealPair {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly truth: string;
}

/** Pairs of a set by name; empty where the data is not there. */
export function pairsOf(data: string, set: string): RealPair[] {
  const folder = join(data, set);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('_truth.tif'))
    .sort()
    .map((file) => {
      const name = file.slice(0, -'_truth.tif'.length);
      const path = (what: string) => join(folder, `${name}_${what}.tif`);
      return { name, before: path('before'), after: path('after'), truth: path('truth') };
    });
}
