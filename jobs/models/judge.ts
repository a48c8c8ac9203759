import type { BandRole } from '../../kernels/bands.js';
import type { ChangeClassName } from '../../kernels/classes.js';
import type { DetectorKind } from '../../kernels/detector.js';
import { learnedDetector } from '../../kernels/learned/detector.js';
import { misfit, modelClasses, modelId } from '../../kernels/learned/model.js';
import { stateDetector } from '../../kernels/state-detector.js';
import { BadInput } from '../../raster/errors.js';
import { parseDetector } from '../options.js';
import { findModel } from './shelf.js';

/** What judges a pair of dates, and what a person must know of the choice. */
export interface Judge {
  readonly detector: DetectorKind;
  readonly notes: readonly string[];
}

/**
 * The detector of a name, with the model it needs (`onnx`) or was given.
 * @param model as in findModel, '' for none
 * @throws BadInput
 */
export async function askedDetector(stateDir: string, name: string, model: string): Promise<DetectorKind> {
  if (name === 'onnx' && model === '')
    throw new BadInput(
      'Detector onnx needs a model; expected --model with a folder or a name of `tuban models list`',
    );
  if (model === '') return parseDetector(name);
  if (name === 'indices')
    throw new BadInput('Detector indices takes no model; expected --detector onnx, or no --model');
  return learnedDetector(await findModel(stateDir, model));
}

/** The asked detector where its model fits the scenes, else the built-in one, and why. */
export function judgeOf(detector: DetectorKind, bands: ReadonlySet<BandRole>, resolution: number): Judge {
  const { model } = detector;
  const fault = model === undefined ? null : misfit(model.card, bands, resolution);
  if (model === undefined || fault === null) return { detector, notes: [] };
  return {
    detector: stateDetector,
    notes: [
      `model ${modelId(model.card)} does not fit these scenes: ${fault}; the built-in detector judged them`,
    ],
  };
}

/** Which model tells a class, by its name and revision; null where none does. */
export function modelOf({ model }: DetectorKind): (name: ChangeClassName) => string | null {
  if (model === undefined) return () => null;
  const own = modelClasses(model.card);
  return (name) => (own.includes(name) ? modelId(model.card) : null);
}

/** What a summary tells of the model, null for none. */
export function toldModel({ model }: DetectorKind): { id: string; sha256: string } | null {
  return model === undefined ? null : { id: modelId(model.card), sha256: model.card.sha256 };
}
