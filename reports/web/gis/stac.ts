import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { sceneFiles } from '../../../raster/scene-files.js';
import { isAddress } from '../../../raster/tiff/address.js';
import { districtBounds } from '../../../vector/store/overview.js';
import { listRuns, type RunRecord } from '../../../vector/store/runs.js';
import { listScenes, type SceneRecord } from '../../../vector/store/scenes.js';
import type { Role } from '../permissions.js';
import { Problem } from '../problem.js';
import { baseOf, described, type GisOptions } from './deps.js';
import { link } from './ogc-documents.js';
import { RUN_RASTERS, runRaster } from './run-raster.js';
import { sendFile } from './send-file.js';
import {
  assetKey,
  COG_TYPE,
  catalog,
  changeItem,
  changeItemId,
  collection,
  STAC_COLLECTIONS,
  STAC_CONFORMANCE,
  type StacCollection,
  sceneItem,
  TIFF_TYPE,
} from './stac-documents.js';

/** Rasters show the whole district, which an officer may not see. */
const WHOLE: readonly Role[] = ['administrator', 'analyst', 'planner'];

const GEOJSON = 'application/geo+json; charset=utf-8';
const Collection = z.object({ collection: z.enum(STAC_COLLECTIONS) });
const Page = z.object({
  limit: z
    .string()
    .regex(/^[1-9]\d{0,4}$/, 'expected a whole number from 1')
    .transform((text) => Math.min(1000, Number(text)))
    .default(100),
  offset: z
    .string()
    .regex(/^\d{1,7}$/, 'expected a whole number')
    .transform(Number)
    .default(0),
});

