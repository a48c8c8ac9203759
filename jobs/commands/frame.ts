import type { Point } from '../../raster/affine.js';
import { FRAMES, type Frame } from '../../vector/features/source.js';
import type { Db } from '../../vector/store/db.js';
import { listSubdistricts } from '../../vector/store/subdistricts.js';
import { parseChoice } from '../options.js';
import { type Input, type OptionSpec, text } from './command.js';

export const FROM_OPTION: OptionSpec = [
  '--from <frame>',
  'gcj02: convert coordinates of Chinese web maps; wgs84: take them as they are, unlooked at',
];

/** What --from says, undefined where it says nothing. @throws BadInput. */
export function frameOf(input: Input): Frame | undefined {
  const given = text(input, 'from');
  return given === undefined ? undefined : parseChoice(given, FRAMES, '--from');
}

/**
 * Where nobody said which frame a file is in: looks at its places beside the district's outline, one of each row.
 * @throws BadInput where they are in GCJ-02.
 */
export async function assertFrame(db: Db, input: Input, places: readonly Point[]): Promise<void> {
  if (frameOf(input) !== undefined) return;
  const { assertInFrame } = await import('../../vector/features/frame.js');
  assertInFrame(input.args[0], places, await listSubdistricts(db));
}
