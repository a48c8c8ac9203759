import { BackendUnavailable, openBackend } from '../../kernels/backend.js';
import { createCog } from '../cog/writer.js';
import { BadInput } from '../errors.js';
import { gridBounds, snappedGrid } from '../grid.js';
import { UNMOVED } from '../look/align.js';
import { NO_NORMALIZATION } from '../look/normalize.js';
import { allocateRuns } from '../runs.js';
import { readDate, unprepared } from '../warp/date.js';
import type { CompareRequest, CompareResult } from './compare.js';
import { type OutputName, outputSpec } from './job.js';

/** Pixels a side on which the usable share is measured. */
const SIDE = 1024;

/**
 * What comparing a scene with itself gives, without computing every block: no change, empty rasters, and the usable share
 * measured on a reduced reading.
 */
export async function compareWithItself(request: CompareRequest): Promise<CompareResult> {
  const started = performance.now();
  const { grid, before, outputs } = request;
  const backend = await openBackend(request.backend).catch((error: unknown) => {
    throw error instanceof BackendUnavailable ? new BadInput(error.message) : error;
  });
  await backend.close();
  const factor = Math.max(1, Math.max(grid.width, grid.height) / SIDE);
  const coarse = snappedGrid(grid.crs, gridBounds(grid), grid.resolution * factor);
  const window = { x: 0, y: 0, width: coarse.width, height: coarse.height };
  const { usable } = await readDate([unprepared(before[0].scene)], coarse, window, [
    ...before[0].scene.bands.keys(),
  ]);
  for (const [name, path] of Object.entries(outputs) as [OutputName, string][]) {
    await (await createCog(path, outputSpec(name, grid))).close();
  }
  const pixels = grid.width * grid.height;
  const report = { scene: before[0].scene.path, alignment: UNMOVED, normalization: NO_NORMALIZATION };
  const runs = allocateRuns(0);
  return {
    runs,
    judged: { runs, grid, cell: 1 },
    transitions: new Float64Array(0),
    usable: (pixels * usable.reduce((sum, value) => sum + value, 0)) / usable.length,
    pixels,
    backend: backend.name,
    stages: {},
    reports: [report, report],
    tolerance: 0,
    timings: { look: performance.now() - started },
  };
}
