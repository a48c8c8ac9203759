import type { Patch, Subdistrict } from '../../vector/patch.js';
import type { Comparison, MonthStates } from './input.js';
import {
  type AreaKey,
  byArea,
  type ClassRow,
  classRows,
  computedKeys,
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
  /** State rows with the total last, and the total. */
  readonly states: readonly StateRow[];
  readonly wholeStates: StateRow;
  readonly computed: readonly AreaKey[];
}

export type MonthSums = Pick<ComparisonSums, 'states' | 'wholeStates' | 'computed'>;

export function sumComparison(comparison: Comparison, subdistricts: readonly Subdistrict[]): ComparisonSums {
  const rows = classRows(comparison.patches, subdistricts, comparison.usable);
  const records = comparison.areas.map(({ subdistrictCode, state, beforeM2, afterM2 }) => ({
    subdistrictCode,
    state,
    areas: [beforeM2, afterM2],
  }));
  return {
    comparison,
    ranked: byArea(standing(comparison.patches)),
    places: rows.slice(0, -1),
    whole: rows[rows.length - 1],
    ...sumStateRecords(records, subdistricts, comparison.usable, 2),
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
): MonthSums {
  const states = stateRows(records, subdistricts, usable, dates);
  return { states, wholeStates: states[states.length - 1], computed: computedKeys(records) };
}
