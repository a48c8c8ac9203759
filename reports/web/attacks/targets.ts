import type { InjectOptions } from 'fastify';
import { z } from 'zod';
import type { Known } from '../openapi.js';
import type { TestSite } from '../testing.js';

/** One place of one route that takes a text from outside. */
export interface Target {
  /** `GET /api/patches ?subdistrict`. */
  readonly name: string;
  readonly route: Known;
  /** A request with the text there, and what is usual everywhere else. */
  with(text: string): InjectOptions;
}

const Schema = z.looseObject({ properties: z.record(z.string(), z.unknown()).default({}) });

function fieldsOf(schema: z.ZodType | undefined): string[] {
  if (schema === undefined) return [];
  return Object.keys(
    Schema.parse(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })).properties,
  );
}

/** Parameters of the routes of OGC, tiles and STAC, which describe themselves elsewhere. */
const QUERIES: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /^\/ogc\/collections\/:collection\/items$/,
    [
      ...[
        'limit',
        'offset',
        'bbox',
        'bbox-crs',
        'crs',
        'datetime',
        'filter',
        'filter-lang',
        'filter-crs',
        'f',
      ],
      ...['class', 'state', 'subdistrict_code', 'number'],
    ],
  ],
  [/^\/ogc\/collections\/:collection\/items\/:id$/, ['crs', 'f']],
  [/^\/ogc/, ['f']],
  [/^\/tiles\/patches/, ['month', 'against', 'class', 'state', 'subdistrict', 'min_area', 'min_confidence']],
  [/^\/stac\/collections\/:collection\/items$/, ['limit', 'offset']],
];

const UUID = '00000000-0000-4000-8000-000000000000';

/** What is usual at a place, so that the request gets as far as the text. */
function usualPath(site: TestSite, { url }: Known): Record<string, string> {
  return {
    number: site.numbers.own,
    hash: 'a'.repeat(64),
    id: url.startsWith('/ogc') ? site.numbers.own : url.includes('/runs/') ? 'task-9' : UUID,
    name: 'nobody',
    collection: url.startsWith('/ogc') ? 'patches' : 'scenes-2026-08',
    z: '14',
    x: '13000',
    y: '7000',
    month: '2026-08',
    against: 'mom',
    asset: 'data',
  };
}

const BODIES: Readonly<Record<string, Record<string, unknown>>> = {
  'POST /api/session': { name: 'nobody', password: 'wrong-password' },
  'POST /api/session/password': { old: 'wrong-password', new: 'another-one-9' },
  'POST /api/leads/:number/steps': { step: 'note', note: 'x', id: UUID },
  'POST /api/runs': { month: '2026-08' },
  'POST /api/users': { name: 'x y', role: 'planner', password: 'short' },
  'PATCH /api/users/:name': { active: true },
  'POST /api/tokens': { label: 'x', days: 0 },
};

const nameOf = ({ method, url }: Known) => `${method} ${url}`;

const METHODS = ['GET', 'POST', 'PATCH', 'DELETE'] as const;

export function requestOf(site: TestSite, route: Known): InjectOptions & { readonly url: string } {
  const usual = usualPath(site, route);
  const url = route.url.replace(/:(\w+)/g, (_, name: string) => usual[name] ?? 'x').replace(/\*$/, 'x');
  const needed = /^\/tiles\/patches/.test(route.url) || /export$|report$/.test(route.url);
  const body = BODIES[nameOf(route)];
  return {
    method: METHODS.find((method) => method === route.method) ?? 'GET',
    url,
    query: needed ? { month: '2026-08' } : {},
    ...(body === undefined ? {} : { payload: body }),
  };
}

/** Every parameter of every route: of paths, queries and bodies. */
export function targetsOf(site: TestSite): Target[] {
  return site.app.knownRoutes.flatMap((route) => {
    const usual = requestOf(site, route);
    const target = (where: string, make: (text: string) => InjectOptions): Target => ({
      name: `${nameOf(route)} ${where}`,
      route,
      with: make,
    });
    const usualParts = usualPath(site, route);
    const paths = [...route.url.matchAll(/:(\w+)/g)].map(([, name]) =>
      target(`:${name}`, (text) => ({
        ...usual,
        url: route.url.replace(/:(\w+)/g, (_, part: string) =>
          part === name ? encodeURIComponent(wellFormed(text)) : (usualParts[part] ?? 'x'),
        ),
      })),
    );
    const known = QUERIES.find(([url]) => url.test(route.url))?.[1] ?? [];
    const queries = [...fieldsOf(route.operation?.query), ...known].map((name) =>
      target(`?${name}`, (text) => ({
        ...usual,
        // a filter of CQL2 is a language of its own, in which a text stands between quotes
        query: { ...(usual.query as object), [name]: text },
      })),
    );
    const bodies = fieldsOf(route.operation?.body).map((name) =>
      target(`{${name}}`, (text) => ({
        ...usual,
        payload: { ...BODIES[nameOf(route)], [name]: text },
      })),
    );
    return [...paths, ...queries, ...bodies];
  });
}

/** Half a surrogate pair cannot be sent: what bytes make of it is. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString('utf8');
}
