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
  const both = new Float64Array(2 * N * N);
  if (!put(fixed, both, 0) || !put(moved, both, 1)) return null;
  transform2d(both, false);
  // of two real images transformed as one complex, a + ib: A(k) = (Z(k) + Z*(-k)) / 2 and B(k) = (Z(k) - Z*(-k)) / 2i
  const cross = new Float64Array(2 * N * N);
  for (let y = 0; y < N; y++) {
    for (let x = 0; x < N; x++) {
      const k = y * N + x;
      const i = 2 * k;
      const j = 2 * (((N - y) % N) * N + ((N - x) % N));
      const [zr, zi, wr, wi] = [both[i], both[i + 1], both[j], -both[j + 1]];
      const [ar, ai] = [zr + wr, zi + wi];
      const [br, bi] = [zi - wi, wr - zr];
      const re = ar * br + ai * bi;
      const im = ai * br - ar * bi;
      const size = Math.sqrt(re * re + im * im);
      const weight = size > 0 ? TAPERS[k] / size : 0;
      cross[i] = re * weight;
      cross[i + 1] = im * weight;
    }
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
  const out = new Float32Array(N * N);
  for (let k = 0; k < out.length; k++) out[k] = (surface[2 * k] - mean) / sigma;
  return out;
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

/** The image under a Hann window with its mean taken off, as the real (0) or imaginary (1) parts; false where it is flat. */
function put(image: Float32Array, into: Float64Array, part: 0 | 1): boolean {
  let mean = 0;
  for (const value of image) mean += value;
  mean /= image.length;
  let energy = 0;
  for (let y = 0; y < N; y++) {
    for (let x = 0; x < N; x++) {
      const value = (image[y * N + x] - mean) * HANN[x] * HANN[y];
      into[2 * (y * N + x) + part] = value;
      energy += value * value;
    }
  }
  return energy > 0;
}

const HANN = Float64Array.from({ length: N }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / N));

const fft = new FFT(N);

/** Columns transformed at once: a row's part of them fills a cache line. */
const BESIDE = 8;

/** In place: rows, then columns. */
function transform2d(data: Float64Array, inverse: boolean): Float64Array {
  const out = new Float64Array(2 * N);
  const run = (line: Float64Array) => (inverse ? fft.inverseTransform(out, line) : fft.transform(out, line));
  for (let y = 0; y < N; y++) {
    const row = data.subarray(2 * y * N, 2 * (y + 1) * N);
    run(row);
    row.set(out);
  }
  const columns = Array.from({ length: BESIDE }, () => new Float64Array(2 * N));
  for (let x = 0; x < N; x += BESIDE) {
    for (let y = 0; y < N; y++) {
      for (let k = 0; k < BESIDE; k++) {
        columns[k][2 * y] = data[2 * (y * N + x + k)];
        columns[k][2 * y + 1] = data[2 * (y * N + x + k) + 1];
      }
    }
    for (const column of columns) {
      run(column);
      column.set(out);
    }
    for (let y = 0; y < N; y++) {
      for (let k = 0; k < BESIDE; k++) {
        data[2 * (y * N + x + k)] = columns[k][2 * y];
        data[2 * (y * N + x + k) + 1] = columns[k][2 * y + 1];
      }
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
