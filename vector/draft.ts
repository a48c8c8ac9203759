import { classByCode } from '../kernels/classes.js';
import { apply, type Point } from '../raster/affine.js';
import { transformer, WGS84 } from '../raster/crs.js';
import { type Grid, pixelArea } from '../raster/grid.js';
import type { Runs } from '../raster/runs.js';
import type { DraftPatch } from './number.js';
import type { Ring } from './patch.js';
import { groupByRegion, labelRegions, regionFinder, regionSizes } from './regions.js';
import { smoothRegions } from './smooth.js';
import { doubleArea, type PixelRing, traceRegion } from './trace.js';

export interface DraftContext {
  readonly grid: Grid;
  /** By zone index of the runs. */
  readonly subdistricts: readonly { readonly code: string; readonly name: string }[];
  /** Dates compared, as the patch will carry them. */
  readonly before: string | null;
  readonly after: string | null;
  /** Patches outside every subdistrict are left out (a district's run) or kept without a code (`diff`). */
  readonly keepOutside: boolean;
}

/** Confidence is carried in steps of 1/128, 0-127. */
const CONFIDENCE_STEPS = 128;

/**
 * Turns the kept runs into patches: regions of one class inside one subdistrict, traced, smoothed and measured.
 * They come in raster order of their first pixel, so the same runs give the same list.
 */
export function draftPatches(runs: Runs, keep: Uint8Array, context: DraftContext): DraftPatch[] {
  const labels = labelRegions(runs, { byZone: true, keep });
  const { start, order } = groupByRegion(labels);
  const toLonLat = transformer(context.grid.crs, WGS84);
  const sizes = regionSizes(runs, labels);
  const traced = Array.from(sizes, (pixels, region) => ({
    pixels,
    rings: traceRegion(runs, order, start[region], start[region + 1]),
  }));
  const smoothed = smoothRegions(traced, regionFinder(runs, labels));
  const drafts: DraftPatch[] = [];
  for (let region = 0; region < labels.count; region++) {
    const from = start[region];
    const to = start[region + 1];
    const zone = runs.zone[order[from]];
    if (zone < 0 && !context.keepOutside) continue;
    drafts.push(draft(runs, order, from, to, smoothed[region], context, toLonLat));
  }
  return drafts;
}

function draft(
  runs: Runs,
  order: Int32Array,
  from: number,
  to: number,
  rings: readonly PixelRing[],
  context: DraftContext,
  toLonLat: (x: number, y: number) => Point,
): DraftPatch {
  const { grid } = context;
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
  const areaM2 = pixels * pixelArea(grid);
  const perimeterM =
    rings.reduce((sum, ring) => sum + ringLength(ring), 0) * grid.resolution * grid.crs.metresPerUnit;
  const outlineM2 =
    (Math.abs(rings.reduce((sum, ring, i) => sum + (i === 0 ? 1 : -1) * Math.abs(doubleArea(ring)), 0)) / 2) *
    pixelArea(grid);
  const middle = pointInside(runs, order, from, to, sumX / pixels, sumY / pixels);
  const subdistrict = context.subdistricts[runs.zone[first]];
  return {
    class: changeClass.name,
    subdistrictCode: subdistrict?.code ?? null,
    subdistrict: subdistrict?.name ?? null,
    before: context.before,
    after: context.after,
    areaM2,
    confidence: confidence / (pixels * CONFIDENCE_STEPS),
    state: 'suspected',
    perimeterM,
    compactness: Math.min(1, (4 * Math.PI * outlineM2) / (perimeterM * perimeterM)),
    toBare: bare * 2 > pixels,
    centroid: toLonLat(...apply(grid.transform, ...middle)),
    rings: rings.map((ring, i) => toRing(ring, i === 0, grid)),
  };
}

function ringLength(ring: PixelRing): number {
  let sum = 0;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    sum += Math.hypot(ring[i] - ring[j], ring[i + 1] - ring[j + 1]);
  }
  return sum;
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

/** Grid px (y down) to a closed ring of CRS coordinates (y up), outer counter-clockwise, holes clockwise. */
function toRing(pixels: PixelRing, outer: boolean, grid: Grid): Ring {
  const points: Point[] = [];
  for (let i = 0; i < pixels.length; i += 2) points.push(apply(grid.transform, pixels[i], pixels[i + 1]));
  // positive area with y down is clockwise with y up
  if (doubleArea(pixels) > 0 === outer) points.reverse();
  points.push(points[0]);
  return points;
}
