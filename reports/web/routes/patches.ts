import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { CHANGE_CLASSES, classByName } from '../../../kernels/classes.js';
import { parseCrs, WGS84 } from '../../../raster/crs.js';
import { EXPORT_FORMATS, exportPatches } from '../../../vector/export/export.js';
import { patchProperties, ringPlacer } from '../../../vector/export/features.js';
import { zipFiles } from '../../../vector/export/zip.js';
import { PATCH_STATES, type Patch } from '../../../vector/patch.js';
import { listLeads } from '../../../vector/store/leads.js';
import { looksOf } from '../../../vector/store/looks.js';
import { patchVisible } from '../../../vector/store/overview.js';
import { PATCH_SORTS, patchPage, queryPatches } from '../../../vector/store/pages.js';
import { patchesByNumber } from '../../../vector/store/patches.js';
import { crsOfRun, publishedRun } from '../../../vector/store/runs.js';
import { chipMarks } from '../../leads/chip.js';
import { chipReader } from '../chips.js';
import type { Deps } from '../deps.js';
import { filesIn, sendFile, withFolder } from '../files.js';
import { patchQuery } from '../patch-query.js';
import { scopeOf } from '../permissions.js';
import { Problem } from '../problem.js';
import {
  Against,
  addRoute,
  Cursor,
  cursorText,
  Limit,
  listOf,
  Month,
  numberIn,
  PatchNumber,
  SubdistrictCode,
} from '../route.js';

