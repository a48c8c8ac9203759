import type { FastifyInstance } from 'fastify';
import gcoord from 'gcoord';
import { z } from 'zod';
import { LEAD_DISPOSITIONS, LEAD_STATUSES } from '../../../vector/lead.js';
import { listCameras } from '../../../vector/store/cameras.js';
import { listLeadEvents, listLeadPhotos } from '../../../vector/store/lead-events.js';
import { listLeads } from '../../../vector/store/leads.js';
import { leadVisible } from '../../../vector/store/overview.js';
import { LEAD_SORTS, leadPage } from '../../../vector/store/pages.js';
import { leadProperties } from '../../leads/properties.js';
import { dayIn } from '../../shared/zone.js';
import type { Deps } from '../deps.js';
import { sendFile } from '../files.js';
import { scopeOf } from '../permissions.js';
import { Problem } from '../problem.js';
import {
  addRoute,
  Cursor,
  cursorText,
  Limit,
  listOf,
  Month,
  PatchNumber,
  SubdistrictCode,
} from '../route.js';

/** As `leads list --json` prints it; the patch's properties, then the lead's own. */
export const LeadProps = z.looseObject({
  number: z.string(),
  class: z.string(),
  subdistrict_code: z.string().nullable(),
  area_m2: z.number(),
  month: z.string(),
  disposition: z.enum(LEAD_DISPOSITIONS),
  priority: z.enum(['high', 'middle', 'low']),
  status: z.enum(LEAD_STATUSES),
  suspectedM2: z.number(),
  team: z.string().nullable(),
  due: z.string().nullable(),
  overdue: z.boolean(),
});

const DEFAULT_LIMIT = 100;

export function leadRoutes(app: FastifyInstance, deps: Deps): void {
  const { db, config, now } = deps;
  const today = () => dayIn(now(), config.timeZone);

  addRoute(app, {
    method: 'GET',
    url: '/api/leads',
    access: 'signed-in',
    summary: 'Leads in pages',
    query: z.strictObject({
      month: Month.optional(),
      status: listOf(z.enum(LEAD_STATUSES)),
      disposition: listOf(z.enum(LEAD_DISPOSITIONS)),
      subdistrict: listOf(SubdistrictCode),
      overdue: z.enum(['true', 'false']).optional(),
      sort: z.enum(LEAD_SORTS).default('number'),
      limit: Limit,
      cursor: Cursor,
    }),
    answer: z.object({ items: z.array(LeadProps), next: z.string().nullable(), total: z.number() }),
    handle: async ({ query, request }) => {
      const { sort, limit = DEFAULT_LIMIT, cursor = null } = query;
      if (cursor !== null && sort === 'due' && !/^\d{4}-\d{2}-\d{2}$/.test(String(cursor.value))) {
        throw new Problem(400, 'cursor: it belongs to a list sorted otherwise; begin with the first page');
      }
      const page = await leadPage(
        db,
        {
          month: query.month,
          statuses: query.status,
          dispositions: query.disposition,
          subdistricts: query.subdistrict,
          overdueOn: query.overdue === 'true' ? today() : undefined,
          scope: scopeOf(request),
        },
        { sort, limit, after: cursor },
      );
      return {
        items: page.rows.map((lead) => ({ ...leadProperties(lead, today()) })),
        next: cursorText(page.next),
        total: page.total,
      };
    },
  });

  const params = z.strictObject({ number: PatchNumber });

  addRoute(app, {
    method: 'GET',
    url: '/api/leads/:number',
    access: 'signed-in',
    summary: 'All of a lead: its steps, photos, cameras, permits, and links to map services',
    params,
    answer: LeadProps.extend({
      events: z.array(z.looseObject({ id: z.string(), kind: z.string(), at: z.string(), who: z.string() })),
      photos: z.array(z.looseObject({ hash: z.string(), mediaType: z.string() })),
      links: z.object({ amap: z.string(), tencent: z.string(), baidu: z.string() }),
    }),
    handle: async ({ params: { number }, request }) => {
      await requireLead(deps, number, scopeOf(request));
      return leadAnswer(deps, number);
    },
  });

  addRoute(app, {
    method: 'GET',
    url: '/api/leads/:number/sheet.pdf',
    access: 'signed-in',
    summary: 'The lead sheet (核查单), one A4 page',
    params,
    answer: ['application/pdf'],
    perMinute: 30,
    handle: async ({ params: { number }, request, reply }) => {
      await requireLead(deps, number, scopeOf(request));
      const one = await deps.leadCase(number);
      if (one === null) throw new Problem(404, `There is no lead ${number}`);
      return sendFile(reply, `lead-${asciiName(number)}.pdf`, 'application/pdf', await deps.makeSheet(one));
    },
  });
}

/** @throws Problem 404 where there is no such lead, or not on ground that may be seen: the two must look the same. */
export async function requireLead(
  { db }: Pick<Deps, 'db'>,
  number: string,
  scope: readonly string[] | null,
): Promise<void> {
  if (!(await leadVisible(db, number, scope))) throw new Problem(404, `There is no lead ${number}`);
}

/** All of a lead that may be seen. */
export async function leadAnswer({ db, config, now }: Deps, number: string) {
  const numbers = [number];
  const [lead] = await listLeads(db, { numbers });
  if (lead === undefined) throw new Problem(404, `There is no lead ${number}`);
  const known = await listCameras(db);
  const { cameras, ...rest } = leadProperties(lead, dayIn(now(), config.timeZone));
  return {
    ...rest,
    cameras: cameras.map((camera) => {
      const own = known.find(({ id }) => id === camera.id);
      return { ...camera, position: own === undefined ? null : [own.position[0], own.position[1]] };
    }),
    events: (await listLeadEvents(db, numbers)).map((event) => ({ ...event })),
    photos: (await listLeadPhotos(db, numbers)).map((photo) => ({ ...photo })),
    links: mapLinks(number, lead.patch.centroid),
  };
}

/**
 * Links that open a place in the map services' apps. They count in GCJ-02 (AMap, Tencent) and BD-09 (Baidu), hundreds of
 * metres from WGS84, which CGCS2000 agrees with to decimetres.
 * @param place WGS84 longitude, latitude
 */
export function mapLinks(number: string, [lon, lat]: readonly [number, number]) {
  const digits = (value: number) => value.toFixed(6);
  const [x, y] = gcoord.transform([lon, lat], gcoord.WGS84, gcoord.GCJ02).map(digits);
  const [u, v] = gcoord.transform([lon, lat], gcoord.WGS84, gcoord.BD09).map(digits);
  const name = encodeURIComponent(`线索 ${number}`);
  return {
    amap: `https://uri.amap.com/marker?position=${x},${y}&name=${name}&coordinate=gaode&callnative=1&src=tuban`,
    tencent: `https://apis.map.qq.com/uri/v1/marker?marker=coord:${y},${x};title:${name}&referer=tuban`,
    baidu: `https://api.map.baidu.com/marker?location=${v},${u}&title=${name}&content=${name}&output=html&coord_type=bd09ll&src=tuban`,
  };
}

/** A subdistrict's code may have any letters, a header may not. */
function asciiName(number: string): string {
  return number.replace(/[^\w-]/g, '_');
}
