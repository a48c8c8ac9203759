import { describe, expect, it } from 'vitest';
import { STATES } from '../kernels/classes.js';
import { crsFromEpsg } from '../raster/crs.js';
import { snappedGrid } from '../raster/grid.js';
import { zoneOfRings } from '../raster/zones.js';
import { evidenceOf } from './patch-evidence.js';

const GRID = snappedGrid(
  crsFromEpsg(4547),
  { minX: 500_000, minY: 2_490_000, maxX: 500_040, maxY: 2_490_040 },
  10,
);
const WINDOW = { x: 0, y: 0, width: 4, height: 4 };
const code = (name: string) => STATES.find((state) => state.name === name)?.code ?? 0;

/** The 2 × 2 px in the middle of 4 × 4. */
const MIDDLE = zoneOfRings(
  [
    [
      [500_010, 2_490_010],
      [500_030, 2_490_010],
      [500_030, 2_490_030],
      [500_010, 2_490_030],
      [500_010, 2_490_010],
    ],
  ],
  GRID,
);

describe('evidenceOf', () => {
  it('takes the strength from the patch and the land from around it, unseen pixels left out', () => {
    const [b, g, f, o] = ['built', 'green', 'forest', 'other'].map(code);
    const strength = [0, 0, 0, 0, 0, 0.2, 0.4, 0, 0, 0.6, 0.8, 0, 0, 0, 0, 0];
    const states = [b, b, b, 0, g, b, b, 0, f, b, b, 0, o, o, o, 0];
    expect(evidenceOf(MIDDLE, WINDOW, strength, states)).toEqual({
      magnitude: 0.5,
      builtAround: 0.375,
      greenAround: 0.25,
    });
  });

  it('says nothing of surroundings that nobody saw', () => {
    const none = new Array<number>(16).fill(0);
    expect(evidenceOf(MIDDLE, WINDOW, none, none)).toEqual({ magnitude: 0 });
  });
});
