import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { codeOfState, countedState, SHADE, type StateName } from '../kernels/classes.js';
import { detectorByName } from '../kernels/detectors.js';
import { STATE_SLOTS } from '../raster/engine/job.js';
import type { Grid, Window } from '../raster/grid.js';
import { packUnjudged, UNJUDGED_SIDE, type UnjudgedCells } from '../raster/mask/judged.js';
import { openRaster } from '../raster/tiff/open.js';
import type { RasterFile } from '../raster/tiff/types.js';
import { eachZoneRow, rasterizeZones, windowAround, type Zone } from '../raster/zones.js';
import type { Db } from '../vector/store/db.js';
import { listRuns, type RunRecord } from '../vector/store/runs.js';

/** A month's states over a zone: of its pixels the share seen, in the sun, and of these the share in any of the states asked. */
export interface StateShare {
  readonly usable: number;
  readonly holding: number;
}

/** The land states of months that have been run, as their runs keep them (state.tif). */
export interface StateHistory {
  /** Months known, oldest first. */
  readonly months: readonly string[];
  /** @param unseen states that count as not seen */
  share(
    month: string,
    zone: Zone,
    asked: readonly StateName[],
    unseen?: readonly StateName[],
  ): Promise<StateShare>;
  /**
   * Pixels by zone and state in both months, as BlockResult.transitions counts them; slot 0 where either month saw nothing.
   * @throws Error where a month is not known.
   */
  transitions(before: string, after: string, zones: readonly Zone[]): Promise<Float64Array>;
  /** Where in the zones a month's run could not judge the ground. @throws Error where the month is not known. */
  unjudged(month: string, zones: readonly Zone[]): Promise<UnjudgedCells>;
  close(): Promise<void>;
}

/** Rows of two state rasters held at once. */
const STRIP_ROWS = 512;

/** Windows of full width that cover a raster, from top to bottom. */
function* stripsOf({
  width,
  height,
}: {
  readonly width: number;
  readonly height: number;
}): Generator<Window> {
  for (let y = 0; y < height; y += STRIP_ROWS)
    yield { x: 0, y, width, height: Math.min(STRIP_ROWS, height - y) };
}

/** Where a run keeps its rasters. */
export function runFolder(stateDir: string, run: number): string {
  return join(stateDir, 'runs', String(run));
}

/**
 * The states of all months with a published run whose raster is still there and lies on `grid`; `own` is the raster of a
 * run not yet published, null where there is none.
 */
export async function openStateHistory(
  db: Db,
  stateDir: string,
  grid: Grid,
  own: { readonly month: string; readonly file: string } | null,
): Promise<StateHistory> {
  const files = new Map(own === null ? [] : [[own.month, own.file]]);
  for (const run of await listRuns(db, { status: 'published' })) {
    if (files.has(run.month) || !tellsStates(run)) continue;
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
    async share(month, zone, asked, unseen = []) {
      const window = windowAround(zone, grid);
      if (window === null) return { usable: 0, holding: 0 };
      const [states] = await (await raster(month)).readWindow(0, window, [0]);
      const wanted = new Set(asked.map(codeOfState));
      const hidden = new Set([0, SHADE, ...unseen.map(codeOfState)]);
      let total = 0;
      let seen = 0;
      let holding = 0;
      eachZoneRow(zone, window, (y, x0, x1) => {
        const start = (y - window.y) * window.width - window.x;
        total += x1 - x0;
        for (let at = start + x0; at < start + x1; at++) {
          if (!hidden.has(states[at])) seen++;
          if (wanted.has(states[at])) holding++;
        }
      });
      return { usable: total > 0 ? seen / total : 0, holding: seen > 0 ? holding / seen : 0 };
    },
    async transitions(before, after, zones) {
      const counts = new Float64Array((zones.length + 1) * STATE_SLOTS * STATE_SLOTS);
      for (const window of stripsOf(grid)) {
        const [from] = await (await raster(before)).readWindow(0, window, [0]);
        const [to] = await (await raster(after)).readWindow(0, window, [0]);
        rasterizeZones(zones, window).forEach((zone, i) => {
          const seen = from[i] !== 0 && to[i] !== 0;
          const pair = seen ? countedState(from[i]) * STATE_SLOTS + countedState(to[i]) : 0;
          counts[zone * STATE_SLOTS * STATE_SLOTS + pair]++;
        });
      }
      return counts;
    },
    async unjudged(month, zones) {
      const file = await raster(month);
      const columns = Math.ceil(grid.width / UNJUDGED_SIDE);
      const marked = new Uint8Array(columns * Math.ceil(grid.height / UNJUDGED_SIDE));
      // the overview with a pixel a cell is a sixty-fourth of the raster; a cell that a mask only touches mostly stays judged
      const level = Math.min(Math.log2(UNJUDGED_SIDE), file.info.levels.length - 1);
      const size = file.info.levels[level];
      const shrunk = zones.map(({ rings }) => ({
        rings: rings.map((ring) => ring.map((v) => v / 2 ** level)),
      }));
      const side = UNJUDGED_SIDE / 2 ** level;
      for (const window of stripsOf(size)) {
        const [states] = await file.readWindow(level, window, [0]);
        const inside = rasterizeZones(shrunk, window);
        for (let row = 0, i = 0; row < window.height; row++) {
          const cells = Math.floor((window.y + row) / side) * columns;
          for (let x = 0; x < size.width; x++, i++)
            if (states[i] === 0 && inside[i] !== 0) marked[cells + Math.floor(x / side)] = 1;
        }
      }
      return packUnjudged(columns, marked);
    },
    async close() {
      await Promise.all([...opened.values()].map((file) => file.close()));
    },
  };
}

/** What runs could not judge, by month, each month read once; nothing of months that are not known. */
export function unjudgedMonths(
  open: () => Promise<StateHistory>,
  zones: readonly Zone[],
): (months: readonly string[]) => Promise<Record<string, UnjudgedCells>> {
  const read = new Map<string, UnjudgedCells | null>();
  return async (months) => {
    if (months.some((month) => !read.has(month))) {
      const history = await open();
      try {
        for (const month of months) {
          if (read.has(month)) continue;
          read.set(month, history.months.includes(month) ? await history.unjudged(month, zones) : null);
        }
      } finally {
        await history.close();
      }
    }
    return Object.fromEntries(
      months.flatMap((month) => {
        const cells = read.get(month) ?? null;
        return cells === null ? [] : [[month, cells]];
      }),
    );
  };
}

const Parameters = z.object({ detector: z.string() });

/** Whether the run's detector tells land states: the raster of another is all zeros. */
function tellsStates(run: RunRecord): boolean {
  const parameters = Parameters.safeParse(run.parameters);
  return !parameters.success || (detectorByName(parameters.data.detector)?.knowsStates ?? true);
}
