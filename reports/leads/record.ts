import { classByName, M2_PER_MU } from '../../kernels/classes.js';
import { round } from '../../vector/export/features.js';
import type { Cell, Column, Layer } from '../../vector/export/layer.js';
import { ZONE_KINDS_ZH } from '../../vector/lead.js';
import { PATCH_STATES_ZH } from '../../vector/patch.js';
import type { LeadCase } from './case.js';
import { DEFAULT_RECORD, type RecordColumn, type RecordField } from './record-fields.js';
import { DISPOSITIONS_ZH, NOTICE, PRIORITIES_ZH, REASONS_ZH, STATUSES_ZH, VERDICTS_ZH } from './words.js';

/** A value of every field: what a lead says in the record. */
export type LeadRecord = Readonly<Record<RecordField, Cell>>;

/** Between the members of a list in one cell. */
const AND = '；';

/** The lead in the words of the enforcement record: areas in m² and 亩, days as YYYY-MM-DD, places in WGS84 degrees. */
export function leadRecord({ lead, run }: LeadCase): LeadRecord {
  const { patch } = lead;
  const valid = lead.permits.filter((permit) => permit.valid);
  // an expired permit is told of too, but is none
  const shown = valid.length > 0 ? valid : lead.permits;
  const permits = (value: (permit: (typeof shown)[number]) => string | null) =>
    listed(shown.map(value).filter((text): text is string => text !== null && text !== ''));
  return {
    number: lead.number,
    class: classByName(patch.class)?.zh ?? patch.class,
    subdistrict_code: patch.subdistrictCode,
    subdistrict: patch.subdistrict,
    address: lead.address?.text ?? null,
    before: patch.before,
    after: patch.after,
    before_sensor: listed(run.sensors.before),
    after_sensor: listed(run.sensors.after),
    area_m2: round(patch.areaM2, 2),
    area_mu: round(patch.areaM2 / M2_PER_MU, 4),
    suspected_m2: round(lead.suspectedM2, 2),
    permitted: valid.length > 0 ? '是' : '否',
    permit_number: permits((permit) => (permit.valid ? permit.number : `${permit.number}（已失效）`)),
    permit_authority: permits((permit) => permit.authority),
    permit_level: permits((permit) => permit.level),
    permit_date: permits((permit) => permit.date),
    permit_m2: approved(shown.map((permit) => permit.approvedM2)),
    zones: listed(
      lead.zones.map(
        ({ kind, name, overlapM2 }) => `${ZONE_KINDS_ZH[kind]} ${name} ${Math.round(overlapM2)}平方米`,
      ),
    ),
    priority: PRIORITIES_ZH[lead.priority],
    reasons: listed(lead.reasons.map(({ zh }) => zh)),
    confidence: round(patch.confidence, 4),
    patch_state: PATCH_STATES_ZH[patch.state],
    disposition: DISPOSITIONS_ZH[lead.disposition],
    status: STATUSES_ZH[lead.status],
    verdict: lead.verdict === null ? null : VERDICTS_ZH[lead.verdict],
    reject_reason: lead.rejectReason === null ? null : REASONS_ZH[lead.rejectReason],
    team: lead.team,
    due: lead.due,
    visited: lead.visitedAt,
    sent: lead.sentAt,
    lon: round(patch.centroid[0], 7),
    lat: round(patch.centroid[1], 7),
    month: lead.month,
    repeat_of: lead.repeatOf,
    cameras: listed(lead.cameras.map(({ name, distanceM }) => `${name} ${Math.round(distanceM)}米`)),
    notice: NOTICE,
  };
}

function listed(texts: readonly string[]): string | null {
  return texts.length > 0 ? texts.join(AND) : null;
}

/** Sum of what the permits allow; null where none tells it. */
function approved(areas: readonly (number | null)[]): number | null {
  const told = areas.filter((area): area is number => area !== null);
  return told.length > 0
    ? round(
        told.reduce((sum, area) => sum + area, 0),
        2,
      )
    : null;
}

const TEXT = (bytes: number) => `String(${bytes})`;
const AREA = 'Real(16.2)';

/** Types in the words of OGR; 254 bytes are the most a shapefile keeps of a text. */
const TYPES: Readonly<Record<RecordField, string>> = {
  number: TEXT(64),
  class: TEXT(24),
  subdistrict_code: TEXT(32),
  subdistrict: TEXT(120),
  address: TEXT(254),
  before: TEXT(10),
  after: TEXT(10),
  before_sensor: TEXT(120),
  after_sensor: TEXT(120),
  area_m2: AREA,
  area_mu: 'Real(16.4)',
  suspected_m2: AREA,
  permitted: TEXT(6),
  permit_number: TEXT(254),
  permit_authority: TEXT(254),
  permit_level: TEXT(120),
  permit_date: TEXT(120),
  permit_m2: AREA,
  zones: TEXT(254),
  priority: TEXT(6),
  reasons: TEXT(254),
  confidence: 'Real(8.4)',
  patch_state: TEXT(12),
  disposition: TEXT(18),
  status: TEXT(18),
  verdict: TEXT(12),
  reject_reason: TEXT(24),
  team: TEXT(120),
  due: TEXT(10),
  visited: TEXT(24),
  sent: TEXT(24),
  lon: 'Real(12.7)',
  lat: 'Real(12.7)',
  month: TEXT(7),
  repeat_of: TEXT(64),
  cameras: TEXT(254),
  notice: TEXT(120),
};

/** Leads as a layer with the columns of the record, in their order and under their names, in every format. */
export function leadLayer(
  columns: readonly RecordColumn[] = DEFAULT_RECORD,
): Layer<LeadCase, Record<string, Cell>> {
  return {
    name: 'leads',
    properties: (one) => {
      const record = leadRecord(one);
      return Object.fromEntries(columns.map(({ field, name }) => [name, record[field]]));
    },
    rings: ({ lead }) => lead.patch.rings,
    columns: columns.map(
      ({ field, name, shortName }): Column<Record<string, Cell>> => ({
        name,
        short: shortName,
        type: TYPES[field],
        value: (properties) => properties[name] ?? null,
      }),
    ),
  };
}
