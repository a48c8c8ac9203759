import { type ChangeClassName, codeOf } from '../kernels/classes.js';
import type { PatchEvidence } from './filter/traits.js';
import type { Patch } from './patch.js';

/** A patch before it has its number. */
export interface DraftPatch extends Omit<Patch, 'number' | 'filtering'> {
  /** What its run measured besides, for filters; absent where it measured nothing. */
  readonly evidence?: PatchEvidence;
}

/** What a month is compared with: the previous month (环比), the same month last year (同比), or nothing yet. */
export type Against = 'mom' | 'yoy' | 'first';

/** `diff` compares two files outside any month's run; its numbers must not be taken for a run's. */
const LETTERS: Readonly<Record<Against | 'diff', string>> = { mom: 'M', yoy: 'Y', first: 'F', diff: 'D' };

/** Stands for a month or a subdistrict nobody knows, so that the parts of a number keep their places. */
const NO_MONTH = '000000';
const NO_SUBDISTRICT = '000000000';

export interface NumberScope {
  /** After date as YYYY-MM or YYYY-MM-DD; null where the scene tells none. */
  readonly month: string | null;
  readonly against: Against | 'diff';
}

/**
 * All of a 监测编号 but its sequence: `{YYYYMM}-{M|Y|F|D}-{subdistrict code}-{class code}`. Patches are counted within a prefix.
 */
export function numberPrefix(
  scope: NumberScope,
  patch: { readonly class: ChangeClassName; readonly subdistrictCode: string | null },
): string {
  const month = scope.month === null ? NO_MONTH : scope.month.slice(0, 7).replace('-', '');
  return `${month}-${LETTERS[scope.against]}-${patch.subdistrictCode ?? NO_SUBDISTRICT}-${codeOf(patch.class)}`;
}

/** The number (监测编号) of the `sequence`-th patch of a prefix, e.g. `202608-M-440303003-10007`. */
export function formatNumber(prefix: string, sequence: number): string {
  return prefix + String(sequence).padStart(4, '0');
}

/**
 * Hands out numbers in the order asked, going on from the high-water mark of each prefix: a number once given to a
 * patch never goes to another. `marks` (prefix to the last sequence given) is brought forward in place.
 */
export function numberGiver(scope: NumberScope, marks: Map<string, number>): (draft: DraftPatch) => string {
  return (draft) => {
    const prefix = numberPrefix(scope, draft);
    const sequence = (marks.get(prefix) ?? 0) + 1;
    marks.set(prefix, sequence);
    return formatNumber(prefix, sequence);
  };
}

/** Numbers drafts in their order, with nothing given before: for `diff`, which has no database. */
export function numberPatches(drafts: readonly DraftPatch[], scope: NumberScope): Patch[] {
  const give = numberGiver(scope, new Map());
  return drafts.map((draft) => ({ number: give(draft), ...draft, filtering: null }));
}
