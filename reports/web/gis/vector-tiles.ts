import type { FastifyPluginAsync } from 'fastify';
import { WGS84 } from '../../../raster/crs.js';
import { sincePublished } from '../../../vector/store/patch-index.js';
import { districtFrame } from '../../../vector/store/settings.js';
import { listSubdistricts } from '../../../vector/store/subdistricts.js';
import { scopeOf } from '../permissions.js';
import type { GisOptions } from './deps.js';
import { PatchTileQuery, patchTile, subdistrictTile } from './patch-tiles.js';
import { sendTile } from './send-tile.js';
import { readTile } from './tile-math.js';

export const MVT = 'application/vnd.mapbox-vector-tile';
const SIGNED_IN = { config: { access: 'signed-in' } } as const;

/** Vector tiles (Mapbox Vector Tile 2.1) of patches and subdistricts; an officer's hold the patches of their own. */
export const vectorTiles: FastifyPluginAsync<GisOptions> = async (app, { deps: { db } }) => {
  app.get('/tiles/patches/:z/:x/:y.pbf', SIGNED_IN, async (request, reply) => {
    const tile = readTile(request.params);
    const query = PatchTileQuery.parse(request.query);
    const scope = scopeOf(request);
    const made = await sincePublished(db, `tile ${JSON.stringify([tile, query, scope])}`, async () => {
      const crs = (await districtFrame(db))?.crs ?? WGS84;
      return patchTile(db, tile, query, { crs, scope });
    });
    return sendTile(request, reply, MVT, made);
  });

  app.get('/tiles/subdistricts/:z/:x/:y.pbf', SIGNED_IN, async (request, reply) => {
    const tile = readTile(request.params);
    return sendTile(request, reply, MVT, subdistrictTile(await listSubdistricts(db), tile));
  });
};
