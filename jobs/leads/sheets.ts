import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { BadInput, messageOf, Unavailable } from '../../raster/errors.js';
import type { LeadCase } from '../../reports/leads/case.js';
import { evidenceReader, type OpenMonth } from '../../reports/leads/evidence.js';
import { type LeadSheet, renderSheets, type SheetSetting, sheetPage } from '../../reports/leads/sheet.js';
import { openPdfPrinter, type PdfPrinter } from '../../reports/pdf.js';
import { writeWhole } from '../../reports/shared/whole-file.js';

export interface SheetsRequest {
  readonly cases: readonly LeadCase[];
  /** Opens the scenes of a month; closed by whoever made them. */
  readonly openMonth: OpenMonth;
  readonly document: SheetSetting;
  /** A .pdf or .html file, or a folder for a file a lead. */
  readonly out: string;
  /** Files of a folder; null: `out` is one file of all leads. */
  readonly each: 'pdf' | 'html' | null;
  readonly onProgress?: (done: number, total: number) => void;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Sheets printed at once: Chromium holds the pictures of as many. */
const BATCH = 25;

/**
 * Writes lead sheets, one A4 page a lead. Pictures of a batch are read while Chromium prints the one before; every file
 * appears whole or not at all.
 * @returns the files written
 * @throws BadInput where `out` is neither .pdf nor .html
 * @throws Unavailable where a PDF is asked for and there is no Chromium, or a file cannot be written
 */
export async function writeSheets(request: SheetsRequest): Promise<string[]> {
  const format = request.each ?? formatOf(request.out);
  const writer = await openWriter(request, format);
  try {
    const read = evidenceReader(request.openMonth);
    let last: Promise<void> = Promise.resolve();
    for (let start = 0; start < request.cases.length; start += BATCH) {
      const sheets: LeadSheet[] = [];
      for (const one of request.cases.slice(start, start + BATCH)) {
        sheets.push({ one, evidence: await read(one) });
        request.onProgress?.(start + sheets.length, request.cases.length);
      }
      await last;
      last = writer.add(sheets);
      // awaited in the next turn; a failure until then is no unhandled one
      last.catch(() => {});
    }
    await last;
    return await writer.end();
  } finally {
    await writer.close();
  }
}

function formatOf(out: string): 'pdf' | 'html' {
  const extension = extname(out).toLowerCase();
  if (extension === '.pdf') return 'pdf';
  if (extension === '.html') return 'html';
  throw new BadInput(
    `Invalid --out "${out}"; expected a file that ends in .pdf or .html, or a folder with --each`,
  );
}

interface SheetWriter {
  add(sheets: readonly LeadSheet[]): Promise<void>;
  end(): Promise<string[]>;
  close(): Promise<void>;
}

async function openWriter(request: SheetsRequest, format: 'pdf' | 'html'): Promise<SheetWriter> {
  const out = resolve(request.out);
  if (format === 'pdf') {
    // asked first: pictures of a thousand leads would be read in vain
    const printer = await openPdfPrinter(request.env);
    return request.each === null ? onePdf(request, out, printer) : pdfEach(request, out, printer);
  }
  return request.each === null ? oneHtml(request, out) : htmlEach(request, out);
}

function html(request: SheetsRequest, sheets: readonly LeadSheet[]): string {
  return renderSheets({ ...request.document, sheets });
}

async function onePdf(request: SheetsRequest, out: string, printer: PdfPrinter): Promise<SheetWriter> {
  const { openPdfFile } = await import('../../reports/pdf-file.js');
  const title = `${request.document.district}遥感监测线索核查单`;
  const file = await writing(out, () => openPdfFile(out, title)).catch(async (error: unknown) => {
    await printer.close();
    throw error;
  });
  return {
    async add(sheets) {
      const part = await printer.print(html(request, sheets));
      await writing(out, () => file.append(part));
    },
    async end() {
      await writing(out, () => file.end());
      return [out];
    },
    async close() {
      await file.close();
      await printer.close();
    },
  };
}

/** Printed together, for speed, and taken apart: a sheet is a page. */
async function pdfEach(request: SheetsRequest, folder: string, printer: PdfPrinter): Promise<SheetWriter> {
  const { PDFDocument } = await import('pdf-lib');
  const files: string[] = [];
  return {
    async add(sheets) {
      const part = await PDFDocument.load(await printer.print(html(request, sheets)));
      for (const [index, { one }] of sheets.entries()) {
        const single = await PDFDocument.create();
        single.setTitle(one.lead.number);
        const [page] = await single.copyPages(part, [index]);
        single.addPage(page);
        files.push(join(folder, `${one.lead.number}.pdf`));
        await write(files[files.length - 1], await single.save());
      }
    },
    end: async () => files,
    close: () => printer.close(),
  };
}

async function oneHtml(request: SheetsRequest, out: string): Promise<SheetWriter> {
  const page = sheetPage(request.document);
  const beside = partOf(out);
  const file = await writing(out, async () => {
    await mkdir(dirname(out), { recursive: true });
    return open(beside, 'w');
  });
  const close = async () => {
    await file.close();
    await rm(beside, { force: true });
  };
  try {
    await writing(out, () => file.writeFile(page.head));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async add(sheets) {
      for (const sheet of sheets) await writing(out, () => file.writeFile(page.sheet(sheet)));
    },
    async end() {
      await writing(out, async () => {
        await file.writeFile(page.foot);
        await file.close();
        await rename(beside, out);
      });
      return [out];
    },
    close,
  };
}

async function htmlEach(request: SheetsRequest, folder: string): Promise<SheetWriter> {
  const files: string[] = [];
  return {
    async add(sheets) {
      for (const sheet of sheets) {
        files.push(join(folder, `${sheet.one.lead.number}.html`));
        await write(files[files.length - 1], html(request, [sheet]));
      }
    },
    end: async () => files,
    close: async () => {},
  };
}

function partOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.part`);
}

const write = (path: string, content: string | Uint8Array) => writing(path, () => writeWhole(path, content));

/** What goes wrong with a file is told by its name. */
async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // says what is wrong with which file already
    if (error instanceof Unavailable) throw error;
    throw new Unavailable(
      `${path} cannot be written: ${messageOf(error)}. Check the folder, its rights and the space left`,
    );
  }
}
