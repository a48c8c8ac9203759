import { z } from 'zod';
import { Problem, zodText } from '../../problem.js';

/** A geometry of a filter in the filter's CRS; a bbox is a polygon. Positions are [first axis, second axis]. */
export type Geometry = z.infer<typeof GeoJson>;

/** Most positions a filter's geometry may have. */
const MOST_POSITIONS = 5000;

const Position = z
  .array(z.number())
  .min(2)
  .max(3)
  .transform(([x, y]): [number, number] => [x, y]);
const Line = z.array(Position).min(2);
const Ring = z
  .array(Position)
  .min(4)
  .refine((ring) => ring[0][0] === ring[ring.length - 1][0] && ring[0][1] === ring[ring.length - 1][1], {
    error: 'a ring must end where it begins',
  });
const Polygon = z.array(Ring).min(1);

const GeoJson = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Point'), coordinates: Position }),
  z.object({ type: z.literal('MultiPoint'), coordinates: z.array(Position).min(1) }),
  z.object({ type: z.literal('LineString'), coordinates: Line }),
  z.object({ type: z.literal('MultiLineString'), coordinates: z.array(Line).min(1) }),
  z.object({ type: z.literal('Polygon'), coordinates: Polygon }),
  z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(Polygon).min(1) }),
]);

const Box = z.object({ bbox: z.union([z.array(z.number()).length(4), z.array(z.number()).length(6)]) });

/** A geometry literal of CQL2 JSON: GeoJSON, or `{bbox: […]}`. @throws Problem 400 */
export function readGeometry(node: unknown): Geometry {
  const box = Box.safeParse(node);
  if (box.success) {
    const { bbox } = box.data;
    const [x0, y0] = bbox;
    const [x1, y1] = bbox.length === 4 ? bbox.slice(2) : bbox.slice(3);
    return { type: 'Polygon', coordinates: [rectangle(x0, y0, x1, y1)] };
  }
  const found = GeoJson.safeParse(node);
  if (!found.success) throw new Problem(400, `filter: not a geometry (${zodText(found.error)})`);
  if (countPositions(found.data.coordinates) > MOST_POSITIONS) {
    throw new Problem(400, `filter: a geometry of more than ${MOST_POSITIONS} points`);
  }
  return found.data;
}

export function rectangle(x0: number, y0: number, x1: number, y1: number): [number, number][] {
  return [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
    [x0, y0],
  ];
}

type Coordinates = Geometry['coordinates'];

function countPositions(coordinates: Coordinates): number {
  return coordinates.flat(3).length / 2;
}

/** Every position mapped. */
export function mapPositions(
  geometry: Geometry,
  map: (position: readonly [number, number]) => readonly [number, number],
): Geometry {
  const point = ([x, y]: readonly [number, number]): [number, number] => [...map([x, y])];
  switch (geometry.type) {
    case 'Point':
      return { ...geometry, coordinates: point(geometry.coordinates) };
    case 'MultiPoint':
    case 'LineString':
      return { ...geometry, coordinates: geometry.coordinates.map(point) };
    case 'MultiLineString':
    case 'Polygon':
      return { ...geometry, coordinates: geometry.coordinates.map((line) => line.map(point)) };
    case 'MultiPolygon':
      return {
        ...geometry,
        coordinates: geometry.coordinates.map((polygon) => polygon.map((ring) => ring.map(point))),
      };
  }
}

/** Well-known text. The numbers are finite: no expression of a database can hide in them. */
export function wktOf(geometry: Geometry): string {
  const point = ([x, y]: readonly [number, number]) => `${x} ${y}`;
  const line = (points: readonly [number, number][]) => `(${points.map(point).join(',')})`;
  const polygon = (rings: readonly [number, number][][]) => `(${rings.map(line).join(',')})`;
  switch (geometry.type) {
    case 'Point':
      return `POINT(${point(geometry.coordinates)})`;
    case 'MultiPoint':
      return `MULTIPOINT${line(geometry.coordinates)}`;
    case 'LineString':
      return `LINESTRING${line(geometry.coordinates)}`;
    case 'MultiLineString':
      return `MULTILINESTRING${polygon(geometry.coordinates)}`;
    case 'Polygon':
      return `POLYGON${polygon(geometry.coordinates)}`;
    case 'MultiPolygon':
      return `MULTIPOLYGON(${geometry.coordinates.map(polygon).join(',')})`;
  }
}

/** Points between on every side: a straight edge of one CRS bends in another. */
export function densified(ring: readonly (readonly [number, number])[], steps = 16): [number, number][] {
  const points: [number, number][] = [];
  for (let i = 0; i + 1 < ring.length; i++) {
    const [[x0, y0], [x1, y1]] = [ring[i], ring[i + 1]];
    for (let s = 0; s < steps; s++) points.push([x0 + ((x1 - x0) * s) / steps, y0 + ((y1 - y0) * s) / steps]);
  }
  return [...points, points[0]];
}
