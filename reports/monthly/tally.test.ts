import { describe, expect, it } from 'vitest';
import { CHANGE_CLASSES } from '../../kernels/classes.js';
import { areasOf, comparison, EAST, patch, usableOf, WEST } from './fixtures.js';
import { sumComparison } from './sums.js';
import { classRows, observedShare } from './tally.js';

const BOTH = [WEST, EAST];

describe('classRows', () => {
  const patches = [
    patch('1', 10),
    patch('2', 20),
    patch('3', 30, { class: 'water_loss', subdistrictCode: '02', subdistrict: EAST.name }),
    patch('4', 40, { state: 'dismissed' }),
  ];

  it('sums counts and areas a place and class, without dismissed patches', () => {
    const [west, east, total] = classRows(patches, BOTH, []);
    expect(west.classes.building_new).toEqual({ count: 2, areaM2: 500 });
    expect(east.classes.water_loss).toEqual({ count: 1, areaM2: 900 });
    expect(total.total).toEqual({ count: 3, areaM2: 1400 });
  });

  it('has a total that is the sum of its rows in every class', () => {
    const rows = classRows(
      [...patches, patch('5', 7, { subdistrictCode: null, subdistrict: null })],
      BOTH,
      [],
    );
    const total = rows[rows.length - 1];
    for (const { name } of CHANGE_CLASSES) {
      const parts = rows.slice(0, -1).map((r) => r.classes[name]);
      expect(total.classes[name].areaM2).toBe(parts.reduce((s, p) => s + p.areaM2, 0));
      expect(total.classes[name].count).toBe(parts.reduce((s, p) => s + p.count, 0));
    }
  });

  it('has a row for the outside only where a patch lies there', () => {
    expect(classRows(patches, BOTH, []).map((r) => r.place.kind)).toEqual([
      'subdistrict',
      'subdistrict',
      'total',
    ]);
    const stray = patch('6', 10, { subdistrictCode: '99' });
    expect(classRows([stray], BOTH, [])[2].place.kind).toBe('outside');
  });
});

describe('state rows', () => {
  it('sum to the total, and forest and green to 森林绿地', () => {
    const { wholeStates } = sumComparison(comparison(), BOTH);
    expect(wholeStates.areas?.built).toEqual([800_000, 802_000]);
    expect(wholeStates.areas?.forest_green).toEqual([700_000, 700_000]);
    expect(observedShare(wholeStates.observed)).toBeCloseTo(0.925, 12);
  });

  it('have no areas where nothing was seen or nobody recorded what was seen', () => {
    const unseen = sumComparison(comparison({ usable: [usableOf('01', 0), usableOf('02', 1)] }), BOTH);
    expect(unseen.states[0].areas).toBeNull();
    expect(unseen.wholeStates.areas?.built).toEqual([400_000, 401_000]);
    expect(observedShare(unseen.wholeStates.observed)).toBe(0.5);
    const unrecorded = sumComparison(comparison({ usable: [usableOf('02', 1)] }), BOTH);
    expect(unrecorded.states[0].areas).toBeNull();
    expect(unrecorded.states[0].observed).toBeNull();
  });

  it('know which states the bands gave', () => {
    const builtOnly = comparison({ areas: areasOf('01').filter((a) => a.state === 'built') });
    expect(sumComparison(builtOnly, BOTH).computed).toEqual(['built']);
    expect(sumComparison(comparison(), BOTH).computed).toContain('forest_green');
  });
});
