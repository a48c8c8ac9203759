import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { CHANGE_CLASSES, type ChangeClassName, STATES } from '../../../kernels/classes.js';
import { LEAD_STATUSES } from '../../../vector/lead.js';
import { listAreas } from '../../../vector/store/areas.js';
import {
  type ClassCount,
  densityCells,
  leadCounts,
  leadStamp,
  type PublishedMonth,
  patchCounts,
  publishedMonths,
  type StatusCount,
} from '../../../vector/store/overview.js';
import { sincePublished } from '../../../vector/store/patch-index.js';
import { listSubdistrictNames, type SubdistrictName } from '../../../vector/store/subdistricts.js';
import { turns } from '../../shared/turns.js';
import { dayIn } from '../../shared/zone.js';
import type { Deps } from '../deps.js';
import { sendFile } from '../files.js';
import { Problem } from '../problem.js';
import { addRoute, listOf, Month } from '../route.js';

/** Reports and figures are of the whole district. */
const READERS = ['administrator', 'analyst', 'planner'] as const;

/** What rules find of leads shows in the overview after so long at the latest; steps of leads show at once. */
const REMEMBERED_MS = 10_000;

const MEDIA_TYPES = {
  html: 'text/html; charset=utf-8',
  pdf: 'application/pdf',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  json: 'application/json; charset=utf-8',
} as const;

const Counts = z.object({ count: z.number(), area_m2: z.number() });
const ByClass = z.partialRecord(z.enum(CHANGE_CLASSES.map(({ name }) => name)), Counts);
const ByStatus = z.partialRecord(z.enum(LEAD_STATUSES), z.number());
const ByState = z.partialRecord(
  z.enum(STATES.map(({ name }) => name)),
  z.object({ area_m2: z.number(), before_area_m2: z.number().nullable() }),
);
const Figures = z.object({
  patches: ByClass,
  leads: ByStatus,
  overdue: z.number(),
  areas: ByState,
  usable: z.number().nullable(),
});

const Overview = z.object({
  month: z.string(),
  subdistricts: z.array(Figures.extend({ code: z.string(), name: z.string() })),
  totals: Figures,
  density: z
    .array(z.object({ lon: z.number(), lat: z.number(), patches: z.number(), leads: z.number() }))
    .describe('patches and leads by cells of some 200 m, at the middle of what lies in each'),
  alerts: z.array(
    z.object({
      kind: z.enum(['overdue', 'high_priority', 'little_seen']),
      subdistrict_code: z.string(),
      zh: z.string(),
      en: z.string(),
      count: z.number(),
    }),
  ),
});

/** A subdistrict seen to less than this is an alert: what is not seen cannot be found. */
const LITTLE_SEEN = 0.8;

export function reportRoutes(app: FastifyInstance, deps: Deps): void {
  const { db, config, now } = deps;
  const turn = turns(1);

  addRoute(app, {
    method: 'GET',
    url: '/api/report',
    access: READERS,
    summary: 'The report of a month or a period as a file',
    query: z.strictObject({
      month: Month,
      against: listOf(
        z.string().regex(/^(mom|yoy|\d{4}-(0[1-9]|1[0-2]))$/, 'expected mom, yoy or earlier months'),
      ),
      since: Month.optional(),
      format: z.enum(['html', 'pdf', 'xlsx', 'json']).default('html'),
      lang: z.enum(['zh', 'en']).default('zh'),
    }),
    answer: Object.values(MEDIA_TYPES),
    perMinute: 20,
    handle: async ({ query, reply }) => {
      const { month, against = null, since = null, format, lang } = query;
      const bytes = await turn(() => deps.makeReport({ month, against, since, format, lang }));
      const stem = since === null ? month : `${since}-${month}`;
      // a report is opened in a page of its own, where it may run nothing
      reply.header(
        'content-security-policy',
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
      );
      return sendFile(
        reply,
        `report-${stem}${lang === 'en' ? '.en' : ''}.${format}`,
        MEDIA_TYPES[format],
        bytes,
      );
    },
  });

  addRoute(app, {
    method: 'GET',
    url: '/api/overview',
    access: READERS,
    summary: 'A month’s figures by subdistrict: month-on-month patches, leads, land states, density, alerts',
    query: z.strictObject({ month: Month.optional() }),
    answer: Overview,
    handle: async ({ query }) => {
      const months = await publishedMonths(db, null);
      const month = query.month ?? months[months.length - 1]?.month;
      const known = months.find((one) => one.month === month);
      if (month === undefined || known === undefined) {
        throw new Problem(404, `Month ${query.month ?? ''} has no published run`);
      }
      const places = await listSubdistrictNames(db);
      const [today, tick] = [dayIn(now(), config.timeZone), Math.floor(now().getTime() / REMEMBERED_MS)];
      // a command centre's screens ask for the same again and again
      const question = JSON.stringify(['overview', month, today, tick, await leadStamp(db), places]);
      return sincePublished(db, question, () => overviewOf(month, known, places, today));
    },
  });

  async function overviewOf(
    month: string,
    known: PublishedMonth,
    places: readonly SubdistrictName[],
    today: string,
  ): Promise<z.input<typeof Overview>> {
    const patches = await patchCounts(db, month);
    const leads = await leadCounts(db, month, today);
    const areas = await listAreas(db, { month, against: known.mom ? 'mom' : known.yoy ? 'yoy' : 'first' });
    const figures = (code: string | null) => figuresOf(code, patches, leads, areas);
    const subdistricts = places.map(({ code, name }) => ({
      code,
      name,
      ...figures(code),
    }));
    return {
      month,
      subdistricts,
      totals: figures(null),
      density: (await densityCells(db, month)).map((cell) => ({ ...cell })),
      alerts: subdistricts.flatMap(alertsOf(leads)),
    };
  }
}

