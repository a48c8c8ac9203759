import { CHANGE_CLASSES } from '../../../kernels/classes.js';
import { type Crs, WGS84 } from '../../../raster/crs.js';
import { patchProperties, round } from '../../../vector/export/features.js';
import {
  LEAD_DISPOSITIONS,
  LEAD_PRIORITIES,
  LEAD_STATUSES,
  LEAD_VERDICTS,
  type Lead,
} from '../../../vector/lead.js';
import { PATCH_STATES } from '../../../vector/patch.js';
import type { Db } from '../../../vector/store/db.js';
import { listLeads } from '../../../vector/store/leads.js';
import { patchesByNumber } from '../../../vector/store/patches.js';
import { districtFrame } from '../../../vector/store/settings.js';
import { listSubdistricts } from '../../../vector/store/subdistricts.js';
import { NOTICE } from '../../leads/words.js';
import { areas } from './areas.js';
import { type Collection, inOrder } from './collection.js';
import type { Queryable } from './queryable.js';

/** Made once the district's first run has fixed its CRS for good. */
const made = new WeakMap<Db, readonly Collection[]>();

/** All collections; patches and leads are stored in the district's CRS. */
export async function allCollections(db: Db): Promise<readonly Collection[]> {
  const known = made.get(db);
  if (known !== undefined) return known;
  const frame = await districtFrame(db);
  const crs = frame?.crs ?? WGS84;
  const all = [patches(crs), leads(crs), subdistricts, areas];
  if (frame !== null) made.set(db, all);
  return all;
}

const GEOMETRY = (sql: string): Queryable => ({
  name: 'geometry',
  title: '范围 geometry',
  type: 'geometry',
  sql,
});

const PATCH_QUERYABLES: readonly Queryable[] = [
  {
    name: 'number',
    title: '监测编号 patch number',
    type: 'string',
    sql: 'p.number',
    inMemory: (patch) => patch.number,
  },
  {
    name: 'month',
    title: '月份 month, YYYY-MM',
    type: 'string',
    sql: 'p.month',
    inMemory: (patch) => patch.month,
  },
  {
    name: 'class',
    title: '变化类型 change class',
    type: 'string',
    sql: 'p.class',
    inMemory: (patch) => patch.class,
    values: CHANGE_CLASSES.map((c) => c.name),
  },
  {
    name: 'state',
    title: '状态 state',
    type: 'string',
    sql: 'p.state',
    inMemory: (patch) => patch.state,
    values: PATCH_STATES,
  },
  {
    name: 'subdistrict_code',
    title: '街道代码 subdistrict code',
    type: 'string',
    sql: 'p.subdistrict_code',
    inMemory: (patch) => patch.subdistrictCode,
  },
  {
    name: 'subdistrict',
    title: '街道 subdistrict',
    type: 'string',
    sql: 'p.subdistrict',
    inMemory: (patch) => patch.subdistrict,
  },
  {
    name: 'area_m2',
    title: '面积 area',
    type: 'number',
    sql: 'p.area_m2',
    inMemory: (patch) => patch.areaM2,
    unit: 'm²',
  },
  {
    name: 'confidence',
    title: '置信度 confidence, 0-1',
    type: 'number',
    sql: 'p.confidence',
    inMemory: (patch) => patch.confidence,
  },
  GEOMETRY('p.geom'),
];

const AGAINST: Queryable = {
  name: 'against',
  title: '对比方式 compared with: mom month before (环比), yoy last year (同比)',
  type: 'string',
  sql: 'p.against',
  inMemory: (patch) => patch.against,
  values: ['mom', 'yoy'],
};

function patches(crs: Crs): Collection {
  return {
    id: 'patches',
    title: '变化图斑 Change patches',
    description: `Ground that changed between two months, by class and subdistrict. A patch is a clue and no evidence. ${NOTICE}`,
    from: 'tuban.patch p',
    where: 'p.retired_at IS NULL',
    key: 'p.number',
    against: 'p.against',
    subdistrict: 'p.subdistrict_code',
    month: 'p.month',
    geometry: 'p.geom',
    crs,
    queryables: [
      ...PATCH_QUERYABLES,
      AGAINST,
      {
        name: 'to_bare',
        title: '变为裸地 turned bare',
        type: 'boolean',
        sql: 'p.to_bare',
        inMemory: (patch) => patch.toBare,
      },
    ],
    inMemory: true,
    load: async (db, keys, place) => {
      const found = await patchesByNumber(
        db,
        keys.map(({ key }) => key),
      );
      return inOrder(
        keys,
        found,
        (patch) => patch.number,
        (patch, { month, against }) => ({
          type: 'Feature',
          id: patch.number,
          geometry: place([patch.rings], false),
          properties: { ...patchProperties(patch), month, against },
        }),
      );
    },
  };
}

