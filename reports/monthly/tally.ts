import { type ChangeClassName, STATES, type StateName } from '../../kernels/classes.js';
import type { Patch, PatchState, Subdistrict } from '../../vector/patch.js';
import type { UsableArea } from './input.js';

/** Sums behind the tables, the charts and the summary: every number is made here, once. */

/** Below this share a place's numbers are marked as standing only for what was seen, and a month leaves a gap in the trend. */
export const LOW_OBSERVED = 0.8;

/** A row's place: a subdistrict, ground outside every subdistrict, or the sum of all. */
export interface Place {
  readonly kind: 'subdistrict' | 'outside' | 'total';
  readonly code: string | null;
  /** Empty for outside and total: the words of the language stand there. */
  readonly name: string;
}

/** Ground seen and ground there in m². Null: nobody recorded it. */
export type Observed = { readonly usableM2: number; readonly totalM2: number } | null;

export interface ClassSum {
  readonly count: number;
  readonly areaM2: number;
}

export interface ClassRow {
  readonly place: Place;
  readonly observed: Observed;
  readonly classes: Readonly<Record<ChangeClassName, ClassSum>>;
  readonly total: ClassSum;
}

/** 森林绿地 is forest and other vegetation together. */
export type AreaKey = StateName | 'forest_green';

export const AREA_KEYS: readonly AreaKey[] = ['built', 'water', 'forest', 'green', 'forest_green', 'other'];

export interface StateRow {
  readonly place: Place;
  readonly observed: Observed;
  /** Areas in m² a date, oldest first; null where nothing was seen, so that no zero is printed for an unseen place. */
  readonly areas: Readonly<Record<AreaKey, readonly number[]>> | null;
}

const TOTAL: Place = { kind: 'total', code: null, name: '' };
const OUTSIDE: Place = { kind: 'outside', code: null, name: '' };

/** Patches that count: a dismissed one was found to be no change. */
export function standing(patches: readonly Patch[]): Patch[] {
  return patches.filter((p) => p.state !== 'dismissed');
}

/** Largest first; equal areas by number, so that two runs print the same order. */
export function byArea(patches: readonly Patch[]): Patch[] {
  return [...patches].sort((a, b) => b.areaM2 - a.areaM2 || (a.number < b.number ? -1 : 1));
}

export function sumPatches(patches: readonly Patch[]): ClassSum {
  return { count: patches.length, areaM2: patches.reduce((sum, p) => sum + p.areaM2, 0) };
}

/** Usable share 0-1, null where it is unknown or there is no ground. */
export function observedShare(observed: Observed): number | null {
  return observed && observed.totalM2 > 0 ? Math.min(1, observed.usableM2 / observed.totalM2) : null;
}

/** Classes whose patches add to a land state and take from it. Green, and what holds it, have none. */
export const FLOWS: Readonly<
  Partial<Record<AreaKey, { readonly gain: ChangeClassName; readonly loss: ChangeClassName }>>
> = {
  built: { gain: 'building_new', loss: 'building_removed' },
  water: { gain: 'water_gain', loss: 'water_loss' },
  forest: { gain: 'forest_gain', loss: 'forest_loss' },
};

/** Patches of each class by state, dismissed ones too. */
export type LifeSums = Readonly<Record<ChangeClassName, Readonly<Record<PatchState, ClassSum>>>>;

export function lifeSums(patches: readonly Patch[]): LifeSums {
  const of = (name: ChangeClassName) => {
    const own = patches.filter((p) => p.class === name);
    const state = (wanted: PatchState) => sumPatches(own.filter((p) => p.state === wanted));
    return {
      suspected: state('suspected'),
      confirmed: state('confirmed'),
      dismissed: state('dismissed'),
    };
  };
  return byClass(of);
}

/** Patches of a place; of all for the total. */
export function patchesOf(
  patches: readonly Patch[],
  place: Place,
  subdistricts: readonly Subdistrict[],
): Patch[] {
  if (place.kind === 'total') return [...patches];
  return patches.filter((p) => belongs(p.subdistrictCode, place, subdistricts));
}

/**
 * Patches a subdistrict and class, with the sum as the last row. Dismissed patches are left out.
 * @param codes of more places that must have a row
 */
export function classRows(
  patches: readonly Patch[],
  subdistricts: readonly Subdistrict[],
  usable: readonly UsableArea[],
  codes: readonly (string | null)[] = [],
): ClassRow[] {
  const counted = standing(patches);
  const rows = placesOf(subdistricts, [...codes, ...counted.map((p) => p.subdistrictCode)]).map((place) => {
    const here = counted.filter((p) => belongs(p.subdistrictCode, place, subdistricts));
    return classRow(place, here, sumObserved(usable, place, subdistricts));
  });
  return [...rows, classRow(TOTAL, counted, addObserved(rows.map((r) => r.observed)))];
}

