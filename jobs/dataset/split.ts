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

/** Chips that a piece of ground spans on a side: the unit that is held back as a whole. */
const GROUND = 4;

export function groundOf({ column, row }: Place): string {
  return `${Math.floor(column / GROUND)},${Math.floor(row / GROUND)}`;
}

/** Where a piece of ground of a district goes, whatever the month: what was seen of it once is not held back later. */
export function splitOfGround(ground: string, shares: Shares, seed: number): Split {
  const at = drawn(ground, seed);
  return at < shares.test ? 'test' : at < shares.test + shares.val ? 'val' : 'train';
}

/**
 * Splits of places on one grid by ground. Null for those that lie beside held-back ground that has chips of its own: neighbours show
 * the same houses, so the less held back of two leaves the set.
 */
export function splitPlaces(places: readonly Place[], shares: Shares, seed: number): (Split | null)[] {
  const keyOf = ({ column, row }: Place) => `${column},${row}`;
  const splits = new Map(
    places.map((place) => [keyOf(place), splitOfGround(groundOf(place), shares, seed)] as const),
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
