import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { z } from 'zod';
import { BadInput } from '../../raster/errors.js';
import { type Conversion, convert, describeVectors, GdalError } from '../gdal.js';
import { dbfDecoder } from './dbf-encoding.js';
import { readGeoJson } from './geojson.js';
import type { DistrictSource } from './source.js';

/** Reads the polygon layer of a GeoPackage. @throws BadInput. */
export function readGeoPackage(path: string, bytes: Uint8Array): Promise<DistrictSource> {
  return readLayer(path, { files: new Map([['in.gpkg', bytes]]), source: 'in.gpkg' });
}

/**
 * Reads a Shapefile with the files beside it. Texts are decoded here: GDAL takes those of a .dbf without .cpg for Latin-1,
 * which spoils Chinese (GBK or UTF-8 in practice).
 * @throws BadInput naming the file that is missing or broken.
 */
export async function readShapefile(path: string, bytes: Uint8Array): Promise<DistrictSource> {
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
  const source = await readLayer(path, { files, source: 'in.shp', openOptions: ['ENCODING=ISO-8859-1'] });
  return {
    features: source.features.map(({ properties, polygons }) => ({
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, value]) => [
          decode(key),
          typeof value === 'string' ? decode(value) : value,
        ]),
      ),
      polygons,
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

/** The first layer of polygons, in WGS84: GDAL knows the CRS of its own formats best. */
async function readLayer(path: string, source: Omit<Conversion, 'options'>): Promise<DistrictSource> {
  try {
    const { layers } = Description.parse(await describeVectors(source));
    const areal = layers.filter((layer) =>
      /polygon|unknown|collection/i.test(layer.geometryFields[0]?.type ?? ''),
    );
    if (areal.length === 0) {
      const there = layers.map(
        (layer) => `${layer.name} (${layer.geometryFields[0]?.type ?? 'no geometry'})`,
      );
      throw new BadInput(`${path} has no layer of polygons; it has: ${there.join(', ') || 'none'}`);
    }
    const [layer] = areal;
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
    const read = readGeoJson(path, text);
    const warnings = [...read.warnings];
    if (!known)
      warnings.push(`${path} names no CRS; its coordinates are taken for WGS84 longitude, latitude`);
    if (areal.length > 1) {
      warnings.push(
        `${path} has several layers of polygons; "${layer.name}" is read, not ${areal
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
