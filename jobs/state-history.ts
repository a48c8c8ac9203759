import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { STATES, type StateName } from '../kernels/classes.js';
import type { Grid, Window } from '../raster/grid.js';
import { openRaster } from '../raster/tiff/open.js';
import type { RasterFile } from '../raster/tiff/types.js';
import { boundsOf, eachZoneRow, type Zone } from '../raster/zones.js';
import type { Db } from '../vector/store/db.js';
import { listRuns } from '../vector/store/runs.js';

/** A month's states over a zone: of its pixels the share seen, and of these the share in the state. */
export interface StateShare {
  readonly usable: number;
  readonly holding: number;
}

/** The land states of months that have been run, as their runs keep them (state.tif). */
export interface StateHistory {
  /** Months known, oldest first. */
  readonly months: readonly string[];
  share(month: string, zone: Zone, state: StateName): Promise<StateShare>;
  close(): Promise<void>;
}

/** Where a run keeps its rasters. */
export function runFolder(stateDir: string, run: number): string {
  return join(stateDir, 'runs', String(run));
}

/**
 * The states of all months with a published run whose raster is still there and lies on `grid`; `own` is the raster of a
 * run not yet published.
 */
export async function openStateHistory(
  db: Db,
  stateDir: string,
  grid: Grid,
  own: { readonly month: string; readonly file: string },
): Promise<StateHistory> {
  const files = new Map([[own.month, own.file]]);
  for (const run of await listRuns(db, { status: 'published' })) {
    if (files.has(run.month)) continue;
    const file = join(runFolder(stateDir, run.id), 'state.tif');
    const same =
      run.grid.transform.every((value, i) => value === grid.transform[i]) &&
      run.grid.width === grid.width &&
      run.grid.height === grid.height;
    if (same && (await stat(file).catch(() => null)) !== null) files.set(run.month, file);
  }
  const opened = new Map<string, RasterFile>();
  const raster = async (month: string) => {
    const known = opened.get(month);
    if (known !== undefined) return known;
    const path = files.get(month);
    if (path === undefined) throw new Error(`no states are kept of ${month}`);
    const file = await openRaster(path);
    opened.set(month, file);
    return file;
  };
  return {
    months: [...files.keys()].sort(),
    async share(month, zone, state) {
      const window = windowAround(zone, grid);
      if (window === null) return { usable: 0, holding: 0 };
      const [states] = await (await raster(month)).readWindow(0, window, [0]);
      const wanted = STATES.find(({ name }) => name === state)?.code;
      let total = 0;
      let seen = 0;
      let holding = 0;
      eachZoneRow(zone, window, (y, x0, x1) => {
        const start = (y - window.y) * window.width - window.x;
        total += x1 - x0;
        for (let at = start + x0; at < start + x1; at++) {
          if (states[at] !== 0) seen++;
          if (states[at] === wanted) holding++;
        }
      });
      return { usable: total > 0 ? seen / total : 0, holding: seen > 0 ? holding / seen : 0 };
    },
    async close() {
      await Promise.all([...opened.values()].map((file) => file.close()));
    },
  };
}

/** The part of the grid that holds a zone; null where none does. */
function windowAround(zone: Zone, grid: Grid): Window | null {
  const { minX, minY, maxX, maxY } = boundsOf(zone);
  const x = Math.max(0, Math.floor(minX));
  const y = Math.max(0, Math.floor(minY));
  const width = Math.min(grid.width, Math.ceil(maxX)) - x;
  const height = Math.min(grid.height, Math.ceil(maxY)) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}
