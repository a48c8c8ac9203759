import type { Collection } from './collection.js';
import { DEFAULT_LIMIT, MOST_LIMIT } from './items-query.js';
import { CRS84, offeredCrs, roundBox, uriOf } from './place.js';
import type { Queryable } from './queryable.js';
import type { LonLatBox } from './spatial.js';

/** The JSON documents of OGC API – Features about itself and its collections. Pure. `ogc` is the address of the landing page. */
export const CONFORMANCE = [
  'http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core',
  'http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections',
  'http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core',
  'http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30',
  'http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson',
  'http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs',
  'http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables',
  'http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters',
  'http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter',
  'http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter',
  'http://www.opengis.net/spec/cql2/1.0/conf/cql2-text',
  'http://www.opengis.net/spec/cql2/1.0/conf/cql2-json',
  'http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2',
  'http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators',
  'http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions',
  'http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus',
] as const;

const OPENAPI = 'application/vnd.oai.openapi+json;version=3.0';
export const SCHEMA = 'application/schema+json';

export function landing(ogc: string, district: string) {
  return {
    title: `tuban 图斑 ${district}`.trim(),
    description:
      '土地变化图斑、执法线索、街道与地类面积 Change patches, leads, subdistricts and land state areas',
    links: [
      link('self', ogc, 'application/json', 'This page'),
      link('alternate', `${ogc}?f=html`, 'text/html', 'This page as HTML'),
      link('service-desc', `${ogc}/api`, OPENAPI, 'The API in OpenAPI 3.0'),
      link('conformance', `${ogc}/conformance`, 'application/json', 'What it conforms to'),
      link(
        'http://www.opengis.net/def/rel/ogc/1.0/conformance',
        `${ogc}/conformance`,
        'application/json',
        'What it conforms to',
      ),
      link('data', `${ogc}/collections`, 'application/json', 'The collections'),
      link(
        'http://www.opengis.net/def/rel/ogc/1.0/data',
        `${ogc}/collections`,
        'application/json',
        'The collections',
      ),
    ],
  };
}

export interface Extent {
  readonly box: LonLatBox | null;
  readonly months: { readonly first: string; readonly last: string } | null;
}

export function describeCollection(ogc: string, collection: Collection, { box, months }: Extent) {
  const own = `${ogc}/collections/${collection.id}`;
  return {
    id: collection.id,
    title: collection.title,
    description: collection.description,
    itemType: 'feature',
    ...(box === null && months === null
      ? {}
      : {
          extent: {
            ...(box === null ? {} : { spatial: { bbox: [roundBox(box)], crs: CRS84 } }),
            ...(months === null
              ? {}
              : { temporal: { interval: [[`${months.first}-01T00:00:00Z`, endOfMonth(months.last)]] } }),
          },
        }),
    crs: offeredCrs(collection.crs).map(({ uri }) => uri),
    storageCrs: collection.crs.epsg === 4326 ? CRS84 : uriOf(collection.crs),
    links: [
      link('self', own, 'application/json', collection.title),
      link('items', `${own}/items`, 'application/geo+json', 'Items as GeoJSON'),
      link(
        'http://www.opengis.net/def/rel/ogc/1.0/queryables',
        `${own}/queryables`,
        SCHEMA,
        'What can be asked for',
      ),
    ],
  };
}

/** The last instant of a month, RFC 3339. */
export function endOfMonth(month: string): string {
  const [year, number] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number, 1) - 1000).toISOString().replace('.000Z', 'Z');
}

/** JSON Schema of what filters may ask for. */
export function queryablesSchema(ogc: string, collection: Collection) {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `${ogc}/collections/${collection.id}/queryables`,
    type: 'object',
    title: collection.title,
    properties: Object.fromEntries(collection.queryables.map((q) => [q.name, propertySchema(q)])),
    additionalProperties: false,
  };
}

