import { describe, expect, it } from 'vitest';
import {
  GROUND_PX,
  groundOf,
  namedAlike,
  type Spot,
  splitGroups,
  splitOfGround,
  splitPlaces,
  touchingGroups,
} from './split.js';

const SIDE = 256;
const places = Array.from({ length: 1600 }, (_, k) => ({ column: k % 40, row: Math.floor(k / 40) }));

describe('a district’s chips', () => {
  const splits = splitPlaces(places, SIDE);

  it('go by ground: no two splits share a piece of it, and about the shares are held back', () => {
    const bySplit = new Map<string, Set<string>>();
    places.forEach((place, k) => {
      const split = splits[k];
      if (split === null) return;
      expect(split).toBe(splitOfGround(groundOf(place, SIDE)));
      bySplit.set(split, (bySplit.get(split) ?? new Set()).add(groundOf(place, SIDE)));
    });
    const count = (split: string) => bySplit.get(split)?.size ?? 0;
    expect(count('train') + count('val') + count('test')).toBeLessThanOrEqual(100);
    for (const held of ['val', 'test']) {
      expect(count(held)).toBeGreaterThan(5);
      expect(count(held)).toBeLessThan(30);
    }
  });

  it('of different splits never lie side by side', () => {
    const at = new Map(places.map(({ column, row }, k) => [`${column},${row}`, splits[k]]));
    for (const { column, row } of places) {
      const own = at.get(`${column},${row}`);
      if (own === null) continue;
      for (const [dx, dy] of [
        [1, 0],
        [0, 1],
        [1, 1],
        [1, -1],
      ]) {
        const other = at.get(`${column + dx},${row + dy}`) ?? own;
        expect(other).toBe(own);
      }
    }
  });

  it('lie on the same ground whatever their size', () => {
    for (const side of [64, 512, GROUND_PX]) {
      const column = (3 * GROUND_PX) / side;
      expect(groundOf({ column, row: 0 }, side)).toBe('3,0');
    }
  });
});

describe('pairs', () => {
  const spot = (name: string, west: number): Spot => ({
    name,
    west,
    south: 22,
    east: west + 0.01,
    north: 22.01,
  });
  const spots = [spot('a', 114), spot('b', 114.02), spot('c', 114.0101), spot('d', 114.2), spot('e', 114.3)];

  it('that touch, also by others between them, stay together', () => {
    expect(touchingGroups(spots)).toEqual(
      [['a', 'b', 'c'].sort(), ['d'], ['e']].map((group) => expect.arrayContaining(group)),
    );
    expect(touchingGroups(spots.filter(({ name }) => name !== 'c'))).toHaveLength(4);
  });

  it('that are named alike go together where names tell, wherever they lie', () => {
    const names = ['s1_2025-01_2025-02', 's2_2025-01_2025-02', 's1_2025-02_2025-05', 'alone'];
    expect(namedAlike(names)).toEqual([[names[0], names[2]], [names[1]], ['alone']]);
  });

  it('are held back by name, the others by share, each group whole', () => {
    const groups = touchingGroups(spots);
    const named = { val: new Set<string>(), test: new Set(['b']) };
    const splits = splitGroups(groups, named, { val: 0.34, test: 0.9 }, 1);
    expect(['a', 'b', 'c'].map((name) => splits.get(name))).toEqual(['test', 'test', 'test']);
    expect(['d', 'e'].map((name) => splits.get(name)).sort()).toEqual(['train', 'val']);
    expect(splitGroups(groups, named, { val: 0.34, test: 0.9 }, 1)).toEqual(splits);
  });
});
