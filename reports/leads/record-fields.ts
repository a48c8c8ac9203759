import { z } from 'zod';

/**
 * Fields of the enforcement record with their default names. Short names are those of a shapefile, which has 10 bytes for
 * them: three Chinese characters in UTF-8, five in GBK. Three at most, so that a file can be written in either.
 */
const FIELDS = {
  number: ['监测编号', '编号'],
  class: ['变化类型', '类型'],
  subdistrict_code: ['行政区代码', '区划码'],
  subdistrict: ['所属街道', '街道'],
  address: ['地址', '地址'],
  before: ['前时相', '前时相'],
  after: ['后时相', '后时相'],
  before_sensor: ['前时相影像', '前影像'],
  after_sensor: ['后时相影像', '后影像'],
  area_m2: ['监测面积(平方米)', '面积'],
  area_mu: ['监测面积(亩)', '亩数'],
  suspected_m2: ['疑似违法面积(平方米)', '疑违面'],
  permitted: ['是否有许可', '有许可'],
  permit_number: ['审批文号', '批文号'],
  permit_authority: ['审批机关', '批机关'],
  permit_level: ['审批级别', '批级别'],
  permit_date: ['审批日期', '批日期'],
  permit_m2: ['批准面积(平方米)', '批面积'],
  zones: ['涉及保护区', '保护区'],
  priority: ['优先级', '优先级'],
  reasons: ['判定理由', '理由'],
  confidence: ['置信度', '置信度'],
  patch_state: ['图斑状态', '图斑态'],
  disposition: ['线索处置', '处置'],
  status: ['线索状态', '线索态'],
  verdict: ['核查结论', '结论'],
  reject_reason: ['退回原因', '退回因'],
  team: ['责任队伍', '队伍'],
  due: ['截止日期', '期限'],
  visited: ['到场时间(UTC)', '到场'],
  sent: ['下发时间(UTC)', '下发'],
  lon: ['中心经度', '经度'],
  lat: ['中心纬度', '纬度'],
  month: ['首次发现月份', '首现月'],
  repeat_of: ['同地块前次编号', '前次号'],
  cameras: ['可视摄像头', '摄像头'],
  notice: ['说明', '说明'],
} as const satisfies Readonly<Record<string, readonly [name: string, short: string]>>;

export type RecordField = keyof typeof FIELDS;
export const RECORD_FIELDS = Object.keys(FIELDS).filter((field): field is RecordField => field in FIELDS);

/** One column of the record as it leaves the house. */
export interface RecordColumn {
  readonly field: RecordField;
  readonly name: string;
  readonly shortName: string;
}

const Entry = z.strictObject({
  field: z.enum(RECORD_FIELDS, `expected one of ${RECORD_FIELDS.join(', ')}`),
  name: z.string().trim().min(1).max(60).optional(),
  shortName: z
    .string()
    .trim()
    .min(1)
    .refine(
      (name) => Buffer.byteLength(name) <= 10,
      'takes more than the 10 bytes a shapefile has (3 Chinese characters)',
    )
    .optional(),
});

export type RecordEntry = z.infer<typeof Entry>;

/** The configuration's `record`: which fields, in which order, under which names; all of them where it is empty. */
export const RecordMapping = z.array(Entry).superRefine((entries, context) => {
  const columns = recordColumns(entries);
  for (const key of ['name', 'shortName'] as const) {
    const seen = new Set<string>();
    for (const column of columns) {
      const name = column[key].toUpperCase();
      if (seen.has(name)) {
        context.addIssue({
          code: 'custom',
          message: `two fields have the ${key} "${column[key]}"; give each its own`,
        });
      }
      seen.add(name);
    }
  }
});

/** The columns a mapping means. */
export function recordColumns(entries: readonly RecordEntry[]): RecordColumn[] {
  const all = RECORD_FIELDS.map((field): RecordEntry => ({ field }));
  return (entries.length > 0 ? entries : all).map(({ field, name, shortName }) => ({
    field,
    name: name ?? FIELDS[field][0],
    shortName: shortName ?? FIELDS[field][1],
  }));
}

/** All fields under their usual names. */
export const DEFAULT_RECORD: readonly RecordColumn[] = recordColumns([]);
