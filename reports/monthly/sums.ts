import type { Patch, Subdistrict } from '../../vector/patch.js';
import type { Comparison, MonthStates } from './input.js';
import {
  type AreaKey,
  byArea,
  type ClassRow,
  classRows,
  computedKeys,
  type LifeSums,
  lifeSums,
  placesWithArea,
  type StateRecord,
  type StateRow,
  standing,
  stateRows,
} from './tally.js';

/** All sums of one comparison, made once and printed in many places. */
export interface ComparisonSums {
  readonly comparison: Comparison;
  /** Patches that count, largest first: a patch's rank is its place here plus one. */
  readonly ranked: readonly Patch[];
  /** Class rows of the places without the total, and the total. */
  readonly places: readonly ClassRow[];
  readonly whole: ClassRow;
  /** State rows of the same places in the same order with the total last, and the total. */
  readonly states: readonly StateRow[];
  /** All patches by class and state. */
  readonly lives: LifeSums;
  readonly wholeStates: StateRow;
  readonly computed: readonly AreaKey[];
}

/** What a month shows by itself. */
export type MonthSums = Pick<ComparisonSums, 'states' | 'wholeStates' | 'computed'>;

export function sumComparison(comparison: Comparison, subdistricts: readonly Subdistrict[]): ComparisonSums {
  const records = comparison.areas.map(({ subdistrictCode, state, beforeM2, afterM2 }) => ({
    subdistrictCode,
    state,
    areas: [beforeM2, afterM2],
  }));
  const ranked = byArea(standing(comparison.patches));
  // ground outside the subdistricts has a row in both tables or in none
  const codes = [...placesWithArea(records), ...ranked.map((p) => p.subdistrictCode)];
  const rows = classRows(comparison.patches, subdistricts, comparison.usable, codes);
  return {
    comparison,
    ranked,
    places: rows.slice(0, -1),
    whole: rows[rows.length - 1],
    lives: lifeSums(comparison.patches),
    ...sumStateRecords(records, subdistricts, comparison.usable, 2, codes),
  };
}

export function sumMonth(month: MonthStates, subdistricts: readonly Subdistrict[]): MonthSums {
  const records = month.areas.map(({ subdistrictCode, state, areaM2 }) => ({
    subdistrictCode,
    state,
    areas: [areaM2],
  }));
  return sumStateRecords(records, subdistricts, month.usable, 1);
}

function sumStateRecords(
  records: readonly StateRecord[],
  subdistricts: readonly Subdistrict[],
  usable: Comparison['usable'],
  dates: number,
  codes: readonly (string | null)[] = [],
): MonthSums {
  const states = stateRows(records, subdistricts, usable, dates, codes);
  return { states, wholeStates: states[states.length - 1], computed: computedKeys(records) };
}
