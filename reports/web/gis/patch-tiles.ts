import { geoJSONToTile } from '@maplibre/geojson-vt';
import { fromGeojsonVt } from '@maplibre/vt-pbf';
import type { Feature, Polygon } from 'geojson';
import { z } from 'zod';
import { CHANGE_CLASSES, type ChangeClassName } from '../../../kernels/classes.js';
import { type Crs, transformer, WGS84 } from '../../../raster/crs.js';
import { decodePolygon } from '../../../vector/ewkb.js';
import { netMapper, type PointMapper } from '../../../vector/export/net.js';
import type { Subdistrict } from '../../../vector/patch.js';
import { PATCH_STATES } from '../../../vector/patch.js';
import type { Db } from '../../../vector/store/db.js';
import { findEntries, type PatchEntry } from '../../../vector/store/patch-index.js';
import { type SqlParameters, sqlParameters } from '../../../vector/store/sql.js';
import { patchQuery } from '../patch-query.js';
import { densified, rectangle } from './cql2/geometry.js';
import type { Scope } from './items.js';
import { groundMetres, type Tile, tileBox, unitSquare, unitSquareOf, WEB_MERCATOR } from './tile-math.js';

/** Side of a vector tile in its own units (Mapbox Vector Tile 2.1, 4.1), and how many of them maps draw as one px. */
const EXTENT = 4096;
const UNITS_A_PX = 8;
/** Units around a tile that are drawn too, so that outlines at its edge are whole. */
const BUFFER = 64;
/** A patch smaller than a square of so many px a side is drawn as that square: seen from afar a district must not look empty. */
const LEAST_PX = 3;
/** From this zoom on a tile is small enough to be projected; in a larger one patches are found by their middle. */
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

/** A vector tile with the layer `patches`. @param crs of the stored patches */
export async function patchTile(
  db: Db,
  tile: Tile,
  query: PatchTileQuery,
  { crs, scope }: { readonly crs: Crs; readonly scope: Scope },
): Promise<Uint8Array> {
  const side = LEAST_PX * UNITS_A_PX;
  const leastArea = (groundMetres(tile, EXTENT) * side) ** 2;
  const ask = { tile, query, scope, leastArea };
  const entries = await findEntries(db, patchQuery(query, scope));
  const small = smallPatches(entries, ask);
  // from afar none may be large enough: then the database need not look for them
  const large = entries.some(({ areaM2 }) => areaM2 >= leastArea) ? await largePatches(db, ask, crs) : [];
  const map = netMapper(crs, WEB_MERCATOR);
  const half = side / 2 / EXTENT / 2 ** tile.z;
  const features = [
    ...large.map(({ geom, ...properties }) => polygon(properties, mapRings(decodePolygon(geom), map))),
    ...small.map((entry) =>
      polygon(propertiesOf(entry), [squareAround(unitSquareOf(entry.lon, entry.lat), half)]),
    ),
  ];
  return encode('patches', features, tile);
}

interface Ask {
  readonly tile: Tile;
  readonly query: PatchTileQuery;
  readonly scope: Scope;
  /** m²; what is smaller is drawn as a square of this area. */
  readonly leastArea: number;
}

const PROPERTIES = 'p.number, p.class, p.state, p.area_m2, p.confidence, p.subdistrict_code';

/** What a tile tells of a patch. */
interface Properties {
  readonly number: string;
  readonly class: string;
  readonly state: string;
  readonly area_m2: number;
  readonly confidence: number;
  readonly subdistrict_code: string | null;
}

/** Patches drawn with their outline, the largest first. */
async function largePatches(
  db: Db,
  { tile, query, scope, leastArea }: Ask,
  crs: Crs,
): Promise<(Properties & { readonly geom: string })[]> {
  const { add, values } = sqlParameters();
  const corners = () =>
    boxIn(tile, crs)
      .map((value) => `${add(value)}::float8`)
      .join(', ');
  const where = [
    ...asked(query, scope, add),
    `p.area_m2 >= ${add(leastArea)}::float8`,
    tile.z < NEAR_ZOOM
      ? middleIn(tile, add)
      : `p.geom && ST_MakeEnvelope(${corners()}, ${Number(crs.epsg ?? 0)})`,
  ];
  return db.query(
    `SELECT ${PROPERTIES}, p.geom::text AS geom FROM tuban.patch p WHERE ${where.join(' AND ')}
     ORDER BY p.area_m2 DESC LIMIT ${MOST_PATCHES}`,
    values,
  );
}

/** Patches drawn as a square each; of those that would be drawn over each other the largest. */
function smallPatches(entries: readonly PatchEntry[], { tile, leastArea }: Ask): PatchEntry[] {
  const [west, south, east, north] = tileBox(tile, BUFFER / EXTENT);
  const cells = 2 ** tile.z * (EXTENT / (LEAST_PX * UNITS_A_PX));
  const kept = new Map<number, PatchEntry>();
  for (const entry of entries) {
    const { lon, lat, areaM2 } = entry;
    if (areaM2 >= leastArea || lon < west || lon > east || lat < south || lat > north) continue;
    const [u, v] = unitSquareOf(lon, lat);
    const cell = Math.floor(u * cells) * cells + Math.floor(v * cells);
    const known = kept.get(cell);
    if (known === undefined || known.areaM2 < areaM2) kept.set(cell, entry);
  }
  return [...kept.values()];
}

function asked(query: PatchTileQuery, scope: Scope, add: SqlParameters['add']): string[] {
  const where = [
    'p.retired_at IS NULL',
    `p.month = ${add(query.month)}`,
    `p.against = ${add(query.against)}`,
  ];
  const among = (column: string, of: readonly string[] | null | undefined) => {
    if (of) where.push(`${column} = ANY (${add(of)}::text[])`);
  };
  among('p.class', query.class);
  among('p.state', query.state);
  among('p.subdistrict_code', query.subdistrict);
  among('p.subdistrict_code', scope);
  if (query.min_area !== undefined) where.push(`p.area_m2 >= ${add(query.min_area)}::float8`);
  if (query.min_confidence !== undefined) {
    where.push(`p.confidence >= ${add(query.min_confidence)}::float8`);
  }
  return where;
}

/** Box around a tile in another CRS: least x and y, most x and y. */
function boxIn(tile: Tile, crs: Crs): readonly [number, number, number, number] {
  const map = transformer(WGS84, crs);
  const points = densified(rectangle(...tileBox(tile, BUFFER / EXTENT))).map(([lon, lat]) => map(lon, lat));
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Condition on a patch's middle. */
function middleIn(tile: Tile, add: SqlParameters['add']): string {
  const [west, south, east, north] = tileBox(tile, BUFFER / EXTENT);
  const between = (column: string, from: number, to: number) =>
    `${column} BETWEEN ${add(from)}::float8 AND ${add(to)}::float8`;
  return `${between('p.lon', west, east)} AND ${between('p.lat', south, north)}`;
}

function propertiesOf(entry: PatchEntry): Properties {
  return {
    number: entry.number,
    class: entry.class,
    state: entry.state,
    area_m2: entry.areaM2,
    confidence: entry.confidence,
    subdistrict_code: entry.subdistrictCode,
  };
}

function polygon(properties: Properties, coordinates: number[][][]): Feature<Polygon> {
  return { type: 'Feature', properties: { ...properties }, geometry: { type: 'Polygon', coordinates } };
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
