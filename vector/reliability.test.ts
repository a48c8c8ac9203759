import { describe, expect, it } from 'vitest';
import { type JudgedPatch, poolReliability, precisionAtLeads, reliabilityOf } from './reliability.js';

const patch = (confidence: number, right: boolean, month = '2026-08'): JudgedPatch => ({
  confidence,
  right,
  month,
});

describe('reliabilityOf', () => {
  it('counts patches, their mean confidence and the share of right ones by tenths', () => {
    const { patches, bins, expectedCalibrationError } = reliabilityOf([
      patch(0.82, true),
      patch(0.88, true),
      patch(0.86, false),
      patch(0.84, true),
      patch(0.25, false),
    ]);
    expect(patches).toBe(5);
    expect(bins).toHaveLength(10);
    expect(bins[8]).toMatchObject({ from: 0.8, to: 0.9, patches: 4, shareRight: 0.75 });
    expect(bins[8].meanConfidence).toBeCloseTo(0.85, 12);
    expect(bins[2]).toMatchObject({ patches: 1, meanConfidence: 0.25, shareRight: 0 });
    expect(bins[5].shareRight).toBeNaN();
    // 4/5 of |0.85 - 0.75|, 1/5 of |0.25 - 0|
    expect(expectedCalibrationError).toBeCloseTo(0.8 * 0.1 + 0.2 * 0.25, 12);
  });

  it('puts edges into the bin above, 1 into the last, and a float32 0.7 with 0.7', () => {
    const { bins } = reliabilityOf([patch(0.3, true), patch(1, true), patch(Math.fround(0.7) - 6e-9, true)]);
    expect(bins.map(({ patches }) => patches)).toEqual([0, 0, 0, 1, 0, 0, 0, 1, 0, 1]);
  });

  it('has no error to tell of no patches', () => {
    expect(reliabilityOf([]).expectedCalibrationError).toBeNaN();
  });
});

describe('poolReliability', () => {
  it('is the table of all patches', () => {
    const first = [patch(0.82, true), patch(0.25, false)];
    const second = [patch(0.88, false), patch(0.5, true)];
    const together = reliabilityOf([...first, ...second]);
    const parts = poolReliability([reliabilityOf(first), reliabilityOf(second)]);
    expect(parts.bins.map((bin) => bin.patches)).toEqual(together.bins.map((bin) => bin.patches));
    expect(parts.bins[8].shareRight).toBe(0.5);
    expect(parts.expectedCalibrationError).toBeCloseTo(together.expectedCalibrationError, 12);
  });
});

describe('precisionAtLeads', () => {
  it('visits the most confident of every month', () => {
    const judged = [
      patch(0.9, true, '2026-07'),
      patch(0.2, true, '2026-07'),
      patch(0.5, false, '2026-07'),
      patch(0.1, true, '2026-08'),
    ];
    expect(precisionAtLeads(judged, 2)).toEqual({ leads: 2, visited: 3, right: 2, precision: 2 / 3 });
    expect(precisionAtLeads(judged, 1)).toMatchObject({ visited: 2, right: 2 });
  });

  it('takes the first of equal ones', () => {
    expect(precisionAtLeads([patch(0.5, false), patch(0.5, true)], 1)).toMatchObject({ right: 0 });
  });
});
