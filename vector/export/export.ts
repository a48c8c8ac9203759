import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Crs } from '../../raster/crs.js';
import { BadInput, messageOf, Unavailable } from '../../raster/errors.js';
import { convert, type NamedBytes } from '../gdal.js';
import type { Patch } from '../patch.js';
import { dbfFile } from './dbf.js';
import { type Encoding, encoderOf } from './encoding.js';
import { ringPlacer } from './features.js';
import { geojsonText } from './geojson.js';
import type { Layer } from './layer.js';
import { csvLines, PATCH_LAYER, plainCell, spreadsheetCell } from './table.js';

export const EXPORT_FORMATS = ['geojson', 'gpkg', 'shp', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
/** Those and a workbook. */
export const LAYER_FORMATS = [...EXPORT_FORMATS, 'xlsx'] as const;
export type LayerFormat = (typeof LAYER_FORMATS)[number];

interface Target {
  /** CRS of the file. */
  readonly crs: Crs;
  /** CRS of the rings. */
  readonly gridCrs: Crs;
  /** Path of the file; a shapefile's further files lie beside it. */
  readonly out: string;
}

export interface ExportOptions extends Target {
  readonly format: ExportFormat;
}

export interface LayerOptions extends Target {
  readonly format: LayerFormat;
  /** Of a shapefile's table and of CSV; the other formats are always UTF-8. */
  readonly encoding?: Encoding;
}

/** What the format could not hold. */
export interface ExportLosses {
  /** Texts cut because a shapefile's field has no room for them. */
  readonly cut: number;
  /** Characters the encoding lacks, written as `?`. */
  readonly lacking: number;
}

const NO_LOSSES: ExportLosses = { cut: 0, lacking: 0 };

/** Excel takes a CSV without it for the system's old encoding, and spoils Chinese. */
const BYTE_ORDER_MARK = '\uFEFF';

/** The patches of a month (`exportLayer`). */
export async function exportPatches(patches: readonly Patch[], options: ExportOptions): Promise<void> {
  await exportLayer(patches, PATCH_LAYER, options);
}

/**
 * Writes a layer to a file, x before y in every format; a file that was there is replaced when the new one is whole.
 * GeoPackage: one layer. Shapefile: with its .cpg, field names of 10 bytes. CSV: geometry as WKT, the CRS stands nowhere in
 * it; UTF-8 has a byte order mark. XLSX: one sheet.
 * @throws BadInput where the path or the CRS does not suit the format.
 * @throws Unavailable where the file cannot be written.
 */
export async function exportLayer<Row, Properties>(
  rows: readonly Row[],
  layer: Layer<Row, Properties>,
  options: LayerOptions,
): Promise<ExportLosses> {
  const { format, crs, gridCrs, out, encoding = 'utf-8' } = options;
  if (format === 'geojson') {
    await writePieces(out, geojsonText(rows, layer, gridCrs, crs));
    return NO_LOSSES;
  }
  const place = ringPlacer(gridCrs, crs);
  if (format === 'csv') {
    const encoder = encoderOf(encoding);
    const lines = csvLines(rows, layer, place, spreadsheetCell);
    const pieces = inPieces(encoding === 'utf-8' ? withMark(lines) : lines);
    await writePieces(out, encoded(pieces, encoder.encode));
    return { cut: 0, lacking: encoder.lacking() };
  }
  if (format === 'xlsx') {
    const { xlsxFile } = await import('./xlsx.js');
    await writeFiles(out, new Map([['out.xlsx', await xlsxFile(rows, layer, place)]]));
    return NO_LOSSES;
  }
  if (format === 'gpkg') {
    const table = [...csvLines(rows, layer, place, plainCell)].join('');
    const types = layer.columns.map((column) => withoutWidth(column.type));
    await writeFiles(out, await convertTable({ table, types, format, layerName: layer.name, crs }));
    return NO_LOSSES;
  }
  if (extname(out).toLowerCase() !== '.shp') {
    throw new BadInput(`A shapefile's name ends in .shp; got "${out}"`);
  }
  // GDAL makes the shapes, we make the table
  const shapes: Layer<Row, number> = {
    name: 'out',
    properties: () => 0,
    rings: layer.rings,
    columns: [{ name: 'id', short: 'id', type: 'Integer(Boolean)', value: (id) => id }],
  };
  const table = [...csvLines(rows, shapes, place, plainCell)].join('');
  const files = new Map(await convertTable({ table, types: ['Integer'], format, layerName: 'out', crs }));
  const { bytes, ...losses } = dbfFile(rows.map(layer.properties), layer.columns, encoding);
  files.set('out.dbf', bytes);
  files.set('out.cpg', Buffer.from(encoding === 'gbk' ? 'GBK' : 'UTF-8'));
  await writeFiles(out, files);
  return losses;
}

function* withMark(lines: Iterable<string>): Generator<string> {
  yield BYTE_ORDER_MARK;
  yield* lines;
}

function* encoded(pieces: Iterable<string>, encode: (text: string) => Uint8Array): Generator<Uint8Array> {
  for (const piece of pieces) yield encode(piece);
}

interface TableToConvert {
  /** CSV with the geometry as WKT. */
  readonly table: string;
  readonly types: readonly string[];
  readonly format: 'gpkg' | 'shp';
  readonly layerName: string;
  readonly crs: Crs;
}

/** A table with its types beside it keeps its fields when it has no rows, which GeoJSON would not. */
function convertTable({ table, types, format, layerName, crs }: TableToConvert): Promise<NamedBytes> {
  const files = new Map([
    ['in.csv', Buffer.from(table)],
    ['in.csvt', Buffer.from(`${[...types.map((type) => `"${type}"`), '"WKT"'].join(',')}\n`)],
  ]);
  const common = ['-nln', layerName, '-nlt', 'POLYGON', '-a_srs', crsDefinition(crs)];
  return convert({
    files,
    source: 'in.csv',
    openOptions: ['KEEP_GEOM_COLUMNS=NO', 'EMPTY_STRING_AS_NULL=YES'],
    options:
      format === 'gpkg'
        ? ['-f', 'GPKG', ...common, '-lco', 'GEOMETRY_NAME=geom']
        : ['-f', 'ESRI Shapefile', ...common],
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
