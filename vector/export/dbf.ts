import { type Encoder, type Encoding, encoderOf } from './encoding.js';
import { type Cell, type Column, columnKind } from './layer.js';

/** Bytes of a field's name and of a text field, at most. */
const NAME_BYTES = 10;
const TEXT_BYTES = 254;
/** Language driver of code page 936; UTF-8 has none, and is told by the .cpg alone. */
const LANGUAGE_GBK = 0x4d;

export interface DbfFile {
  readonly bytes: Uint8Array;
  /** Texts that were longer than their field and were cut between characters. */
  readonly cut: number;
  /** Characters the encoding lacks, written as `?`. */
  readonly lacking: number;
}

interface Field {
  readonly name: Uint8Array;
  readonly type: 'C' | 'N' | 'L';
  readonly width: number;
  readonly decimals: number;
}

/**
 * A shapefile's attribute table (dBASE III), record for record in the order of the rows. GDAL writes these too, but cuts texts in
 * the middle of a character and its WebAssembly build knows no GBK.
 */
export function dbfFile<Properties>(
  rows: readonly Properties[],
  columns: readonly Column<Properties>[],
  encoding: Encoding,
): DbfFile {
  const encoder = encoderOf(encoding);
  const fields = columns.map((column) => fieldOf(column.short, column.type, encoder));
  const headBytes = 32 + 32 * fields.length + 1;
  const recordBytes = 1 + fields.reduce((sum, field) => sum + field.width, 0);
  const bytes = Buffer.alloc(headBytes + recordBytes * rows.length + 1, 0x20);
  writeHead(bytes, fields, { rows: rows.length, headBytes, recordBytes, encoding });
  rows.forEach((row, r) => {
    let at = headBytes + r * recordBytes + 1;
    columns.forEach((column, i) => {
      bytes.set(cellBytes(column.value(row), fields[i], encoder), at);
      at += fields[i].width;
    });
  });
  bytes[bytes.length - 1] = 0x1a;
  return { bytes, cut: encoder.cut(), lacking: encoder.lacking() };
}

function fieldOf(short: string, type: string, encoder: Encoder): Field {
  const name = encoder.encode(short);
  if (name.length > NAME_BYTES) throw new Error(`a shapefile has no room for the field name "${short}"`);
  const kind = columnKind(type);
  if (kind.kind === 'text') return { name, type: 'C', width: Math.min(TEXT_BYTES, kind.bytes), decimals: 0 };
  if (kind.kind === 'number') return { name, type: 'N', width: kind.width, decimals: kind.decimals };
  return { name, type: 'L', width: 1, decimals: 0 };
}

function writeHead(
  bytes: Buffer,
  fields: readonly Field[],
  file: { rows: number; headBytes: number; recordBytes: number; encoding: Encoding },
): void {
  bytes.fill(0, 0, file.headBytes);
  // no date of writing: the same result is the same file; 1995-07-26 is what GDAL puts there
  bytes.set([0x03, 95, 7, 26]);
  bytes.writeUInt32LE(file.rows, 4);
  bytes.writeUInt16LE(file.headBytes, 8);
  bytes.writeUInt16LE(file.recordBytes, 10);
  bytes[29] = file.encoding === 'gbk' ? LANGUAGE_GBK : 0;
  fields.forEach((field, i) => {
    const at = 32 + 32 * i;
    bytes.set(field.name, at);
    bytes.write(field.type, at + 11, 'latin1');
    bytes[at + 16] = field.width;
    bytes[at + 17] = field.decimals;
  });
  bytes[file.headBytes - 1] = 0x0d;
}

/** The bytes of a cell, no more than its field has; what is left of the field stays blank, which reads as null. */
function cellBytes(value: Cell, field: Field, encoder: Encoder): Uint8Array {
  if (field.type === 'L') return Buffer.from(value === null ? '?' : value ? 'T' : 'F', 'latin1');
  if (value === null || value === '') return new Uint8Array(0);
  if (field.type === 'C') return encoder.encodeCut(String(value), field.width);
  const text = Number(value).toFixed(field.decimals).padStart(field.width);
  // dBASE's sign of a number that has no room
  return Buffer.from(text.length > field.width ? '*'.repeat(field.width) : text, 'latin1');
}
