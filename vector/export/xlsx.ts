import type { Cell as SheetCell } from 'write-excel-file/node';
import type { PolygonRings } from '../patch.js';
import { type Cell, columnKind, type Layer } from './layer.js';
import { disarmed, polygonWkt } from './table.js';

/** Most characters a cell of Excel holds. */
const CELL_CHARACTERS = 32_767;

/**
 * A layer as a workbook of one sheet: numbers as numbers, the head frozen. Excel cannot hold the outline of a patch of
 * thousands of points in a cell: such a cell says so, and the other formats have it.
 */
export async function xlsxFile<Row, Properties>(
  rows: readonly Row[],
  layer: Layer<Row, Properties>,
  place: (rings: PolygonRings) => PolygonRings,
): Promise<Uint8Array> {
  const { default: writeExcel } = await import('write-excel-file/node');
  const { columns } = layer;
  const head: SheetCell[] = [...columns.map((column) => column.name), 'WKT'].map((value) => ({
    value,
    type: String,
    fontWeight: 'bold',
    backgroundColor: '#dce6ee',
    wrap: true,
    alignVertical: 'center',
  }));
  const lines = rows.map((row) => {
    const properties = layer.properties(row);
    const cells = columns.map((column) => sheetCell(column.value(properties), column.type));
    return [...cells, textCell(outline(place(layer.rings(row))))];
  });
  const widths = [
    ...columns.map((column) => ({ width: columnWidth(column.name, column.type) })),
    { width: 40 },
  ];
  const made = writeExcel(
    [head, ...lines],
    { columns: widths, stickyRowsCount: 1, sheet: layer.name },
    { fontFamily: 'Microsoft YaHei', fontSize: 10 },
  );
  return new Uint8Array(await made.toBuffer());
}

function sheetCell(value: Cell, type: string): SheetCell {
  if (value === null || value === '') return null;
  if (typeof value === 'boolean') return { value, type: Boolean };
  if (typeof value === 'string') return textCell(value);
  const kind = columnKind(type);
  const decimals = kind.kind === 'number' ? kind.decimals : 0;
  return { value, type: Number, format: decimals === 0 ? '0' : `0.${'0'.repeat(Math.min(decimals, 7))}` };
}

function textCell(text: string): SheetCell {
  const value = disarmed(text);
  return { value: value.slice(0, CELL_CHARACTERS), type: String };
}

function outline(rings: PolygonRings): string {
  const text = polygonWkt(rings);
  if (text.length <= CELL_CHARACTERS) return text;
  const points = rings.reduce((sum, ring) => sum + ring.length, 0);
  return `${points} points: too long for a cell, see GeoJSON, GeoPackage, Shapefile or CSV`;
}

/** In characters; a Chinese one is two wide. */
function columnWidth(name: string, type: string): number {
  const kind = columnKind(type);
  const content = kind.kind === 'text' ? Math.min(40, kind.bytes / 2.5) : 12;
  const head = [...name].reduce((sum, character) => sum + (character > '\u00ff' ? 2 : 1), 0);
  return Math.round(Math.max(content, Math.min(head, 20) + 2, 8));
}
