import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PDFDocument } from 'pdf-lib';
import readExcel from 'read-excel-file/node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { STATES } from '../kernels/classes.js';
import { transformer, WGS84 } from '../raster/crs.js';
import { Unavailable } from '../raster/errors.js';
import { ReportDocument } from '../reports/monthly/document-schema.js';
import { skipsWithoutChromium } from '../reports/testing/chromium.js';
import type { Subdistrict } from '../vector/patch.js';
import { publishRun } from '../vector/store/publish.js';
import { startRun } from '../vector/store/runs.js';
import { areaOf, draftAt } from '../vector/store/sample.js';
import { replaceSubdistricts } from '../vector/store/subdistricts.js';
import { openTestDatabase, type TestDatabase } from '../vector/store/testing.js';
import { type Config, loadConfig } from './config.js';
import { type ReportRequest, writeReport } from './report.js';
import { runFolder } from './state-history.js';
import { compareStates } from './state-pair.js';
import { gridOfMade, writeScene } from './testing/scenes.js';

const SIZE = { width: 40, height: 20, bands: 1, sampleType: 'uint8' } as const;
const GRID = gridOfMade({ ...SIZE, path: '', value: () => 0 });
const [BUILT, , , GREEN] = STATES.map(({ code }) => code);

/** The left and the right half of the grid. */
function half(code: string, name: string, column: number): Subdistrict {
  const toLonLat = transformer(GRID.crs, WGS84);
  const [left, top] = [GRID.transform[2], GRID.transform[5]];
  const [x0, x1, y0, y1] = [left + column * 40, left + column * 40 + 40, top - 40, top];
  const ring = [toLonLat(x0, y0), toLonLat(x1, y0), toLonLat(x1, y1), toLonLat(x0, y1), toLonLat(x0, y0)];
  return { code, name, polygons: [[ring]] };
}

let test: TestDatabase;
let folder: string;
let config: Config;
beforeAll(async () => {
  test = await openTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'tuban-report-'));
  config = { ...loadConfig(folder, {}), stateDir: join(folder, 'state') };
  await replaceSubdistricts(test.db, [half('440303001', '东门街道', 0), half('440303003', '南湖街道', 1)]);
  // May is green; from July on the first columns of the left half are built, and a row of the right half is clouded
  await addMonth('2026-05', null, () => GREEN);
  await addMonth('2026-06', '2026-05', () => GREEN);
  await addMonth('2026-07', '2026-06', (x, y) => (x < 5 ? BUILT : x >= 20 && y === 0 ? 0 : GREEN));
});
afterAll(async () => {
  await test?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

async function addMonth(
  month: string,
  before: string | null,
  value: (x: number, y: number) => number,
  detector = 'states',
): Promise<void> {
  const run = await startRun(test.db, {
    month,
    against: before === null ? 'first' : 'mom',
    beforeMonth: before,
    grid: GRID,
    parameters: { detector },
  });
  const own = { subdistrictCode: '440303001', subdistrict: '东门街道', before, after: month };
  const drafts = before === null ? [] : [draftAt(0, 0, 20, own)];
  await publishRun(test.db, run, drafts, [areaOf('440303001', 200), areaOf('440303003', 300)]);
  const path = join(runFolder(config.stateDir, run.id), 'state.tif');
  mkdirSync(runFolder(config.stateDir, run.id), { recursive: true });
  await writeScene({ ...SIZE, path, value });
}

describe('the land states of two months', () => {
  it('are counted by subdistrict on the pixels that both saw', async () => {
    const areas = await compareStates(test.db, config.stateDir, '2026-05', '2026-07');
    const [left, right] = areas ?? [];
    expect([left.totalM2, left.usableM2, right.usableM2]).toEqual([1600, 1600, 1600 - 20 * 4]);
    expect(left.states.built).toEqual({ areaM2: 5 * 20 * 4, beforeAreaM2: 0 });
    expect(left.states.green).toEqual({ areaM2: 15 * 20 * 4, beforeAreaM2: 1600 });
    expect(right.states.green).toEqual({ areaM2: 1520, beforeAreaM2: 1520 });
  });

  it('are unknown where a month keeps no raster, or its detector told none', async () => {
    expect(await compareStates(test.db, config.stateDir, '2026-04', '2026-07')).toBeNull();
    expect(await compareStates(test.db, join(folder, 'elsewhere'), '2026-05', '2026-07')).toBeNull();
    await addMonth('2026-08', '2026-07', () => 0, 'indices');
    expect(await compareStates(test.db, config.stateDir, '2026-05', '2026-08')).toBeNull();
  });
});

describe('a report', () => {
  const write = async (format: ReportRequest['format'], over: Partial<ReportRequest> = {}) => {
    const out = join(folder, `report.${format}`);
    await writeReport(test.db, config, {
      month: '2026-07',
      against: ['2026-05'],
      since: null,
      format,
      lang: 'zh',
      out,
      ...over,
    });
    return out;
  };

  it('is written as JSON of its schema, with two months’ states from their rasters', async () => {
    const document = ReportDocument.parse(JSON.parse(readFileSync(await write('json'), 'utf8')));
    const [pair] = document.comparisons;
    expect([pair.against, pair.before, pair.months?.length]).toEqual(['pair', '2026-05', 2]);
    expect(pair.places[0].states?.built?.net.m2).toBe(400);
    expect(pair.places.at(-1)?.observed?.share).toBeCloseTo(3120 / 3200, 12);
    expect(pair.places.at(-1)?.patches?.count).toBe(2);
  });

  it('is written as a page, and as a workbook with the same numbers', async () => {
    expect(readFileSync(await write('html'), 'utf8')).toContain('两期对比');
    const sheets = await readExcel(readFileSync(await write('xlsx', { since: '2026-06', against: null })));
    const states = sheets.find(({ sheet }) => sheet === '土地状态面积')?.data ?? [];
    const net = states[0].indexOf('净变化 (m²)');
    expect(states[1].slice(0, 6)).toEqual([
      '时段累计',
      '2026-05',
      '2026-07',
      '东门街道',
      '440303001',
      '建设用地',
    ]);
    expect(states[1][net]).toBe(400);
  });

  it.skipIf(skipsWithoutChromium())('is printed as a PDF', async () => {
    const pdf = await PDFDocument.load(readFileSync(await write('pdf')));
    expect(pdf.getPageCount()).toBeGreaterThan(1);
  });

  // on macOS and Windows a browser may lie where no PATH leads
  it.skipIf(process.platform !== 'linux')(
    'as a PDF without Chromium says what to install, and leaves no file',
    async () => {
      vi.stubEnv('PATH', '');
      vi.stubEnv('TUBAN_CHROMIUM', '');
      try {
        const wanted = write('pdf', { out: join(folder, 'none.pdf') });
        await expect(wanted).rejects.toThrow(Unavailable);
        await expect(wanted).rejects.toThrow(/Install one .*HTML needs none/);
        expect(existsSync(join(folder, 'none.pdf'))).toBe(false);
      } finally {
        vi.unstubAllEnvs();
      }
    },
  );
});
