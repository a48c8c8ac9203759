import { z } from 'zod';
import type { Point } from '../../raster/affine.js';
import { POINTS } from '../features/shapes.js';
import { type RegisterOptions, type RegisterRow, readRegister } from './register.js';
import { RequiredText } from './values.js';

const NAMES = {
  text: ['text', 'address', '地址', '详细地址', '标准地址', '门牌地址', '地名', '名称', 'name'],
} as const;

/** Fields that --field can name. */
export const ADDRESS_FIELDS = Object.keys(NAMES);

const AddressValues = z.object({ text: RequiredText });
export type AddressValues = z.infer<typeof AddressValues>;

/** Reads address points. @throws BadInput naming file, row and cure. */
export function readAddresses(
  path: string,
  options: RegisterOptions = {},
): Promise<{ rows: RegisterRow<AddressValues, Point>[]; warnings: string[] }> {
  return readRegister(
    path,
    { what: 'Address file', shape: POINTS, names: NAMES, schema: AddressValues },
    options,
  );
}
