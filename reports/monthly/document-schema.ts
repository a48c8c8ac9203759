import { z } from 'zod';
import { CHANGE_CLASSES, STATES } from '../../kernels/classes.js';
import { LEAD_DISPOSITIONS, LEAD_STATUSES } from '../../vector/lead.js';
import { PATCH_STATES } from '../../vector/patch.js';

/** The report as data: what `--format json` writes, what the workbook is made of. `docs/report.schema.json` is printed from it. */

const month = z.string().describe('YYYY-MM');
const share = z.number().min(0).max(1);
const count = z.number().int().min(0);

const Area = z
  .object({ m2: z.number(), mu: z.number(), km2: z.number() })
  .describe('one area in m², 亩 (2000/3 m²) and km²');

const Observed = z
  .object({ usable_m2: z.number(), total_m2: z.number(), share, not_observed_share: share })
  .describe('ground that was seen (no cloud, shadow or nodata), in both dates where two are compared');

const Place = z.object({
  kind: z.enum(['subdistrict', 'outside', 'total']),
  code: z.string().nullable(),
  name: z.string(),
});

const ClassName = z.enum(CHANGE_CLASSES.map((c) => c.name));
const StateKey = z.enum([...STATES.map((s) => s.name), 'forest_green']);

const Sum = z.object({ count, area: Area });

const StateChange = z.object({
  before: Area,
  after: Area,
  net: Area.describe('after − before, on pixels'),
  percent: z.number().nullable().describe('net in percent of before; null where there was nothing before'),
  gain: Area.nullable().describe('patches of the gaining class; null for states without one'),
  loss: Area.nullable().describe('patches of the losing class; null for states without one'),
});

const PlaceFigures = z.object({
  place: Place,
  observed: Observed.nullable().describe('null: nobody recorded it'),
  states: z
    .record(StateKey, StateChange.nullable())
    .nullable()
    .describe('null: nothing seen or recorded; a state is null where the bands could not give it'),
  classes: z
    .record(ClassName, Sum.nullable())
    .nullable()
    .describe('standing patches; null: nothing seen; a class is null where the bands could not give it'),
  patches: Sum.nullable().describe('standing patches of all classes'),
});

const Rank = z.object({
  rank: count,
  place: Place,
  observed: Observed.nullable(),
  patches: Sum,
  new_buildings: Sum.nullable(),
  m2_per_km2: z.number().nullable().describe('patch area in m² a km² of ground seen'),
});

const PatchFigures = z.object({
  rank: count,
  number: z.string(),
  class: ClassName,
  subdistrict_code: z.string().nullable(),
  subdistrict: z.string().nullable(),
  area: Area,
  confidence: share,
  state: z.enum(PATCH_STATES),
  to_bare: z.boolean(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  lon: z.number(),
  lat: z.number(),
});

const ClassLife = z.object({ class: ClassName, suspected: Sum, confirmed: Sum, dismissed: Sum });

const Comparison = z.object({
  against: z.enum(['mom', 'yoy', 'pair', 'period']),
  before: z.string(),
  after: z.string(),
  sensors: z.object({ before: z.array(z.string()), after: z.array(z.string()) }),
  crs: z.string(),
  resolution_m: z.number(),
  minimum_area_m2: z.object({ building: z.number(), other: z.number() }).nullable(),
  not_computed: z.array(ClassName),
  notes: z.array(z.string()),
  places: z.array(PlaceFigures).describe('the total last; it is the sum of the others'),
  class_states: z.array(ClassLife).describe('dismissed patches are in no other number'),
  ranking: z.array(Rank).describe('subdistricts by patch area; unseen ones are left out'),
  patches: z.array(PatchFigures).describe('standing patches, largest first'),
  months: z
    .array(
      z.object({
        month,
        before: month.nullable().describe('null: no month-on-month run, its patches are missing'),
        observed: Observed.nullable(),
        classes: z.record(ClassName, Sum.nullable()).nullable(),
        patches: Sum.nullable(),
      }),
    )
    .nullable()
    .describe('where no run compared the two dates: the months whose patches are summed'),
});

const FirstMonth = z.object({
  date: z.string(),
  sensors: z.array(z.string()),
  notes: z.array(z.string()),
  places: z.array(
    z.object({
      place: Place,
      observed: Observed.nullable(),
      states: z.record(StateKey, Area.nullable()).nullable(),
    }),
  ),
});

const Trend = z.object({
  month,
  observed: Observed.nullable().describe('null: nothing is stored of the month'),
  drawn: z.boolean().describe('false: too little was seen; the charts leave a gap'),
  states: z.record(StateKey, Area.nullable()).nullable(),
  classes: z.record(ClassName, Sum.nullable()).nullable(),
});

const Team = z.object({
  team: z.string().nullable().describe('null: assigned to no team'),
  sent: count,
  visited: count,
  in_time: count,
  late: count,
  overdue: count,
  confirmed: count,
  rejected: count,
  not_found: count,
  confirmed_share: share.nullable().describe('of those with a verdict'),
  rejected_share: share.nullable().describe('of those with a verdict'),
  median_days: z.number().nullable().describe('days from sending to the visit'),
});

const LeadSpan = z.object({
  from: month,
  to: month,
  total: count,
  dispositions: z.array(z.object({ disposition: z.enum(LEAD_DISPOSITIONS), count })),
  statuses: z.array(z.object({ status: z.enum(LEAD_STATUSES), count })).describe('of those sent'),
  teams: z.array(Team),
  all: Team,
});

export const ReportDocument = z.object({
  schema: z.literal('tuban-report/1'),
  lang: z.enum(['zh', 'en']),
  district: z.string(),
  month: z.string(),
  since: z.string().nullable().describe('first month of the period; null in a month’s report'),
  generated_at: z.string(),
  time_zone: z.string(),
  synthetic: z.boolean().describe('made-up sample imagery'),
  disclaimer: z.string(),
  method: z.array(z.string()).describe('how the numbers are made and what they do not say'),
  summary: z.array(z.string()),
  low_observed: share.describe('below this observed share numbers are marked, and trends leave a gap'),
  comparisons: z.array(Comparison),
  first_month: FirstMonth.nullable(),
  trend: z.array(Trend),
  leads: z.object({ own: LeadSpan, year: LeadSpan }).nullable(),
});
export type ReportDocument = z.infer<typeof ReportDocument>;
