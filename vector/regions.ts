import { type Labels, NO_REGION } from '../raster/regions.js';
import type { Runs } from '../raster/runs.js';

export { type Labels, labelRegions, NO_REGION, regionSizes } from '../raster/regions.js';

/** Run indices by region: those of region r are `order[start[r]] … order[start[r + 1] - 1]`, in raster order. */
export interface Groups {
  readonly start: Int32Array;
  readonly order: Int32Array;
}

export function groupByRegion({ label, count }: Labels): Groups {
  const start = new Int32Array(count + 1);
  for (let k = 0; k < label.length; k++) if (label[k] !== NO_REGION) start[label[k] + 1]++;
  for (let r = 0; r < count; r++) start[r + 1] += start[r];
  const order = new Int32Array(start[count]);
  const next = start.slice(0, count);
  for (let k = 0; k < label.length; k++) if (label[k] !== NO_REGION) order[next[label[k]]++] = k;
  return { start, order };
}

/** Looks up the region of a pixel (grid px), NO_REGION for none, by bisection of its row of runs. */
export function regionFinder(runs: Runs, labels: Labels): (x: number, y: number) => number {
  const { x0, x1 } = runs;
  const { label } = labels;
  const rows = rowStarts(runs);
  return (px, py) => {
    if (py < 0 || py + 1 >= rows.length) return NO_REGION;
    let low = rows[py];
    const end = rows[py + 1];
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (x1[middle] <= px) low = middle + 1;
      else high = middle;
    }
    return low < end && x0[low] <= px ? label[low] : NO_REGION;
  };
}

/** The runs of row y are `rows[y] … rows[y + 1] - 1`. */
function rowStarts({ count, y }: Runs): Int32Array {
  const height = count > 0 ? y[count - 1] + 1 : 0;
  const rows = new Int32Array(height + 1);
  for (let k = 0; k < count; k++) rows[y[k] + 1]++;
  for (let row = 0; row < height; row++) rows[row + 1] += rows[row];
  return rows;
}
