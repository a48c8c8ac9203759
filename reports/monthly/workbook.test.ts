import readExcel from 'read-excel-file/node';
import { describe, expect, it } from 'vitest';
import { reportDocument } from './document.js';
import { comparison, input, patch } from './fixtures.js';
import { reportSheets } from './sheets.js';
import { writeWorkbook } from './workbook.js';

const EVIL = '=cmd|calc!A1';
const document = reportDocument(
  input({
    comparisons: [
      comparison({
        patches: [patch('P1', 40, { subdistrict: EVIL }), patch('P2', 20, { class: 'forest_loss' })],
      }),
    ],
  }),
);

describe('the workbook', () => {
  it.each(['zh', 'en'] as const)('reads back in %s as the tables it was made of', async (lang) => {
    const localized = { ...document, lang };
    const bytes = Buffer.from(await writeWorkbook(localized));
    const sheets = reportSheets(localized);
    const read = await readExcel(bytes);
    expect(read.map(({ sheet }) => sheet)).toEqual(sheets.map(({ name }) => name));
    for (const [i, { data }] of read.entries()) {
      expect(data[0]).toEqual(sheets[i].columns.map(({ head }) => head));
      const written = sheets[i].rows.map((row) => row.map((value) => (value === EVIL ? `'${EVIL}` : value)));
      expect(data.slice(1)).toEqual(written);
    }
  });

  it('names the unit of every area in its head', () => {
    for (const { columns } of reportSheets(document)) {
      for (const { head, format } of columns) {
        if (format === undefined || format === '#,##0' || format === '0.00') continue;
        expect(head).toMatch(/m²|亩|km²|%|°|天/);
      }
    }
  });

  it('has no sheet without a row', () => {
    expect(reportSheets(document).every(({ rows }) => rows.length > 0)).toBe(true);
    expect(reportSheets(document).map(({ name }) => name)).not.toContain('线索');
  });
});