function leads(crs: Crs): Collection {
  const own = (name: string, title: string, values?: readonly string[]): Queryable => ({
    name,
    title,
    type: 'string',
    sql: `l.${name}`,
    values,
  });
  return {
    id: 'leads',
    title: '执法线索 Leads for enforcement',
    description: `Patches that enforcement may have to look at, and what became of them. ${NOTICE}`,
    from: 'tuban.lead l JOIN tuban.patch p ON p.number = l.number',
    where: 'TRUE',
    key: 'l.number',
    against: null,
    subdistrict: 'p.subdistrict_code',
    month: 'l.month',
    geometry: 'p.geom',
    crs,
    queryables: [
      ...PATCH_QUERYABLES,
      own('disposition', '处置 disposition', LEAD_DISPOSITIONS),
      own('status', '办理状态 status', LEAD_STATUSES),
      own('priority', '优先级 priority', LEAD_PRIORITIES),
      own('verdict', '核查结论 verdict', LEAD_VERDICTS),
      own('team', '承办队伍 team'),
      {
        name: 'suspected_m2',
        title: '疑似面积 suspected area',
        type: 'number',
        sql: 'l.suspected_m2',
        unit: 'm²',
      },
      { name: 'due', title: '核查期限 due', type: 'date', sql: 'l.due' },
      { name: 'created_at', title: '生成时间 made', type: 'instant', sql: 'l.created_at' },
      { name: 'sent_at', title: '下发时间 sent', type: 'instant', sql: 'l.sent_at' },
      { name: 'visited_at', title: '核查时间 visited', type: 'instant', sql: 'l.visited_at' },
    ],
    load: async (db, keys, place) => {
      const found = await listLeads(db, { numbers: keys.map(({ key }) => key) });
      return inOrder(
        keys,
        found,
        (lead) => lead.number,
        (lead) => ({
          type: 'Feature',
          id: lead.number,
          geometry: place([lead.patch.rings], false),
          properties: leadProperties(lead),
        }),
      );
    },
  };
}

/** Flat, as GIS tables are. */
function leadProperties(lead: Lead): Readonly<Record<string, unknown>> {
  const patch = patchProperties(lead.patch);
  return {
    ...patch,
    month: lead.month,
    disposition: lead.disposition,
    priority: lead.priority,
    status: lead.status,
    verdict: lead.verdict,
    reject_reason: lead.rejectReason,
    suspected_m2: round(lead.suspectedM2, 2),
    team: lead.team,
    due: lead.due,
    address: lead.address?.text ?? null,
    repeat_of: lead.repeatOf,
    created_at: lead.createdAt,
    sent_at: lead.sentAt,
    visited_at: lead.visitedAt,
    notice: NOTICE,
  };
}

const subdistricts: Collection = {
  id: 'subdistricts',
  title: '街道界线 Subdistricts',
  description: 'Boundaries of the subdistricts as they were imported.',
  from: 'tuban.subdistrict s',
  where: 'TRUE',
  key: 's.code',
  against: null,
  subdistrict: null,
  month: null,
  geometry: 's.geom',
  crs: WGS84,
  queryables: [
    { name: 'code', title: '街道代码 code', type: 'string', sql: 's.code' },
    { name: 'name', title: '街道 name', type: 'string', sql: 's.name' },
    GEOMETRY('s.geom'),
  ],
  load: async (db, keys, place) =>
    inOrder(
      keys,
      await listSubdistricts(db),
      (s) => s.code,
      (s) => ({
        type: 'Feature',
        id: s.code,
        geometry: place(s.polygons, true),
        properties: { code: s.code, name: s.name },
      }),
    ),
};
