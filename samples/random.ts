/** Seeded numbers. Nothing in `samples` asks the clock or `Math.random`: one seed, one world, to the byte. */

/** Numbers in [0, 1) in a fixed order. */
export type Random = () => number;

/** A stream of numbers by a Weyl sequence through an integer hash. */
export function randomFrom(seed: number): Random {
  let count = 0;
  return () => hash(seed, count++, 0x51ed);
}

/** A number in [0, 1) for three whole numbers: the same wherever and in whatever order it is asked. */
export function hash(a: number, b: number, c: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77) ^ Math.imul(c, 0xc2b2ae3d);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) / 2 ** 32;
}

/** Value noise in [0, 1] with features one unit of x, y apart (smoothed lattice noise). */
export function noise(x: number, y: number, seed: number): number {
  const i = Math.floor(x);
  const j = Math.floor(y);
  const u = x - i;
  const v = y - j;
  const su = u * u * (3 - 2 * u);
  const sv = v * v * (3 - 2 * v);
  const top = hash(i, j, seed) * (1 - su) + hash(i + 1, j, seed) * su;
  const bottom = hash(i, j + 1, seed) * (1 - su) + hash(i + 1, j + 1, seed) * su;
  return top * (1 - sv) + bottom * sv;
}

/** Octaves of value noise, each half as large and as strong, scaled to [0, 1]. */
export function fractal(x: number, y: number, seed: number, octaves: number): number {
  let sum = 0;
  let weight = 0;
  for (let k = 0, w = 1, f = 1; k < octaves; k++, w /= 2, f *= 2) {
    sum += w * noise(x * f, y * f, seed + 31 * k);
    weight += w;
  }
  return sum / weight;
}

/** Roughly normal, mean 0, deviation 1 (sum of three uniforms, scaled). */
export function bell(a: number, b: number, c: number): number {
  return 2 * (hash(a, b, c) + hash(a, b, c + 7919) + hash(a, b, c + 15_838) - 1.5);
}

export function clamp01(value: number): number {
  return Math.min(1, Math.max(0, value));
}
