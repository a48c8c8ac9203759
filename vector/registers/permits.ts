import { z } from 'zod';
import { POLYGONS } from '../features/shapes.js';
import type { PolygonParts } from '../features/source.js';
import { type RegisterOptions, type RegisterRow, readRegister } from './register.js';
import { Area, Day, RequiredText, Text } from './values.js';

/** A planning permit (规划许可) without its ground. Days are YYYY-MM-DD, null where not told. */
const PermitValues = z
  .object({
    number: RequiredText,
    authority: Text,
    level: Text,
    date: Day,
    validFrom: Day,
    validTo: Day,
    approvedM2: Area,
  })
  .refine(({ validFrom, validTo }) => validFrom === null || validTo === null || validFrom <= validTo, {
    path: ['validTo'],
    message: 'lies before the begin of the valid range',
  });
export type PermitValues = z.infer<typeof PermitValues>;

const NAMES = {
  number: ['number', 'permit_no', '许可证号', '规划许可证号', '审批文号', '批准文号', '证号', '文号', '编号'],
  authority: ['authority', '发证机关', '审批机关', '批准机关', '核发机关', '审批单位'],
  level: ['level', '级别', '审批级别', '机关级别', '层级'],
  date: ['date', 'issued', '审批日期', '批准日期', '发证日期', '核发日期', '批准时间', '审批时间'],
  validFrom: [
    'valid_from',
    'validfrom',
    '有效期起',
    '有效期自',
    '有效期始',
    '有效期开始',
    '起始日期',
    '生效日期',
  ],
  validTo: ['valid_to', 'validto', '有效期止', '有效期至', '有效期限', '有效期结束', '截止日期', '失效日期'],
  approvedM2: [
    'approved_m2',
    'approvedm2',
    'area',
    '批准面积',
    '审批面积',
    '许可面积',
    '用地面积',
    '批准用地面积',
  ],
} as const;

/** Fields that --field can name. */
export const PERMIT_FIELDS = Object.keys(NAMES);

/** Reads permits from GeoJSON, Shapefile, GeoPackage or CSV with WKT. @throws BadInput naming file, row and cure. */
export function readPermits(
  path: string,
  options: RegisterOptions = {},
): Promise<{ rows: RegisterRow<PermitValues, PolygonParts>[]; warnings: string[] }> {
  return readRegister(
    path,
    { what: 'Permit file', shape: POLYGONS, names: NAMES, schema: PermitValues },
    options,
  );
}
