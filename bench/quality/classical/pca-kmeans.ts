import { eigenSymmetric } from './linear.js';
import { otsu } from './otsu.js';

/** Side of the neighbourhood, and principal components of it that are kept (Celik's own choice). */
const SIDE = 4;
const COMPONENTS = 3;
const MOST_ROUNDS = 50;

/**
 * 1 where the neighbourhood of the difference image falls into the cluster of the larger differences: principal components from
 * blocks that do not overlap, every pixel's neighbourhood projected on them, two clusters by k-means (Celik 2009,
 * "Unsupervised change detection in satellite images using principal component analysis and k-means clustering").
 */
export function pcaKMeans(difference: Float64Array, width: number, height: number): Uint8Array {
  const { mean, vectors } = components(difference, width, height);
  const features = project(difference, width, height, mean, vectors);
  return twoClusters(features, difference);
}

function components(image: Float64Array, width: number, height: number) {
  const length = SIDE * SIDE;
  const mean = new Float64Array(length);
  const products = Array.from({ length }, () => new Array<number>(length).fill(0));
  const block = new Float64Array(length);
  let count = 0;
  for (let y = 0; y + SIDE <= height; y += SIDE) {
    for (let x = 0; x + SIDE <= width; x += SIDE) {
      for (let k = 0; k < length; k++) block[k] = image[(y + Math.floor(k / SIDE)) * width + x + (k % SIDE)];
      for (let r = 0; r < length; r++) {
        mean[r] += block[r];
        for (let c = r; c < length; c++) products[r][c] += block[r] * block[c];
      }
      count++;
    }
  }
  for (let k = 0; k < length; k++) mean[k] /= count;
  const covariance = products.map((row, r) =>
    row.map((_, c) => products[Math.min(r, c)][Math.max(r, c)] / count - mean[r] * mean[c]),
  );
  return { mean, vectors: eigenSymmetric(covariance).vectors.slice(0, COMPONENTS) };
}

/** One plane of features a component; the neighbourhood is clamped at the image's edges. */
function project(
  image: Float64Array,
  width: number,
  height: number,
  mean: Float64Array,
  vectors: readonly (readonly number[])[],
): Float64Array[] {
  const before = Math.floor((SIDE - 1) / 2);
  const clamp = (value: number, size: number) => Math.max(0, Math.min(size - 1, value));
  const planes = vectors.map(() => new Float64Array(width * height));
  const block = new Float64Array(SIDE * SIDE);
  const rows = vectors.map((vector) => Float64Array.from(vector));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let k = 0; k < block.length; k++) {
        const row = clamp(y - before + Math.floor(k / SIDE), height);
        block[k] = image[row * width + clamp(x - before + (k % SIDE), width)] - mean[k];
      }
      for (let c = 0; c < rows.length; c++) {
        let sum = 0;
        for (let k = 0; k < block.length; k++) sum += rows[c][k] * block[k];
        planes[c][y * width + x] = sum;
      }
    }
  }
  return planes;
}

/** k-means of two, begun from the parts that Otsu's threshold makes of the difference: no dice. */
function twoClusters(features: readonly Float64Array[], difference: Float64Array): Uint8Array {
  const threshold = otsu(difference);
  const cluster = Uint8Array.from(difference, (value) => (value > threshold ? 1 : 0));
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const centres = [0, 1].map((which) => features.map((plane) => meanWhere(plane, cluster, which)));
    let moved = 0;
    for (let i = 0; i < cluster.length; i++) {
      let nearer = 0;
      for (let c = 0; c < features.length; c++)
        nearer += (features[c][i] - centres[0][c]) ** 2 - (features[c][i] - centres[1][c]) ** 2;
      const to = nearer > 0 ? 1 : 0;
      if (to !== cluster[i]) {
        cluster[i] = to;
        moved++;
      }
    }
    if (moved === 0) break;
  }
  if (meanWhere(difference, cluster, 1) >= meanWhere(difference, cluster, 0)) return cluster;
  return cluster.map((which) => 1 - which);
}

function meanWhere(values: Float64Array, cluster: Uint8Array, which: number): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (cluster[i] !== which) continue;
    sum += values[i];
    count++;
  }
  return count > 0 ? sum / count : 0;
}
