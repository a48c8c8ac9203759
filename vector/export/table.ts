import type { Patch, PolygonRings } from '../patch.js';
import { type PatchProperties, patchProperties } from './features.js';
import type { Cell, Layer } from './layer.js';

/** Patches as a layer. */
export const PATCH_LAYER: Layer<Patch, PatchProperties> = {
  name: 'patches',
  properties: patchProperties,
  rings: (patch) => patch.rings,
  columns: [
    { name: 'number', short: 'number', type: 'String(64)', value: (p) => p.number },
    { name: 'class', short: 'class', type: 'String(24)', value: (p) => p.class },
    { name: 'class_zh', short: 'class_zh', type: 'String(24)', value: (p) => p.class_zh },
    { name: 'subdistrict_code', short: 'subd_code', type: 'String(32)', value: (p) => p.subdistrict_code },
    { name: 'subdistrict', short: 'subdistr', type: 'String(120)', value: (p) => p.subdistrict },
    { name: 'before', short: 'before', type: 'String(10)', value: (p) => p.before },
    { name: 'after', short: 'after', type: 'String(10)', value: (p) => p.after },
    { name: 'area_m2', short: 'area_m2', type: 'Real(20.6)', value: (p) => p.area_m2 },
    { name: 'area_mu', short: 'area_mu', type: 'Real(20.6)', value: (p) => p.area_mu },
    { name: 'confidence', short: 'confidence', type: 'Real(8.4)', value: (p) => p.confidence },
    { name: 'state', short: 'state', type: 'String(10)', value: (p) => p.state },
    { name: 'perimeter_m', short: 'perim_m', type: 'Real(16.3)', value: (p) => p.perimeter_m },
    { name: 'compactness', short: 'compact', type: 'Real(8.4)', value: (p) => p.compactness },
    { name: 'centroid_lon', short: 'lon', type: 'Real(12.7)', value: (p) => p.centroid[0] },
    { name: 'centroid_lat', short: 'lat', type: 'Real(12.7)', value: (p) => p.centroid[1] },
    { name: 'to_bare', short: 'to_bare', type: 'Integer(Boolean)', value: (p) => p.to_bare },
    { name: 'decided', short: 'decided', type: 'String(7)', value: (p) => p.decided },
    { name: 'model', short: 'model', type: 'String(129)', value: (p) => p.model },
    { name: 'held_zh', short: 'held_zh', type: 'String(254)', value: (p) => p.held_zh },
    { name: 'held_en', short: 'held_en', type: 'String(254)', value: (p) => p.held_en },
  ],
};

type CellWriter = (value: Cell) => string;

/**
 * A layer as CSV lines (RFC 4180, CRLF), the geometry as WKT in the last column.
 * @param place brings rings into the CRS asked for
 */
export function* csvLines<Row, Properties>(
  rows: readonly Row[],
  layer: Layer<Row, Properties>,
  place: (rings: PolygonRings) => PolygonRings,
  cell: CellWriter,
): Generator<string> {
  const { columns, properties, rings } = layer;
  yield `${[...columns.map((column) => headCell(column.name)), 'WKT'].join(',')}\r\n`;
  for (const row of rows) {
    const values = properties(row);
    const cells = columns.map((column) => cell(column.value(values)));
    yield `${cells.join(',')},"${polygonWkt(place(rings(row)))}"\r\n`;
  }
}

function headCell(name: string): string {
  return /[",\r\n]/.test(name) ? quote(name) : name;
}

/** A cell for GDAL: numbers bare, texts quoted. */
export const plainCell: CellWriter = (value) => {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? '1' : '0';
  return typeof value === 'number' ? String(value) : quote(value);
};

/** A cell for a spreadsheet. */
export const spreadsheetCell: CellWriter = (value) =>
  typeof value === 'string' ? quote(disarmed(value)) : plainCell(value);

/** A text that a spreadsheet would run as a formula (OWASP, CSV injection) gets an apostrophe before it. */
export function disarmed(text: string): string {
  return /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
}

function quote(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** OGC well-known text. */
export function polygonWkt(rings: PolygonRings): string {
  return `POLYGON (${rings.map((ring) => `(${ring.map(([x, y]) => `${x} ${y}`).join(',')})`).join(',')})`;
}
