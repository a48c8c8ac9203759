import { join } from 'node:path';

/** Rasters a run keeps (jobs/monthly.ts writes them). */
export const RUN_RASTERS = ['change.tif', 'confidence.tif', 'magnitude.tif', 'state.tif'] as const;
export type RunRaster = (typeof RUN_RASTERS)[number];

/** Where a run keeps its rasters. */
export function runFolder(stateDir: string, run: number): string {
  return join(stateDir, 'runs', String(run));
}

export function runRaster(stateDir: string, run: number, name: RunRaster): string {
  return join(runFolder(stateDir, run), name);
}
