import { zoneOnGrid } from '../raster/zones.js';
import { gridOfRun } from '../reports/monthly/gather-run.js';
import type { SubdistrictArea } from '../vector/store/areas.js';
import type { Db } from '../vector/store/db.js';
import { listRuns } from '../vector/store/runs.js';
import { listSubdistricts } from '../vector/store/subdistricts.js';
import { stateAreas } from './state-areas.js';
import { openStateHistory } from './state-history.js';

/**
 * Land states of two months by subdistrict, on the pixels that both months' own runs saw (state.tif): what is left to compare
 * where no run compared the two. Null where a month has no such raster on the other's grid, or its detector told no states.
 */
export async function compareStates(
  db: Db,
  stateDir: string,
  before: string,
  after: string,
): Promise<SubdistrictArea[] | null> {
  const runs = await listRuns(db, { month: after, status: 'published' });
  if (runs.length === 0) return null;
  const grid = gridOfRun(runs[0]);
  const history = await openStateHistory(db, stateDir, grid, null);
  try {
    if (!history.months.includes(before) || !history.months.includes(after)) return null;
    const subdistricts = await listSubdistricts(db);
    const zones = subdistricts.map(({ polygons }) => zoneOnGrid(polygons, grid));
    const transitions = await history.transitions(before, after, zones);
    return stateAreas(transitions, subdistricts, grid, false);
  } finally {
    await history.close();
  }
}
