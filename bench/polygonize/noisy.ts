import { existsSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hash } from '../scenes/world.js';

/** Raised whenever the same seed gives another raster. */
export const NOISY_VERSION = 1;

/** Spacing in px of the noise that the classes are cut from: makes about a million 4-connected regions of 8192² px. */
const SCALE = 8;
/** Classes by the level of the noise; between them is no change. */
const LEVELS = [0.3, 0.62, 0.74] as const;

/**
 * Writes a class raster as raw bytes, row by row, `side`² px: smooth noise cut at three levels and a pixel in a hundred
 * turned to another class. Kept where it is; made again only where absent.
 */
export async function makeNoisy(path: string, side: number, seed: number): Promise<void> {
  if (existsSync(path)) return;
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  const file = await open(part, 'w');
  try {
    const row = new Uint8Array(side);
    const nodes = Math.ceil(side / SCALE) + 2;
    const above = new Float32Array(nodes);
    const below = new Float32Array(nodes);
    for (let y = 0; y < side; y++) {
      const j = Math.floor(y / SCALE);
      if (y % SCALE === 0) {
        for (let i = 0; i < nodes; i++) {
          above[i] = hash(i, j, seed) / 2 ** 32;
          below[i] = hash(i, j + 1, seed) / 2 ** 32;
        }
      }
      const v = y / SCALE - j;
      for (let x = 0; x < side; x++) {
        const i = Math.floor(x / SCALE);
        const u = x / SCALE - i;
        const upper = above[i] + (above[i + 1] - above[i]) * u;
        const lower = below[i] + (below[i + 1] - below[i]) * u;
        const value = upper + (lower - upper) * v;
        const speck = hash(x, y, seed + 1);
        row[x] = speck % 100 === 0 ? (speck >>> 8) % 8 : classOf(value);
      }
      await file.write(row, 0, side, y * side);
    }
  } finally {
    await file.close();
  }
  await rename(part, path);
}

function classOf(value: number): number {
  if (value < LEVELS[0]) return 5;
  if (value < LEVELS[1]) return 0;
  return value < LEVELS[2] ? 7 : 4;
}
