import type { Point } from '../../raster/affine.js';
import type { LonLatPolygons } from '../../raster/zones.js';
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

/** A row of a register: points, or areas in longitude and latitude. */
interface Row {
  readonly geometry: Point | LonLatPolygons;
}

/**
 * Where nobody said which frame a file is in: looks at its rows beside the district's outline, one place of each.
 * @throws BadInput where they are in GCJ-02.
 */
export async function assertFrame(db: Db, input: Input, rows: readonly Row[]): Promise<void> {
  if (frameOf(input) !== undefined) return;
  const { assertInFrame } = await import('../../vector/features/frame.js');
  assertInFrame(input.args[0], rows.flatMap(placeOf), await listSubdistricts(db));
}

const placeOf = ({ geometry }: Row): Point[] =>
  isPoint(geometry) ? [geometry] : geometry.slice(0, 1).flatMap(([outline]) => outline.slice(0, 1));

const isPoint = (geometry: Point | LonLatPolygons): geometry is Point => typeof geometry[0] === 'number';
