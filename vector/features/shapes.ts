import { z } from 'zod';
import type { Point } from '../../raster/affine.js';
import type { PolygonParts, Shape, ToLonLat } from './source.js';

const Position = z.array(z.number()).min(2);
const PolygonCoordinates = z.array(z.array(Position));

type Rings = z.infer<typeof PolygonCoordinates>;

const rings = (coordinates: Rings, map: ToLonLat): Point[][] =>
  coordinates.map((ring) => ring.map(([x, y]) => map(x, y)));

/** Areas: permits, zones, subdistricts. */
export const POLYGONS: Shape<PolygonParts> = {
  name: 'polygons',
  wanted: 'a Polygon or MultiPolygon of numbers',
  types: ['Polygon', 'MultiPolygon'],
  layers: /polygon|unknown|collection/i,
  schema: z
    .discriminatedUnion('type', [
      z.object({ type: z.literal('Polygon'), coordinates: PolygonCoordinates }),
      z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(PolygonCoordinates) }),
    ])
    .transform(({ type, coordinates }) => {
      const polygons = type === 'Polygon' ? [coordinates] : coordinates;
      return (map: ToLonLat): PolygonParts => polygons.map((polygon) => rings(polygon, map));
    }),
  points: (parts) => parts.flat(2),
};

/** Places: addresses, cameras. */
export const POINTS: Shape<Point> = {
  name: 'points',
  wanted: 'a Point',
  types: ['Point', 'MultiPoint'],
  layers: /point|unknown|collection/i,
  schema: z
    .discriminatedUnion('type', [
      z.object({ type: z.literal('Point'), coordinates: Position }),
      z.object({ type: z.literal('MultiPoint'), coordinates: z.array(Position).length(1) }),
    ])
    .transform((geometry) => {
      const [x, y] = geometry.type === 'Point' ? geometry.coordinates : geometry.coordinates[0];
      return (map: ToLonLat): Point => map(x, y);
    }),
  points: (point) => [point],
};
