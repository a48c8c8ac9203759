import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { z } from 'zod';
import { WGS84 } from '../../raster/crs.js';
import { BadInput } from '../../raster/errors.js';
import { type Conversion, convert, describeVectors, GdalError } from '../gdal.js';
import { dbfDecoder } from './dbf-encoding.js';
import { readGeoJson } from './geojson.js';
import type { FeatureSource, Placing, Shape } from './source.js';

/** Reads the first layer of a shape in a GeoPackage. @throws BadInput. */
export function readGeoPackage<G>(
  path: string,
  bytes: Uint8Array,
  shape: Shape<G>,
  placing: Placing = {},
): Promise<FeatureSource<G>> {
  return readLayer(path, { files: new Map([['in.gpkg', bytes]]), source: 'in.gpkg' }, shape, placing);
}

/**
 * Reads a Shapefile with the files beside it. Texts are decoded here: GDAL takes those of a .dbf without .cpg for Latin-1,
 * which spoils Chinese (GBK or UTF-8 in practice).
 * @throws BadInput naming the file that is missing or broken.
 */
export async function readShapefile<G>(
  path: string,
  bytes: Uint8Array,
  shape: Shape<G>,
  placing: Placing = {},
): Promise<FeatureSource<G>> {
  const parts = await siblings(path);
  for (const needed of ['.shx', '.dbf']) {
    if (!parts.has(needed))
      throw new BadInput(`${path} lacks the ${needed} file beside it; copy all files of the shapefile`);
  }
  const files = new Map([['in.shp', bytes], ...[...parts].map(([ext, data]) => [`in${ext}`, data] as const)]);
  const cpg = parts.get('.cpg');
  files.delete('in.cpg');
  const decode = dbfDecoder(
    path,
    parts.get('.dbf') ?? new Uint8Array(),
    cpg && Buffer.from(cpg).toString('latin1').trim(),
  );
  const source = await readLayer(
    path,
    { files, source: 'in.shp', openOptions: ['ENCODING=ISO-8859-1'] },
    shape,
    placing,
  );
  return {
    features: source.features.map(({ place, properties, geometry }) => ({
      place,
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, value]) => [
          decode(key),
          typeof value === 'string' ? decode(value) : value,
        ]),
      ),
      geometry,
    })),
    warnings: source.warnings,
  };
}

/** The files of a shapefile that GDAL reads, by lower-case extension. */
async function siblings(path: string): Promise<Map<string, Uint8Array>> {
  const stem = basename(path, extname(path)).toLowerCase();
  const found = new Map<string, Uint8Array>();
  for (const name of await readdir(dirname(path))) {
    const extension = extname(name).toLowerCase();
    if (basename(name, extname(name)).toLowerCase() !== stem) continue;
    if (['.shx', '.dbf', '.prj', '.cpg'].includes(extension))
      found.set(extension, await readFile(join(dirname(path), name)));
  }
  return found;
}

const Description = z.object({
  layers: z.array(
    z.object({
      name: z.string(),
      geometryFields: z.array(z.object({ type: z.string(), coordinateSystem: z.unknown().optional() })),
    }),
  ),
});

/** The first layer of the shape, in WGS84: GDAL knows the CRS of its own formats best. */
async function readLayer<G>(
  path: string,
  source: Omit<Conversion, 'options'>,
  shape: Shape<G>,
  { otherwise, from }: Placing,
): Promise<FeatureSource<G>> {
  try {
    const { layers } = Description.parse(await describeVectors(source));
    const fitting = layers.filter((layer) => shape.layers.test(layer.geometryFields[0]?.type ?? ''));
    if (fitting.length === 0) {
      const there = layers.map(
        (layer) => `${layer.name} (${layer.geometryFields[0]?.type ?? 'no geometry'})`,
      );
      throw new BadInput(`${path} has no layer of ${shape.name}; it has: ${there.join(', ') || 'none'}`);
    }
    const [layer] = fitting;
    const known = layer.geometryFields[0].coordinateSystem !== undefined;
    const written = await convert({
      ...source,
      options: [
        '-f',
        'GeoJSON',
        '-dim',
        'XY',
        '-lco',
        'COORDINATE_PRECISION=12',
        ...(known ? ['-t_srs', 'EPSG:4326'] : []),
        '-sql',
        `SELECT * FROM "${layer.name.replaceAll('"', '""')}"`,
      ],
    });
    const text = Buffer.from([...written.values()][0] ?? new Uint8Array()).toString('utf8');
    const read = readGeoJson(path, text, shape, { otherwise: known ? WGS84 : otherwise, from });
    const warnings = [...read.warnings];
    if (!known && otherwise === undefined)
      warnings.push(`${path} names no CRS; its coordinates are taken for WGS84 longitude, latitude`);
    if (fitting.length > 1) {
      warnings.push(
        `${path} has several layers of ${shape.name}; "${layer.name}" is read, not ${fitting
          .slice(1)
          .map((l) => `"${l.name}"`)
          .join(', ')}`,
      );
    }
    return { features: read.features, warnings };
  } catch (error) {
    if (!(error instanceof GdalError)) throw error;
    throw new BadInput(
      `${path} cannot be read: ${error.message}. Check that it opens in QGIS, or save it as GeoJSON`,
    );
  }
}
