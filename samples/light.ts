import { COVER, COVER_GRAIN, COVER_REFLECTANCE } from './cover.js';
import { hash, noise } from './random.js';
import type { Hit } from './surface.js';

/** 0 in deep winter (January), 1 in full summer (July): how green the year is. */
export function greenness(calendarMonth: number): number {
  return 0.5 + 0.5 * Math.cos((2 * Math.PI * (calendarMonth - 7)) / 12);
}

/** Grass in the dry season. */
const DRY_GRASS = [0.074, 0.104, 0.122, 0.24] as const;
const GROVE = COVER.grove * 4;

/**
 * Surface reflectance of a point in four bands (blue, green, red, nir), sunlit and level, written to `out` at `at`.
 * @param month calendar month 1-12
 */
export function reflect(
  hit: Hit,
  x: number,
  y: number,
  month: number,
  seed: number,
  out: Float32Array,
  at: number,
): void {
  const { cover } = hit;
  const green = greenness(month);
  const base = cover * 4;
  for (let b = 0; b < 4; b++) out[at + b] = COVER_REFLECTANCE[base + b];
  if (cover === COVER.grass || cover === COVER.shrub) {
    const lush = (cover === COVER.grass ? 0.35 : 0.6) + (cover === COVER.grass ? 0.65 : 0.4) * green;
    for (let b = 0; b < 4; b++) out[at + b] = DRY_GRASS[b] * (1 - lush) + out[at + b] * lush;
  } else if (cover === COVER.forest || cover === COVER.tree || cover === COVER.grove) {
    out[at + 2] *= 1.18 - 0.18 * green;
    out[at + 3] *= 0.8 + 0.2 * green;
  } else if (cover === COVER.planting) {
    for (let b = 0; b < 4; b++) {
      out[at + b] = out[at + b] * (1 - hit.growth) + COVER_REFLECTANCE[GROVE + b] * hit.growth;
    }
  }
  const grain = COVER_GRAIN[cover];
  const fine = noise(x / grain.fineM, y / grain.fineM, seed + cover) - 0.5;
  const coarse = noise(x / grain.coarseM, y / grain.coarseM, seed + 97 + cover) - 0.5;
  const factor =
    1 + grain.tone * (hit.tone - 0.5) * 2 * 0.6 + grain.fine * 1.4 * fine + grain.coarse * coarse;
  // patchy vegetation differs more in nir than in red; a tint tells objects of one material apart
  const tint = grain.tone * 0.25 * (hash(Math.floor(hit.tone * 4096), cover, seed) - 0.5);
  out[at] *= factor * (1 - tint);
  out[at + 1] *= factor;
  out[at + 2] *= factor * (1 + tint);
  out[at + 3] *= factor * (1 + 0.8 * grain.coarse * fine);
}

/** Cars: bright or dark spots on streets and yards, other ones each month. Multiplies `out` at `at`. */
export function traffic(
  hit: Hit,
  x: number,
  y: number,
  month: number,
  seed: number,
  out: Float32Array,
  at: number,
): void {
  if (hit.cover !== COVER.asphalt && hit.cover !== COVER.paving) return;
  const dice = hash(Math.floor(x / 4.5), Math.floor(y / 2.2), seed + month);
  if (dice > 0.07) return;
  const factor = dice < 0.04 ? 2.1 : 0.55;
  for (let b = 0; b < 4; b++) out[at + b] *= factor;
}
