import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PDFDocument } from 'pdf-lib';
import { afterAll, expect, it } from 'vitest';
import { openPdfFile } from './pdf-file.js';

const folder = mkdtempSync(join(tmpdir(), 'tuban-pdf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Pages told apart by their width, with a text of their own. */
async function part(widths: readonly number[]): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  for (const width of widths) document.addPage([width, 300]).drawText(`width ${width}`, { x: 5, y: 5 });
  return document.save();
}

it('a file of parts has all their pages in their order, and the title', async () => {
  const path = join(folder, 'new', 'all.pdf');
  const file = await openPdfFile(path, '罗湖区线索核查单');
  await file.append(await part([101, 102]));
  await file.append(await part([103]));
  await file.append(await part([104, 105]));
  await file.end();
  await file.close();
  const bytes = readFileSync(path);
  const read = await PDFDocument.load(bytes, { throwOnInvalidObject: true });
  expect(read.getPages().map((page) => page.getWidth())).toEqual([101, 102, 103, 104, 105]);
  expect(read.getTitle()).toBe('罗湖区线索核查单');
  // every entry of the table points at its object
  const text = bytes.toString('latin1');
  const table = text.slice(Number(/startxref\n(\d+)/.exec(text)?.[1])).split('\n');
  const size = Number(table[1].split(' ')[1]);
  for (let k = 1; k < size; k++) {
    const offset = Number(table[2 + k].slice(0, 10));
    expect(text.startsWith(`${k} 0 obj\n`, offset)).toBe(true);
  }
});

it('an unfinished file leaves nothing', async () => {
  const file = await openPdfFile(join(folder, 'half', 'x.pdf'), 'x');
  await file.append(await part([100]));
  await file.close();
  expect(readdirSync(join(folder, 'half'))).toEqual([]);
});
