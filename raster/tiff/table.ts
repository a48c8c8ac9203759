import { assertInside, type ByteSource } from './source.js';

/** TileOffsets, TileByteCounts and their strip twins: numbers that may be many, so they are read a page at a time. */
export interface NumberTable {
  readonly length: number;
  /** What it is made of, as plain data: `tableFrom` makes the same in another thread. */
  readonly plain: PlainTable;
  /** @throws Error where the file ends before the number. */
  at(index: number): Promise<number>;
}

/** Numbers at hand, or where they lie in the file. */
export type PlainTable =
  | { readonly values: ArrayLike<number> }
  | { readonly littleEndian: boolean; readonly place: TablePlace };

export interface TablePlace {
  readonly offset: number;
  readonly fieldType: number;
  readonly length: number;
}

export function tableFrom(source: ByteSource, plain: PlainTable): NumberTable {
  return 'values' in plain ? tableOf(plain.values) : tableInFile(source, plain.littleEndian, plain.place);
}

/** Bytes of a field type (TIFF 6.0 section 2, BigTIFF) that may hold such numbers. */
const WIDTHS: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 17: 8, 18: 8 };

const PAGE = 4096;

export function tableOf(values: ArrayLike<number>): NumberTable {
  return { length: values.length, plain: { values }, at: async (index) => values[index] ?? Number.NaN };
}

/**
 * A table that lies in the file. geotiff.js has one too, but reads it as little-endian always (3.0.5) and allocates
 * the length the file claims.
 * @throws Error where the field type cannot hold offsets or the table does not lie inside the file.
 */
export function tableInFile(source: ByteSource, littleEndian: boolean, at: TablePlace): NumberTable {
  const width = WIDTHS[at.fieldType];
  if (width === undefined)
    throw new Error(`its tile table has field type ${at.fieldType}, which cannot hold offsets`);
  assertInside(at.offset, at.length * width, source.size);
  const pages = new Map<number, Promise<Float64Array>>();

  async function load(page: number): Promise<Float64Array> {
    const count = Math.min(PAGE, at.length - page * PAGE);
    const bytes = await source.read(at.offset + page * PAGE * width, count * width);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const numbers = new Float64Array(count);
    for (let i = 0; i < count; i++) numbers[i] = readUint(view, i * width, width, littleEndian);
    return numbers;
  }

  return {
    length: at.length,
    plain: { littleEndian, place: at },
    async at(index) {
      const page = Math.floor(index / PAGE);
      let numbers = pages.get(page);
      if (!numbers) {
        numbers = load(page);
        pages.set(page, numbers);
        numbers.catch(() => pages.delete(page));
      }
      return (await numbers)[index - page * PAGE] ?? Number.NaN;
    },
  };
}

function readUint(view: DataView, offset: number, width: number, littleEndian: boolean): number {
  if (width === 1) return view.getUint8(offset);
  if (width === 2) return view.getUint16(offset, littleEndian);
  if (width === 4) return view.getUint32(offset, littleEndian);
  return Number(view.getBigUint64(offset, littleEndian));
}
