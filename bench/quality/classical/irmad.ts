import { cholesky, eigenSymmetric, invertLower, type Matrix, multiply, transpose } from './linear.js';
import type { Planes } from './planes.js';

const MOST_ROUNDS = 30;
/** Correlations that move by less than this have settled. */
const SETTLED = 1e-3;

/**
 * Chi-square measure of change by the iteratively re-weighted multivariate alteration detection: canonical correlations of the
 * two dates, each pixel weighted by its probability of no change, until they settle (Nielsen 2007, "The regularized
 * iteratively reweighted MAD method for change detection in multi- and hyperspectral data").
 */
export function irMad({ width, height, before, after }: Planes): Float64Array {
  const p = before.length;
  const samples = interleaved([...before, ...after], width * height);
  const weight = new Float64Array(width * height).fill(1);
  const measure = new Float64Array(width * height);
  let last: readonly number[] = before.map(() => 2);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { mean, covariance } = weightedMoments(samples, 2 * p, weight);
    const { a, b, correlations } = canonical(covariance, p);
    chiSquare({ samples, mean, a, b, correlations }, measure);
    for (let i = 0; i < weight.length; i++) weight[i] = chiSquareTail(measure[i], p);
    const moved = Math.max(...correlations.map((rho, k) => Math.abs(rho - last[k])));
    last = correlations;
    if (moved < SETTLED) break;
  }
  return measure;
}

/** All bands of a pixel side by side. */
function interleaved(planes: readonly ArrayLike<number>[], pixels: number): Float64Array {
  const n = planes.length;
  const out = new Float64Array(n * pixels);
  planes.forEach((plane, band) => {
    for (let i = 0; i < pixels; i++) out[i * n + band] = plane[i];
  });
  return out;
}

function weightedMoments(samples: Float64Array, n: number, weight: Float64Array) {
  const mean = new Float64Array(n);
  let total = 0;
  for (let i = 0; i < weight.length; i++) {
    total += weight[i];
    for (let r = 0; r < n; r++) mean[r] += weight[i] * samples[i * n + r];
  }
  for (let r = 0; r < n; r++) mean[r] /= total;
  const products = new Float64Array(n * n);
  const centred = new Float64Array(n);
  for (let i = 0; i < weight.length; i++) {
    const w = weight[i];
    for (let r = 0; r < n; r++) {
      centred[r] = samples[i * n + r] - mean[r];
      for (let c = 0; c <= r; c++) products[r * n + c] += w * centred[r] * centred[c];
    }
  }
  const covariance = Array.from({ length: n }, (_, r) =>
    Array.from({ length: n }, (__, c) => products[Math.max(r, c) * n + Math.min(r, c)] / total),
  );
  return { mean, covariance };
}

/** Canonical vectors (rows) of both dates with unit variance, and their correlations, largest first. */
function canonical(covariance: Matrix, p: number) {
  const part = (r: number, c: number) => covariance.slice(r, r + p).map((row) => row.slice(c, c + p));
  const s12 = part(0, p);
  const left = invertLower(cholesky(part(0, 0)));
  const right = invertLower(cholesky(part(p, p)));
  // K = L1⁻¹ S12 L2⁻ᵀ; K Kᵀ has the squared correlations
  const k = multiply(multiply(left, s12), transpose(right));
  const { values, vectors } = eigenSymmetric(multiply(k, transpose(k)));
  const correlations = values.map((value) => Math.min(1 - 1e-9, Math.sqrt(Math.max(0, value))));
  const a = vectors.map((v) => multiply([v], left)[0]);
  const b = vectors.map((v, i) => {
    const image = multiply([v], k)[0].map((x) => x / Math.max(correlations[i], 1e-12));
    return multiply([image], right)[0];
  });
  return { a, b, correlations };
}

interface Variates {
  /** Of both dates, a pixel's side by side. */
  readonly samples: Float64Array;
  readonly mean: Float64Array;
  readonly a: Matrix;
  readonly b: Matrix;
  readonly correlations: readonly number[];
}

/** Sum over the variates of their squares, each over its variance without change, 2 (1 - ρ). */
function chiSquare({ samples, mean, a, b, correlations }: Variates, out: Float64Array): void {
  const n = mean.length;
  // a row of factors a variate, scaled to unit variance
  const factors = Float64Array.from(
    correlations.flatMap((rho, k) =>
      [...a[k], ...b[k].map((value) => -value)].map((value) => value / Math.sqrt(2 * (1 - rho))),
    ),
  );
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let k = 0; k < factors.length; k += n) {
      let value = 0;
      for (let band = 0; band < n; band++) value += factors[k + band] * (samples[i * n + band] - mean[band]);
      sum += value * value;
    }
    out[i] = sum;
  }
}

/** Probability that a chi-square variable of n degrees of freedom exceeds x: exact for whole n. */
export function chiSquareTail(x: number, n: number): number {
  const half = x / 2;
  // even n: Poisson sum; odd n: erfc and half-integer terms
  let sum = 0;
  if (n % 2 === 0) {
    let term = 1;
    for (let k = 0; k < n / 2; k++) {
      if (k > 0) term *= half / k;
      sum += term;
    }
    return sum * Math.exp(-half);
  }
  let term = Math.sqrt(half / Math.PI) * 2;
  for (let k = 1; k <= (n - 1) / 2; k++) {
    if (k > 1) term *= half / (k - 0.5);
    sum += term;
  }
  return erfc(Math.sqrt(half)) + sum * Math.exp(-half);
}

/** Abramowitz and Stegun 7.1.26: within 1.5e-7. */
function erfc(x: number): number {
  const t = 1 / (1 + 0.3275911 * x);
  const poly =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return poly * Math.exp(-x * x);
}
