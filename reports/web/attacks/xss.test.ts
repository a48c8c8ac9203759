import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findChromium } from '../../pdf.js';
import { skipsWithoutChromium } from '../../testing/chromium.js';
import { OidcConfig } from '../oidc/config.js';
import { providerOf } from '../oidc/provider.js';
import { beginSession } from '../sign-in.js';
import { openTestSite, type TestSite } from '../testing.js';
import { told } from './drill.js';
import { storeEverywhere } from './store-everywhere.js';
import { XSS_PAYLOADS } from './xss.js';

const CONFIG = fileURLToPath(new URL('../../../vite.config.ts', import.meta.url));

/** In which a page has drawn what it asked for. */
const SETTLE_MS = 2000;

const LABEL = '<img id=xss-0 src=x onerror=xss(0)>';

let site: TestSite;
let base: string;
let browser: Browser;
const folder = mkdtempSync(join(tmpdir(), 'tuban-xss-'));

/** A page of somebody who has signed in, and what it did that it must not. */
async function pageOf(user: string) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, locale: 'zh-CN' });
  const secret = await beginSession(site.db, user, site.clock.now);
  await context.addCookies([{ name: 'tuban_session', value: secret, url: base }]);
  const page = await context.newPage();
  const ran: string[] = [];
  await page.exposeFunction('xss', (n: unknown) => ran.push(`payload ${String(n)} ran`));
  page.on('dialog', (dialog) => {
    ran.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) ran.push(message.text());
  });
  page.on('pageerror', (error) => ran.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(base) && !/^(data|blob):/.test(request.url())) ran.push(request.url());
  });
  return { page, ran, close: () => context.close() };
}

/** Elements that a payload made. As text: the compiler knows no document here. */
const MADE = `[...document.querySelectorAll(
  '[id*="xss-"], [onerror], [onload], [onfocus], [onmouseover], a[href^="javascript" i], base',
)].map((element) => element.outerHTML.slice(0, 200))`;
const made = async (page: Page) => z.array(z.string()).parse(await page.evaluate(MADE));

/** Goes over what can be hovered and pressed without leaving or changing. */
async function touch(page: Page): Promise<void> {
  for (const summary of await page.locator('summary').all())
    await summary.click({ timeout: 1000 }).catch(() => {});
  await page.mouse.move(700, 400);
  await page.mouse.wheel(0, 2000);
}

describe.skipIf(skipsWithoutChromium())('a text that somebody stored', () => {
  beforeAll(async () => {
    await build({ configFile: CONFIG, logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
    const oidc = OidcConfig.parse({ issuer: 'http://127.0.0.1:9', clientId: 'x', label: LABEL });
    site = await openTestSite({ pageDir: folder, oidc }, () => ({ provider: providerOf(oidc, null) }));
    base = await site.app.listen({ port: 0, host: '127.0.0.1' });
    await storeEverywhere(site, XSS_PAYLOADS);
    browser = await chromium.launch({
      executablePath: findChromium() ?? undefined,
      headless: true,
      chromiumSandbox: process.getuid?.() !== 0,
      args: [
        '--disable-dev-shm-usage',
        '--use-gl=angle',
        '--use-angle=swiftshader',
        '--enable-unsafe-swiftshader',
      ],
    });
  });
  afterAll(async () => {
    await browser.close();
    await site.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['administrator', ['/map', '/leads', '/leads/NUMBER', '/runs', '/reports', '/overview', '/admin']],
    ['officer', ['/leads', '/leads/NUMBER', '/map']],
  ])(
    'runs on no page of the %s',
    async (user, addresses) => {
      const { page, ran, close } = await pageOf(user);
      try {
        for (const address of addresses) {
          await page.goto(base + address.replace('NUMBER', site.numbers.own), { waitUntil: 'load' });
          await page.getByRole('navigation').first().waitFor();
          // streams and tiles never quite end
          await page.waitForTimeout(SETTLE_MS);
          await touch(page);
          expect(await made(page), address).toEqual([]);
          expect(ran, address).toEqual([]);
          // the texts are there, as texts
          const shown = (await page.locator('body').innerText()).includes('onerror=xss(');
          if (/leads\/|admin|runs|overview/.test(address)) expect(shown, address).toBe(true);
        }
      } finally {
        await close();
      }
      told(`${XSS_PAYLOADS.length} XSS payloads on ${addresses.length} pages of the ${user}, 0 ran`);
    },
    300_000,
  );

  it('runs on no card of a patch, and on none of the addresses that others may open', async () => {
    const { page, ran, close } = await pageOf('planner');
    try {
      for (const address of [
        `/map?month=2026-08&patch=${site.numbers.own}`,
        '/ogc?f=html',
        '/api/meta',
        `/api/leads/${site.numbers.own}`,
        '/ogc/collections/subdistricts/items',
        '/stac',
        `/?sign-in=${encodeURIComponent('<img id=xss-1 src=x onerror=xss(1)>')}`,
      ]) {
        await page.goto(base + address, { waitUntil: 'load' });
        // streams and tiles never quite end
        await page.waitForTimeout(SETTLE_MS);
        expect(await made(page), address).toEqual([]);
        expect(ran, address).toEqual([]);
      }
    } finally {
      await close();
    }
  });

  it('runs not as the name of the unified identity, whose button leads away and back with what went wrong', async () => {
    const { page, ran, close } = await pageOf('planner');
    try {
      await page.context().clearCookies();
      await page.goto(`${base}/map?month=2026-08`);
      await page.getByRole('button', { name: `使用${LABEL}登录` }).click();
      await page.getByText('无法连接统一身份认证').waitFor();
      expect(new URL(page.url()).search).toBe('?sign-in=unavailable');
      expect(await made(page)).toEqual([]);
      expect(ran).toEqual([]);
    } finally {
      await close();
    }
  });

  it('would be seen by this test if it ran', async () => {
    const { page, ran, close } = await pageOf('planner');
    try {
      await page.goto(`${base}/api/health`);
      // a page with the same headers that takes texts as markup
      const texts = JSON.stringify(XSS_PAYLOADS.slice(0, 50));
      await page.evaluate(`for (const text of ${texts}) document.body.insertAdjacentHTML('beforeend', text)`);
      await page.waitForTimeout(500);
      expect((await made(page)).length).toBeGreaterThan(30);
      expect(ran.length).toBeGreaterThan(5);
    } finally {
      await close();
    }
  });
});
