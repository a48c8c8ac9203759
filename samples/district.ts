import type { FeatureCollection, Polygon, Position } from 'geojson';
import type { Point } from '../raster/affine.js';
import { crsFromEpsg, transformer, WGS84 } from '../raster/crs.js';
import { hash } from './random.js';

/** The frame the sample world lives in: CGCS2000 / 3-degree Gauss-Kruger CM 114E, metres. */
export const WORLD_CRS = crsFromEpsg(4547);

/** Official codes and names of Luohu's subdistricts, where they stand in the schematic: south row, then north row. */
const ROWS = [
  [
    ['440303001', '桂园街道'],
    ['440303005', '南湖街道'],
    ['440303003', '东门街道'],
    ['440303002', '黄贝街道'],
    ['440303008', '莲塘街道'],
  ],
  [
    ['440303010', '清水河街道'],
    ['440303006', '笋岗街道'],
    ['440303009', '东晓街道'],
    ['440303004', '翠竹街道'],
    ['440303007', '东湖街道'],
  ],
] as const;

/** Middle of the schematic district, longitude and latitude. */
const CENTRE: Point = [114.13, 22.56];
/** Size of the schematic district in metres. */
const SIZE: Point = [2300, 1900];
/** Points an edge between two corners is bent at. */
const BENDS = 7;

/**
 * A small district of ten subdistricts, gap-free, with Luohu's official names and codes on an invented partition.
 * WGS84 longitude, latitude; every feature says `schematic: true`. Not the official boundaries.
 */
export function schematicDistrict(seed: number): FeatureCollection<Polygon> {
  const toWorld = transformer(WGS84, WORLD_CRS);
  const toLonLat = transformer(WORLD_CRS, WGS84);
  const [cx, cy] = toWorld(...CENTRE);
  const corner = (i: number, j: number): Point => {
    const jitter = (axis: number) => (hash(10 * i + j, axis, seed) - 0.5) * 130;
    return [cx + (i / 5 - 0.5) * SIZE[0] + jitter(1), cy + (j / 2 - 0.5) * SIZE[1] + jitter(2)];
  };
  /** The edge between two corners, bent the same way whichever neighbour asks; without its last point. */
  const edge = (a: readonly [number, number], b: readonly [number, number]): Point[] => {
    const forward = a[0] < b[0] || a[1] < b[1];
    const [from, to] = forward ? [a, b] : [b, a];
    const p = corner(...from);
    const q = corner(...to);
    const along = [q[0] - p[0], q[1] - p[1]];
    const key = 1000 + 100 * from[0] + 10 * from[1] + (to[0] - from[0]);
    const points: Point[] = [p];
    for (let k = 1; k <= BENDS; k++) {
      const t = k / (BENDS + 1);
      // sideways by up to a twentieth of the edge, nothing at its ends
      const side = (hash(key, k, seed) - 0.5) * 0.3 * Math.sin(Math.PI * t) * 0.35;
      points.push([p[0] + along[0] * t - along[1] * side, p[1] + along[1] * t + along[0] * side]);
    }
    points.push(q);
    if (!forward) points.reverse();
    return points.slice(0, -1);
  };
  const position = ([x, y]: Point): Position => toLonLat(x, y).map((v) => Math.round(v * 1e7) / 1e7);

  const features = ROWS.flatMap((row, j) =>
    row.map(([code, name], i) => {
      const ring = [
        ...edge([i, j], [i + 1, j]),
        ...edge([i + 1, j], [i + 1, j + 1]),
        ...edge([i + 1, j + 1], [i, j + 1]),
        ...edge([i, j + 1], [i, j]),
      ].map(position);
      return {
        type: 'Feature' as const,
        properties: {
          code,
          name,
          district: '罗湖区',
          schematic: true,
          note: '示意边界，非官方边界 / schematic, not official',
        },
        geometry: { type: 'Polygon' as const, coordinates: [[...ring, ring[0]]] },
      };
    }),
  );
  return { type: 'FeatureCollection', features };
}
