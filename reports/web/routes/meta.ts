import type { FastifyInstance } from 'fastify';
import type { FeatureCollection } from 'geojson';
import { z } from 'zod';
import { CHANGE_CLASSES } from '../../../kernels/classes.js';
import { PATCH_STATES } from '../../../vector/patch.js';
import { districtBounds, publishedMonths } from '../../../vector/store/overview.js';
import { listSubdistricts } from '../../../vector/store/subdistricts.js';
import { districtName } from '../../shared/district-name.js';
import type { Deps } from '../deps.js';
import { scopeOf } from '../permissions.js';
import { addRoute } from '../route.js';

const Bounds = z.tuple([z.number(), z.number(), z.number(), z.number()]);

const Meta = z.object({
  district: z.object({ zh: z.string(), en: z.string() }),
  languages: z.array(z.enum(['zh', 'en'])),
  months: z.array(
    z.object({
      month: z.string(),
      mom: z.boolean(),
      yoy: z.boolean(),
      usable: z.number().nullable(),
      patches: z.number(),
    }),
  ),
  subdistricts: z.array(z.object({ code: z.string(), name: z.string() })),
  classes: z.array(
    z.object({ code: z.number(), name: z.string(), zh: z.string(), en: z.string(), color: z.string() }),
  ),
  states: z.array(z.enum(PATCH_STATES)),
  bounds: Bounds.nullable().describe('west, south, east, north; null before the subdistricts are imported'),
  home: Bounds.nullable().describe('where a map begins: of an officer the own subdistricts, else the bounds'),
  center: z.tuple([z.number(), z.number()]).nullable(),
  basemap: z.object({ url: z.string(), attribution: z.string() }).nullable(),
});

export function metaRoutes(app: FastifyInstance, deps: Deps): void {
  const { db, config } = deps;
  addRoute(app, {
    method: 'GET',
    url: '/api/health',
    access: 'anyone',
    summary: 'Whether the server and its database answer',
    answer: z.object({ ok: z.literal(true) }),
    handle: async () => {
      await db.query('SELECT 1');
      return { ok: true as const };
    },
  });
  addRoute(app, {
    method: 'GET',
    url: '/api/meta',
    access: 'signed-in',
    summary: 'What there is: district, months, subdistricts, classes',
    answer: Meta,
    handle: async ({ request }) => {
      const subdistricts = await listSubdistricts(db);
      const scope = scopeOf(request);
      const bounds = await districtBounds(db);
      return {
        district: {
          zh: config.district || districtName(subdistricts, 'zh'),
          en: config.district || districtName(subdistricts, 'en'),
        },
        languages: ['zh' as const, 'en' as const],
        months: await publishedMonths(db, scope),
        subdistricts: subdistricts.map(({ code, name }) => ({ code, name })),
        classes: CHANGE_CLASSES.map(({ code, name, zh, en, colour }) => ({
          code,
          name,
          zh,
          en,
          color: colour,
        })),
        states: [...PATCH_STATES],
        bounds,
        home: (scope === null ? null : await districtBounds(db, scope)) ?? bounds,
        center: bounds === null ? null : centreOf(bounds),
        basemap: config.basemap === null ? null : { ...config.basemap },
      };
    },
  });
  addRoute(app, {
    method: 'GET',
    url: '/api/subdistricts.geojson',
    access: 'signed-in',
    summary: 'Borders of the subdistricts, WGS84',
    answer: ['application/geo+json'],
    handle: async ({ reply }) => {
      const collection: FeatureCollection = {
        type: 'FeatureCollection',
        features: (await listSubdistricts(db)).map(({ code, name, polygons }) => ({
          type: 'Feature',
          id: code,
          geometry: {
            type: 'MultiPolygon',
            coordinates: polygons.map((rings) => rings.map((ring) => ring.map(([x, y]) => [x, y]))),
          },
          properties: { code, name },
        })),
      };
      return reply.type('application/geo+json').send(JSON.stringify(collection));
    },
  });
}

function centreOf([west, south, east, north]: readonly [number, number, number, number]): [number, number] {
  return [(west + east) / 2, (south + north) / 2];
}
