import { z } from 'zod';
import { type Crs, parseCrs, sameCrs, WGS84 } from '../../raster/crs.js';
import { BadInput, messageOf } from '../../raster/errors.js';
import { placer } from './placing.js';
import type { FeatureSource, Placing, Shape, SourceFeature } from './source.js';

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

/**
 * Reads a FeatureCollection; its `crs` member, where there is one, is minded.
 * A file that names no CRS is in WGS84, as RFC 7946 says, where `otherwise` does not tell.
 * @throws BadInput naming the feature, counted from 1.
 */
export function readGeoJson<G>(
  path: string,
  text: string,
  shape: Shape<G>,
  { otherwise = WGS84, from }: Placing = {},
): FeatureSource<G> {
  const collection = Collection.safeParse(parseJson(path, text));
  if (!collection.success) {
    throw new BadInput(`${path} is not a GeoJSON FeatureCollection: ${firstIssue(collection.error)}`);
  }
  const { crs, features } = collection.data;
  const own = crs ? namedCrs(path, crs.properties.name) : otherwise;
  const { map, assertNoDegrees } = placer(path, own, from);
  const read = features.map((feature, index): SourceFeature<G> => {
    const geometry = shape.schema.safeParse(feature.geometry);
    if (!geometry.success) {
      throw new BadInput(
        `${path}, feature ${index + 1}${nameOf(feature.properties)}: ${geometryProblem(feature.geometry, shape.types, geometry.error)}; expected ${shape.wanted}. Remove the feature or redraw it`,
      );
    }
    return {
      place: `feature ${index + 1}`,
      properties: feature.properties ?? {},
      geometry: geometry.data(map),
    };
  });
  assertNoDegrees();
  return {
    features: read,
    warnings:
      from === undefined &&
      features.some(({ properties }) => properties && 'adcode' in properties && 'acroutes' in properties)
        ? [
            `${path} looks like a file of DataV.GeoAtlas, whose coordinates are GCJ-02: some 500 m off. Say --from gcj02 to have them converted, or --from wgs84 where they are not`,
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
  try {
    const crs = parseCrs(code[1], 'CRS');
    return sameCrs(crs, WGS84) ? WGS84 : crs;
  } catch (error) {
    throw new BadInput(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

function nameOf(properties: Readonly<Record<string, unknown>> | null | undefined): string {
  const name = properties?.name;
  return typeof name === 'string' ? ` (${name})` : '';
}

function geometryProblem(geometry: unknown, types: readonly string[], error: z.ZodError): string {
  if (geometry === null || geometry === undefined) return 'has no geometry';
  const type = typeof geometry === 'object' && 'type' in geometry ? geometry.type : undefined;
  return types.some((known) => known === type)
    ? `has a broken ${String(type)} (${firstIssue(error)})`
    : `is a ${String(type)}`;
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return `${issue.path.join('.') || 'top level'}: ${issue.message}`;
}
