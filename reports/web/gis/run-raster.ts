import { join } from 'node:path';

/** Rasters a run keeps (jobs/monthly.ts writes them). */
export const RUN_RASTERS = ['change.tif', 'confidence.tif', 'magnitude.tif', 'state.tif'] as const;
export type RunRaster = (typeof RUN_RASTERS)[number];

export function runRaster(stateDir: string, run: number, name: RunRaster): string {
  return join(stateDir, 'runs', String(run), name);
}
