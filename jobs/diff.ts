import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { BackendRequest } from '../kernels/backend.js';
import type { ChangeClassName } from '../kernels/classes.js';
import type { DetectorKind } from '../kernels/detector.js';
import { boundsIn, centreLonLat, gridOf } from '../raster/choose-grid.js';
import type { Crs } from '../raster/crs.js';
import { WGS84 } from '../raster/crs.js';
import { writeChangeRaster } from '../raster/engine/change-raster.js';
import { commonBands, compare } from '../raster/engine/compare.js';
import type { OpenedScene } from '../raster/engine/prepare.js';
import { compareWithItself } from '../raster/engine/same.js';
import { BadInput, writeProblem } from '../raster/errors.js';
import { describeGrid, type Grid, gridBounds } from '../raster/grid.js';
import { openScene, placed, type SceneSpec } from '../raster/scene.js';
import { zoneOnGrid } from '../raster/zones.js';
import { writeWhole } from '../reports/shared/whole-file.js';
import { draftPatches } from '../vector/draft.js';
import { exportPatches } from '../vector/export/export.js';
import { numberPatches } from '../vector/number.js';
import {
  cellNotes,
  chooseClasses,
  classTotals,
  fieldOf,
  leastPixels,
  lookNotes,
  type Mmu,
  peakRssMb,
  toleranceNotes,
} from './change.js';
import { judgeOf, modelOf, toldModel } from './models/judge.js';

