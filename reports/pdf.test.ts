import { PDFDocument } from 'pdf-lib';
import { describe, expect, it } from 'vitest';
import { BadInput, Unavailable } from '../raster/errors.js';
import { findChromium, openPdfPrinter, printPdf } from './pdf.js';
import { skipsWithoutChromium } from './testing/chromium.js';

describe('findChromium', () => {
  it('takes the program TUBAN_CHROMIUM names and refuses one that is none', () => {
    expect(findChromium({ TUBAN_CHROMIUM: process.execPath, PATH: '' })).toBe(process.execPath);
    expect(() => findChromium({ TUBAN_CHROMIUM: '/no/such/program' })).toThrow(BadInput);
  });
});

describe('a printer without Chromium', () => {
  it('says how to get one', async () => {
    const elsewhere = findChromium({ PATH: '' });
    if (elsewhere !== null) return;
    await expect(printPdf('<p>x</p>', {}, { PATH: '' })).rejects.toThrow(Unavailable);
    await expect(printPdf('<p>x</p>', {}, { PATH: '' })).rejects.toThrow(/apt-get install chromium/);
  });
});

describe.skipIf(skipsWithoutChromium())('a printer', () => {
  it('prints A4 pages, one document after another', async () => {
    const printer = await openPdfPrinter();
    try {
      for (const pages of [1, 3]) {
        const body = Array.from({ length: pages }, (_, i) => `<section>第${i + 1}页</section>`).join('');
        const pdf = await printer.print(
          `<!doctype html><style>@page{size:A4;margin:0}body{margin:0}section{height:297mm;overflow:hidden;break-after:page}section:last-child{break-after:auto}</style>${body}`,
        );
        const document = await PDFDocument.load(pdf);
        expect(document.getPageCount()).toBe(pages);
        const { width, height } = document.getPage(0).getSize();
        expect([Math.round(width), Math.round(height)]).toEqual([595, 842]);
      }
    } finally {
      await printer.close();
    }
  });

  it('runs no script of the page and fetches nothing', async () => {
    const { createServer } = await import('node:http');
    let asked = 0;
    const server = createServer((_request, response) => {
      asked++;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      const pdf = await printPdf(
        `<!doctype html><p>a</p><img src="http://127.0.0.1:${port}/x.png"><script>document.body.innerHTML='<section style="break-before:page">b</section>'.repeat(5)</script>`,
      );
      expect((await PDFDocument.load(pdf)).getPageCount()).toBe(1);
      expect(asked).toBe(0);
    } finally {
      server.close();
    }
  });
});
