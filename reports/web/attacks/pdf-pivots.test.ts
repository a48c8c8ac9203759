import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LeadCase } from '../../leads/case.js';
import { madeLead, madePatch, RUN } from '../../leads/fixtures.js';
import { renderSheets } from '../../leads/sheet.js';
import { comparison, EAST, GRID, input, patch, WEST } from '../../monthly/fixtures.js';
import { renderReport } from '../../monthly/report.js';
import { openPdfPrinter, type PdfPrinter } from '../../pdf.js';
import { skipsWithoutChromium } from '../../testing/chromium.js';
import { listening } from '../oidc/testing/listening.js';
import { DRILL, share, told } from './drill.js';
import { PDF_PIVOTS } from './pdf-pivots.js';

/** A letter that stands in no page of ours: a PDF that shows it names its code point (ToUnicode). */
const RARE = 'ꙮ';
/** A picture's size that no picture of ours has. */
const [WIDTH, HEIGHT] = [77, 33];

let asked: string[] = [];
let canary: Server;
let printer: PdfPrinter;
let places: Readonly<Record<'canary' | 'file' | 'picture', string>>;
const folder = mkdtempSync(join(tmpdir(), 'tuban-pivot-'));

/** Whether a PDF shows the letter or the picture. */
function shows(pdf: Uint8Array): boolean {
  const bytes = Buffer.from(pdf);
  if (bytes.includes(`/Width ${WIDTH}`) && bytes.includes(`/Height ${HEIGHT}`)) return true;
  for (let at = bytes.indexOf('stream'); at >= 0; at = bytes.indexOf('stream', at + 6)) {
    const from = at + 'stream'.length + (bytes[at + 6] === 13 ? 2 : 1);
    try {
      if (/a66e/i.test(inflateSync(bytes.subarray(from), { finishFlush: 2 }).toString('latin1'))) return true;
    } catch {
      // not deflated
    }
  }
  return false;
}

/** A lead that holds the text wherever people or registers write. */
function leadOf(text: string): LeadCase {
  const { permits, zones, cameras } = madeLead();
  const lead = madeLead({
    patch: madePatch({ subdistrict: text }),
    reasons: [{ rule: 'x', zh: text, en: text }],
    permits: permits.map((permit) => ({ ...permit, number: text, authority: text, level: text })),
    zones: zones.map((zone) => ({ ...zone, name: text })),
    cameras: cameras.map((camera) => ({ ...camera, name: text })),
    address: { text, distanceM: 9 },
    team: text,
  });
  return { lead, run: { ...RUN, sensors: { before: [text], after: [text] } } };
}

const written = (text: string) =>
  text
    .replaceAll('{canary}', places.canary)
    .replaceAll('{file}', places.file)
    .replaceAll('{picture}', places.picture);

/** A sheet and a report with the text in every field. */
function pages(text: string): string[] {
  const setting = { district: text, subdistricts: [WEST, EAST], generatedAt: '2026-10-03T02:15:00Z' };
  const sheets = renderSheets({
    ...setting,
    timeZone: 'Asia/Shanghai',
    synthetic: false,
    sheets: [{ one: leadOf(text), evidence: { grid: GRID, before: null, after: null } }],
  });
  const report = renderReport(
    input({
      district: text,
      subdistricts: [{ ...WEST, name: text }, EAST],
      comparisons: [
        comparison({
          sensors: { before: [text], after: [text] },
          patches: [patch('202609-M-01-10001', 30, { subdistrict: text })],
        }),
      ],
    }),
  );
  return [sheets, report];
}

describe.skipIf(skipsWithoutChromium())('a PDF made of what people write', () => {
  beforeAll(async () => {
    const page = join(folder, 'secret.html');
    const picture = join(folder, 'secret.png');
    writeFileSync(page, `<meta charset="utf-8"><p>${RARE.repeat(20)}</p>`);
    writeFileSync(
      picture,
      await sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: 'red' } })
        .png()
        .toBuffer(),
    );
    canary = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end();
    });
    places = {
      canary: await listening(canary),
      file: pathToFileURL(page).href,
      picture: pathToFileURL(picture).href,
    };
    printer = await openPdfPrinter();
  });
  afterAll(async () => {
    await printer.close();
    await new Promise((resolve) => canary.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  it('would show what this test looks for', async () => {
    const { chromium } = await import('playwright-core');
    const { findChromium } = await import('../../pdf.js');
    expect(shows(await printer.print(`<meta charset="utf-8"><p>${RARE}</p>`))).toBe(true);
    // a browser without our printer's refusals asks for most of them
    const browser = await chromium.launch({
      executablePath: findChromium() ?? undefined,
      chromiumSandbox: process.getuid?.() !== 0,
    });
    try {
      const page = await browser.newPage();
      for (const pivot of PDF_PIVOTS.slice(0, 12)) {
        await page.setContent(`<!doctype html><body>${written(pivot)}`, { waitUntil: 'load', timeout: 5000 });
      }
    } finally {
      await browser.close();
    }
    expect(asked.length).toBeGreaterThan(5);
    asked = [];
  });

  it('asks for nothing and shows no file, with the text in every field of a sheet and a report', async () => {
    // text is text however much of it there is: one page holds all, the drill makes a page of each
    const pivots = DRILL ? PDF_PIVOTS : [PDF_PIVOTS.join(' ')];
    for (const pivot of pivots) {
      for (const html of pages(written(pivot))) {
        expect(shows(await printer.print(html)), pivot).toBe(false);
      }
    }
    expect(asked).toEqual([]);
    told(`${pivots.length} PDF pivots in sheets and reports, 0 requests`);
  });

  it('asks for nothing and shows no file even where the text were taken as markup', async () => {
    const pivots = share(PDF_PIVOTS);
    for (const pivot of pivots) {
      const html = `<!doctype html><meta charset="utf-8"><body>${written(pivot)}</body>`;
      // what the printer refuses altogether shows nothing either
      const pdf = await printer.print(html).catch(() => new Uint8Array());
      expect(shows(pdf), pivot).toBe(false);
    }
    expect(asked).toEqual([]);
    told(`${pivots.length} PDF pivots as markup, 0 requests`);
  });
});
