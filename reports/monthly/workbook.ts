import writeExcelFile, { type CellObject } from 'write-excel-file/node';
import { disarmed } from '../../vector/export/table.js';
import type { ReportDocument } from './document-schema.js';
import type { Sheet, SheetColumn } from './sheet.js';
import { reportSheets } from './sheets.js';

/** The report as an Excel workbook: a sheet a table, the head frozen and bold, numbers as numbers. */
export async function writeWorkbook(document: ReportDocument): Promise<Uint8Array> {
  const sheets = reportSheets(document);
  const bytes = await writeExcelFile(
    sheets.map((sheet) => ({
      sheet: sheet.name,
      data: [
        sheet.columns.map(headCell),
        ...sheet.rows.map((row) => row.map((value, i) => cell(value, sheet.columns[i]))),
      ],
      columns: sheet.columns.map(({ width }) => ({ width: width ?? 12 })),
      stickyRowsCount: 1,
    })),
    { fontSize: 10 },
  ).toBuffer();
  return new Uint8Array(bytes);
}

function headCell({ head }: SheetColumn): CellObject {
  return {
    value: head,
    type: String,
    fontWeight: 'bold',
    backgroundColor: '#eef2f4',
    wrap: true,
    alignVertical: 'center',
  };
}

/** Texts are typed as texts and disarmed, so that no spreadsheet runs one as a formula. */
function cell(value: Sheet['rows'][number][number], column: SheetColumn): CellObject | null {
  if (value === null) return null;
  if (typeof value === 'string')
    return { value: disarmed(value), type: String, wrap: (column.width ?? 0) > 60 };
  return { value, type: Number, ...(column.format === undefined ? {} : { format: column.format }) };
}
