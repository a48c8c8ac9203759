import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Point } from '../raster/affine.js';
import { transformer, WGS84 } from '../raster/crs.js';
import { BadInput, messageOf } from '../raster/errors.js';
import type { Bounds } from '../raster/grid.js';
import { WORLD_CRS } from './district.js';

/** The land the sample world has to cover, in metres of `WORLD_CRS`. */
export interface Area {
  readonly bounds: Bounds;
  /** Whether a point lies in any subdistrict. */
  readonly inside: (x: number, y: number) => boolean;
}

const position = z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]).rest(z.number());
const polygon = z.array(z.array(position).min(4)).min(1);
const schema = z.object({
  type: z.literal('FeatureCollection'),
  features: z
    .array(
      z.object({
        geometry: z.discriminatedUnion('type', [
          z.object({ type: z.literal('Polygon'), coordinates: polygon }),
          z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(polygon) }),
        ]),
      }),
    )
    .min(1),
});

/** @throws BadInput naming the file where it is not a GeoJSON of polygons in longitude, latitude. */
export async function areaOfFile(path: string): Promise<Area> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new BadInput(`Cannot read ${path}: ${messageOf(error)}; expected a GeoJSON file of subdistricts`);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new BadInput(
      `${path} at ${issue.path.join('.')}: ${issue.message}; expected a FeatureCollection of polygons in WGS84`,
    );
  }
  const toWorld = transformer(WGS84, WORLD_CRS);
  const rings = parsed.data.features
    .flatMap(({ geometry }) => (geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates))
    .flat()
    .map((ring) => ring.map(([lon, lat]) => toWorld(lon, lat)));
  return areaOfRings(rings);
}

function areaOfRings(rings: readonly (readonly Point[])[]): Area {
  const bounds = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
  for (const [x, y] of rings.flat()) {
    bounds.minX = Math.min(bounds.minX, x);
    bounds.minY = Math.min(bounds.minY, y);
    bounds.maxX = Math.max(bounds.maxX, x);
    bounds.maxY = Math.max(bounds.maxY, y);
  }
  // even-odd a ring at a time: subdistricts share borders, and a hole undoes its own shell only
  const inside = (x: number, y: number) => {
    let count = 0;
    for (const ring of rings) if (ringHolds(ring, x, y)) count++;
    return count % 2 === 1;
  };
  return { bounds, inside };
}

export function ringHolds(ring: readonly Point[], x: number, y: number): boolean {
  let odd = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i];
    const [xj, yj] = ring[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd;
  }
  return odd;
}
