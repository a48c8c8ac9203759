import { Matrix, solve } from 'ml-matrix';

const ROUNDS = 50;

/**
 * Logistic regression by iteratively re-weighted least squares (Newton's method) with a small ridge, which keeps it finite where a
 * line parts the classes. Columns are used as they are: their scales are of the order of one.
 * @param rows one a case; the intercept is added here
 * @param right 1 or 0 a case
 * @returns the intercept, then a coefficient a column
 */
export function fitLogistic(
  rows: readonly (readonly number[])[],
  right: readonly number[],
  ridge = 1,
): number[] {
  const x = new Matrix(rows.map((row) => [1, ...row]));
  const size = x.columns;
  let beta = Matrix.zeros(size, 1);
  for (let round = 0; round < ROUNDS; round++) {
    const chance = x
      .mmul(beta)
      .to1DArray()
      .map((sum) => 1 / (1 + Math.exp(-sum)));
    const weighted = x.clone();
    chance.forEach((p, i) => {
      for (let k = 0; k < size; k++) weighted.set(i, k, x.get(i, k) * Math.max(1e-9, p * (1 - p)));
    });
    const slope = x.transpose().mmul(Matrix.columnVector(right.map((y, i) => y - chance[i])));
    const bend = x.transpose().mmul(weighted);
    for (let k = 1; k < size; k++) {
      slope.set(k, 0, slope.get(k, 0) - ridge * beta.get(k, 0));
      bend.set(k, k, bend.get(k, k) + ridge);
    }
    const step = solve(bend, slope);
    beta = Matrix.add(beta, step);
    if (step.norm('frobenius') < 1e-8) break;
  }
  return beta.to1DArray();
}
