import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { districtBounds } from '../../../vector/store/overview.js';
import { scopeOf } from '../permissions.js';
import { Problem } from '../problem.js';
import type { Collection } from './collection.js';
import { allCollections } from './collections.js';
import { baseOf, described, type GisOptions } from './deps.js';
import { findItem, findItems, monthsOf } from './items.js';
import { type RawQuery, readItemsQuery, singleValues } from './items-query.js';
import {
  CONFORMANCE,
  describeCollection,
  type Link,
  landing,
  link,
  openApi,
  queryablesSchema,
  SCHEMA,
} from './ogc-documents.js';
import { landingHtml } from './ogc-html.js';
import { crsByUri, offeredCrs } from './place.js';

const GEOJSON = 'application/geo+json; charset=utf-8';

/** Strangers may see what this is, not what is in it. */
const open = (summary: string) => described('anyone', summary);

interface ItemsPath {
  readonly Params: { readonly collection: string; readonly id: string };
}

/** OGC API – Features, Parts 1 (core), 2 (CRS) and 3 (filters in CQL2), under `/ogc`. */
export const ogc: FastifyPluginAsync<GisOptions> = async (app, { deps }) => {
  const { db } = deps;
  const rootOf = (request: FastifyRequest) => `${baseOf(request, deps)}/ogc`;
  const collectionOf = async (id: string): Promise<Collection> => {
    const all = await allCollections(db);
    const found = all.find((one) => one.id === id);
    if (found) return found;
    throw new Problem(404, `There is no collection "${id}"; there are ${all.map((c) => c.id).join(', ')}`);
  };
  const describe = async (request: FastifyRequest, collection: Collection) =>
    describeCollection(rootOf(request), collection, {
      box: await districtBounds(db),
      months: await monthsOf(db, collection),
    });

  app.get('/ogc', open('Landing page of the OGC API – Features, JSON or HTML'), async (request, reply) => {
    const document = landing(rootOf(request), deps.config.district);
    if (!wantsHtml(request, plainQuery(request.query))) return document;
    return reply.type('text/html; charset=utf-8').send(landingHtml(document));
  });

  app.get('/ogc/conformance', open('Conformance classes of the OGC API'), async (request) => {
    plainQuery(request.query);
    return { conformsTo: CONFORMANCE };
  });

  app.get('/ogc/api', open('OpenAPI 3.0 document of the OGC API'), async (request, reply) => {
    plainQuery(request.query);
    return reply
      .type('application/vnd.oai.openapi+json;version=3.0')
      .send(JSON.stringify(openApi(rootOf(request), await allCollections(db))));
  });

  app.get(
    '/ogc/collections',
    described('signed-in', 'Collections of the OGC API: patches, leads, subdistricts, areas'),
    async (request) => {
      plainQuery(request.query);
      const root = rootOf(request);
      const all = await allCollections(db);
      return {
        links: [
          link('self', `${root}/collections`, 'application/json', 'This list'),
          link('root', root, 'application/json', 'Landing page'),
        ],
        collections: await Promise.all(all.map((one) => describe(request, one))),
      };
    },
  );

  app.get<ItemsPath>(
    '/ogc/collections/:collection',
    described('signed-in', 'One collection: extent, CRSs, links'),
    async (request) => {
      plainQuery(request.query);
      return describe(request, await collectionOf(request.params.collection));
    },
  );

  app.get<ItemsPath>(
    '/ogc/collections/:collection/queryables',
    described('signed-in', 'What a CQL2 filter may name, as JSON Schema'),
    async (request, reply) => {
      plainQuery(request.query);
      const collection = await collectionOf(request.params.collection);
      return reply.type(SCHEMA).send(JSON.stringify(queryablesSchema(rootOf(request), collection)));
    },
  );

  app.get<ItemsPath>(
    '/ogc/collections/:collection/items',
    described('signed-in', 'Features of a collection in pages: bbox, datetime, filter (CQL2), crs'),
    async (request, reply) => {
      const collection = await collectionOf(request.params.collection);
      const raw = jsonOnly(singleValues(request.query));
      const query = readItemsQuery(raw, collection);
      const { features, matched } = await findItems(db, collection, query, scopeOf(request));
      const own = `${rootOf(request)}/collections/${collection.id}/items`;
      const page = (rel: string, offset: number) =>
        link(
          rel,
          withQuery(own, { ...raw, limit: String(query.limit), offset: String(offset) }),
          'application/geo+json',
          rel,
        );
      const links: Link[] = [link('self', withQuery(own, raw), 'application/geo+json', 'This page')];
      if (query.offset + query.limit < matched) links.push(page('next', query.offset + query.limit));
      if (query.offset > 0) links.push(page('prev', Math.max(0, query.offset - query.limit)));
      links.push(link('collection', own.slice(0, -'/items'.length), 'application/json', collection.title));
      linkHeader(reply, links);
      return reply
        .type(GEOJSON)
        .header('content-crs', `<${query.crs.uri}>`)
        .send(
          JSON.stringify({
            type: 'FeatureCollection',
            numberMatched: matched,
            numberReturned: features.length,
            timeStamp: deps.now().toISOString(),
            links,
            features,
          }),
        );
    },
  );

  app.get<ItemsPath>(
    '/ogc/collections/:collection/items/:id',
    described('signed-in', 'One feature'),
    async (request, reply) => {
      const collection = await collectionOf(request.params.collection);
      const { crs: uri, ...rest } = singleValues(request.query);
      plainQuery(jsonOnly(rest));
      const crs = crsByUri(offeredCrs(collection.crs), uri, 'crs');
      const feature = await findItem(db, collection, request.params.id, crs, scopeOf(request));
      if (feature === null) throw new Problem(404, `${collection.id} has no item "${request.params.id}"`);
      const own = `${rootOf(request)}/collections/${collection.id}`;
      const self = withQuery(
        `${own}/items/${encodeURIComponent(feature.id)}`,
        uri === undefined ? {} : { crs: uri },
      );
      const links = [
        link('self', self, 'application/geo+json', feature.id),
        link('collection', own, 'application/json', collection.title),
      ];
      return reply
        .type(GEOJSON)
        .header('content-crs', `<${crs.uri}>`)
        .send(JSON.stringify({ ...feature, links }));
    },
  );
};

/** @throws Problem 400 for any parameter but `f`. */
function plainQuery(query: unknown): RawQuery {
  const raw = singleValues(query);
  const unknown = Object.keys(raw).find((name) => name !== 'f');
  if (unknown !== undefined) throw new Problem(400, `Unknown parameter "${unknown}"; known is f`);
  if (raw.f !== undefined && raw.f !== 'json' && raw.f !== 'html') {
    throw new Problem(400, `f: "${raw.f}" is not offered; expected json`);
  }
  return raw;
}

function jsonOnly(raw: RawQuery): RawQuery {
  const { f } = raw;
  if (f === undefined || f === 'json' || f === 'geojson') return raw;
  throw new Problem(400, `f: "${f}" is not offered; expected json`);
}

/** Browsers ask for HTML before anything else. */
function wantsHtml(request: FastifyRequest, raw: RawQuery): boolean {
  if (raw.f !== undefined) return raw.f === 'html';
  return (request.headers.accept ?? '').trimStart().startsWith('text/html');
}

function withQuery(address: string, query: RawQuery): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? address : `${address}?${text}`;
}

/** The links of a page once more, for clients that do not look into the body. */
function linkHeader(reply: FastifyReply, links: readonly Link[]): void {
  reply.header(
    'link',
    links.map(({ rel, href, type }) => `<${href}>; rel="${rel}"; type="${type}"`).join(', '),
  );
}
