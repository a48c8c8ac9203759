import { resolve } from 'node:path';
import { reportDocument } from '../reports/monthly/document.js';
import { gatherReport } from '../reports/monthly/gather.js';
import type { ReportInput } from '../reports/monthly/input.js';
import { renderReport } from '../reports/monthly/report.js';
import type { PdfPrinter } from '../reports/pdf.js';
import { districtName } from '../reports/shared/district-name.js';
import type { Lang } from '../reports/shared/lang.js';
import { writeWhole } from '../reports/shared/whole-file.js';
import type { Db } from '../vector/store/db.js';
import { getSetting } from '../vector/store/settings.js';
import { listSubdistrictNames } from '../vector/store/subdistricts.js';
import { openArchive } from './catalogue.js';
import type { Config } from './config.js';
import { compareStates } from './state-pair.js';

export const REPORT_FORMATS = ['html', 'pdf', 'xlsx', 'json'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Which report, without where to. */
export interface ReportContent {
  readonly month: string;
  /** `mom`, `yoy` or an earlier month; null: all that were run. */
  readonly against: readonly string[] | null;
  /** First month of a period; null for a month's report. */
  readonly since: string | null;
  readonly format: ReportFormat;
  readonly lang: Lang;
}

export interface ReportRequest extends ReportContent {
  readonly out: string;
}

/** Setting that marks a database as filled with made-up scenes. */
export const SYNTHETIC = 'synthetic';

/** Gathers and writes the report; the file appears whole or not at all. @throws Unavailable where a PDF is asked for without Chromium. */
export async function writeReport(db: Db, config: Config, request: ReportRequest): Promise<void> {
  const content = await makeReport(db, config, request);
  await writeWhole(resolve(request.out), content);
}

/** The report as a file's content. @throws Unavailable where a PDF is asked for without Chromium. */
export async function makeReport(
  db: Db,
  config: Config,
  request: ReportContent,
): Promise<string | Uint8Array> {
  // whoever has no Chromium learns it before minutes of reading scenes
  const printer = request.format === 'pdf' ? await openPrinter() : null;
  const archive = openArchive(db);
  try {
    const input = await gatherReport(db, {
      ...request,
      district: config.district || districtName(await listSubdistrictNames(db), request.lang),
      generatedAt: new Date().toISOString(),
      timeZone: config.timeZone,
      synthetic: (await getSetting(db, SYNTHETIC)) === true,
      // tables need no pictures, and reading scenes is most of the work
      openMonth: async (month) => (hasPictures(request.format) ? archive.scenes([month]) : []),
      compareStates: (before, after) => compareStates(db, config.stateDir, before, after),
    });
    return await renderAs(request.format, input, printer);
  } finally {
    await archive.close();
    await printer?.close();
  }
}

function hasPictures(format: ReportFormat): boolean {
  return format === 'html' || format === 'pdf';
}

async function openPrinter(): Promise<PdfPrinter> {
  const { openPdfPrinter } = await import('../reports/pdf.js');
  return openPdfPrinter();
}

async function renderAs(
  format: ReportFormat,
  input: ReportInput,
  printer: PdfPrinter | null,
): Promise<string | Uint8Array> {
  if (printer !== null) return printer.print(renderReport(input));
  if (format === 'html') return renderReport(input);
  const document = reportDocument(input);
  if (format === 'json') return `${JSON.stringify(document, null, 2)}\n`;
  const { writeWorkbook } = await import('../reports/monthly/workbook.js');
  return writeWorkbook(document);
}
