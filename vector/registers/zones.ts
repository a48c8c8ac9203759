import { z } from 'zod';
import { POLYGONS } from '../features/shapes.js';
import type { PolygonParts } from '../features/source.js';
import { type RegisterOptions, type RegisterRow, readRegister } from './register.js';
import { Text } from './values.js';

const NAMES = {
  name: ['name', '名称', '保护区名称', '地块名称', '红线名称', '图斑名称', '水源地名称'],
} as const;

/** Fields that --field can name. */
export const ZONE_FIELDS = Object.keys(NAMES);

const ZoneValues = z.object({ name: Text });
export type ZoneValues = z.infer<typeof ZoneValues>;

/** Reads protected zones; a row's name may be missing. @throws BadInput naming file, row and cure. */
export function readZones(
  path: string,
  options: RegisterOptions = {},
): Promise<{ rows: RegisterRow<ZoneValues, PolygonParts>[]; warnings: string[] }> {
  return readRegister(
    path,
    { what: 'Zone file', shape: POLYGONS, names: NAMES, schema: ZoneValues },
    options,
  );
}
