import { allocateRuns, type Runs } from '../raster/runs.js';
import { groupByRegion, labelRegions, regionSizes } from './regions.js';

/** Precision, recall, F1 and IoU from counts; NaN where nothing was predicted or nothing is there. */
export interface Score {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly falseNegative: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly iou: number;
}

export function scoreOf(truePositive: number, falsePositive: number, falseNegative: number): Score {
  const precision = truePositive / (truePositive + falsePositive);
  const recall = truePositive / (truePositive + falseNegative);
  return {
    truePositive,
    falsePositive,
    falseNegative,
    precision,
    recall,
    f1: (2 * truePositive) / (2 * truePositive + falsePositive + falseNegative),
    iou: truePositive / (truePositive + falsePositive + falseNegative),
  };
}

/** A binary raster: 1 where the class is. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Pixel counts; `valid` is 0 where the truth does not know. */
export function pixelScore(predicted: Mask, truth: Mask, valid: Uint8Array): Score {
  let tp = 0;
  let fp = 0;
  let fn = 0;
  for (let i = 0; i < truth.data.length; i++) {
    if (valid[i] === 0) continue;
    if (predicted.data[i] === 1) {
      if (truth.data[i] === 1) tp++;
      else fp++;
    } else if (truth.data[i] === 1) fn++;
  }
  return scoreOf(tp, fp, fn);
}

/** An object pair counts from this overlap on. */
const MATCH_IOU = 0.3;

/**
 * Object counts: 4-connected regions of both rasters, matched one to one by largest overlap first; a pair matches where
 * IoU >= 0.3 or the predicted region's centre of mass lies in the true one. Predicted regions mostly on ground the truth
 * does not know are left out.
 */
export function objectScore(predicted: Mask, truth: Mask, valid: Uint8Array): Score {
  const found = objects(predicted);
  const real = objects(truth);
  const overlaps = overlapCounts(found, real, truth.width);
  const known = new Uint8Array(found.count);
  for (let r = 0; r < found.count; r++) known[r] = validShare(found, r, valid, truth.width) >= 0.5 ? 1 : 0;
  const candidates = [...overlaps.entries()].map(([key, shared]) => {
    const a = Math.floor(key / real.count);
    const b = key % real.count;
    return { a, b, iou: shared / (found.sizes[a] + real.sizes[b] - shared) };
  });
  candidates.sort((p, q) => q.iou - p.iou || p.a - q.a || p.b - q.b);
  const usedFound = new Uint8Array(found.count);
  const usedReal = new Uint8Array(real.count);
  let tp = 0;
  for (const { a, b, iou } of candidates) {
    if (usedFound[a] === 1 || usedReal[b] === 1) continue;
    if (iou < MATCH_IOU && real.labelAt[found.centre[a]] !== b + 1) continue;
    usedFound[a] = 1;
    usedReal[b] = 1;
    tp++;
  }
  let fp = 0;
  for (let r = 0; r < found.count; r++) if (usedFound[r] === 0 && known[r] === 1) fp++;
  return scoreOf(tp, fp, real.count - tp);
}

interface Objects {
  readonly count: number;
  readonly sizes: Float64Array;
  /** Pixel index of each region's centre of mass. */
  readonly centre: Int32Array;
  /** Region + 1 a pixel, 0 for none. */
  readonly labelAt: Int32Array;
  readonly runs: Runs;
  readonly start: Int32Array;
  readonly order: Int32Array;
}

function objects(mask: Mask): Objects {
  const runs = maskRuns(mask);
  const labels = labelRegions(runs, { byZone: false });
  const sizes = regionSizes(runs, labels);
  const sumX = new Float64Array(labels.count);
  const sumY = new Float64Array(labels.count);
  const labelAt = new Int32Array(mask.data.length);
  for (let k = 0; k < runs.count; k++) {
    const region = labels.label[k];
    const length = runs.x1[k] - runs.x0[k];
    sumX[region] += (length * (runs.x0[k] + runs.x1[k])) / 2;
    sumY[region] += length * (runs.y[k] + 0.5);
    labelAt.fill(region + 1, runs.y[k] * mask.width + runs.x0[k], runs.y[k] * mask.width + runs.x1[k]);
  }
  const centre = new Int32Array(labels.count);
  for (let r = 0; r < labels.count; r++) {
    centre[r] = Math.floor(sumY[r] / sizes[r]) * mask.width + Math.floor(sumX[r] / sizes[r]);
  }
  return { count: labels.count, sizes, centre, labelAt, runs, ...groupByRegion(labels) };
}

/** Runs of ones as runs of class 1. */
export function maskRuns({ width, height, data }: Mask): Runs {
  const rows: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; ) {
      if (data[y * width + x] !== 1) {
        x++;
        continue;
      }
      const from = x;
      while (x < width && data[y * width + x] === 1) x++;
      rows.push(y, from, x);
    }
  }
  const runs = allocateRuns(rows.length / 3);
  for (let k = 0; k < runs.count; k++) {
    runs.y[k] = rows[3 * k];
    runs.x0[k] = rows[3 * k + 1];
    runs.x1[k] = rows[3 * k + 2];
    runs.code[k] = 1;
  }
  return runs;
}

/** Shared pixels by `found * real.count + real`. */
function overlapCounts(found: Objects, real: Objects, width: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (let a = 0; a < found.count; a++) {
    for (let k = found.start[a]; k < found.start[a + 1]; k++) {
      const run = found.order[k];
      for (let x = found.runs.x0[run]; x < found.runs.x1[run]; x++) {
        const other = real.labelAt[found.runs.y[run] * width + x];
        if (other === 0) continue;
        const key = a * real.count + other - 1;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
  }
  return counts;
}

function validShare(found: Objects, region: number, valid: Uint8Array, width: number): number {
  let known = 0;
  for (let k = found.start[region]; k < found.start[region + 1]; k++) {
    const run = found.order[k];
    for (let x = found.runs.x0[run]; x < found.runs.x1[run]; x++)
      known += valid[found.runs.y[run] * width + x];
  }
  return known / found.sizes[region];
}
