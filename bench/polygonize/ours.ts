/**
 * Polygonizes a raw class raster with the project's own code and prints what it took as JSON: a process of its own, so that
 * its peak memory is that of this work. `node ours.js RASTER SIDE`
 */
import { openSync, readSync } from 'node:fs';
import { allocateRuns, type Runs } from '../../raster/runs.js';
import { groupByRegion, labelRegions } from '../../vector/regions.js';
import { traceRegions } from '../../vector/trace.js';

const ROWS = 256;

/** Runs of a raster of one byte a px, read a few rows at a time: what blocks give the engine. */
function readRuns(path: string, side: number): Runs {
  const file = openSync(path, 'r');
  const rows = new Uint8Array(ROWS * side);
  let capacity = 1 << 20;
  let runs = allocateRuns(capacity);
  let count = 0;
  for (let top = 0; top < side; top += ROWS) {
    const height = Math.min(ROWS, side - top);
    readSync(file, rows, 0, height * side, top * side);
    for (let y = 0; y < height; y++) {
      // a row has at most as many runs as px
      if (count + side > capacity) {
        capacity *= 2;
        const larger = allocateRuns(capacity);
        copy(runs, larger, count);
        runs = larger;
      }
      let code = 0;
      for (let x = 0; x < side; x++) {
        const value = rows[y * side + x];
        if (value !== code && value !== 0) {
          runs.y[count] = top + y;
          runs.x0[count] = x;
          runs.code[count] = value;
          count++;
        }
        if (value !== 0) runs.x1[count - 1] = x + 1;
        code = value;
      }
    }
  }
  const exact = allocateRuns(count);
  copy(runs, exact, count);
  return exact;
}

function copy(from: Runs, to: Runs, count: number): void {
  to.y.set(from.y.subarray(0, count));
  to.x0.set(from.x0.subarray(0, count));
  to.x1.set(from.x1.subarray(0, count));
  to.code.set(from.code.subarray(0, count));
}

const [, , path, side] = process.argv;
const started = performance.now();
const runs = readRuns(path, Number(side));
const read = performance.now();
const labels = labelRegions(runs, { byZone: false });
const { start, order } = groupByRegion(labels);
const labelled = performance.now();
const outlines = traceRegions(runs, { start, order });
const rings = outlines.ring.length - 1;
const points = outlines.points.length / 2;
const ended = performance.now();
process.stdout.write(
  `${JSON.stringify({
    regions: labels.count,
    seconds: (ended - started) / 1000,
    detail: {
      runs: runs.count,
      rings,
      points,
      readS: (read - started) / 1000,
      labelS: (labelled - read) / 1000,
      traceS: (ended - labelled) / 1000,
    },
  })}\n`,
);
