import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { type Crs, WGS84 } from '../../raster/crs.js';
import { BadInput, messageOf } from '../../raster/errors.js';
import { readCsv } from './csv.js';
import { readGeoPackage, readShapefile } from './gdal-source.js';
import { readGeoJson } from './geojson.js';
import type { FeatureSource, Shape } from './source.js';

export const FEATURE_FORMATS = ['.geojson', '.json', '.shp', '.gpkg', '.csv'] as const;
export type FeatureFormat = (typeof FEATURE_FORMATS)[number];

export interface ReadOptions {
  /** What to call the file in messages, e.g. `Permit file`. */
  readonly what: string;
  /** Formats taken; all where not said. */
  readonly formats?: readonly FeatureFormat[];
  /** CRS of files that name none; without it they are taken for WGS84. */
  readonly sourceCrs?: Crs;
  /** Column of a CSV that holds WKT, where it has another name than usual. */
  readonly wktField?: string;
}

/**
 * Reads a vector file of any format known here into WGS84 longitude, latitude.
 * @throws BadInput naming file, feature and cure.
 */
export async function readFeatures<G>(
  path: string,
  shape: Shape<G>,
  options: ReadOptions,
): Promise<FeatureSource<G>> {
  const { what, formats = FEATURE_FORMATS, sourceCrs } = options;
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new BadInput(`${what} ${path} cannot be read: ${messageOf(error)}`);
  });
  const extension = extname(path).toLowerCase();
  switch (formats.find((format) => format === extension)) {
    case '.geojson':
    case '.json':
      return readGeoJson(path, bytes.toString('utf8'), shape, sourceCrs);
    case '.shp':
      return readShapefile(path, bytes, shape, sourceCrs);
    case '.gpkg':
      return readGeoPackage(path, bytes, shape, sourceCrs);
    case '.csv':
      return readCsv(path, bytes, shape, { crs: sourceCrs ?? WGS84, wktField: options.wktField });
    default:
      throw new BadInput(
        `${what} ${path} is of no kind known here; expected ${formats.slice(0, -1).join(', ')} or ${formats.at(-1)}`,
      );
  }
}
