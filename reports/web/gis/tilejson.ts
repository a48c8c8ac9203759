import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { districtBounds } from '../../../vector/store/overview.js';
import { publishedRun } from '../../../vector/store/runs.js';
import { NOTICE } from '../../leads/words.js';
import { Problem } from '../problem.js';
import { baseOf, described, type GisOptions } from './deps.js';
import { ChangeParams, Month } from './image-tiles.js';
import { monthScenes } from './month-scenes.js';
import { PatchTileQuery } from './patch-tiles.js';
import { roundBox } from './place.js';
import type { LonLatBox } from './spatial.js';
import { MOST_ZOOM, zoomOf } from './tile-math.js';

/** Vector tiles of this zoom are drawn larger for those beyond: their 4096 units are finer than any pixel. */
const VECTOR_ZOOM = 16;

/** TileJSON 3.0.0 of every kind of tiles, which QGIS, MapLibre and GDAL open by address. */
export const tilejson: FastifyPluginAsync<GisOptions> = async (app, { deps }) => {
  const { db } = deps;
  const months = monthScenes(deps);

  app.get(
    '/tiles/patches.json',
    described('signed-in', 'TileJSON of the patches’ vector tiles'),
    async (request) => {
      // the filters of the tiles, carried over into their address
      const query = PatchTileQuery.parse(request.query);
      const lists = {
        class: query.class?.join(),
        state: query.state?.join(),
        subdistrict: query.subdistrict?.join(),
      };
      const own = new URLSearchParams();
      for (const [name, value] of Object.entries({ ...query, ...lists })) {
        if (value !== undefined) own.set(name, String(value));
      }
      return document('patches', await districtBounds(db), {
        tiles: [`${baseOf(request, deps)}/tiles/patches/{z}/{x}/{y}.pbf?${own}`],
        description: NOTICE,
        minzoom: 0,
        maxzoom: VECTOR_ZOOM,
        vector_layers: [
          {
            id: 'patches',
            fields: {
              number: 'String',
              class: 'String',
              state: 'String',
              area_m2: 'Number',
              confidence: 'Number',
              subdistrict_code: 'String',
            },
          },
        ],
      });
    },
  );

  app.get(
    '/tiles/subdistricts.json',
    described('signed-in', 'TileJSON of the subdistricts’ vector tiles'),
    async (request) =>
      document('subdistricts', await districtBounds(db), {
        tiles: [`${baseOf(request, deps)}/tiles/subdistricts/{z}/{x}/{y}.pbf`],
        minzoom: 0,
        maxzoom: VECTOR_ZOOM,
        vector_layers: [{ id: 'subdistricts', fields: { code: 'String', name: 'String' } }],
      }),
  );

  app.get(
    '/tiles/image/:month.json',
    described('signed-in', 'TileJSON of a month’s image'),
    async (request) => {
      const { month } = z.object({ month: Month }).parse(request.params);
      const cover = await months.cover(month);
      if (cover === null) throw new Problem(404, `There is no scene of ${month}`);
      return document(month, cover.box, {
        tiles: [`${baseOf(request, deps)}/tiles/image/${month}/{z}/{x}/{y}.webp`],
        minzoom: 6,
        maxzoom: zoomOf(cover.metres, cover.box[1]),
      });
    },
  );

  app.get(
    '/tiles/change/:month/:against.json',
    described('signed-in', 'TileJSON of a comparison’s change raster'),
    async (request) => {
      const { month, against } = ChangeParams.parse(request.params);
      const run = await publishedRun(db, { month, against });
      if (run === null) throw new Problem(404, `There is no run of ${month} ${against}`);
      const box = await districtBounds(db);
      return document(`${month} ${against}`, box, {
        tiles: [`${baseOf(request, deps)}/tiles/change/${month}/${against}/{z}/{x}/{y}.png`],
        description: NOTICE,
        minzoom: 6,
        maxzoom: zoomOf(run.grid.resolution, box?.[1] ?? 0),
      });
    },
  );
};

function document(
  name: string,
  box: LonLatBox | null,
  rest: { readonly minzoom: number; readonly maxzoom: number } & Readonly<Record<string, unknown>>,
) {
  const bounds = box === null ? undefined : roundBox(box);
  return {
    tilejson: '3.0.0',
    name: `tuban ${name}`,
    scheme: 'xyz',
    ...(box === null
      ? {}
      : {
          bounds,
          center: [...roundBox([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]), Math.min(12, MOST_ZOOM)],
        }),
    ...rest,
  };
}
