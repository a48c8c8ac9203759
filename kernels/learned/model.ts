import type { BandRole } from '../bands.js';
import type { ChangeClassName } from '../classes.js';
import { CELL_SIDES } from '../detector.js';
import type { ModelCard } from './card.js';

/** A model as it goes to every thread: its card, and the file's bytes in shared memory. */
export interface LearnedModel {
  readonly card: ModelCard;
  readonly bytes: SharedArrayBuffer;
}

/** A model that cannot be used: corrupt, hostile, or not what its card says. The message tells which and why. */
export class UnusableModel extends Error {
  override readonly name = 'UnusableModel';
}

/** `buildings@3`, as it is called everywhere. */
export function modelId({ name, revision }: Pick<ModelCard, 'name' | 'revision'>): string {
  return `${name}@${revision}`;
}

/** The classes a model tells. */
export function modelClasses({ outputs }: ModelCard): ChangeClassName[] {
  return outputs.channels.filter((channel) => channel !== 'none');
}

/**
 * px that make one of the model's, on a side: a power of two up to 8, for what starts a block's window is a multiple of 8 and
 * cells must be the same ones in every block. The nearest to the size it was trained at; null where none is within bounds.
 */
export function cellSize(
  { pixel_size_m: { trained, least, most } }: ModelCard,
  resolution: number,
): number | null {
  let best: number | null = null;
  for (const cell of CELL_SIDES) {
    const size = cell * resolution;
    if (size < least || size > most) continue;
    const off = (k: number) => Math.abs(Math.log((k * resolution) / trained));
    if (best === null || off(cell) < off(best)) best = cell;
  }
  return best;
}

/** Why a model does not fit scenes with these bands at this resolution (metres a px); null where it does. */
export function misfit(card: ModelCard, bands: ReadonlySet<BandRole>, resolution: number): string | null {
  const lacking = card.inputs.bands.filter((band) => !bands.has(band));
  if (lacking.length > 0) return `it needs the ${lacking.join(' and ')} band${lacking.length > 1 ? 's' : ''}`;
  if (cellSize(card, resolution) === null) {
    const { least, most } = card.pixel_size_m;
    return `it is for pixels of ${least} to ${most} m, and those of ${Number(resolution.toPrecision(3))} m make none such in cells of 1, 2, 4 or 8`;
  }
  return null;
}
