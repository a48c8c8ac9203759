import type { ChangeClassName } from './classes.js';

/** What a patch's confidence is made of. */
export interface Evidence {
  /** Mean over its pixels as the detector says it, 0-1. */
  readonly confidence: number;
  readonly areaM2: number;
  /** Polsby-Popper, 0-1. */
  readonly compactness: number;
}

/** The chance that a patch is right, 0-1. */
export type Chance = (name: ChangeClassName, evidence: Evidence) => number;

/** How the classes were told: with near infrared, in pixels fine enough for outlines or coarser ones. */
export type Way = 'outlined' | 'coarse';

/** Pixels carry their confidence in steps of 1/128, 0-127. */
export const CONFIDENCE_STEPS = 128;

/** Confidences nearer to 0 or 1 are all alike. */
const LEAST = 1 / CONFIDENCE_STEPS;

/** Natural logarithm of the odds of a confidence, 0-1. */
export function logOdds(confidence: number): number {
  const p = Math.min(1 - LEAST, Math.max(LEAST, confidence));
  return Math.log(p / (1 - p));
}

/** The columns of the regression, in their order. */
export const CALIBRATED: readonly { readonly name: keyof Line; value(evidence: Evidence): number }[] = [
  { name: 'raw', value: ({ confidence }) => logOdds(confidence) },
  { name: 'area', value: ({ areaM2 }) => Math.log10(areaM2 / 100) },
  { name: 'compactness', value: ({ compactness }) => compactness },
];

interface Line {
  readonly intercept: number;
  readonly raw: number;
  readonly area: number;
  readonly compactness: number;
}

/**
 * Log odds that a patch of a class is right when it is first seen, by the detector's confidence, its size and its shape: logistic
 * regressions fitted by `node dist/bench/quality/fit.js --what confidence` on worlds of the sample generator, whose truth is
 * known (docs/quality.md has what they reach on other worlds). Colour alone is not among them: what it gets wrong on drawn roofs
 * says nothing of real ones. Nor is a class with fewer than 30 patches.
 */
const LINES: Readonly<Record<Way, Readonly<Partial<Record<ChangeClassName, Line>>>>> = {
  outlined: {
    // 106 patches, 80 right
    building_new: { intercept: -1.22, raw: 1.08, area: 1.42, compactness: 0.23 },
    // 214 patches, 43 right
    earthwork: { intercept: -7.48, raw: 2.02, area: 3.93, compactness: 0.37 },
    // 37 patches, 18 right
    water_gain: { intercept: -6.82, raw: 2.31, area: 0.55, compactness: 1.07 },
    // 112 patches, 12 right
    forest_gain: { intercept: -5.39, raw: 1.7, area: 0.68, compactness: 0.33 },
    // 108 patches, 21 right
    forest_loss: { intercept: -4.49, raw: 1.13, area: 2.53, compactness: -0.71 },
  },
  coarse: {
    // 66 patches, 20 right
    building_new: { intercept: -1.49, raw: 0.28, area: 0.77, compactness: -0.73 },
    // 123 patches, 43 right
    earthwork: { intercept: -6.54, raw: 2.44, area: 3.06, compactness: -0.13 },
    // 34 patches, 20 right
    forest_loss: { intercept: -1.89, raw: -0.13, area: 2.15, compactness: 0.66 },
  },
};

/**
 * The chance that a patch is right, 0-1: of patches at 0.8 about 80 % are. The detector's own confidence where nothing was
 * fitted.
 */
export function calibrated(way: Way, name: ChangeClassName, evidence: Evidence): number {
  const line = LINES[way][name];
  if (line === undefined) return evidence.confidence;
  let sum = line.intercept;
  for (const of of CALIBRATED) sum += line[of.name] * of.value(evidence);
  return 1 / (1 + Math.exp(-sum));
}
