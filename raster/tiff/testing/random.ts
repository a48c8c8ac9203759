/** mulberry32: numbers from 0 to 1, 1 excluded, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from 0 to `count`, `count` excluded. */
export function below(random: () => number, count: number): number {
  return Math.floor(random() * count);
}

export function pick<T>(random: () => number, from: readonly T[]): T {
  return from[below(random, from.length)];
}
