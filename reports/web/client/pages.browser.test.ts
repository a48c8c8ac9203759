import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { skipsWithoutChromium } from '../../testing/chromium.js';
import { PATCHES } from '../testing/made-data.js';
import { type Opened, openPages, type Pages, PHONE } from '../testing/pages.js';

const CONFIG = fileURLToPath(new URL('../../../vite.config.ts', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const Violations = z.array(
  z.object({ id: z.string(), impact: z.string().nullable(), at: z.array(z.string()) }),
);
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);

let pages: Pages;
let opened: Opened;

/** Opens an address of the application; the test's end closes it. */
async function open(address: string, options?: Parameters<Pages['open']>[1]): Promise<Opened> {
  opened = await pages.open(address, options);
  return opened;
}

describe.skipIf(skipsWithoutChromium())('the pages', () => {
  beforeAll(async () => {
    pages = await openPages(async (folder) => {
      await build({ configFile: CONFIG, build: { outDir: folder } });
    });
  });
  afterAll(() => pages.close());
  afterEach(() => opened.close());

  it('let in with the right password only, and say why not', async () => {
    const { page } = await open('/map', { role: null });
    await page.getByLabel('用户名').fill('李四');
    await page.getByLabel('密码').fill('wrong');
    await page.getByRole('button', { name: '登录' }).click();
    await page.getByText('Name or password is wrong').waitFor();
    await page.getByLabel('密码').fill('right');
    await page.keyboard.press('Enter');
    await page.getByRole('navigation').getByRole('link', { name: '地图' }).waitFor();
  });

  it('show each role its own menu', async () => {
    const menu = async (role: string) => {
      const { page, close } = await open('/leads', { role });
      await page.getByRole('navigation').getByRole('link').first().waitFor();
      const names = await page.getByRole('navigation').getByRole('link').allTextContents();
      await close();
      return names;
    };
    expect(await menu('officer')).toEqual(['地图', '线索']);
    expect(await menu('planner')).toEqual(['地图', '线索', '报告', '总览']);
    expect(await menu('analyst')).toEqual(['地图', '线索', '任务', '报告', '总览']);
    expect(await menu('administrator')).toEqual(['地图', '线索', '任务', '报告', '总览', '管理']);
  });

  it('turn to English and back, and remember it', async () => {
    const { page } = await open('/reports');
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Monthly reports' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Monthly reports' }).waitFor();
    await page.getByRole('button', { name: '中文' }).click();
    await page.getByRole('heading', { name: '月度报告' }).waitFor();
  });

  describe('map', () => {
    it('list, tiles, address and export follow the same filter', async () => {
      const { page, state } = await open('/map');
      await page.getByText('6 个图斑').waitFor();
      const tiles = page.waitForRequest((request) => request.url().includes('class=building_new'));
      await page.getByLabel('新增建筑').check();
      await page.getByText('1 个图斑').waitFor();
      await tiles;
      expect(new URL(page.url()).searchParams.get('class')).toBe('building_new');
      await page.getByText('导出筛选结果').click();
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: '导出', exact: true }).click();
      const file = await (await download).path();
      expect(readFileSync(file, 'utf8')).toBe(JSON.stringify({ exported: [PATCHES[0].number] }));
      expect(state.asked.at(-1)).toBe(
        'GET /api/patches/export?month=2026-08&against=mom&class=building_new&format=geojson&crs=EPSG%3A4326',
      );
    });

    it('a click on a patch opens its card, and its address opens it again', async () => {
      const { page } = await open('/map?month=2026-08&lon=114.106&lat=22.554&z=16');
      const card = page.getByRole('region', { name: '图斑详情' });
      const map = page.getByRole('region', { name: '图斑地图' });
      await map.locator('canvas').waitFor();
      // tiles come when they come: click until the patch in the middle is there
      await expect
        .poll(
          async () => {
            await map.locator('canvas').click();
            return card.count();
          },
          { timeout: 20_000, interval: 500 },
        )
        .toBe(1);
      await card.getByText('1,200 m²（1.80 亩）').waitFor();
      await card.getByText('变化仍在 90%').waitFor();
      await page.goto(page.url());
      await card.getByRole('heading', { name: PATCHES[0].number }).waitFor();
      await card.getByRole('button', { name: '关闭' }).click();
      expect(new URL(page.url()).searchParams.has('patch')).toBe(false);
    });

    it('swipes between both months by keyboard', async () => {
      const { page } = await open('/map?month=2026-08&mode=swipe');
      const handle = page.getByRole('slider', { name: '卷帘位置' });
      await handle.focus();
      await page.keyboard.press('ArrowRight');
      expect(await handle.getAttribute('aria-valuenow')).toBe('52');
      await page.getByText('前时相 2026年7月').waitFor();
      await page.getByRole('button', { name: '同比' }).click();
      await page.getByText('前时相 2025年8月').waitFor();
    });

    it('a broken address shows the newest month', async () => {
      const { page, complaints } = await open('/map?month=1999-01&z=abc&lon=900&mode=x&min_area=-3');
      await page.getByText('6 个图斑').waitFor();
      expect(complaints).toEqual([]);
    });
  });

  describe('leads', () => {
    const LEAD = PATCHES[0].number;

    it('a visit without a signal is kept and sent later, in order and once', async () => {
      const { page, context, state } = await open(`/leads/${LEAD}`, { role: 'officer', size: PHONE });
      await page
        .getByLabel('选取照片')
        .setInputFiles({ name: 'a.jpg', mimeType: 'image/jpeg', buffer: JPEG });
      await page.getByLabel('核查结论').selectOption('rejected');
      await page.getByLabel('不属实原因').selectOption('re_roofed');
      await page.getByLabel('备注').first().fill('只换了屋面');
      await context.setOffline(true);
      await page.getByRole('button', { name: '提交核查' }).click();
      await page.getByText('3 项待发送').waitFor();
      await page.getByText('没有网络').waitFor();
      expect(state.told).toEqual([]);
      await context.setOffline(false);
      await expect
        .poll(() => state.told.map(({ what }) => what), { timeout: 20_000 })
        .toEqual(['visit', 'photo', 'verdict']);
      expect(state.told[1].fields).toMatchObject({ source: 'picked', file: '4' });
      expect(state.told[2].fields).toMatchObject({ reason: 're_roofed', note: '只换了屋面' });
      expect(new Set(state.told.map(({ id }) => id)).size).toBe(3);
      await page.getByText('不属实').first().waitFor();
    });

    it('an officer opens the page, reads own leads and records a visit with no network at all', async () => {
      const { page, context, state } = await open('/leads', { role: 'officer', size: PHONE });
      await page.getByText('3 条线索').waitFor();
      // the shell is kept, and every lead has been read
      await page.evaluate('navigator.serviceWorker.ready');
      await expect.poll(() => state.asked.filter((url) => url.includes('/api/leads/')).length).toBe(3);
      await page.waitForLoadState('networkidle');
      await context.setOffline(true);
      await page.reload();
      await page.getByText('没有网络：显示的是').waitFor();
      await page.getByRole('link', { name: new RegExp(LEAD) }).click();
      await page.getByRole('heading', { name: LEAD }).waitFor();
      await page.reload();
      await page.getByText('没有网络：显示的是').waitFor();
      await page
        .getByLabel('选取照片')
        .setInputFiles({ name: 'a.jpg', mimeType: 'image/jpeg', buffer: JPEG });
      await page.getByLabel('核查结论').selectOption('confirmed');
      await page.getByRole('button', { name: '提交核查' }).click();
      await page.getByText('3 项待发送').waitFor();
      await page.reload();
      await page.getByText('这条线索有 3 项记录已保存在本机').waitFor();
      expect(state.told).toEqual([]);
      await context.setOffline(false);
      await expect
        .poll(() => state.told.map(({ what }) => what), { timeout: 20_000 })
        .toEqual(['visit', 'photo', 'verdict']);
      await page.getByText('待发送').waitFor({ state: 'hidden' });
      expect(new Set(state.told.map(({ id }) => id)).size).toBe(3);
    });

    it('nothing of the leads is left on the device after signing out, and pictures of visits never were', async () => {
      const { page, context } = await open(`/leads/${LEAD}`, { role: 'officer', size: PHONE });
      await page.getByRole('heading', { name: LEAD }).waitFor();
      await page.evaluate('navigator.serviceWorker.ready');
      await page.reload();
      await page.waitForLoadState('networkidle');
      expect(await keptAddresses()).toContain(`/api/leads/${LEAD}`);
      const pictures = (await keptAddresses()).filter((url) => url.endsWith('.jpg'));
      expect(pictures.every((url) => url.includes('/chip/'))).toBe(true);
      expect(pictures).toHaveLength(2);
      await page.getByRole('button', { name: '退出登录' }).click();
      await page.getByLabel('密码').waitFor();
      expect((await keptAddresses()).filter((url) => url.startsWith('/api/'))).toEqual([]);
      await context.setOffline(true);
      await page.reload();
      await page.getByText('连不上服务器').waitFor();
    });

    it('a sign-in that ran out is said, and what was kept for reading is gone', async () => {
      const { page, state } = await open('/leads', { role: 'officer', size: PHONE });
      await page.getByText('3 条线索').waitFor();
      await expect.poll(keptAddresses).toContain('/api/meta');
      state.user = null;
      await page.reload();
      await page.getByText('登录已过期，请重新登录').waitFor();
      await expect
        .poll(async () => (await keptAddresses()).filter((url) => url.startsWith('/api/')))
        .toEqual([]);
    });

    it('what is kept outlives the page, and waits for its own user to sign in', async () => {
      const { page, state } = await open(`/leads/${LEAD}`, { role: 'officer', size: PHONE });
      const officer = state.user;
      await page.getByRole('button', { name: '提交核查' }).waitFor();
      state.user = null;
      await page.getByRole('button', { name: '提交核查' }).click();
      await page.getByText('登录已过期，重新登录后继续发送').waitFor();
      state.user = { name: '李四', role: 'officer', subdistricts: ['440303001'] };
      await page.reload();
      await page.getByText('1 项待发送').waitFor();
      expect(state.told).toEqual([]);
      state.user = officer;
      await page.reload();
      await expect.poll(() => state.told.map(({ what }) => what)).toEqual(['visit']);
    });

    it('a refusal is told in the words of the server, and can be discarded', async () => {
      const { page, state } = await open(`/leads/${LEAD}`, { role: 'officer', size: PHONE });
      state.refusal = 422;
      await page.getByRole('button', { name: '提交核查' }).click();
      await page.getByText('1 项被服务器拒绝').waitFor();
      await page.getByRole('button', { name: '查看' }).click();
      await page.getByText(`The lead ${LEAD} cannot take this step`).waitFor();
      page.on('dialog', (dialog) => void dialog.accept());
      await page.getByRole('button', { name: '放弃' }).click();
      await page.getByText('1 项待发送').waitFor({ state: 'hidden' });
    });

    it('the desk assigns what is selected', async () => {
      const { page, state } = await open('/leads', { role: 'analyst' });
      await page.getByText('逾期').first().waitFor();
      await page.getByLabel(`选择 ${PATCHES[1].number}`).check();
      await page.getByLabel('执法队伍').fill('桂园中队');
      await page.getByRole('button', { name: '派发', exact: true }).click();
      await expect.poll(() => state.told.length).toBe(1);
      expect(state.told[0]).toMatchObject({
        lead: PATCHES[1].number,
        what: 'assign',
        fields: { team: '桂园中队' },
      });
    });

    it('the desk takes results of visits back, and is told of every row that is wrong', async () => {
      const { page } = await open('/leads', { role: 'analyst' });
      await page.getByText('导入核查结果').click();
      const hand = async (text: string) => {
        const file = { name: '结果.csv', mimeType: 'text/csv', buffer: Buffer.from(text) };
        await page.getByLabel('核查结果文件').setInputFiles(file);
        await page.getByRole('button', { name: '导入', exact: true }).click();
      };
      await hand('bad row');
      await page
        .getByRole('listitem')
        .filter({ hasText: /^row 2: / })
        .waitFor();
      await page
        .getByRole('listitem')
        .filter({ hasText: /^row 5: / })
        .waitFor();
      await hand('good');
      await page.getByText('已导入 2 条，1 条此前已有').waitFor();
    });

    it('what looks like markup stays text', async () => {
      const { page, state } = await open('/leads', { role: null });
      const text = '<img src=x onerror="document.title=1"><b>路</b>';
      state.leads[0].address.text = text;
      state.user = { name: text, role: 'officer', subdistricts: [] };
      await page.reload();
      await page.getByText(text).first().waitFor();
      expect(await page.locator('main b').count()).toBe(0);
      expect(await page.title()).not.toBe('1');
    });
  });

  describe('own account', () => {
    it('changes the password, and asks to sign in with it', async () => {
      const { page } = await open('/leads', { role: 'planner' });
      await page.getByRole('link', { name: '张三' }).click();
      const change = async (old: string, again: string) => {
        await page.getByLabel('原密码').fill(old);
        await page.getByLabel('新密码', { exact: true }).fill('long-enough-1');
        await page.getByLabel('再次输入新密码').fill(again);
        await page.getByRole('button', { name: '修改密码' }).click();
      };
      await change('right', 'long-enough-2');
      await page.getByText('两次输入的新密码不一致').waitFor();
      await change('wrong', 'long-enough-1');
      await page.getByText('The old password is wrong').waitFor();
      await change('right', 'long-enough-1');
      await page.getByRole('button', { name: '登录' }).waitFor();
    });

    it('makes an API token that is shown once, and takes one back', async () => {
      const { page } = await open('/account', { role: 'officer', size: PHONE });
      await page.getByLabel('用途').fill('GIS 工作站');
      await page.getByRole('button', { name: '生成令牌' }).click();
      await page.getByText('tuban_secret').waitFor();
      page.on('dialog', (dialog) => void dialog.accept());
      await page.getByRole('row', { name: /QGIS/ }).getByRole('button', { name: '撤销' }).click();
      await page.getByRole('row', { name: /QGIS/ }).waitFor({ state: 'hidden' });
      await page.getByRole('row', { name: /GIS 工作站/ }).waitFor();
      await page.reload();
      await page.getByRole('row', { name: /GIS 工作站/ }).waitFor();
      expect(await page.getByText('tuban_secret').count()).toBe(0);
    });
  });

  describe('runs', () => {
    it('show progress and log as they come, and a run that failed goes on', async () => {
      const { page, state } = await open('/runs', { role: 'analyst' });
      await page.getByText('缺少影像的月份').waitFor();
      await expect.poll(() => state.watchers.size).toBe(1);
      const tell = (event: object) => {
        for (const watch of state.watchers) watch(event);
      };
      const task = { id: 'task-1', month: '2026-08', against: '', hold: false, run: null, failure: null };
      tell({ ...task, status: 'running', stage: '2026-08 mom', done: 10, total: 40 });
      await page.getByText('10 / 40').waitFor();
      await page.getByText('2026年8月 环比').waitFor();
      const line = { task: 'task-1', run: 9, at: '2026-09-01T01:00:00.000Z', level: 'warn' };
      tell({ ...line, event: 'Scene:Aligned', data: { scene: 'a.tif', reliable: false } });
      await page.getByText('影像 a.tif · 可靠 否').waitFor();
      tell({ ...task, status: 'failed', stage: '', done: 10, total: 40, failure: '影像打不开' });
      await page.getByText('影像打不开').waitFor();
      await page.getByRole('button', { name: '继续' }).click();
      await expect.poll(() => state.told).toMatchObject([{ lead: 'task-1', what: 'resume' }]);
    });

    it('that are kept back are compared with what is published, and then published', async () => {
      const { page, state } = await open('/runs', { role: 'analyst' });
      await page.getByRole('row', { name: /草稿/ }).getByRole('link').click();
      const compared = page.getByRole('region', { name: '与已发布结果比较' });
      await compared.getByText('保留编号').waitFor();
      await compared
        .getByRole('row', { name: /推填土/ })
        .getByText('—')
        .waitFor();
      await page.getByText('影像 2026-07.tif · dx（像元） 0.1').waitFor();
      await compared.getByRole('button', { name: '发布' }).click();
      await page.getByRole('heading', { name: /已发布/ }).waitFor();
      // a heading of the published run says so already
      await expect
        .poll(() => state.told)
        .toMatchObject([{ lead: '7', what: 'publish', fields: { instead_of: '1' } }]);
    });
  });

  describe('reports', () => {
    it('draw any two months from the JSON, and print no number of what was not seen', async () => {
      const { page, state } = await open('/reports');
      const charts = page.getByRole('region', { name: '环比 2026年7月 → 2026年8月' });
      await charts.getByText('可见 97%').first().waitFor();
      const unseen = charts.getByRole('listitem').filter({ hasText: '东门街道' }).first();
      await unseen.getByText('未观测').waitFor();
      expect(await page.getByText('12,345').count()).toBe(0);
      await charts.getByRole('button', { name: '水面' }).click();
      await charts.getByText('−100 m²').first().waitFor();
      const trend = page.getByRole('region', { name: '逐月趋势' });
      // a month that was not seen leaves a gap in the line
      expect(await trend.locator('path').first().getAttribute('d')).toMatch(/^M[^L]*M[^L]*L[^L]*$/);
      await page.getByLabel('对比').selectOption('2025-08');
      await page.waitForURL(/against=2025-08/);
      await expect
        .poll(() => state.asked.at(-1))
        .toBe('GET /api/report?month=2026-08&against=2025-08&format=json&lang=zh');
    });

    it('are downloaded in every format', async () => {
      const { page, state } = await open('/reports?month=2026-07&against=mom', {
        role: 'planner',
        size: PHONE,
      });
      const chooser = page.locator('section').filter({ hasText: '任意两期或时段' });
      for (const [name, format] of [
        ['网页', 'html'],
        ['PDF', 'pdf'],
        ['Excel', 'xlsx'],
        ['JSON', 'json'],
      ]) {
        const download = page.waitForEvent('download');
        await chooser.getByRole('button', { name }).click();
        await download;
        expect(state.asked.at(-1)).toBe(`GET /api/report?month=2026-07&against=mom&lang=zh&format=${format}`);
      }
    });
  });

  it('the overview shows where patches are dense, and leads by a switch', async () => {
    const { page, complaints } = await open('/overview', { role: 'planner' });
    await page.getByRole('img', { name: '图斑密度图' }).locator('canvas').waitFor();
    await page.getByRole('button', { name: '线索', exact: true }).click();
    await page.getByRole('img', { name: '线索密度图' }).waitFor();
    await page.getByText('桂园街道：1 条逾期').waitFor();
    expect(complaints).toEqual([]);
  });

  const EVERY = [
    '/map?mode=swipe',
    '/leads',
    `/leads/${PATCHES[0].number}`,
    '/runs',
    '/runs/7',
    '/reports',
    '/overview',
    '/admin',
    '/account',
  ];
  for (const address of EVERY) {
    for (const size of [undefined, PHONE]) {
      it(`${address} has no serious fault of access and no complaint ${size ? 'on a phone' : 'at a desk'}`, async () => {
        const { page, complaints } = await open(address, size ? { size } : {});
        await page.locator('main h1, main h2, main canvas').first().waitFor();
        await page.waitForLoadState('networkidle');
        expect(await accessFaults()).toEqual([]);
        expect(complaints).toEqual([]);
        const wide: unknown = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        expect(wide).toBe(0);
      });
    }
  }
});

/** Serious and critical violations that axe-core finds. */
async function accessFaults() {
  const found: unknown = await opened.page.evaluate(`(() => { const module = undefined; ${AXE}
    return window.axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) =>
      ({ id, impact, at: nodes.map(({ html }) => html.slice(0, 200)) }))); })()`);
  return Violations.parse(found).filter(({ impact }) => impact === 'serious' || impact === 'critical');
}

/** Addresses that the device keeps answers of, in the page's store and in the service worker's. */
async function keptAddresses(): Promise<string[]> {
  const found: unknown = await opened.page.evaluate(`(async () => {
    const database = await new Promise((resolve) => {
      const request = indexedDB.open('tuban');
      request.onsuccess = () => resolve(request.result);
    });
    const keys = await new Promise((resolve) => {
      const request = database.transaction('kept').objectStore('kept').getAllKeys();
      request.onsuccess = () => resolve(request.result);
    });
    database.close();
    const urls = keys.map((key) => key.slice(key.indexOf(' ') + 1));
    for (const name of await caches.keys())
      for (const request of await (await caches.open(name)).keys()) urls.push(new URL(request.url).pathname);
    return urls;
  })()`);
  return z.array(z.string()).parse(found);
}
