import type { Grid } from './grid.js';
import { firstOfRow, type Runs } from './runs.js';
import { eachZoneRow, type Zone } from './zones.js';

/**
 * Visits the runs that share pixels with a zone: each run by its place, with how many px of it lie in the zone, once a stretch.
 * @returns px of the grid that lie in the zone
 */
export function eachZoneRun(
  runs: Runs,
  zone: Zone,
  { width, height }: Grid,
  visit: (run: number, shared: number) => void,
): number {
  let total = 0;
  eachZoneRow(zone, { x: 0, y: 0, width, height }, (y, x0, x1) => {
    total += x1 - x0;
    for (let k = firstOfRow(runs, y); k < runs.count && runs.y[k] === y && runs.x0[k] < x1; k++) {
      const shared = Math.min(x1, runs.x1[k]) - Math.max(x0, runs.x0[k]);
      if (shared > 0) visit(k, shared);
    }
  });
  return total;
}
