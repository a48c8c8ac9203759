import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { BadInput, messageOf } from '../../../raster/errors.js';
import type { Grid } from '../../../raster/grid.js';
import { zoneOnGrid } from '../../../raster/zones.js';
import { publishedMonths } from '../../../vector/store/overview.js';
import { publishedRun } from '../../../vector/store/runs.js';
import { listSubdistricts } from '../../../vector/store/subdistricts.js';
import { scopeOf } from '../permissions.js';
import { Problem } from '../problem.js';
import { described, type GisOptions } from './deps.js';
import { type MonthCover, monthScenes } from './month-scenes.js';
import { changeTile, emptyWebp, imageTile } from './render-tile.js';
import { runRaster } from './run-raster.js';
import { sendTile } from './send-tile.js';
import { stampOf, tileCache } from './tile-cache.js';
import { boxesMeet, firstView, readTile, type Tile, tileBox } from './tile-math.js';

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
  const tileOf = (month: string, cover: MonthCover, tile: Tile) =>
    cache.get(`image/${month}`, cover.stamp, `${tile.z}/${tile.x}/${tile.y}.webp`, async () => {
      const picture = await months.picture(month, cover);
      if (picture === null) throw new Problem(404, `There is no scene of ${month}`);
      return imageTile(picture, tile);
    });

  // who opens the map first must not wait for what can be made before
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onListen', () => {
    const warm = async () => {
      const month = (await publishedMonths(db, null)).at(-1)?.month;
      const cover = month === undefined ? null : await months.cover(month);
      if (month === undefined || cover === null) return;
      for (const tile of firstView(cover.box)) {
        if (closing) return;
        await tileOf(month, cover, tile);
      }
    };
    void warm().catch((error: unknown) => app.log.warn({ error: messageOf(error) }, 'Tile:NotWarmed'));
  });

  app.get(
    '/tiles/image/:month/:z/:x/:y.webp',
    described('signed-in', 'Tile of a month’s image'),
    async (request, reply) => {
      const { month } = z.object({ month: Month }).parse(request.params);
      const tile = readTile(request.params);
      const cover = await months.cover(month);
      if (cover === null) throw new Problem(404, `There is no scene of ${month}`);
      if (tile.z < LEAST_ZOOM || !boxesMeet(tileBox(tile), cover.box)) {
        return sendTile(request, reply, 'image/webp', await empty);
      }
      const bytes = await tileOf(month, cover, tile).catch((error: unknown) => {
        if (!(error instanceof BadInput)) throw error;
        // the message names files of the server: it is for its log, and no mistake of who asks
        request.log.error({ error: error.message }, 'Tile:Failed');
        throw new Problem(503, `The scenes of ${month} cannot be read; the server's log says why`);
      });
      return sendTile(request, reply, 'image/webp', bytes);
    },
  );

  app.get(
    '/tiles/change/:month/:against/:z/:x/:y.png',
    described('signed-in', 'Tile of a comparison’s change raster in the classes’ colours'),
    async (request, reply) => {
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
    },
  );
};
