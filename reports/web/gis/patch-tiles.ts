import { geoJSONToTile } from '@maplibre/geojson-vt';
import { fromGeojsonVt } from '@maplibre/vt-pbf';
import type { Feature, Polygon } from 'geojson';
import { z } from 'zod';
import { CHANGE_CLASSES, type ChangeClassName } from '../../../kernels/classes.js';
import type { Crs } from '../../../raster/crs.js';
import { decodePolygon } from '../../../vector/ewkb.js';
import { netMapper, type PointMapper } from '../../../vector/export/net.js';
import type { Subdistrict } from '../../../vector/patch.js';
import { PATCH_STATES } from '../../../vector/patch.js';
import type { Db } from '../../../vector/store/db.js';
import { rectangle } from './cql2/geometry.js';
import type { Scope } from './items.js';
import { districtBox, intersectsSql } from './spatial.js';
import { sqlParameters } from './sql.js';
import { groundMetres, type Tile, tileBox, unitSquare, unitSquareOf, WEB_MERCATOR } from './tile-math.js';

/** Side of a vector tile in its own units (Mapbox Vector Tile 2.1, 4.1), and how many of them maps draw as one px. */
const EXTENT = 4096;
const UNITS_A_PX = 8;
/** Units around a tile that are drawn too, so that outlines at its edge are whole. */
const BUFFER = 64;
/** A patch smaller than a square of so many px a side is drawn as that square: seen from afar a district must not look empty. */
const LEAST_PX = 3;
/** From this zoom on a tile is small enough to be projected; a larger one is cut to the district first. */
const NEAR_ZOOM = 10;
/** Patches in one tile, the largest first. */
const MOST_PATCHES = 20_000;

const list = <T extends string>(values: readonly [T, ...T[]]) =>
  z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(values)).min(1))
    .optional();
const number = z
  .string()
  .regex(/^\d{1,9}(?:\.\d{1,6})?$/, 'expected a number')
  .transform(Number)
  .optional();
const CLASSES = CHANGE_CLASSES.map((c) => c.name);

export const PatchTileQuery = z.strictObject({
  month: z.string().regex(/^\d{4}-(?:0[1-9]|1[0-2])$/, 'expected a month such as 2026-08'),
  against: z.enum(['mom', 'yoy']).default('mom'),
  class: list<ChangeClassName>([CLASSES[0], ...CLASSES.slice(1)]),
  state: list(PATCH_STATES),
  subdistrict: z
    .string()
    .regex(/^[\p{L}\p{N}_,-]{1,2000}$/u, 'expected codes with commas between')
    .transform((text) => text.split(','))
    .optional(),
  min_area: number,
  min_confidence: number,
});
export type PatchTileQuery = z.infer<typeof PatchTileQuery>;

interface PatchRow {
  readonly number: string;
  readonly class: string;
  readonly state: string;
  readonly area_m2: number;
  readonly confidence: number;
  readonly subdistrict_code: string | null;
  readonly lon: number;
  readonly lat: number;
  /** Hex EWKB; null where the patch is drawn as a square. */
  readonly geom: string | null;
}

/** A vector tile with the layer `patches`. @param crs of the stored patches */
export async function patchTile(
  db: Db,
  tile: Tile,
  query: PatchTileQuery,
  { crs, scope }: { readonly crs: Crs; readonly scope: Scope },
): Promise<Uint8Array> {
  const side = LEAST_PX * UNITS_A_PX;
  const leastArea = (groundMetres(tile, EXTENT) * side) ** 2;
  const rows = await findPatches(db, tile, query, { crs, scope, leastArea });
  const map = netMapper(crs, WEB_MERCATOR);
  const half = side / 2 / EXTENT / 2 ** tile.z;
  const features = rows.map(
    ({ geom, lon, lat, ...properties }): Feature<Polygon> => ({
      type: 'Feature',
      properties,
      geometry: {
        type: 'Polygon',
        coordinates:
          geom === null ? [squareAround(unitSquareOf(lon, lat), half)] : mapRings(decodePolygon(geom), map),
      },
    }),
  );
  return encode('patches', features, tile);
}

async function findPatches(
  db: Db,
  tile: Tile,
  query: PatchTileQuery,
  { crs, scope, leastArea }: { readonly crs: Crs; readonly scope: Scope; readonly leastArea: number },
): Promise<PatchRow[]> {
  const parameters = sqlParameters();
  const box = tileBox(tile, BUFFER / EXTENT);
  const where = [
    'p.retired_at IS NULL',
    `p.month = ${parameters.add(query.month)}`,
    `p.against = ${parameters.add(query.against)}`,
    intersectsSql(
      { sql: 'p.geom', crs, box: tile.z < NEAR_ZOOM ? ((await districtBox(db)) ?? box) : box, parameters },
      { type: 'Polygon', coordinates: [rectangle(...box)] },
    ),
  ];
  const among = (column: string, values: readonly string[] | null | undefined) => {
    if (values) where.push(`${column} = ANY (${parameters.add(values)}::text[])`);
  };
  among('p.class', query.class);
  among('p.state', query.state);
  among('p.subdistrict_code', query.subdistrict);
  among('p.subdistrict_code', scope);
  if (query.min_area !== undefined) where.push(`p.area_m2 >= ${parameters.add(query.min_area)}::float8`);
  if (query.min_confidence !== undefined) {
    where.push(`p.confidence >= ${parameters.add(query.min_confidence)}::float8`);
  }
  return db.query<PatchRow>(
    `SELECT p.number, p.class, p.state, p.area_m2, p.confidence, p.subdistrict_code, p.lon, p.lat,
       CASE WHEN p.area_m2 >= ${parameters.add(leastArea)}::float8 THEN p.geom::text END AS geom
     FROM tuban.patch p WHERE ${where.join(' AND ')} ORDER BY p.area_m2 DESC LIMIT ${MOST_PATCHES}`,
    parameters.values,
  );
}

/** A vector tile with the layer `subdistricts`. */
export function subdistrictTile(subdistricts: readonly Subdistrict[], tile: Tile): Uint8Array {
  const features = subdistricts.flatMap(({ code, name, polygons }) =>
    polygons.map(
      (rings): Feature<Polygon> => ({
        type: 'Feature',
        properties: { code, name },
        geometry: {
          type: 'Polygon',
          coordinates: rings.map((ring) => ring.map(([lon, lat]) => [...unitSquareOf(lon, lat)])),
        },
      }),
    ),
  );
  return encode('subdistricts', features, tile);
}

function mapRings(rings: ReturnType<typeof decodePolygon>, map: PointMapper): number[][][] {
  const at = new Float64Array(2);
  return rings.map((ring) =>
    ring.map(([x, y]) => {
      map(x, y, at);
      return [...unitSquare(at[0], at[1])];
    }),
  );
}

function squareAround([x, y]: readonly [number, number], half: number): number[][] {
  return rectangle(x - half, y - half, x + half, y + half);
}

function encode(layer: string, features: readonly Feature<Polygon>[], { z: zoom, x, y }: Tile): Uint8Array {
  const tile = geoJSONToTile({ type: 'FeatureCollection', features: [...features] }, zoom, x, y, {
    coordinates: 'unitSquare',
    extent: EXTENT,
    buffer: BUFFER,
    maxZoom: 24,
    tolerance: 3,
    clip: true,
  });
  return fromGeojsonVt({ [layer]: tile }, { version: 2, extent: EXTENT });
}
