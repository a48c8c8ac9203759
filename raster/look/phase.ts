import FFT from 'fft.js';
import { LOOK_SIZE } from './windows.js';

const N = LOOK_SIZE;

/** Shift of `moved` against `fixed` as found by phase correlation, px, with the height of the peak in noise sigmas. */
export interface PhasePeak {
  readonly dx: number;
  readonly dy: number;
  readonly strength: number;
}

/** Correlation of two windows over all shifts, in sigmas of itself: N × N, the shift (dx, dy) at `((dy + N) % N)·N + (dx + N) % N`. */
export type Correlation = Float32Array;

/**
 * Phase correlation (Kuglin and Hines, 1975) of two N × N images: the cross-power spectrum is whitened, tapered by a
 * Gaussian (so that the peak is a Gaussian too) and transformed back. (dx, dy) is how far `moved` must be moved, x right,
 * y down, to lie on `fixed`. Null where either image is flat.
 */
export function correlate(fixed: Float32Array, moved: Float32Array): Correlation | null {
  const a = spectrum(fixed);
  const b = spectrum(moved);
  if (a === null || b === null) return null;
  const cross = new Float64Array(2 * N * N);
  for (let k = 0; k < N * N; k++) {
    const i = 2 * k;
    const re = a[i] * b[i] + a[i + 1] * b[i + 1];
    const im = a[i + 1] * b[i] - a[i] * b[i + 1];
    const size = Math.hypot(re, im);
    const weight = size > 0 ? TAPERS[k] / size : 0;
    cross[i] = re * weight;
    cross[i + 1] = im * weight;
  }
  return inSigmas(transform2d(cross, true));
}

/** The real parts, less their mean and over their spread; null where there is none. */
function inSigmas(surface: Float64Array): Correlation | null {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < surface.length; i += 2) {
    sum += surface[i];
    squares += surface[i] * surface[i];
  }
  const mean = sum / (N * N);
  const sigma = Math.sqrt(Math.max(0, squares / (N * N) - mean * mean));
  if (!(sigma > 0)) return null;
  return Float32Array.from({ length: N * N }, (_, k) => (surface[2 * k] - mean) / sigma);
}

/** How much a single window may say for a shift, sigmas: what repeats itself in one (a field of rows) must not outweigh all others. */
const MOST_SIGMAS = 12;

/**
 * The correlation of several windows together, in sigmas of noise alone: where all agree on a shift it stands out that no
 * single window shows.
 */
export function together(correlations: readonly Correlation[]): Correlation {
  const all = new Float32Array(N * N);
  for (const own of correlations) {
    let most = MOST_SIGMAS;
    for (const value of own) if (value > most) most = value;
    const scale = MOST_SIGMAS / most / Math.sqrt(correlations.length);
    for (let k = 0; k < all.length; k++) all[k] += own[k] * scale;
  }
  return all;
}

/** Taper of the spectrum; the peak's sigma is about sqrt(TAPER / 2) / π ≈ 1 px. */
const TAPER = 20;

/** The taper at every frequency of the spectrum. */
const TAPERS = Float64Array.from({ length: N * N }, (_, k) => {
  const frequency = (i: number) => (i <= N / 2 ? i : i - N) / N;
  const [fx, fy] = [frequency(k % N), frequency(Math.floor(k / N))];
  return Math.exp(-(fx * fx + fy * fy) * TAPER);
});

/** Spectrum of the image under a Hann window with its mean taken off; null where it is flat. */
function spectrum(image: Float32Array): Float64Array | null {
  let mean = 0;
  for (const value of image) mean += value;
  mean /= image.length;
  const data = new Float64Array(2 * N * N);
  let energy = 0;
  for (let y = 0; y < N; y++) {
    for (let x = 0; x < N; x++) {
      const value = (image[y * N + x] - mean) * HANN[x] * HANN[y];
      data[2 * (y * N + x)] = value;
      energy += value * value;
    }
  }
  return energy > 0 ? transform2d(data, false) : null;
}

const HANN = Float64Array.from({ length: N }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / N));

const fft = new FFT(N);

function transform2d(data: Float64Array, inverse: boolean): Float64Array {
  const line = new Float64Array(2 * N);
  const out = new Float64Array(2 * N);
  const run = () => (inverse ? fft.inverseTransform(out, line) : fft.transform(out, line));
  for (let y = 0; y < N; y++) {
    line.set(data.subarray(2 * y * N, 2 * (y + 1) * N));
    run();
    data.set(out, 2 * y * N);
  }
  for (let x = 0; x < N; x++) {
    for (let y = 0; y < N; y++) {
      line[2 * y] = data[2 * (y * N + x)];
      line[2 * y + 1] = data[2 * (y * N + x) + 1];
    }
    run();
    for (let y = 0; y < N; y++) {
      data[2 * (y * N + x)] = out[2 * y];
      data[2 * (y * N + x) + 1] = out[2 * y + 1];
    }
  }
  return data;
}

/**
 * The highest place of a correlation within `most` px, to a part of a pixel: the vertex of the parabolas through the
 * logarithms of its neighbours. Null where it lies on the edge of what is sought.
 */
export function peakOf(correlation: Correlation, most: number): PhasePeak | null {
  const value = (dx: number, dy: number) => correlation[((dy + N) % N) * N + ((dx + N) % N)];
  let best = Number.NEGATIVE_INFINITY;
  let px = 0;
  let py = 0;
  for (let dy = -most; dy <= most; dy++) {
    for (let dx = -most; dx <= most; dx++) {
      if (value(dx, dy) > best) {
        best = value(dx, dy);
        px = dx;
        py = dy;
      }
    }
  }
  if (Math.abs(px) === most || Math.abs(py) === most) return null;
  return {
    dx: px + vertex(value(px - 1, py), best, value(px + 1, py)),
    dy: py + vertex(value(px, py - 1), best, value(px, py + 1)),
    strength: best,
  };
}

/** Place of the maximum of a Gaussian through three neighbours, from -0.5 to 0.5. */
function vertex(left: number, middle: number, right: number): number {
  const floor = Math.min(left, middle, right);
  const log = (v: number) => Math.log(Math.max(v, middle * 1e-3, floor + 1e-12));
  const [l, m, r] = [log(left), log(middle), log(right)];
  const bend = l - 2 * m + r;
  return bend < 0 ? Math.max(-0.5, Math.min(0.5, (l - r) / (2 * bend))) : 0;
}
