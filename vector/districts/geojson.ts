import { z } from 'zod';
import type { Point } from '../../raster/affine.js';
import { type Crs, crsFromEpsg, parseCrs, sameCrs, transformer, WGS84 } from '../../raster/crs.js';
import { BadInput, messageOf } from '../../raster/errors.js';
import type { DistrictSource, SourceFeature } from './source.js';

const Position = z.array(z.number()).min(2);
const PolygonCoordinates = z.array(z.array(Position));
const Geometry = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Polygon'), coordinates: PolygonCoordinates }),
  z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(PolygonCoordinates) }),
]);
const Collection = z.object({
  type: z.literal('FeatureCollection'),
  crs: z.object({ properties: z.object({ name: z.string() }) }).nullish(),
  features: z.array(
    z.object({
      type: z.literal('Feature'),
      properties: z.record(z.string(), z.unknown()).nullish(),
      geometry: z.unknown(),
    }),
  ),
});

/** Reads a FeatureCollection of polygons; its `crs` member, where there is one, is minded. @throws BadInput. */
export function readGeoJson(path: string, text: string): DistrictSource {
  const collection = Collection.safeParse(parseJson(path, text));
  if (!collection.success) {
    throw new BadInput(`${path} is not a GeoJSON FeatureCollection: ${firstIssue(collection.error)}`);
  }
  const { crs, features } = collection.data;
  const map = transformer(crs ? namedCrs(path, crs.properties.name) : WGS84, WGS84);
  return {
    features: features.map((feature, index): SourceFeature => {
      const geometry = Geometry.safeParse(feature.geometry);
      if (!geometry.success) {
        throw new BadInput(
          `${path}, feature ${index + 1}${nameOf(feature.properties)}: ${geometryProblem(feature.geometry, geometry.error)}; expected a Polygon or MultiPolygon of numbers. Remove the feature or redraw it`,
        );
      }
      const { type, coordinates } = geometry.data;
      const polygons = type === 'Polygon' ? [coordinates] : coordinates;
      return {
        properties: feature.properties ?? {},
        polygons: polygons.map((rings) => rings.map((ring) => ring.map(([x, y]): Point => map(x, y)))),
      };
    }),
    warnings: features.some(
      ({ properties }) => properties && 'adcode' in properties && 'acroutes' in properties,
    )
      ? [
          `${path} looks like a file of DataV.GeoAtlas, whose coordinates are GCJ-02: some 500 m off. Use boundaries in WGS84 or CGCS2000`,
        ]
      : [],
  };
}

function parseJson(path: string, text: string): unknown {
  try {
    // editors on Windows put a byte order mark first
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new BadInput(`${path} is not valid JSON: ${messageOf(error)}`);
  }
}

/** `urn:ogc:def:crs:EPSG::4547`, `EPSG:4547`, `urn:ogc:def:crs:OGC:1.3:CRS84`. */
function namedCrs(path: string, name: string): Crs {
  if (/CRS84$/i.test(name)) return WGS84;
  const code = /EPSG:(?:[\d.]*:)?(\d+)$/i.exec(name);
  if (!code)
    throw new BadInput(`${path} names the CRS "${name}"; expected urn:ogc:def:crs:EPSG::n or none (WGS84)`);
  const crs = crsFromEpsg(parseCrs(code[1], `CRS of ${path}`).epsg ?? 0);
  return sameCrs(crs, WGS84) ? WGS84 : crs;
}

function nameOf(properties: Readonly<Record<string, unknown>> | null | undefined): string {
  const name = properties?.name;
  return typeof name === 'string' ? ` (${name})` : '';
}

function geometryProblem(geometry: unknown, error: z.ZodError): string {
  if (geometry === null || geometry === undefined) return 'has no geometry';
  const type = typeof geometry === 'object' && 'type' in geometry ? geometry.type : undefined;
  return type === 'Polygon' || type === 'MultiPolygon'
    ? `has a broken ${type} (${firstIssue(error)})`
    : `is a ${String(type)}`;
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return `${issue.path.join('.') || 'top level'}: ${issue.message}`;
}