/** Sums over a subdistrict, or with null over all. */
function figuresOf(
  code: string | null,
  patches: readonly ClassCount[],
  leads: readonly StatusCount[],
  areas: Awaited<ReturnType<typeof listAreas>>,
): z.input<typeof Figures> {
  const own = <T extends { readonly code: string }>(rows: readonly T[]) =>
    code === null ? rows : rows.filter((row) => row.code === code);
  const byClass: Partial<Record<ChangeClassName, { count: number; area_m2: number }>> = {};
  for (const row of own(patches)) {
    const sum = byClass[row.class] ?? { count: 0, area_m2: 0 };
    byClass[row.class] = { count: sum.count + row.count, area_m2: sum.area_m2 + row.areaM2 };
  }
  const byStatus: z.input<typeof ByStatus> = {};
  for (const row of own(leads)) byStatus[row.status] = (byStatus[row.status] ?? 0) + row.count;
  const ground = code === null ? areas : areas.filter((area) => area.subdistrictCode === code);
  const total = ground.reduce((sum, area) => sum + area.totalM2, 0);
  const byState: z.input<typeof ByState> = {};
  for (const { name } of STATES) {
    if (ground.length === 0) break;
    const befores = ground.map((area) => area.states[name].beforeAreaM2);
    byState[name] = {
      area_m2: ground.reduce((sum, area) => sum + area.states[name].areaM2, 0),
      before_area_m2: befores.includes(null)
        ? null
        : befores.reduce<number>((sum, area) => sum + (area ?? 0), 0),
    };
  }
  return {
    patches: byClass,
    leads: byStatus,
    overdue: own(leads).reduce((sum, row) => sum + row.overdue, 0),
    areas: byState,
    usable: total > 0 ? ground.reduce((sum, area) => sum + area.usableM2, 0) / total : null,
  };
}

function alertsOf(leads: readonly StatusCount[]) {
  return ({ code, name, overdue, usable }: z.input<typeof Overview>['subdistricts'][number]) => {
    const high = leads.filter((row) => row.code === code).reduce((sum, row) => sum + row.high, 0);
    const alert = (
      kind: 'overdue' | 'high_priority' | 'little_seen',
      count: number,
      zh: string,
      en: string,
    ) => ({
      kind,
      subdistrict_code: code,
      count,
      zh: `${name}：${zh}`,
      en: `${name}: ${en}`,
    });
    const percent = Math.round((usable ?? 1) * 100);
    return [
      ...(overdue > 0
        ? [alert('overdue', overdue, `${overdue} 条线索逾期未核查`, `${overdue} leads overdue`)]
        : []),
      ...(high > 0
        ? [
            alert(
              'high_priority',
              high,
              `${high} 条高优先级线索待核查`,
              `${high} leads of high priority to be visited`,
            ),
          ]
        : []),
      ...(usable !== null && usable < LITTLE_SEEN
        ? [
            alert(
              'little_seen',
              percent,
              `仅 ${percent}% 的地面可判读`,
              `only ${percent} % of the ground could be judged`,
            ),
          ]
        : []),
    ];
  };
}
