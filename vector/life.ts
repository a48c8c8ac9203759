import { type ChangeClassName, codeOf } from '../kernels/classes.js';
import type { PatchState } from './patch.js';

/**
 * A look of another pair of months at a patch's ground. `earlier`: a month before the patch's own pair against its after
 * month; `later`: its before month against a month after it; `year`: last year's month against its own or a later one.
 */
export interface Look {
  readonly kind: 'earlier' | 'later' | 'year';
  /** Months of the pair, YYYY-MM. */
  readonly before: string;
  readonly after: string;
  /** Share of the patch's pixels that the pair can be judged on, 0-1. */
  readonly usable: number;
  /** Share of those that show the patch's change in this pair too, 0-1; of a building also by ground that nothing stood on before. */
  readonly holding: number;
}

/** What a patch's looks make of it. */
export interface Life {
  readonly state: PatchState;
  /** The month whose look decided it, YYYY-MM; null while suspected. */
  readonly decided: string | null;
}

/** A look on less of the patch than this says nothing: clouded months neither confirm nor dismiss. */
export const LEAST_USABLE = 0.5;
/** A later look that no longer shows a change must have seen this much of it: what lies half under a cloud's mask lies half in its veil or its shadow. */
const LEAST_USABLE_GONE = 0.9;
/** From this share on the change is still there; below `GONE` it is not; between them the next month is waited for. */
export const HOLDS = 0.5;
export const GONE = 0.25;
/** Months a patch is looked at again; what is still undecided after them stays suspected. */
export const MOST_MONTHS_OPEN = 6;

const SUSPECTED: Life = { state: 'suspected', decided: null };

/** Later months that must still show a change before it is confirmed: a ploughed field is bare for a month or two. */
const MONTHS_TO_CONFIRM: Readonly<Partial<Record<ChangeClassName, number>>> = { earthwork: 2 };

/** Changes that a pair with a later month may show where a class's change has lasted. */
const LASTING: Readonly<Record<ChangeClassName, readonly ChangeClassName[]>> = {
  building_new: ['building_new'],
  building_removed: ['building_removed'],
  // ground is made ready for buildings
  earthwork: ['earthwork', 'building_new'],
  water_gain: ['water_gain'],
  // filled ponds and cleared woods are built on
  water_loss: ['water_loss', 'building_new'],
  forest_gain: ['forest_gain'],
  forest_loss: ['forest_loss', 'building_new', 'water_gain'],
};

/** Changes that a pair with an earlier month may show: a building that came on cleared ground replaces what was cleared. */
const BEFORE: Readonly<Partial<Record<ChangeClassName, readonly ChangeClassName[]>>> = {
  building_new: ['building_new', 'earthwork', 'water_loss', 'forest_loss'],
};

/** Codes of a pair's changes that agree with a class's change, seen in a look of the kind. */
export function agreeingCodes(name: ChangeClassName, kind: Look['kind']): ReadonlySet<number> {
  const names = (kind === 'earlier' ? BEFORE[name] : undefined) ?? LASTING[name];
  return new Set(names.map(codeOf));
}

/** Forest turns with the season: only a look over a whole year tells a loss from that. */
export function isSeasonal(name: ChangeClassName): boolean {
  return name === 'forest_loss' || name === 'forest_gain';
}

/**
 * Looks that vote on a wood; elsewhere one that speaks against is enough. While the sun stands low, a wood's sunlit slopes are as bright as a meadow: one
 * winter month says nothing of what was cut, nor of what was planted. Crops are as dark as a wood for fewer months than not.
 */
const VOTING: Readonly<Partial<Record<ChangeClassName, Look['kind']>>> = {
  forest_loss: 'earlier',
  forest_gain: 'later',
};

/** The month whose look decides that looks of the kinds deny a change: the first against it, of a vote the one that tips it; null where they do not. */
function deniedBy(
  name: ChangeClassName,
  clear: readonly Look[],
  kinds: readonly Look['kind'][],
): string | null {
  const asked = clear.filter(({ kind }) => kinds.includes(kind));
  const against = asked.filter(({ holding }) => holding < HOLDS).map(({ after }) => after);
  against.sort();
  if (!kinds.some((kind) => kind === VOTING[name])) return against[0] ?? null;
  return 2 * against.length > asked.length ? against[against.length - 1] : null;
}

/**
 * The state of a patch from its looks, in any order. Dismissed at once where earlier months show that nothing has
 * changed over two months (the end of something that stood for one month, or a bad look between); else the first later
 * month that can be judged and is clear decides, of earthwork the second that still shows it. Forest is confirmed only
 * when a look over a year agrees.
 */
export function lifeOf(name: ChangeClassName, looks: readonly Look[]): Life {
  const clear = looks.filter(({ kind, usable, holding }) =>
    holding < GONE
      ? usable >= (kind === 'later' ? LEAST_USABLE_GONE : LEAST_USABLE)
      : usable >= LEAST_USABLE && holding >= HOLDS,
  );
  const first = (kind: Look['kind'], holds: boolean, count = 1) =>
    clear
      .filter((look) => look.kind === kind && look.holding >= HOLDS === holds)
      .map((look) => look.after)
      .sort()[count - 1] ?? null;
  // crops stand for a few months and go: what is seen later speaks of a wood whenever it comes
  const denied =
    deniedBy(name, clear, ['earlier']) ??
    (isSeasonal(name) ? deniedBy(name, clear, ['later', 'year']) : null);
  if (denied !== null) return { state: 'dismissed', decided: denied };
  const stays = first('later', true, MONTHS_TO_CONFIRM[name]);
  const gone = first('later', false);
  if (!isSeasonal(name)) {
    if (gone !== null && (stays === null || gone < stays)) return { state: 'dismissed', decided: gone };
    return stays === null ? SUSPECTED : { state: 'confirmed', decided: stays };
  }
  // a vote may save a wood that one month does not show; to confirm it all must
  if (stays === null || gone !== null) return SUSPECTED;
  const year = first('year', true);
  return year === null ? SUSPECTED : { state: 'confirmed', decided: stays > year ? stays : year };
}
