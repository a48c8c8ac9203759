/** A small square matrix, row by row. */
export type Matrix = readonly (readonly number[])[];

export function multiply(a: Matrix, b: Matrix): number[][] {
  return a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));
}

export function transpose(a: Matrix): number[][] {
  return a[0].map((_, j) => a.map((row) => row[j]));
}

/** L of A = L Lᵀ, A symmetric and positive definite (Cholesky). A hair is added to a pivot that rounding made negative. */
export function cholesky(a: Matrix): number[][] {
  const l = a.map((row) => row.map(() => 0));
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i][j];
      for (let k = 0; k < j; k++) sum -= l[i][k] * l[j][k];
      l[i][j] =
        i === j ? Math.sqrt(Math.max(sum, 1e-12 * Math.abs(a[i][i]) + Number.MIN_VALUE)) : sum / l[j][j];
    }
  }
  return l;
}

/** Inverse of a lower triangular matrix, by forward substitution. */
export function invertLower(l: Matrix): number[][] {
  const n = l.length;
  const out = l.map((row) => row.map(() => 0));
  for (let j = 0; j < n; j++) {
    out[j][j] = 1 / l[j][j];
    for (let i = j + 1; i < n; i++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum -= l[i][k] * out[k][j];
      out[i][j] = sum / l[i][i];
    }
  }
  return out;
}

const SWEEPS = 60;

/** Eigenvalues, largest first, and their unit vectors of a symmetric matrix, by Jacobi's rotations. */
export function eigenSymmetric(matrix: Matrix): { values: number[]; vectors: number[][] } {
  const n = matrix.length;
  const a = matrix.map((row) => [...row]);
  const v = a.map((row, i) => row.map((_, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let off = 0;
    let size = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        if (i !== j) off += a[i][j] ** 2;
        else size += a[i][j] ** 2;
      }
    }
    if (off <= 1e-24 * size) break;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) if (a[p][q] !== 0) rotate(a, v, p, q);
    }
  }
  const order = a.map((_, i) => i).sort((i, j) => a[j][j] - a[i][i]);
  return { values: order.map((i) => a[i][i]), vectors: order.map((i) => v.map((row) => row[i])) };
}

function rotate(a: number[][], v: number[][], p: number, q: number): void {
  const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < a.length; k++) {
    const [kp, kq] = [a[k][p], a[k][q]];
    a[k][p] = c * kp - s * kq;
    a[k][q] = s * kp + c * kq;
  }
  for (let k = 0; k < a.length; k++) {
    const [pk, qk] = [a[p][k], a[q][k]];
    a[p][k] = c * pk - s * qk;
    a[q][k] = s * pk + c * qk;
    const [vp, vq] = [v[k][p], v[k][q]];
    v[k][p] = c * vp - s * vq;
    v[k][q] = s * vp + c * vq;
  }
}
