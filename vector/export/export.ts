import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Crs } from '../../raster/crs.js';
import { BadInput, messageOf, Unavailable } from '../../raster/errors.js';
import { convert, type NamedBytes } from '../gdal.js';
import type { Patch } from '../patch.js';
import { ringPlacer } from './features.js';
import { geojsonText } from './geojson.js';
import { COLUMNS, csvLines, plainCell, spreadsheetCell } from './table.js';

export const EXPORT_FORMATS = ['geojson', 'gpkg', 'shp', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportOptions {
  readonly format: ExportFormat;
  /** CRS of the file. */
  readonly crs: Crs;
  /** CRS of `patch.rings`. */
  readonly gridCrs: Crs;
  /** Path of the file; a shapefile's further files lie beside it. */
  readonly out: string;
}

/** The layer's name in a GeoPackage. */
const LAYER = 'patches';

/** Excel takes a CSV without it for the system's old encoding, and spoils Chinese. */
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * Writes patches to a file, x before y in every format; a file that was there is replaced when the new one is whole.
 * GeoPackage: layer `patches`. Shapefile: UTF-8 with its .cpg, field names of 10 characters (table.ts). CSV: UTF-8 with byte
 * order mark, geometry as WKT; the CRS stands nowhere in it.
 * @throws BadInput where the path or the CRS does not suit the format.
 * @throws Unavailable where the file cannot be written.
 */
export async function exportPatches(patches: readonly Patch[], options: ExportOptions): Promise<void> {
  const { format, crs, gridCrs, out } = options;
  if (format === 'geojson') return writePieces(out, geojsonText(patches, gridCrs, crs));
  const place = ringPlacer(gridCrs, crs);
  if (format === 'csv') {
    return writePieces(
      out,
      inPieces(withMark(csvLines(patches, place, { names: 'name', cell: spreadsheetCell }))),
    );
  }
  const names = format === 'shp' ? 'short' : 'name';
  if (format === 'shp' && extname(out).toLowerCase() !== '.shp') {
    throw new BadInput(`A shapefile's name ends in .shp; got "${out}"`);
  }
  const table = [...csvLines(patches, place, { names, cell: plainCell })].join('');
  await writeFiles(out, await convertTable(table, format, crs));
}

function* withMark(lines: Iterable<string>): Generator<string> {
  yield BYTE_ORDER_MARK;
  yield* lines;
}

/** A table with its types beside it keeps its fields when it has no rows, which GeoJSON would not. */
function convertTable(table: string, format: 'gpkg' | 'shp', crs: Crs): Promise<NamedBytes> {
  const types = COLUMNS.map((column) => `"${format === 'gpkg' ? withoutWidth(column.type) : column.type}"`);
  const files = new Map([
    ['in.csv', Buffer.from(table)],
    ['in.csvt', Buffer.from(`${[...types, '"WKT"'].join(',')}\n`)],
  ]);
  const common = ['-nln', format === 'gpkg' ? LAYER : 'out', '-nlt', 'POLYGON', '-a_srs', crsDefinition(crs)];
  return convert({
    files,
    source: 'in.csv',
    openOptions: ['KEEP_GEOM_COLUMNS=NO', 'EMPTY_STRING_AS_NULL=YES'],
    options:
      format === 'gpkg'
        ? ['-f', 'GPKG', ...common, '-lco', 'GEOMETRY_NAME=geom']
        : ['-f', 'ESRI Shapefile', ...common, '-lco', 'ENCODING=UTF-8'],
  });
}

function withoutWidth(type: string): string {
  return type.replace(/\([\d.]+\)$/, '');
}

function crsDefinition(crs: Crs): string {
  return crs.epsg === null ? `${crs.proj4} +type=crs` : `EPSG:${crs.epsg}`;
}

async function writePieces(out: string, pieces: Iterable<string | Uint8Array>): Promise<void> {
  const beside = temporaryName(out);
  await writing(out, async () => {
    await pipeline(Readable.from(pieces), createWriteStream(beside));
    renameSync(beside, out);
  }).finally(() => discard(beside));
}

/** A stream pays for every piece: lines go in bundles. */
function* inPieces(parts: Iterable<string>): Generator<string> {
  let piece = '';
  for (const part of parts) {
    piece += part;
    if (piece.length > 1 << 20) {
      yield piece;
      piece = '';
    }
  }
  yield piece;
}

/** Writes `out.*` under the name asked for; the file that the others hang on is renamed last. */
async function writeFiles(out: string, files: NamedBytes): Promise<void> {
  const stem = join(dirname(out), basename(out, extname(out)));
  const main = `out${extname(out).toLowerCase()}`;
  const targets = [...files.keys()].map((name) => {
    const target = files.size === 1 || name === main ? out : stem + extname(name);
    return { name, target, beside: temporaryName(target) };
  });
  targets.sort((a, b) => Number(a.target === out) - Number(b.target === out));
  await writing(out, async () => {
    for (const { name, beside } of targets) writeFileSync(beside, files.get(name) ?? new Uint8Array());
    for (const { target, beside } of targets) renameSync(beside, target);
  }).finally(() => {
    for (const { beside } of targets) discard(beside);
  });
}

function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.part`);
}

/** A failure to tidy up must not hide the failure before it. */
function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // the folder itself is not there, or no folder
  }
}

async function writing(out: string, work: () => Promise<void>): Promise<void> {
  try {
    mkdirSync(dirname(out), { recursive: true });
    await work();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new Unavailable(
      `${out} cannot be written: ${messageOf(error)}. Check the folder, its rights and the space left`,
    );
  }
}