function classRow(place: Place, patches: readonly Patch[], observed: Observed): ClassRow {
  const of = (name: ChangeClassName) => sumPatches(patches.filter((p) => p.class === name));
  return {
    place,
    observed,
    classes: byClass(of),
    total: sumPatches(patches),
  };
}

/** A value a class. */
export function byClass<T>(of: (name: ChangeClassName) => T): Record<ChangeClassName, T> {
  return {
    building_new: of('building_new'),
    building_removed: of('building_removed'),
    earthwork: of('earthwork'),
    water_gain: of('water_gain'),
    water_loss: of('water_loss'),
    forest_gain: of('forest_gain'),
    forest_loss: of('forest_loss'),
  };
}

/** One record of a state's areas in m², a value a date. */
export interface StateRecord {
  readonly subdistrictCode: string | null;
  readonly state: StateName;
  readonly areas: readonly number[];
}

/**
 * State areas a subdistrict, with the sum of the printed rows as the last row. Every record carries the same number
 * of dates. A place without a usable pixel, or without a record of it, has no areas.
 * @param codes of more places that must have a row
 */
export function stateRows(
  records: readonly StateRecord[],
  subdistricts: readonly Subdistrict[],
  usable: readonly UsableArea[],
  dates: number,
  codes: readonly (string | null)[] = [],
): StateRow[] {
  const rows: StateRow[] = placesOf(subdistricts, [...codes, ...placesWithArea(records)]).map((place) => {
    const observed = sumObserved(usable, place, subdistricts);
    const here = records.filter((r) => belongs(r.subdistrictCode, place, subdistricts));
    const known = here.length > 0 && (observedShare(observed) ?? 0) > 0;
    return { place, observed, areas: known ? sumStates(here, dates) : null };
  });
  const printed = rows.flatMap((r) => r.areas ?? []);
  const total =
    printed.length > 0
      ? byState((key) =>
          addUp(
            printed.map((a) => a[key]),
            dates,
          ),
        )
      : null;
  return [...rows, { place: TOTAL, observed: addObserved(rows.map((r) => r.observed)), areas: total }];
}

/** Codes of the places some state has ground in. */
export function placesWithArea(records: readonly StateRecord[]): (string | null)[] {
  return records.filter((r) => r.areas.some((a) => a > 0)).map((r) => r.subdistrictCode);
}

/** Keys some record speaks of; 森林绿地 needs both its parts. What the bands could not give has no record, and is no zero. */
export function computedKeys(records: readonly StateRecord[]): AreaKey[] {
  const states = new Set(records.map((r) => r.state));
  return AREA_KEYS.filter((key) =>
    key === 'forest_green' ? states.has('forest') && states.has('green') : states.has(key),
  );
}

function sumStates(records: readonly StateRecord[], dates: number): Record<AreaKey, readonly number[]> {
  const parts = (key: AreaKey): readonly StateName[] =>
    key === 'forest_green' ? ['forest', 'green'] : STATES.flatMap((s) => (s.name === key ? [s.name] : []));
  return byState((key) =>
    addUp(
      records.filter((r) => parts(key).includes(r.state)).map((r) => r.areas),
      dates,
    ),
  );
}

/** A value a land state. */
export function byState<T>(of: (key: AreaKey) => T): Record<AreaKey, T> {
  return {
    built: of('built'),
    water: of('water'),
    forest: of('forest'),
    green: of('green'),
    forest_green: of('forest_green'),
    other: of('other'),
  };
}

function addUp(lists: readonly (readonly number[])[], dates: number): number[] {
  return Array.from({ length: dates }, (_, i) => lists.reduce((sum, list) => sum + (list[i] ?? 0), 0));
}

/** The subdistricts, and a row for the outside where something lies there or there is no subdistrict at all. */
function placesOf(subdistricts: readonly Subdistrict[], codes: readonly (string | null)[]): Place[] {
  const known = new Set(subdistricts.map((s) => s.code));
  const inside = subdistricts.map((s): Place => ({ kind: 'subdistrict', code: s.code, name: s.name }));
  const strays = codes.some((code) => code === null || !known.has(code));
  return strays || inside.length === 0 ? [...inside, OUTSIDE] : inside;
}

function belongs(code: string | null, place: Place, subdistricts: readonly Subdistrict[]): boolean {
  if (place.kind === 'subdistrict') return code === place.code;
  return code === null || !subdistricts.some((s) => s.code === code);
}

function sumObserved(
  usable: readonly UsableArea[],
  place: Place,
  subdistricts: readonly Subdistrict[],
): Observed {
  return addObserved(usable.filter((u) => belongs(u.subdistrictCode, place, subdistricts)));
}

/** Sum of the recorded parts; null where none is recorded. */
function addObserved(parts: readonly Observed[]): Observed {
  const known = parts.filter((p) => p !== null);
  if (known.length === 0) return null;
  return {
    usableM2: known.reduce((sum, p) => sum + p.usableM2, 0),
    totalM2: known.reduce((sum, p) => sum + p.totalM2, 0),
  };
}
