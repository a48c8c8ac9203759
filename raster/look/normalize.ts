import type { BandRole } from '../../kernels/bands.js';
import type { DateBlock } from '../../kernels/detector.js';
import type { LinearMap } from '../warp/resample.js';

/** Radiometric normalization of one scene onto the reference. */
export interface Normalization {
  readonly maps: Readonly<Partial<Record<BandRole, LinearMap>>>;
  /** Share of the compared pixels taken for unchanged. */
  readonly invariant: number;
  /** Bands that were left as they are because the two dates do not follow one line. */
  readonly refused: readonly BandRole[];
}

/** Gains beyond these are not a matter of light or haze. */
const LEAST_GAIN = 0.4;
const MOST_GAIN = 2.5;
/** Least correlation on invariant pixels for a line to be believed. */
const LEAST_CORRELATION = 0.5;
const ROUNDS = 8;
/** Fewest pixels to fit on, and the most: more would not move the line. */
const LEAST_PIXELS = 500;
const MOST_PIXELS = 20_000;

/** Identity for every band: `--no-normalize`, or nothing to fit on. */
export const NO_NORMALIZATION: Normalization = { maps: {}, invariant: 0, refused: [] };

/**
 * Per-band gain and offset that map `moved` onto `fixed`, by orthogonal regression on pixels weighted by how likely they
 * did not change. The weights are those of iteratively re-weighted change detection (Canty and Nielsen, 2008): the
 * squared residuals of all bands in units of their own spread follow a chi-square law on unchanged ground.
 */
export function normalize(fixed: readonly DateBlock[], moved: readonly DateBlock[]): Normalization {
  const bands = fixed[0]?.bands ?? [];
  const { x, y, count } = collect(fixed, moved, bands.length);
  if (count < LEAST_PIXELS) return NO_NORMALIZATION;
  let weights = new Float64Array(count).fill(1);
  let lines: Line[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    lines = bands.map((_, b) => orthogonalLine(x[b], y[b], weights));
    weights = reweigh(x, y, lines, count);
  }
  const refused = bands.filter((_, b) => {
    const { gain, correlation } = lines[b];
    return !(correlation >= LEAST_CORRELATION && gain >= LEAST_GAIN && gain <= MOST_GAIN);
  });
  // all bands or none: indices are ratios, and one band moved alone would change them everywhere
  const maps = Object.fromEntries(
    refused.length > 0
      ? []
      : bands.map((role, b): [BandRole, LinearMap] => [
          role,
          { gain: lines[b].gain, offset: lines[b].offset },
        ]),
  );
  let sum = 0;
  for (const weight of weights) sum += weight;
  return { maps, invariant: sum / count, refused };
}

interface Line {
  readonly gain: number;
  readonly offset: number;
  readonly correlation: number;
}

/** Values of pixels usable in both dates, an array a band. */
function collect(fixed: readonly DateBlock[], moved: readonly DateBlock[], bandCount: number) {
  const pixels = fixed.reduce((sum, block) => sum + block.usable.length, 0);
  const step = 2 * Math.floor(pixels / MOST_PIXELS / 2) + 1;
  let count = 0;
  const shared = fixed.map((block, k) => {
    const both: number[] = [];
    for (let i = 0; i < block.usable.length; i += step)
      if ((block.usable[i] & moved[k].usable[i]) === 1) both.push(i);
    count += both.length;
    return both;
  });
  const gather = (blocks: readonly DateBlock[], b: number) => {
    const values = new Float64Array(count);
    let o = 0;
    blocks.forEach((block, k) => {
      const start = b * block.usable.length;
      for (const i of shared[k]) values[o++] = block.stack[start + i];
    });
    return values;
  };
  const each = (blocks: readonly DateBlock[]) =>
    Array.from({ length: bandCount }, (_, b) => gather(blocks, b));
  return { x: each(moved), y: each(fixed), count };
}

/** Weighted orthogonal regression y = gain·x + offset on axes scaled to equal spread (reduced major axis with sign). */
function orthogonalLine(x: Float64Array, y: Float64Array, weights: Float64Array): Line {
  let w = 0;
  let mx = 0;
  let my = 0;
  for (let i = 0; i < x.length; i++) {
    w += weights[i];
    mx += weights[i] * x[i];
    my += weights[i] * y[i];
  }
  mx /= w;
  my /= w;
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let i = 0; i < x.length; i++) {
    const dx = x[i] - mx;
    const dy = y[i] - my;
    xx += weights[i] * dx * dx;
    yy += weights[i] * dy * dy;
    xy += weights[i] * dx * dy;
  }
  if (!(xx > 0 && yy > 0)) return { gain: 1, offset: 0, correlation: 0 };
  const correlation = xy / Math.sqrt(xx * yy);
  // errors of both dates grow with their own spread, so the slope is the ratio of spreads
  const gain = Math.sqrt(yy / xx);
  return { gain, offset: my - gain * mx, correlation };
}

/** Chance that a pixel is unchanged, from its squared residuals in units of their robust spread. */
function reweigh(
  x: readonly Float64Array[],
  y: readonly Float64Array[],
  lines: readonly Line[],
  count: number,
): Float64Array<ArrayBuffer> {
  const score = new Float64Array(count);
  lines.forEach(({ gain, offset }, b) => {
    const residual = new Float64Array(count);
    for (let i = 0; i < count; i++) residual[i] = y[b][i] - gain * x[b][i] - offset;
    const spread = robustSpread(residual) || 1;
    for (let i = 0; i < count; i++) score[i] += (residual[i] / spread) ** 2;
  });
  // survival function of chi-square with one degree a band, in the cube-root approximation of Wilson and Hilferty
  const k = lines.length;
  const weights = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const z = (Math.cbrt(score[i] / k) - (1 - 2 / (9 * k))) / Math.sqrt(2 / (9 * k));
    weights[i] = 1 / (1 + Math.exp(1.702 * z));
  }
  return weights;
}

/** 1.4826 × median absolute deviation from the median. */
export function robustSpread(values: Float64Array): number {
  if (values.length === 0) return 0;
  const rest = values.slice();
  const half = rest.length >> 1;
  const middle = orderStatistic(rest, half);
  for (let i = 0; i < rest.length; i++) rest[i] = Math.abs(rest[i] - middle);
  return 1.4826 * orderStatistic(rest, half);
}

/** The value that would stand at `k` if `values` were sorted (Hoare, 1961); reorders them. No NaN. */
export function orderStatistic(values: Float64Array, k: number): number {
  let left = 0;
  let right = values.length - 1;
  while (left < right) {
    const pivot = values[(left + right) >> 1];
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const value = values[i];
      values[i++] = values[j];
      values[j--] = value;
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else break;
  }
  return values[k];
}
