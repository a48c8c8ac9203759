import type { ReportDocument } from './document-schema.js';
import type { Words } from './words.js';

/** A table of the workbook; numbers stay numbers, what there is no number of is null. */
export interface Sheet {
  readonly name: string;
  readonly columns: readonly SheetColumn[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

export interface SheetColumn {
  /** With its unit. */
  readonly head: string;
  /** Excel's format of numbers; texts have none. */
  readonly format?: string;
  /** In characters. */
  readonly width?: number;
}

const COUNT = '#,##0';
export const M2 = '#,##0';
const MU = '#,##0.00';
const KM2 = '#,##0.0000';
const SHARE = '0.0%';
export const PERCENT = '0.00%';

export const text = (head: string, width = 14): SheetColumn => ({ head, width });
export const counted = (head: string): SheetColumn => ({ head, format: COUNT, width: 10 });
export const shared = (head: string): SheetColumn => ({ head: `${head} (%)`, format: SHARE, width: 12 });
export const m2 = (head: string): SheetColumn => ({ head: `${head} (m²)`, format: M2, width: 15 });
export const mu = (head: string, words: Words): SheetColumn => ({
  head: `${head} (${words.muUnit})`,
  format: MU,
  width: 13,
});
export const km2 = (head: string): SheetColumn => ({ head: `${head} (km²)`, format: KM2, width: 13 });

type Observed = ReportDocument['trend'][number]['observed'];

/** What every table by place begins with, so that no number stands without its observed share. */
export function seenColumns(words: Words): SheetColumn[] {
  return [km2(words.totalArea), shared(words.observedHead), shared(words.notObserved)];
}

export function seen(observed: Observed): (number | null)[] {
  if (observed === null) return [null, null, null];
  return [observed.total_m2 / 1e6, observed.share, observed.not_observed_share];
}
