/** The bands of two dates, one array of pixels a band, in the same order. */
export interface Planes {
  readonly width: number;
  readonly height: number;
  readonly before: readonly ArrayLike<number>[];
  readonly after: readonly ArrayLike<number>[];
}

/** Length of the change vector a pixel. */
export function changeMagnitude({ width, height, before, after }: Planes): Float64Array {
  const out = new Float64Array(width * height);
  for (let b = 0; b < before.length; b++) {
    const [one, two] = [before[b], after[b]];
    for (let i = 0; i < out.length; i++) out[i] += (two[i] - one[i]) ** 2;
  }
  for (let i = 0; i < out.length; i++) out[i] = Math.sqrt(out[i]);
  return out;
}

/** Every band of each date with mean 0 and variance 1: takes away what sun, haze and sensor did to all of it alike. */
export function standardized({ width, height, before, after }: Planes): Planes {
  return { width, height, before: before.map(standardBand), after: after.map(standardBand) };
}

function standardBand(band: ArrayLike<number>): Float64Array {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < band.length; i++) {
    sum += band[i];
    squares += band[i] * band[i];
  }
  const mean = sum / band.length;
  const deviation = Math.sqrt(Math.max(0, squares / band.length - mean * mean)) || 1;
  const out = new Float64Array(band.length);
  for (let i = 0; i < out.length; i++) out[i] = (band[i] - mean) / deviation;
  return out;
}
