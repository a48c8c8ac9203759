import type { DetectorKind } from './detector.js';
import { indexDetector } from './index-detector.js';
import { learnedDetector } from './learned/detector.js';
import type { LearnedModel } from './learned/model.js';
import { stateDetector } from './state-detector.js';

/** The detectors that need nothing but a name; the first is the default. */
export const DETECTORS: readonly DetectorKind[] = [stateDetector, indexDetector];

/** The detector of a name, or the one that holds a model. */
export function detectorOf(name: string, model: LearnedModel | null): DetectorKind | undefined {
  return model === null ? detectorByName(name) : learnedDetector(model);
}

export function detectorByName(name: string): DetectorKind | undefined {
  return DETECTORS.find((kind) => kind.name === name);
}
