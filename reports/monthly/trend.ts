import type { ChangeClassName } from '../../kernels/classes.js';
import type { TrendPoint } from './input.js';
import { AREA_KEYS, type AreaKey, type ClassSum, LOW_OBSERVED, observedShare } from './tally.js';

/** A month of the trend whose numbers can be set beside another's: one seen too little would be a dip that nobody saw. */
export function isDrawn(point: TrendPoint): boolean {
  return (observedShare(point.observed) ?? 0) >= LOW_OBSERVED;
}

/** Area of a state in m² on the ground seen; null where the bands could not give it or nothing is stored. */
export function trendArea(point: TrendPoint, key: AreaKey): number | null {
  const { states } = point;
  if (states === null || observedShare(point.observed) === 0) return null;
  if (key !== 'forest_green') return states[key] ?? null;
  return states.forest === undefined || states.green === undefined ? null : states.forest + states.green;
}

/** Patches of a class first seen in the month; null where it has no month-on-month run. */
export function trendClass(point: TrendPoint, name: ChangeClassName): ClassSum | null {
  if (point.classes === null || observedShare(point.observed) === 0) return null;
  const own = point.classes.find((c) => c.class === name);
  return { count: own?.count ?? 0, areaM2: own?.areaM2 ?? 0 };
}

/** States that some month has. */
export function trendKeys(trend: readonly TrendPoint[]): AreaKey[] {
  return AREA_KEYS.filter((key) => trend.some((point) => trendArea(point, key) !== null));
}
