import type { FastifyPluginAsync } from 'fastify';
import { WGS84 } from '../../../raster/crs.js';
import { messageOf } from '../../../raster/errors.js';
import { publishedMonths } from '../../../vector/store/overview.js';
import { districtFrame } from '../../../vector/store/settings.js';
import { listSubdistricts } from '../../../vector/store/subdistricts.js';
import { scopeOf } from '../permissions.js';
import { described, type GisOptions } from './deps.js';
import { PatchTileQuery, patchTile, subdistrictTile } from './patch-tiles.js';
import { sendTile } from './send-tile.js';
import { districtBox } from './spatial.js';
import { firstView, readTile } from './tile-math.js';

export const MVT = 'application/vnd.mapbox-vector-tile';

/** Vector tiles (Mapbox Vector Tile 2.1) of patches and subdistricts; an officer's hold the patches of their own. */
export const vectorTiles: FastifyPluginAsync<GisOptions> = async (app, { deps: { db } }) => {
  // a database's first projection takes seconds: it is not the first visitor who waits for it
  app.addHook('onListen', () => {
    const warm = async () => {
      const [crs, box] = [(await districtFrame(db))?.crs, await districtBox(db)];
      const month = (await publishedMonths(db, null)).at(-1)?.month;
      if (crs === undefined || box === null || month === undefined) return;
      const query = PatchTileQuery.parse({ month });
      for (const tile of firstView(box).slice(0, 1)) await patchTile(db, tile, query, { crs, scope: null });
    };
    void warm().catch((error: unknown) => app.log.warn({ error: messageOf(error) }, 'Tile:NotWarmed'));
  });

  app.get(
    '/tiles/patches/:z/:x/:y.pbf',
    described('signed-in', 'Vector tile of patches, with the filters of /api/patches'),
    async (request, reply) => {
      const tile = readTile(request.params);
      const query = PatchTileQuery.parse(request.query);
      const crs = (await districtFrame(db))?.crs ?? WGS84;
      return sendTile(
        request,
        reply,
        MVT,
        await patchTile(db, tile, query, { crs, scope: scopeOf(request) }),
      );
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
