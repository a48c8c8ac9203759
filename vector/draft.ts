import { type ChangeClassName, classByCode } from '../kernels/classes.js';
import { type Chance, CONFIDENCE_STEPS } from '../kernels/confidence.js';
import { apply, type Point } from '../raster/affine.js';
import { transformer, WGS84 } from '../raster/crs.js';
import { type Grid, pixelArea } from '../raster/grid.js';
import type { Runs } from '../raster/runs.js';
import type { DraftPatch } from './number.js';
import type { Ring } from './patch.js';
import { type Groups, groupByRegion, labelRegions, regionSizes } from './regions.js';
import { smoothRegions } from './smooth.js';
import { doubleArea, type Outlines, traceRegions } from './trace.js';

export interface DraftContext {
  readonly grid: Grid;
  /** By zone index of the runs. */
  readonly subdistricts: readonly { readonly code: string; readonly name: string }[];
  /** Dates compared, as the patch will carry them. */
  readonly before: string | null;
  readonly after: string | null;
  /** Patches outside every subdistrict are left out (a district's run) or kept without a code (`diff`). */
  readonly keepOutside: boolean;
  /** Chance of a patch to be right; the detector's own confidence where absent. */
  readonly chance?: Chance;
  /** The learned model that told a class; none where absent. */
  readonly modelOf?: (name: ChangeClassName) => string | null;
}

/**
 * Turns runs into patches: regions of one class inside one subdistrict, traced, smoothed and measured. They come in
 * raster order of their first pixel, so the same runs give the same list.
 */
export function draftPatches(runs: Runs, context: DraftContext): DraftPatch[] {
  const labels = labelRegions(runs, { byZone: true });
  const groups = groupByRegion(labels);
  const outlines = traceRegions(runs, groups);
  const smoothed = smoothRegions({ runs, labels, groups, sizes: regionSizes(runs, labels), outlines });
  const toLonLat = transformer(context.grid.crs, WGS84);
  const drafts: DraftPatch[] = [];
  for (let region = 0; region < labels.count; region++) {
    const zone = runs.zone[groups.order[groups.start[region]]];
    if (zone < 0 && !context.keepOutside) continue;
    drafts.push(draft(region, runs, groups, smoothed, context, toLonLat));
  }
  return drafts;
}

function draft(
  region: number,
  runs: Runs,
  { start, order }: Groups,
  outlines: Outlines,
  context: DraftContext,
  toLonLat: (x: number, y: number) => Point,
): DraftPatch {
  const { grid } = context;
  const from = start[region];
  const to = start[region + 1];
  const first = order[from];
  const changeClass = classByCode(runs.code[first]);
  if (!changeClass) throw new Error(`run with unknown class code ${runs.code[first]}`);
  let pixels = 0;
  let confidence = 0;
  let bare = 0;
  let sumX = 0;
  let sumY = 0;
  for (let k = from; k < to; k++) {
    const run = order[k];
    const length = runs.x1[run] - runs.x0[run];
    pixels += length;
    confidence += runs.confidence[run];
    bare += runs.bare[run];
    sumX += (length * (runs.x0[run] + runs.x1[run])) / 2;
    sumY += length * (runs.y[run] + 0.5);
  }
  const { perimeter, area, rings } = measured(outlines, region, grid);
  const perimeterM = perimeter * grid.resolution * grid.crs.metresPerUnit;
  const middle = pointInside(runs, order, from, to, sumX / pixels, sumY / pixels);
  const subdistrict = context.subdistricts[runs.zone[first]];
  const evidence = {
    confidence: confidence / (pixels * CONFIDENCE_STEPS),
    areaM2: pixels * pixelArea(grid),
    compactness: Math.min(1, (4 * Math.PI * area * pixelArea(grid)) / (perimeterM * perimeterM)),
  };
  return {
    class: changeClass.name,
    subdistrictCode: subdistrict?.code ?? null,
    subdistrict: subdistrict?.name ?? null,
    before: context.before,
    after: context.after,
    ...evidence,
    confidence: context.chance?.(changeClass.name, evidence) ?? evidence.confidence,
    state: 'suspected',
    perimeterM,
    toBare: bare * 2 > pixels,
    model: context.modelOf?.(changeClass.name) ?? null,
    decided: null,
    centroid: toLonLat(...apply(grid.transform, ...middle)),
    rings,
  };
}

/** Perimeter (px), area (px²) and rings (CRS) of a region's outline. */
function measured(
  { points, ring, region: regions }: Outlines,
  region: number,
  grid: Grid,
): { perimeter: number; area: number; rings: Ring[] } {
  const rings: Ring[] = [];
  let length = 0;
  let double = 0;
  for (let r = regions[region]; r < regions[region + 1]; r++) {
    const [from, to] = [ring[r], ring[r + 1]];
    const outer = rings.length === 0;
    length += ringLength(points, from, to);
    const own = doubleArea(points, from, to);
    double += outer ? own : -own;
    rings.push(toRing(points, from, to, outer, grid));
  }
  return { perimeter: length / 2, area: double / 8, rings };
}

/** In the points' unit. */
function ringLength(points: Int32Array, from: number, to: number): number {
  let straight = 0;
  let slanted = 0;
  for (let i = from, j = to - 2; i < to; j = i, i += 2) {
    const dx = points[i] - points[j];
    const dy = points[i + 1] - points[j + 1];
    if (dx === 0 || dy === 0) straight += Math.abs(dx + dy);
    else slanted += Math.sqrt(dx * dx + dy * dy);
  }
  return straight + slanted;
}

/** The centre of mass where it lies inside, else the middle of the run nearest to it: a place an officer can go to. Grid px. */
function pointInside(runs: Runs, order: Int32Array, from: number, to: number, x: number, y: number): Point {
  let best: Point = [x, y];
  let bestDistance = Number.POSITIVE_INFINITY;
  for (let k = from; k < to; k++) {
    const row = runs.y[order[k]];
    const x0 = runs.x0[order[k]];
    let x1 = runs.x1[order[k]];
    // runs that meet at a block's seam are one: where the blocks lie must not show
    while (k + 1 < to && runs.y[order[k + 1]] === row && runs.x0[order[k + 1]] === x1)
      x1 = runs.x1[order[++k]];
    if (row === Math.floor(y) && x0 <= x && x < x1) return [x, y];
    const middle = (x0 + x1) / 2;
    const distance = Math.hypot(middle - x, row + 0.5 - y);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = [middle, row + 0.5];
    }
  }
  return best;
}

/** A ring in half px (clockwise on the screen) as a closed ring in CRS units, outer counter-clockwise, holes clockwise with y up. */
function toRing(points: Int32Array, from: number, to: number, outer: boolean, grid: Grid): Ring {
  const count = (to - from) / 2;
  const ring = new Array<Point>(count + 1);
  for (let k = 0; k < count; k++) {
    // with square north-up pixels the screen's clockwise is the map's: the outer ring is turned round
    const i = outer ? to - 2 * (k + 1) : from + 2 * k;
    ring[k] = apply(grid.transform, points[i] / 2, points[i + 1] / 2);
  }
  ring[count] = ring[0];
  return ring;
}
