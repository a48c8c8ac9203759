import type { PolygonRings } from '../patch.js';

export type Cell = string | number | boolean | null;

/** A column of the flat formats, with its type in the words of OGR's CSVT files. */
export interface Column<Properties> {
  readonly name: string;
  /** A shapefile's field name: 10 bytes at most in the file's encoding. */
  readonly short: string;
  /**
   * `String(n)`: n is the bytes a shapefile keeps for it, three for a Chinese character in UTF-8; `Real(width.decimals)`;
   * `Integer(Boolean)`.
   */
  readonly type: string;
  readonly value: (properties: Properties) => Cell;
}

/** How things with a polygon become features and rows. */
export interface Layer<Row, Properties> {
  /** The layer's name in a GeoPackage, the sheet's in a workbook. */
  readonly name: string;
  /** Properties of the GeoJSON feature; what the columns are made from. */
  readonly properties: (row: Row) => Properties;
  readonly rings: (row: Row) => PolygonRings;
  readonly columns: readonly Column<Properties>[];
}

/** A column type, taken apart. @throws Error where it is none of ours. */
export function columnKind(
  type: string,
):
  | { readonly kind: 'text'; readonly bytes: number }
  | { readonly kind: 'number'; readonly width: number; readonly decimals: number }
  | { readonly kind: 'boolean' } {
  const text = /^String\((\d+)\)$/.exec(type);
  if (text) return { kind: 'text', bytes: Number(text[1]) };
  const real = /^Real\((\d+)\.(\d+)\)$/.exec(type);
  if (real) return { kind: 'number', width: Number(real[1]), decimals: Number(real[2]) };
  if (type === 'Integer(Boolean)') return { kind: 'boolean' };
  throw new Error(`no column type: ${type}`);
}