/** A STAC 1.1 catalogue of scenes and change rasters under `/stac`, with the files themselves (ranges, for COG readers). */
export const stac: FastifyPluginAsync<GisOptions> = async (app, { deps }) => {
  const { db, config } = deps;
  const rootOf = (request: FastifyRequest) => `${baseOf(request, deps)}/stac`;
  const published = async () => (await listRuns(db, { status: 'published' })).reverse();

  const sceneOf = async (request: FastifyRequest, scene: SceneRecord) => {
    const own = `${rootOf(request)}/collections/scenes/items/${scene.id}/assets`;
    const files = await localFiles(scene);
    return sceneItem(
      rootOf(request),
      scene,
      await Promise.all(
        files.map(async ({ path, key }) => ({
          key,
          href: `${own}/${encodeURIComponent(key)}`,
          size: (await stat(path).catch(() => null))?.size ?? null,
        })),
      ),
      baseOf(request, deps),
    );
  };
  const changeOf = async (request: FastifyRequest, run: RunRecord) => {
    const own = `${rootOf(request)}/collections/changes/items/${changeItemId(run)}/assets`;
    const files = await Promise.all(
      RUN_RASTERS.map(async (key) => {
        const found = await stat(runRaster(config.stateDir, run.id, key)).catch(() => null);
        return found === null ? [] : [{ key, href: `${own}/${assetKey(key)}`, size: found.size }];
      }),
    );
    return changeItem(rootOf(request), run, files.flat(), {
      base: baseOf(request, deps),
      version: deps.version,
    });
  };
  const describe = async (request: FastifyRequest, id: StacCollection) => {
    const months = (id === 'scenes' ? await listScenes(db) : await published())
      .map(({ month }) => month)
      .sort();
    return collection(rootOf(request), id, {
      box: await districtBounds(db),
      months: months.length === 0 ? null : [months[0], months[months.length - 1]],
    });
  };
  /** The item of an id, and the files it hands out by their keys. */
  const find = async (request: FastifyRequest, of: StacCollection, id: string) => {
    if (of === 'scenes') {
      const scene = (await listScenes(db)).find((one) => one.id === id);
      if (scene)
        return { item: await sceneOf(request, scene), files: await localFiles(scene), type: TIFF_TYPE };
    } else {
      const run = (await published()).find((one) => changeItemId(one) === id);
      const files = RUN_RASTERS.map((name) => ({
        key: assetKey(name),
        path: run === undefined ? '' : runRaster(config.stateDir, run.id, name),
      }));
      if (run) return { item: await changeOf(request, run), files, type: COG_TYPE };
    }
    throw new Problem(404, `${of} has no item "${id}"`);
  };

  app.get('/stac', described('signed-in', 'STAC catalogue of scenes and change rasters'), async (request) =>
    catalog(rootOf(request), config.district),
  );
  app.get('/stac/conformance', described('signed-in', 'Conformance classes of the STAC API'), async () => ({
    conformsTo: STAC_CONFORMANCE,
  }));
  app.get(
    '/stac/collections',
    described('signed-in', 'Collections of the catalogue: scenes, changes'),
    async (request) => ({
      collections: await Promise.all(STAC_COLLECTIONS.map((id) => describe(request, id))),
      links: [
        link('self', `${rootOf(request)}/collections`, 'application/json', 'Collections'),
        link('root', rootOf(request), 'application/json', 'tuban'),
      ],
    }),
  );
  app.get(
    '/stac/collections/:collection',
    described('signed-in', 'One collection of the catalogue'),
    async (request) => describe(request, collectionOf(request)),
  );

  app.get(
    '/stac/collections/:collection/items',
    described('signed-in', 'Items of a collection in pages'),
    async (request, reply) => {
      const of = collectionOf(request);
      const { limit, offset } = Page.parse(request.query);
      // the newest first
      const rows = of === 'scenes' ? (await listScenes(db)).reverse() : await published();
      const own = `${rootOf(request)}/collections/${of}/items`;
      const page = (rel: string, from: number) =>
        link(rel, `${own}?limit=${limit}&offset=${from}`, 'application/geo+json', rel);
      const features = await Promise.all(
        rows
          .slice(offset, offset + limit)
          .map((row) => ('files' in row ? sceneOf(request, row) : changeOf(request, row))),
      );
      return reply.type(GEOJSON).send(
        JSON.stringify({
          type: 'FeatureCollection',
          numberMatched: rows.length,
          numberReturned: features.length,
          features,
          links: [
            page('self', offset),
            link('root', rootOf(request), 'application/json', 'tuban'),
            ...(offset + limit < rows.length ? [page('next', offset + limit)] : []),
          ],
        }),
      );
    },
  );

  app.get<{ Params: { id: string } }>(
    '/stac/collections/:collection/items/:id',
    described('signed-in', 'One item of the catalogue: a scene, or a run’s rasters'),
    async (request, reply) => {
      const { item } = await find(request, collectionOf(request), request.params.id);
      return reply.type(GEOJSON).send(JSON.stringify(item));
    },
  );

  // HEAD has a handler of its own: the one made of GET reads the file to its end, and GDAL asks by HEAD first
  app.route<{ Params: { id: string; asset: string } }>({
    method: ['GET', 'HEAD'],
    url: '/stac/collections/:collection/items/:id/assets/:asset',
    exposeHeadRoute: false,
    ...described(WHOLE, 'A file of an item, whole or by ranges'),
    handler: async (request, reply) => {
      const { id, asset } = request.params;
      // only names of the item's own list: nothing of the address becomes a path
      const { files, type } = await find(request, collectionOf(request), id);
      const file = files.find(({ key }) => key === asset);
      if (file === undefined) throw new Problem(404, `${id} has no file "${asset}"`);
      return sendFile(request, reply, { path: file.path, name: `${id}.${basename(file.path)}`, type });
    },
  });
};

function collectionOf(request: FastifyRequest): StacCollection {
  const found = Collection.safeParse(request.params);
  if (found.success) return found.data.collection;
  throw new Problem(404, `There is no such collection; there are ${STAC_COLLECTIONS.join(', ')}`);
}

/**
 * A scene's rasters on this server's disk, by keys of their own. Files behind addresses are not handed out: whose they are
 * decides who may read them, and a signature in the address would leave with it.
 */
async function localFiles(scene: SceneRecord): Promise<{ readonly key: string; readonly path: string }[]> {
  if (scene.files.some(isAddress)) return [];
  const found = await sceneFiles(scene.files).catch(() => null);
  if (found === null || found.kind !== 'rasters') return [];
  const names = found.files.map((path) => basename(path));
  return found.files.map((path, i) => ({
    key: names.indexOf(names[i]) === i ? names[i] : `${i + 1}-${names[i]}`,
    path,
  }));
}
