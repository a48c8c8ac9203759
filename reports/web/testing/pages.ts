import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findChromium } from '../../pdf.js';
import { type FakeServer, startFakeServer } from './fake-server.js';
import { type FakeState, fakeState } from './fake-state.js';

export const DESKTOP = { width: 1440, height: 900 } as const;
export const PHONE = { width: 390, height: 844 } as const;

/** A page on a server of its own. */
export interface Opened {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly state: FakeState;
  readonly url: string;
  /** What the browser complained of: errors, refusals of the content security policy. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** One Chromium and one built client for many pages. */
export interface Pages {
  open(
    address: string,
    options?: { readonly role?: string | null; readonly size?: { width: number; height: number } },
  ): Promise<Opened>;
  close(): Promise<void>;
}

/** @param buildInto builds the client into a folder */
export async function openPages(buildInto: (folder: string) => Promise<void>): Promise<Pages> {
  const folder = mkdtempSync(join(tmpdir(), 'tuban-client-'));
  await buildInto(folder);
  const browser: Browser = await chromium.launch({
    executablePath: findChromium() ?? undefined,
    headless: true,
    chromiumSandbox: process.getuid?.() !== 0,
    // MapLibre needs WebGL, which a machine without a screen draws in software
    args: [
      '--disable-dev-shm-usage',
      '--use-gl=angle',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
    ],
  });
  return {
    open: async (address, { role = 'administrator', size = DESKTOP } = {}) => {
      const state = fakeState(role);
      const server: FakeServer = await startFakeServer(folder, state);
      const context = await browser.newContext({ viewport: size, locale: 'zh-CN' });
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(server.url + address);
      return {
        page,
        context,
        state,
        url: server.url,
        complaints,
        close: async () => {
          await context.close();
          await server.close();
        },
      };
    },
    close: async () => {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
