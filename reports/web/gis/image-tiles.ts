import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { BadInput } from '../../../raster/errors.js';
import type { Grid } from '../../../raster/grid.js';
import { zoneOnGrid } from '../../../raster/zones.js';
import { publishedRun } from '../../../vector/store/runs.js';
import { listSubdistricts } from '../../../vector/store/subdistricts.js';
import { scopeOf } from '../permissions.js';
import { Problem } from '../problem.js';
import type { GisOptions } from './deps.js';
import { monthScenes } from './month-scenes.js';
import { changeTile, emptyWebp, imageTile } from './render-tile.js';
import { runRaster } from './run-raster.js';
import { sendTile } from './send-tile.js';
import { stampOf, tileCache } from './tile-cache.js';
import { boxesMeet, readTile, tileBox } from './tile-math.js';

const SIGNED_IN = { config: { access: 'signed-in' } } as const;

export const Month = z.string().regex(/^\d{4}-(?:0[1-9]|1[0-2])$/, 'expected a month such as 2026-08');
export const ChangeParams = z.object({ month: Month, against: z.enum(['mom', 'yoy']) });

/** Below it a tile shows a country and of a district nothing. */
const LEAST_ZOOM = 6;

/**
 * Image tiles in web Mercator: a month's scenes as WebP, a comparison's change raster as PNG. They are made when first asked
 * for and kept in `tiles/` of the state folder until their scenes or their run are others.
 */
export const imageTiles: FastifyPluginAsync<GisOptions> = async (app, { deps }) => {
  const { db, config } = deps;
  const months = monthScenes(deps);
  const cache = tileCache(join(config.stateDir, 'tiles'));
  const empty = emptyWebp();

  app.get('/tiles/image/:month/:z/:x/:y.webp', SIGNED_IN, async (request, reply) => {
    const { month } = z.object({ month: Month }).parse(request.params);
    const tile = readTile(request.params);
    const cover = await months.cover(month);
    if (cover === null) throw new Problem(404, `There is no scene of ${month}`);
    if (tile.z < LEAST_ZOOM || !boxesMeet(tileBox(tile), cover.box)) {
      return sendTile(request, reply, 'image/webp', await empty);
    }
    const name = `${tile.z}/${tile.x}/${tile.y}.webp`;
    const bytes = await cache
      .get(`image/${month}`, cover.stamp, name, async () => {
        const picture = await months.picture(month, cover);
        if (picture === null) throw new Problem(404, `There is no scene of ${month}`);
        return imageTile(picture, tile);
      })
      .catch((error: unknown) => {
        if (!(error instanceof BadInput)) throw error;
        // the message names files of the server: it is for its log, and no mistake of who asks
        request.log.error({ error: error.message }, 'Tile:Failed');
        throw new Problem(503, `The scenes of ${month} cannot be read; the server's log says why`);
      });
    return sendTile(request, reply, 'image/webp', bytes);
  });

  app.get('/tiles/change/:month/:against/:z/:x/:y.png', SIGNED_IN, async (request, reply) => {
    const { month, against } = ChangeParams.parse(request.params);
    const tile = readTile(request.params);
    const run = await publishedRun(db, { month, against });
    const path = run === null ? null : runRaster(config.stateDir, run.id, 'change.tif');
    const file = path === null ? null : await stat(path).catch(() => null);
    if (run === null || path === null || file === null) {
      throw new Problem(404, `There is no change raster of ${month} ${against}`);
    }
    const scope = scopeOf(request);
    const grounds =
      scope === null ? null : (await listSubdistricts(db)).filter((s) => scope.includes(s.code));
    const within =
      grounds === null ? null : (grid: Grid) => grounds.map(({ polygons }) => zoneOnGrid(polygons, grid));
    // those of an officer are cut to their subdistricts, and lie apart
    const own = grounds === null ? 'all' : stampOf(grounds);
    const stamp = stampOf(run.id, run.publishedAt, file.size, file.mtimeMs);
    const bytes = await cache.get(
      `change/${month}/${against}`,
      stamp,
      `${own}/${tile.z}/${tile.x}/${tile.y}.png`,
      () => changeTile(path, tile, within),
    );
    return sendTile(request, reply, 'image/png', bytes);
  });
};
