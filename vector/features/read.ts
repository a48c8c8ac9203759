import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Crs } from '../../raster/crs.js';
import { BadInput, messageOf } from '../../raster/errors.js';
import { readCsv } from './csv.js';
import { readGeoPackage, readShapefile } from './gdal-source.js';
import { readGeoJson } from './geojson.js';
import type { FeatureSource, Frame, Shape } from './source.js';

export const FEATURE_FORMATS = ['.geojson', '.json', '.shp', '.gpkg', '.csv'] as const;
export type FeatureFormat = (typeof FEATURE_FORMATS)[number];

export interface ReadOptions {
  /** What to call the file in messages, e.g. `Permit file`. */
  readonly what: string;
  /** Formats taken; all where not said. */
  readonly formats?: readonly FeatureFormat[];
  /** CRS of files that name none; without it they are taken for WGS84. */
  readonly sourceCrs?: Crs;
  /** Frame of the coordinates, where somebody knows it. */
  readonly from?: Frame;
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
  const { what, formats = FEATURE_FORMATS, sourceCrs, from } = options;
  const placing = { otherwise: sourceCrs, from };
  await assertReadable(what, path);
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new BadInput(`${what} ${path} cannot be read: ${messageOf(error)}`);
  });
  const extension = extname(path).toLowerCase();
  switch (formats.find((format) => format === extension)) {
    case '.geojson':
    case '.json':
      return readGeoJson(path, bytes.toString('utf8'), shape, placing);
    case '.shp':
      return readShapefile(path, bytes, shape, placing);
    case '.gpkg':
      return readGeoPackage(path, bytes, shape, placing);
    case '.csv':
      return readCsv(path, bytes, shape, { ...placing, wktField: options.wktField });
    default:
      throw new BadInput(
        `${what} ${path} is of no kind known here; expected ${formats.slice(0, -1).join(', ')} or ${formats.at(-1)}`,
      );
  }
}

/**
 * Bytes of the largest file taken: it is held whole in memory, as text and as coordinates. A district's boundaries have less
 * than a megabyte, 100,000 addresses some twenty.
 */
export const MAX_FEATURE_BYTES = 100 * 1024 * 1024;

async function assertReadable(what: string, path: string): Promise<void> {
  // whatever else is wrong with the file is told by whoever reads it
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size <= MAX_FEATURE_BYTES) return;
  const mb = (bytes: number) => Math.round(bytes / 2 ** 20);
  throw new BadInput(
    `${what} ${path} has ${mb(size)} MB, more than ${mb(MAX_FEATURE_BYTES)} MB; cut it to the district, e.g. ogr2ogr -clipsrc, or import it in parts`,
  );
}
