import type { FastifyPluginAsync } from 'fastify';
import { WGS84 } from '../../../raster/crs.js';
import { sincePublished } from '../../../vector/store/patch-index.js';
import { districtFrame } from '../../../vector/store/settings.js';
import { listSubdistricts } from '../../../vector/store/subdistricts.js';
import { scopeOf } from '../permissions.js';
import { described, type GisOptions } from './deps.js';
import { PatchTileQuery, patchTile, subdistrictTile } from './patch-tiles.js';
import { sendTile } from './send-tile.js';
import { readTile } from './tile-math.js';

export const MVT = 'application/vnd.mapbox-vector-tile';

/** Vector tiles (Mapbox Vector Tile 2.1) of patches and subdistricts; an officer's hold the patches of their own. */
export const vectorTiles: FastifyPluginAsync<GisOptions> = async (app, { deps: { db } }) => {
  app.get(
    '/tiles/patches/:z/:x/:y.pbf',
    described('signed-in', 'Vector tile of patches, with the filters of /api/patches'),
    async (request, reply) => {
      const tile = readTile(request.params);
      const query = PatchTileQuery.parse(request.query);
      const scope = scopeOf(request);
      const made = await sincePublished(db, `tile ${JSON.stringify([tile, query, scope])}`, async () => {
        const crs = (await districtFrame(db))?.crs ?? WGS84;
        return patchTile(db, tile, query, { crs, scope });
      });
      return sendTile(request, reply, MVT, made);
    },
  );

  app.get(
    '/tiles/subdistricts/:z/:x/:y.pbf',
    described('signed-in', 'Vector tile of the subdistricts'),
    async (request, reply) => {
      const tile = readTile(request.params);
      return sendTile(request, reply, MVT, subdistrictTile(await listSubdistricts(db), tile));
    },
  );
};