function propertySchema({ title, type, values, unit }: Queryable) {
  if (type === 'geometry') return { title, format: 'geometry-polygon', 'x-ogc-role': 'primary-geometry' };
  return {
    title,
    type: type === 'date' || type === 'instant' ? 'string' : type,
    ...(type === 'date' ? { format: 'date' } : type === 'instant' ? { format: 'date-time' } : {}),
    ...(values === undefined ? {} : { enum: values }),
    ...(unit === undefined ? {} : { 'x-ogc-unit': unit }),
  };
}

export interface Link {
  readonly rel: string;
  readonly href: string;
  readonly type: string;
  readonly title: string;
}

export function link(rel: string, href: string, type: string, title: string): Link {
  return { rel, href, type, title };
}

/** The OGC part in OpenAPI 3.0, which clients such as GDAL read limits and parameters from. */
export function openApi(ogc: string, collections: readonly Collection[]) {
  const answer = (description: string, type: string) => ({
    200: { description, content: { [type]: { schema: { type: 'object' } } } },
    default: {
      description: 'What is wrong (RFC 9457)',
      content: { 'application/problem+json': { schema: { type: 'object' } } },
    },
  });
  const get = (operationId: string, summary: string, type: string, parameters: readonly unknown[] = []) => ({
    get: { operationId, summary, parameters, responses: answer(summary, type) },
  });
  const items = (collection: Collection) => {
    const uris = offeredCrs(collection.crs).map(({ uri }) => uri);
    const own = `/collections/${collection.id}`;
    const id = { name: 'featureId', in: 'path', required: true, schema: { type: 'string' } };
    return {
      [own]: get(`describe_${collection.id}`, collection.title, 'application/json'),
      [`${own}/queryables`]: get(`queryables_${collection.id}`, 'What can be asked for', SCHEMA),
      [`${own}/items`]: get(`items_${collection.id}`, collection.title, 'application/geo+json', [
        inQuery('limit', { type: 'integer', minimum: 1, maximum: MOST_LIMIT, default: DEFAULT_LIMIT }),
        inQuery('offset', { type: 'integer', minimum: 0, default: 0 }),
        { ...inQuery('bbox', NUMBERS), style: 'form', explode: false },
        inQuery('bbox-crs', { type: 'string', format: 'uri', enum: uris, default: CRS84 }),
        inQuery('crs', { type: 'string', format: 'uri', enum: uris, default: CRS84 }),
        inQuery('datetime', { type: 'string' }),
        inQuery('filter', { type: 'string' }),
        inQuery('filter-lang', {
          type: 'string',
          enum: ['cql2-text', 'cql2-json'],
          default: 'cql2-text',
        }),
        inQuery('filter-crs', { type: 'string', format: 'uri', enum: uris, default: CRS84 }),
        inQuery('f', { type: 'string', enum: ['json'] }),
        ...collection.queryables
          .filter(({ type }) => type !== 'geometry')
          .map((q) => inQuery(q.name, propertySchema(q))),
      ]),
      [`${own}/items/{featureId}`]: get(`item_${collection.id}`, collection.title, 'application/geo+json', [
        id,
        inQuery('crs', { type: 'string', format: 'uri', enum: uris, default: CRS84 }),
      ]),
    };
  };
  return {
    openapi: '3.0.3',
    info: { title: 'tuban: OGC API – Features', version: '1.0.0' },
    servers: [{ url: ogc }],
    security: [{ token: [] }, { session: [] }],
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'tuban_session' },
      },
    },
    paths: {
      '/': { get: { ...get('landing', 'Landing page', 'application/json').get, security: [] } },
      '/conformance': { get: { ...get('conformance', 'Conformance', 'application/json').get, security: [] } },
      '/collections': get('collections', 'Collections', 'application/json'),
      ...Object.assign({}, ...collections.map(items)),
    },
  };
}

const NUMBERS = { type: 'array', minItems: 4, maxItems: 6, items: { type: 'number' } };

function inQuery(name: string, schema: Readonly<Record<string, unknown>>) {
  return { name, in: 'query', required: false, schema };
}
