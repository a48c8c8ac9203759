import { describe, expect, it } from 'vitest';
import { CHANGE_CLASSES } from './classes.js';
import { calibrated, type Evidence } from './confidence.js';
import { stateDetector } from './state-detector.js';

const SMALL: Evidence = { confidence: 0.55, areaM2: 220, compactness: 0.15 };
const LARGE: Evidence = { confidence: 0.95, areaM2: 2200, compactness: 0.7 };
const INFRARED = new Set(['blue', 'green', 'red', 'nir'] as const);
const COLOUR = new Set(['blue', 'green', 'red'] as const);

describe('the chance of a patch', () => {
  it('is a chance, and larger for what is surer, larger and more compact', () => {
    for (const { name } of CHANGE_CLASSES) {
      const [small, large] = [calibrated('outlined', name, SMALL), calibrated('outlined', name, LARGE)];
      expect(small).toBeGreaterThan(0);
      expect(large).toBeLessThan(1);
      expect([name, large > small]).toEqual([name, true]);
    }
  });

  it('stays finite at the ends of the scale', () => {
    for (const confidence of [0, 1])
      expect(calibrated('outlined', 'building_new', { ...LARGE, confidence })).toBeGreaterThan(0);
  });

  it('is the detector’s own confidence where only colours are known', () => {
    expect(stateDetector.chance?.(COLOUR, 0.5)('building_new', SMALL)).toBe(0.55);
    expect(stateDetector.chance?.(INFRARED, 2)('building_new', SMALL)).toBe(
      calibrated('outlined', 'building_new', SMALL),
    );
    expect(stateDetector.chance?.(INFRARED, 10)('building_new', SMALL)).toBe(
      calibrated('coarse', 'building_new', SMALL),
    );
  });
});