export interface DiffRequest {
  readonly before: SceneSpec;
  readonly after: SceneSpec;
  readonly out: string;
  readonly crs?: Crs;
  readonly resolution?: number;
  readonly districts?: { readonly path: string; readonly codeField?: string; readonly nameField?: string };
  readonly mmu: Mmu;
  readonly backend: BackendRequest;
  readonly workers: number;
  readonly classes?: readonly ChangeClassName[];
  readonly detector: DetectorKind;
  readonly align: boolean;
  readonly normalize: boolean;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Compares two scenes and writes the rasters, patches and summary of docs/design.md section 4 into `out`. */
export async function diff(request: DiffRequest) {
  const started = performance.now();
  const before: OpenedScene = { spec: request.before, scene: await openScene(request.before) };
  try {
    const after: OpenedScene = { spec: request.after, scene: await openScene(request.after) };
    try {
      return await diffScenes(request, before, after, started);
    } finally {
      await after.scene.close();
    }
  } finally {
    await before.scene.close();
  }
}

async function diffScenes(request: DiffRequest, before: OpenedScene, after: OpenedScene, started: number) {
  const names = `${before.scene.path} and ${after.scene.path}`;
  const { grid, notes: gridNotes } = gridOf(placed(before.scene), request);
  const bands = commonBands([before, after]);
  const { detector, notes: judgeNotes } = judgeOf(request.detector, bands, grid.resolution);
  const choice = chooseClasses(detector, bands, request.classes, names);
  const notes = [...gridNotes, ...judgeNotes];
  checkOverlap(grid, before, after);
  const subdistricts = request.districts
    ? (
        await (
          await import('../vector/districts.js')
        ).readDistricts(request.districts.path, request.districts)
      ).subdistricts
    : [];
  await mkdir(request.out, { recursive: true }).catch((error: Error) => {
    if (/^(ENOSPC|EDQUOT|EIO)/.test(error.message)) throw writeProblem(request.out, error);
    throw new BadInput(
      `--out ${request.out}: cannot be made (${error.message}); expected a folder that can be written`,
    );
  });
  const file = (name: string) => join(request.out, name);
  const same = sameFiles(request) && grid.width * grid.height > LARGE;
  if (same)
    notes.push('BEFORE and AFTER are the same file: nothing can have changed, and no block was computed');
  const result = await (same ? compareWithItself : compare)({
    grid,
    before: [before],
    after: [after],
    reference: before,
    detector,
    classes: choice.classes,
    backend: request.backend,
    align: request.align,
    normalize: request.normalize,
    zones: subdistricts.map((subdistrict) => zoneOnGrid(subdistrict.polygons, grid)),
    clip: false,
    least: leastPixels(grid, request.mmu),
    outputs: { confidence: file('confidence.tif'), magnitude: file('magnitude.tif') },
    workers: request.workers,
    onProgress: request.onProgress,
    signal: request.signal,
  });
  const compared = performance.now();
  const drafts = draftPatches(result.judged.runs, {
    grid: result.judged.grid,
    subdistricts,
    before: before.scene.acquired,
    after: after.scene.acquired,
    keepOutside: true,
    chance: detector.chance?.(bands, result.judged.grid.resolution),
    modelOf: modelOf(detector),
  });
  const traced = performance.now();
  const patches = numberPatches(drafts, { month: after.scene.acquired, against: 'diff' });
  await Promise.all([
    writeChangeRaster(file('change.tif'), grid, result.runs),
    exportPatches(patches, {
      format: 'geojson',
      crs: WGS84,
      gridCrs: grid.crs,
      out: file('patches.geojson'),
    }),
  ]);
  const [, aligned] = result.reports;
  const summary = {
    before: before.scene.path,
    after: after.scene.path,
    grid: describeGrid(grid),
    backend: result.backend,
    stages: result.stages,
    detector: detector.name,
    model: toldModel(detector),
    classes: classTotals(drafts, result.runs, grid, choice.classes),
    not_computed: Object.keys(choice.missing),
    not_computed_reasons: choice.missing,
    usable_fraction: result.pixels > 0 ? result.usable / result.pixels : 0,
    alignment: {
      dx: aligned.alignment.shift.dx,
      dy: aligned.alignment.shift.dy,
      unit: 'px',
      reliable: request.align && aligned.alignment.reliable,
      windows_agreeing: aligned.alignment.agreeing,
      windows_tried: aligned.alignment.tried,
      residual_px: aligned.alignment.residual,
      tolerance_px: result.tolerance,
      field: fieldOf(aligned.alignment),
    },
    normalization: {
      bands: aligned.normalization.maps,
      invariant_fraction: aligned.normalization.invariant,
      refused: aligned.normalization.refused,
    },
    judged_cell_px: result.judged.cell,
    mmu_m2: request.mmu,
    notes: [
      ...notes,
      ...cellNotes(result, grid),
      ...(request.align || request.normalize ? lookNotes(result.reports) : []),
      ...toleranceNotes(result),
    ],
    timings_ms: rounded({
      ...result.timings,
      patches: traced - compared,
      write: performance.now() - traced,
      total: performance.now() - started,
    }),
    peak_rss_mb: peakRssMb(),
  };
  await writeWhole(file('summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
  return { summary, patches };
}

/** Pixels from which a file compared with itself is not worth computing. */
const LARGE = 4096 * 4096;

function sameFiles({ before, after }: DiffRequest): boolean {
  const names = (spec: SceneSpec) => spec.files.map((file) => resolve(file)).join('\n');
  return names(before) === names(after);
}

function rounded(timings: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(timings).map(([name, ms]) => [name, Math.round(ms)]));
}

/** @throws BadInput where the scenes show different ground. */
function checkOverlap(grid: Grid, before: OpenedScene, after: OpenedScene): void {
  const a = gridBounds(grid);
  const b = boundsIn(placed(after.scene), grid.crs);
  if (a.minX < b.maxX && b.minX < a.maxX && a.minY < b.maxY && b.minY < a.maxY) return;
  const at = (scene: OpenedScene) =>
    centreLonLat(placed(scene.scene))
      .map((v) => v.toFixed(4))
      .join(', ');
  throw new BadInput(
    `${after.scene.path}: does not overlap ${before.scene.path} (centres at lon, lat ${at(after)} and ${at(before)}); expected two scenes of the same ground, check their CRS`,
  );
}
