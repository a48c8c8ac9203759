import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  PDFContext,
  PDFDocument,
  PDFHexString,
  PDFName,
  type PDFObject,
  PDFObjectCopier,
  PDFRef,
} from 'pdf-lib';

/** A PDF on disk that grows by parts: memory holds one part, however many pages there are. */
export interface PdfFile {
  /** Adds all pages of a PDF. */
  append(pdf: Uint8Array): Promise<void>;
  /** Writes the tables a PDF ends with; only then the file stands under its name. */
  end(): Promise<void>;
  /** Removes what is unfinished; nothing after `end`. */
  close(): Promise<void>;
}

/** Objects every file has: the catalogue, the page tree, the title. */
const [CATALOG, PAGES, INFO] = [PDFRef.of(1), PDFRef.of(2), PDFRef.of(3)];

/** Opens a PDF (ISO 32000-1, 7.5: objects, cross-reference table, trailer) to be written to `path`. */
export async function openPdfFile(path: string, title: string): Promise<PdfFile> {
  await mkdir(dirname(path), { recursive: true });
  const beside = join(dirname(path), `.${basename(path)}.${randomUUID()}.part`);
  const file = await open(beside, 'w');
  let done = false;
  const objects = objectWriter(file);
  const pages: PDFRef[] = [];
  let last = INFO.objectNumber;
  await objects.raw(Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1'));
  return {
    async append(pdf) {
      const part = await PDFDocument.load(pdf);
      const into = PDFContext.create();
      // what this part brings is numbered on from the parts before it
      into.largestObjectNumber = last;
      const copier = PDFObjectCopier.for(part.context, into);
      for (const page of part.getPages()) {
        const copied = copier.copy(page.node);
        copied.set(PDFName.of('Parent'), PAGES);
        pages.push(into.register(copied));
      }
      last = into.largestObjectNumber;
      for (const [ref, object] of into.enumerateIndirectObjects()) await objects.write(ref, object);
    },
    async end() {
      const own = PDFContext.create();
      await objects.write(CATALOG, own.obj({ Type: 'Catalog', Pages: PAGES }));
      await objects.write(PAGES, own.obj({ Type: 'Pages', Count: pages.length, Kids: pages }));
      await objects.write(INFO, own.obj({ Title: PDFHexString.fromText(title) }));
      await objects.tables(last + 1);
      await file.close();
      done = true;
      await rename(beside, path);
    },
    async close() {
      if (!done) await file.close();
      await rm(beside, { force: true });
    },
  };
}

function objectWriter(file: FileHandle) {
  let length = 0;
  /** Where each object begins, by its number. */
  const offsets: number[] = [];
  const raw = async (bytes: Uint8Array) => {
    await file.writeFile(bytes);
    length += bytes.length;
  };
  return {
    raw,
    async write(ref: PDFRef, object: PDFObject): Promise<void> {
      offsets[ref.objectNumber] = length;
      const body = new Uint8Array(object.sizeInBytes());
      object.copyBytesInto(body, 0);
      await raw(
        Buffer.concat([
          Buffer.from(`${ref.objectNumber} ${ref.generationNumber} obj\n`),
          body,
          Buffer.from('\nendobj\n'),
        ]),
      );
    },
    /** @param size one more than the highest object number */
    async tables(size: number): Promise<void> {
      const start = length;
      const entries = Array.from({ length: size }, (_, k) =>
        // a number that was given and never used is free, as the one before the first is
        offsets[k] === undefined
          ? '0000000000 65535 f \n'
          : `${String(offsets[k]).padStart(10, '0')} 00000 n \n`,
      );
      const trailer = `trailer\n<< /Size ${size} /Root ${CATALOG} /Info ${INFO} >>\nstartxref\n${start}\n%%EOF\n`;
      await raw(Buffer.from(`xref\n0 ${size}\n${entries.join('')}${trailer}`));
    },
  };
}
