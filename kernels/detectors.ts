import type { DetectorKind } from './detector.js';
import { indexDetector } from './index-detector.js';
import { stateDetector } from './state-detector.js';

/** The detectors that ship; the first is the default. */
export const DETECTORS: readonly DetectorKind[] = [stateDetector, indexDetector];

export function detectorByName(name: string): DetectorKind | undefined {
  return DETECTORS.find((kind) => kind.name === name);
}
