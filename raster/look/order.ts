import type { DateBlock, SceneLook } from '../../kernels/detector.js';
import { type MaskFrame, maskObscured } from '../mask/obscured.js';
import { LOOK_SIZE } from './windows.js';

/** A scene of a date, as far as its place in it goes. */
export interface Candidate {
  readonly month: string | null;
  /** Whether it could be brought onto the reference, in place and radiometry. */
  readonly trusted: boolean;
  /** YYYY-MM-DD. */
  readonly acquired: string | null;
  readonly files: readonly string[];
}

/** The scenes of the first one's month, and those that only fill what these leave. */
export function splitMonth<T extends { readonly month: string | null }>(
  scenes: readonly T[],
): readonly [T[], T[]] {
  const { month } = scenes[0];
  const end = scenes.findIndex((scene, k) => k > 0 && (month === null || scene.month !== month));
  return end < 0 ? [[...scenes], []] : [scenes.slice(0, end), scenes.slice(end)];
}

/**
 * The scenes of a month, the best first: what could be corrected before what could not, then the clearest, the newest, and
 * by name, so that it does not matter how they came into the catalogue.
 */
export function bestFirst<T extends Candidate>(scenes: readonly T[], clear: (scene: T) => number): T[] {
  const text = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...scenes].sort(
    (a, b) =>
      Number(b.trusted) - Number(a.trusted) ||
      clear(b) - clear(a) ||
      text(b.acquired ?? '', a.acquired ?? '') ||
      text(a.files.join('\n'), b.files.join('\n')),
  );
}

/** Share of the looks' pixels that are usable. */
export function usableShare(looks: readonly DateBlock[]): number {
  let usable = 0;
  let pixels = 0;
  for (const look of looks) {
    for (const value of look.usable) usable += value;
    pixels += look.usable.length;
  }
  return pixels > 0 ? usable / pixels : 0;
}

/** The same without what lies under cloud or its shadow, as seen against each of `others` (lists of the same windows). */
export function clearShare(
  looks: readonly DateBlock[],
  others: readonly (readonly DateBlock[])[],
  levels: SceneLook,
  resolution: number,
): number {
  const frame: MaskFrame = { width: LOOK_SIZE, height: LOOK_SIZE, resolution };
  const masked = looks.map((look, k) => {
    const own = { ...look, usable: look.usable.slice() };
    for (const other of others) maskObscured(own, other[k], levels, frame);
    return own;
  });
  return usableShare(masked);
}
