import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { parse } from 'csv-parse/sync';
import iconv from 'iconv-lite';
import { readSheet } from 'read-excel-file/node';
import { z } from 'zod';
import { BadInput, messageOf } from '../../raster/errors.js';
import type { ResultsFile, TableRow } from '../../reports/leads/results.js';
import { checkUnpackedSize } from './zip-size.js';

/** Larger files are none of visits to a district's leads. */
const MOST_BYTES = 32 << 20;
/** Of a workbook, whose XML grows to some ten times its size. */
const MOST_UNPACKED = 64 << 20;

/** Reads a table with a head: CSV (UTF-8 or GBK), XLSX (its first sheet) or JSON (a list of objects). @throws BadInput */
export async function readResultsFile(path: string): Promise<ResultsFile> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new BadInput(`${path} cannot be read: ${messageOf(error)}`);
  });
  if (bytes.length > MOST_BYTES)
    throw new BadInput(`${path} is larger than 32 MB; expected a table of visits`);
  const name = basename(path);
  const read = READERS[extname(path).toLowerCase()];
  if (read === undefined) throw new BadInput(`${path}: expected a file that ends in .csv, .xlsx or .json`);
  try {
    return await read(name, bytes);
  } catch (error) {
    if (error instanceof BadInput) throw error;
    throw new BadInput(
      `${path} is not readable as ${extname(path).slice(1)}: ${messageOf(error).split('\n')[0]}`,
    );
  }
}

type Reader = (name: string, bytes: Buffer) => ResultsFile | Promise<ResultsFile>;

const READERS: Readonly<Record<string, Reader>> = {
  '.csv': (name, bytes) =>
    tableOf(name, z.array(z.array(z.string())).parse(parse(decoded(bytes), CSV_OPTIONS))),
  '.xlsx': async (name, bytes) => {
    await checkUnpackedSize(bytes, MOST_UNPACKED).catch((error: unknown) => {
      throw new BadInput(`${name} ${messageOf(error)}; expected a table of visits`);
    });
    return tableOf(name, await readSheet(bytes));
  },
  '.json': (name, bytes) => {
    const list = z.array(z.record(z.string(), z.unknown())).parse(JSON.parse(decoded(bytes)));
    const columns = [...new Set(list.flatMap((row) => Object.keys(row)))];
    return {
      name,
      columns,
      rows: list.map((row, i) => ({ line: i + 1, row: new Map(Object.entries(row)) })),
    };
  },
};

const CSV_OPTIONS = { bom: true, relax_column_count: true, skip_empty_lines: false } as const;

/** Excel in China saves CSV as GBK, which is hardly ever valid UTF-8. */
function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return iconv.decode(bytes, 'gbk');
  }
}

function tableOf(name: string, rows: readonly (readonly unknown[])[]): ResultsFile {
  const [head = [], ...rest] = rows;
  const columns = head.map((cell) => (cell === null ? '' : String(cell).trim()));
  return {
    name,
    columns: columns.filter((column) => column !== ''),
    rows: rest.map((cells, i) => {
      const row: TableRow = new Map(columns.map((column, c) => [column, withoutGuard(cells[c])]));
      return { line: i + 2, row };
    }),
  };
}

/** Our own exports put an apostrophe before what a spreadsheet would run. */
function withoutGuard(cell: unknown): unknown {
  return typeof cell === 'string' ? cell.replace(/^'(?=[=+\-@\t\r\n])/, '') : cell;
}
