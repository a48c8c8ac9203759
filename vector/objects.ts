import { allocateRuns, type Runs } from '../raster/runs.js';
import { groupByRegion, labelRegions } from './regions.js';

/** A binary raster: 1 where the class is. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Things made of pixels of one raster: those of thing r are `pixels[start[r]] … pixels[start[r + 1] - 1]`. */
export interface Objects {
  readonly count: number;
  readonly start: Int32Array;
  readonly pixels: Int32Array;
}

export function objectsOf(lists: readonly ArrayLike<number>[]): Objects {
  const start = new Int32Array(lists.length + 1);
  lists.forEach((list, r) => {
    start[r + 1] = start[r] + list.length;
  });
  const pixels = new Int32Array(start[lists.length]);
  lists.forEach((list, r) => {
    pixels.set(list, start[r]);
  });
  return { count: lists.length, start, pixels };
}

/** The 4-connected regions of a mask. */
export function maskObjects(mask: Mask): Objects {
  const runs = maskRuns(mask);
  const labels = labelRegions(runs, { byZone: false });
  const groups = groupByRegion(labels);
  const start = new Int32Array(labels.count + 1);
  let total = 0;
  for (let k = 0; k < runs.count; k++) total += runs.x1[k] - runs.x0[k];
  const pixels = new Int32Array(total);
  let out = 0;
  for (let r = 0; r < labels.count; r++) {
    for (let k = groups.start[r]; k < groups.start[r + 1]; k++) {
      const run = groups.order[k];
      for (let x = runs.x0[run]; x < runs.x1[run]; x++) pixels[out++] = runs.y[run] * mask.width + x;
    }
    start[r + 1] = out;
  }
  return { count: labels.count, start, pixels };
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

/** An object pair counts from this overlap on. */
export const MATCH_IOU = 0.3;

/** A thing of less known ground than this share is not judged. */
const LEAST_KNOWN = 0.5;

/** What became of a found object. */
export const [WRONG, RIGHT, NOT_JUDGED] = [0, 1, 2] as const;

export interface Judgement {
  /** RIGHT, WRONG or NOT_JUDGED a found object. */
  readonly found: Uint8Array;
  /** The found object a real one was matched with, -1 for none. */
  readonly matched: Int32Array;
  /** 1 a real object that must be found. */
  readonly demanded: Uint8Array;
}

/**
 * Matches found and real objects one to one, the largest overlap first; a pair may match where its IoU is 0.3 or more, or
 * the found object's centre of mass lies in the real one. Only known ground counts: an object mostly on unknown ground is not
 * judged, nor is what was matched with it. Real objects do not overlap; found ones may.
 * @param known 0 a pixel that is not judged
 * @param mayMatch what else must hold of a pair, e.g. their dates
 */
export function judgeObjects(
  found: Objects,
  real: Objects,
  known: Uint8Array,
  width: number,
  mayMatch: (found: number, real: number) => boolean = () => true,
): Judgement {
  const realAt = new Int32Array(known.length);
  for (let b = 0; b < real.count; b++)
    for (let k = real.start[b]; k < real.start[b + 1]; k++) realAt[real.pixels[k]] = b + 1;
  const foundKnown = knownPixels(found, known);
  const realKnown = knownPixels(real, known);
  const isKnown = (of: Objects, r: number, pixels: number) =>
    pixels >= LEAST_KNOWN * (of.start[r + 1] - of.start[r]) && pixels > 0;

  const pairs: { a: number; b: number; iou: number }[] = [];
  for (let a = 0; a < found.count; a++) {
    const centre = realAt[centreOf(found, a, width)] - 1;
    for (const [b, shared] of sharedPixels(found, a, realAt, known)) {
      const iou = shared / (foundKnown[a] + realKnown[b] - shared);
      if ((iou >= MATCH_IOU || b === centre) && mayMatch(a, b)) pairs.push({ a, b, iou });
    }
  }
  pairs.sort((p, q) => q.iou - p.iou || p.a - q.a || p.b - q.b);

  const judged = Uint8Array.from(foundKnown, (pixels, a) => (isKnown(found, a, pixels) ? WRONG : NOT_JUDGED));
  const demanded = Uint8Array.from(realKnown, (pixels, b) => (isKnown(real, b, pixels) ? 1 : 0));
  const matched = new Int32Array(real.count).fill(-1);
  const used = new Uint8Array(found.count);
  for (const { a, b } of pairs) {
    if (used[a] === 1 || matched[b] >= 0) continue;
    used[a] = 1;
    matched[b] = a;
    judged[a] = demanded[b] === 1 ? RIGHT : NOT_JUDGED;
  }
  return { found: judged, matched, demanded };
}

function knownPixels({ count, start, pixels }: Objects, known: Uint8Array): Float64Array {
  const sums = new Float64Array(count);
  for (let r = 0; r < count; r++)
    for (let k = start[r]; k < start[r + 1]; k++) if (known[pixels[k]] !== 0) sums[r]++;
  return sums;
}

/** The pixel that holds an object's centre of mass. */
function centreOf({ start, pixels }: Objects, r: number, width: number): number {
  let sumX = 0;
  let sumY = 0;
  for (let k = start[r]; k < start[r + 1]; k++) {
    sumX += (pixels[k] % width) + 0.5;
    sumY += Math.floor(pixels[k] / width) + 0.5;
  }
  const size = start[r + 1] - start[r];
  return Math.floor(sumY / size) * width + Math.floor(sumX / size);
}

/** Known pixels an object shares with each real one. */
function sharedPixels(
  { start, pixels }: Objects,
  r: number,
  realAt: Int32Array,
  known: Uint8Array,
): Map<number, number> {
  const counts = new Map<number, number>();
  for (let k = start[r]; k < start[r + 1]; k++) {
    const b = realAt[pixels[k]] - 1;
    if (b >= 0 && known[pixels[k]] !== 0) counts.set(b, (counts.get(b) ?? 0) + 1);
  }
  return counts;
}
