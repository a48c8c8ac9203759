import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { BadInput, messageOf, Unavailable } from '../raster/errors.js';

/** Paper is A4 upright, with the margins the page's own `@page` rule gives it, and backgrounds are printed. */
export interface PdfOptions {
  readonly landscape?: boolean;
  /** Prints `page / pages` at the foot; the page's margins must leave 10 mm for it. */
  readonly pageNumbers?: boolean;
}

/** A headless Chromium that prints HTML; one serves for many documents. */
export interface PdfPrinter {
  /** The page may ask for nothing outside itself and runs no script. @throws Unavailable where Chromium fails. */
  print(html: string, options?: PdfOptions): Promise<Uint8Array>;
  close(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Prints one document. @throws Unavailable where there is no Chromium, saying how to get one. */
export async function printPdf(
  html: string,
  options: PdfOptions = {},
  env: Environment = process.env,
): Promise<Uint8Array> {
  const printer = await openPdfPrinter(env);
  try {
    return await printer.print(html, options);
  } finally {
    await printer.close();
  }
}

/** @throws Unavailable where there is no Chromium or it does not start. @throws BadInput where TUBAN_CHROMIUM names none. */
export async function openPdfPrinter(env: Environment = process.env): Promise<PdfPrinter> {
  const path = findChromium(env);
  if (path === null) {
    throw new Unavailable(
      'A PDF needs Chromium or Chrome, and none was found. Install one (Debian and Ubuntu: apt-get install chromium fonts-noto-cjk), or name it in TUBAN_CHROMIUM; HTML needs none',
    );
  }
  const browser = await launch(path);
  return {
    print: (html, options = {}) => printIn(browser, html, options),
    close: () => browser.close(),
  };
}

async function launch(path: string): Promise<Browser> {
  const { chromium } = await import('playwright-core');
  try {
    return await chromium.launch({
      executablePath: path,
      headless: true,
      // Chromium refuses to sandbox root; everybody else gets the sandbox
      chromiumSandbox: process.getuid?.() !== 0,
      // /dev/shm of a container is too small for large pages
      args: ['--disable-dev-shm-usage'],
      handleSIGINT: false,
      handleSIGTERM: false,
    });
  } catch (error) {
    throw new Unavailable(
      `${path} does not start: ${messageOf(error).split('\n')[0]}. Run it by hand with --headless to see why, or name another in TUBAN_CHROMIUM`,
    );
  }
}

async function printIn(browser: Browser, html: string, options: PdfOptions): Promise<Uint8Array> {
  try {
    const context = await browser.newContext({ javaScriptEnabled: false, offline: true });
    try {
      const page = await context.newPage();
      // pictures stand in the page as data addresses; everything else is refused
      await page.route('**', (route) => route.abort());
      await page.setContent(html, { waitUntil: 'load', timeout: PRINT_TIMEOUT_MS });
      return await page.pdf({
        format: 'A4',
        landscape: options.landscape ?? false,
        printBackground: true,
        preferCSSPageSize: options.landscape !== true,
        ...(options.pageNumbers ? FOOTER : {}),
      });
    } finally {
      await context.close();
    }
  } catch (error) {
    throw new Unavailable(
      `Chromium could not print the page: ${messageOf(error).split('\n')[0]}. Is there memory left?`,
    );
  }
}

const PRINT_TIMEOUT_MS = 120_000;

const FOOTER = {
  displayHeaderFooter: true,
  headerTemplate: '<span></span>',
  footerTemplate:
    '<div style="width:100%;font-size:8px;text-align:center;color:#555"><span class="pageNumber"></span> / <span class="totalPages"></span></div>',
};

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];

/** Where Chrome and Edge lie that are in no PATH: macOS, Windows. */
const USUAL_PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/**
 * Path of a Chromium: TUBAN_CHROMIUM, else of the PATH, else where they usually lie; null where there is none.
 * @throws BadInput where TUBAN_CHROMIUM names no program.
 */
export function findChromium(env: Environment = process.env): string | null {
  const named = env.TUBAN_CHROMIUM?.trim();
  if (named) {
    if (runnable(named)) return named;
    throw new BadInput(`TUBAN_CHROMIUM "${named}" is no program; expected a path such as /usr/bin/chromium`);
  }
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const inPath = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...inPath, ...USUAL_PLACES].find(runnable) ?? null;
}

function runnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
