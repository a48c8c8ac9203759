import { createHash } from 'node:crypto';

export const SPLITS = ['train', 'val', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** Shares of the ground that are held back, 0-1: for choosing thresholds, and for judging. */
export interface Shares {
  readonly val: number;
  readonly test: number;
}

/** A number 0-1 that a text and a seed stand for, the same on every machine. */
function drawn(text: string, seed: number): number {
  return createHash('sha256').update(`${seed} ${text}`).digest().readUInt32BE() / 2 ** 32;
}

/** A chip's place on its grid, counted in chips. */
export interface Place {
  readonly column: number;
  readonly row: number;
}

/** Side of the pieces of a district that are held back as a whole, px of its grid. */
export const GROUND_PX = 1024;
/**
 * What is held back of a district's ground, and which: always the same, whatever the month, the chips and who asks. What judges a
 * model (models/score.ts) was then never among what it has learnt.
 */
const HELD_BACK: Shares = { val: 0.15, test: 0.15 };
const SEED = 1;

/** The piece of ground a pixel of the district's grid lies on. */
export function groundAt(x: number, y: number): string {
  return `${Math.floor(x / GROUND_PX)},${Math.floor(y / GROUND_PX)}`;
}

export function splitOfGround(ground: string): Split {
  const at = drawn(ground, SEED);
  return at < HELD_BACK.test ? 'test' : at < HELD_BACK.test + HELD_BACK.val ? 'val' : 'train';
}

/** The piece of ground a chip of `side` px lies on; `side` divides GROUND_PX. */
export function groundOf({ column, row }: Place, side: number): string {
  return groundAt(column * side, row * side);
}

/**
 * Splits of a district's chips by ground. Null for those that lie beside held-back ground that has chips of its own: neighbours show
 * the same houses, so the less held back of two leaves the set.
 */
export function splitPlaces(places: readonly Place[], side: number): (Split | null)[] {
  const keyOf = ({ column, row }: Place) => `${column},${row}`;
  const splits = new Map(
    places.map((place) => [keyOf(place), splitOfGround(groundOf(place, side))] as const),
  );
  return places.map((place) => {
    const own = splits.get(keyOf(place)) ?? 'train';
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        const other = splits.get(keyOf({ column: place.column + dx, row: place.row + dy }));
        if (other !== undefined && SPLITS.indexOf(other) > SPLITS.indexOf(own)) return null;
      }
    }
    return own;
  });
}

/** Where a pair of scenes with a truth lies, WGS84 degrees. */
export interface Spot {
  readonly name: string;
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/** Apart by this much, degrees of latitude (some 50 m), two pairs show different ground. */
const APART = 0.0005;

/** Groups of pairs whose ground touches: names, in the order of the first of each. */
export function touchingGroups(spots: readonly Spot[]): string[][] {
  const groups: Spot[][] = [];
  for (const spot of spots) {
    const joined = groups.filter((group) => group.some((other) => touches(spot, other)));
    for (const group of joined) groups.splice(groups.indexOf(group), 1);
    groups.push([...joined.flat(), spot]);
  }
  return groups.map((group) => group.map(({ name }) => name));
}

function touches(a: Spot, b: Spot): boolean {
  return (
    a.west <= b.east + APART &&
    b.west <= a.east + APART &&
    a.south <= b.north + APART &&
    b.south <= a.north + APART
  );
}

/** Groups of pairs whose names are the same up to the first `_`. */
export function namedAlike(names: readonly string[]): readonly (readonly string[])[] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const ground = name.split('_')[0];
    groups.set(ground, [...(groups.get(ground) ?? []), name]);
  }
  return [...groups.values()];
}

/** Splits of groups of pairs: those named are held back, of the others the shares, most of them left for training. */
export function splitGroups(
  groups: readonly (readonly string[])[],
  named: { readonly val: ReadonlySet<string>; readonly test: ReadonlySet<string> },
  shares: Shares,
  seed: number,
): Map<string, Split> {
  const result = new Map<string, Split>();
  const free: (readonly string[])[] = [];
  for (const group of groups) {
    const split = group.some((name) => named.test.has(name))
      ? 'test'
      : group.some((name) => named.val.has(name))
        ? 'val'
        : null;
    if (split === null) free.push(group);
    else for (const name of group) result.set(name, split);
  }
  const order = [...free].sort((a, b) => drawn(a.join(), seed) - drawn(b.join(), seed));
  const count = (share: number, set: boolean) => (set ? 0 : Math.round(share * groups.length));
  const tests = count(shares.test, named.test.size > 0);
  const vals = count(shares.val, named.val.size > 0);
  order.forEach((group, k) => {
    const split = k < tests ? 'test' : k < tests + vals ? 'val' : 'train';
    for (const name of group) result.set(name, split);
  });
  return result;
}