const PatchProps = z.object({
  number: z.string(),
  class: z.string(),
  class_zh: z.string(),
  subdistrict_code: z.string().nullable(),
  subdistrict: z.string().nullable(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  area_m2: z.number(),
  area_mu: z.number(),
  confidence: z.number(),
  state: z.enum(PATCH_STATES),
  perimeter_m: z.number(),
  compactness: z.number(),
  centroid: z.tuple([z.number(), z.number()]),
  to_bare: z.boolean(),
  decided: z.string().nullable(),
  model: z.string().nullable(),
  held_zh: z.string().nullable(),
  held_en: z.string().nullable(),
});

const BBox = z.tuple([z.number(), z.number(), z.number(), z.number()]);

/** Filters that the list, the export and the tiles share. */
export const PATCH_FILTERS = {
  month: Month.optional(),
  against: Against.default('mom'),
  class: listOf(z.enum(CHANGE_CLASSES.map(({ name }) => name))),
  state: listOf(z.enum(PATCH_STATES)),
  subdistrict: listOf(SubdistrictCode),
  min_area: numberIn(0, 1e12),
  min_confidence: numberIn(0, 1),
};

/** Patches of one file at most: more is a job for the command line. */
const MOST_EXPORTED = 100_000;
const DEFAULT_LIMIT = 100;

const MEDIA_TYPES = {
  geojson: 'application/geo+json',
  gpkg: 'application/geopackage+sqlite3',
  csv: 'text/csv; charset=utf-8',
  shp: 'application/zip',
} as const;

export function patchRoutes(app: FastifyInstance, deps: Deps): void {
  const { db, config } = deps;
  const readChips = chipReader(deps);

  addRoute(app, {
    method: 'GET',
    url: '/api/patches',
    access: 'signed-in',
    summary: 'Patches in pages',
    query: z.strictObject({
      ...PATCH_FILTERS,
      sort: z.enum(PATCH_SORTS).default('number'),
      limit: Limit,
      cursor: Cursor,
    }),
    answer: z.object({
      items: z.array(PatchProps.extend({ bbox: BBox })),
      next: z.string().nullable(),
      total: z.number(),
    }),
    handle: async ({ query, request }) => {
      const { sort, limit = DEFAULT_LIMIT, cursor = null } = query;
      if (cursor !== null && sort !== 'number' && typeof cursor.value !== 'number') {
        throw new Problem(400, 'cursor: it belongs to a list sorted otherwise; begin with the first page');
      }
      const page = await patchPage(db, patchQuery(query, scopeOf(request)), { sort, limit, after: cursor });
      return {
        items: page.rows.map(({ patch, bbox }) => ({ ...properties(patch), bbox: mutable(bbox) })),
        next: cursorText(page.next),
        total: page.total,
      };
    },
  });

  addRoute(app, {
    method: 'GET',
    url: '/api/patches/export',
    access: 'signed-in',
    summary: 'The filtered patches as a file; a shapefile comes as ZIP',
    query: z.strictObject({
      ...PATCH_FILTERS,
      month: Month,
      format: z.enum(EXPORT_FORMATS).default('geojson'),
      crs: z
        .string()
        .regex(/^EPSG:\d{4,6}$/i, 'expected an EPSG code such as EPSG:4490')
        .optional(),
    }),
    answer: Object.values(MEDIA_TYPES),
    perMinute: 30,
    handle: async ({ query, request, reply }) => {
      const { month, against, format, crs } = query;
      const run = await publishedRun(db, { month, against });
      if (run === null) throw new Problem(404, `Month ${month} has no published ${against} run`);
      const patches = await queryPatches(db, patchQuery(query, scopeOf(request)), MOST_EXPORTED + 1);
      if (patches.length > MOST_EXPORTED) {
        throw new Problem(422, `More than ${MOST_EXPORTED} patches are asked for; narrow the filters`);
      }
      const gridCrs = crsOfRun(run);
      const usual = format === 'geojson' || format === 'csv' ? WGS84 : gridCrs;
      const stem = `patches-${month}-${against}`;
      const file = await withFolder(config.stateDir, async (folder) => {
        await exportPatches(patches, {
          format,
          crs: crs === undefined ? usual : parseCrs(crs.toUpperCase(), 'crs'),
          gridCrs,
          out: join(folder, `${stem}.${format}`),
        });
        const files = await filesIn(folder);
        return format === 'shp' ? zipFiles(files) : files[0].bytes;
      });
      const name = format === 'shp' ? `${stem}.zip` : `${stem}.${format}`;
      return sendFile(reply, name, MEDIA_TYPES[format], file);
    },
  });

  const OnePatch = z.object({
    ...PatchProps.shape,
    geometry: z.object({ type: z.literal('Polygon'), coordinates: z.array(z.array(z.array(z.number()))) }),
    looks: z.array(
      z.object({
        kind: z.enum(['earlier', 'later', 'year']),
        before: z.string(),
        after: z.string(),
        usable: z.number(),
        holding: z.number(),
      }),
    ),
    filtering: z
      .object({ filter: z.number(), chance: z.number(), held: z.boolean(), zh: z.string(), en: z.string() })
      .nullable(),
    lead: z.object({ status: z.string(), disposition: z.string() }).nullable(),
  });
  const params = z.strictObject({ number: PatchNumber });

  addRoute(app, {
    method: 'GET',
    url: '/api/patches/:number',
    access: 'signed-in',
    summary: 'One patch with its outline (WGS84), what other months say, and its lead',
    params,
    answer: OnePatch,
    handle: async ({ params: { number }, request }) => {
      const { patch, gridCrs } = await visiblePatch(number, scopeOf(request));
      const rings = ringPlacer(gridCrs, WGS84)(patch.rings);
      const [lead] = await listLeads(db, { numbers: [number] });
      return {
        ...properties(patch),
        geometry: {
          type: 'Polygon' as const,
          coordinates: rings.map((ring) => ring.map(([x, y]) => [x, y])),
        },
        filtering: patch.filtering,
        looks: [...((await looksOf(db, [number])).get(number) ?? [])],
        lead: lead === undefined ? null : { status: lead.status, disposition: lead.disposition },
      };
    },
  });

  for (const side of ['before', 'after'] as const) {
    addRoute(app, {
      method: 'GET',
      url: `/api/patches/:number/chip/${side}.jpg`,
      access: 'signed-in',
      summary: `The patch’s ground in the ${side} month`,
      params,
      answer: ['image/jpeg'],
      handle: async ({ params: { number }, request, reply }) => {
        const found = await visiblePatch(number, scopeOf(request));
        const picture = (await readChips(found))[side];
        if (picture === null) throw new Problem(404, `The ${side} month of ${number} has no scene any more`);
        return reply
          .type('image/jpeg')
          .header('cache-control', 'private, max-age=3600')
          .send(Buffer.from(picture));
      },
    });
  }

  addRoute(app, {
    method: 'GET',
    url: '/api/patches/:number/chip/outline.svg',
    access: 'signed-in',
    summary: 'What lies over both pictures: the patch’s outline, a scale bar, the arrow to the north',
    params,
    query: z.strictObject({ lang: z.enum(['zh', 'en']).default('zh') }),
    answer: ['image/svg+xml'],
    handle: async ({ params: { number }, query: { lang }, request, reply }) => {
      const found = await visiblePatch(number, scopeOf(request));
      const { grid } = await readChips(found);
      const colour = classByName(found.patch.class)?.colour ?? '#666666';
      return reply
        .type('image/svg+xml')
        .header('cache-control', 'private, max-age=3600')
        .send(chipMarks(grid, found.patch, colour, lang === 'zh' ? '北' : 'N'));
    },
  });

  async function visiblePatch(number: string, scope: readonly string[] | null) {
    const [patch] = (await patchVisible(db, number, scope)) ? await patchesByNumber(db, [number]) : [];
    const against = number[7] === 'Y' ? 'yoy' : 'mom';
    const month = `${number.slice(0, 4)}-${number.slice(4, 6)}`;
    const run = patch === undefined ? null : await publishedRun(db, { month, against });
    if (patch === undefined || run === null) throw new Problem(404, `There is no patch ${number}`);
    return { patch, run, gridCrs: crsOfRun(run) };
  }
}

/** As JSON lists have it. */
function properties(patch: Patch) {
  const { centroid, ...rest } = patchProperties(patch);
  const place: [number, number] = [centroid[0], centroid[1]];
  return { ...rest, centroid: place };
}

function mutable([w, s, e, n]: readonly [number, number, number, number]): [number, number, number, number] {
  return [w, s, e, n];
}
