import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSheet } from 'read-excel-file/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { WGS84 } from '../raster/crs.js';
import type { LeadCase } from '../reports/leads/case.js';
import { leadLayer } from '../reports/leads/record.js';
import { recordColumns } from '../reports/leads/record-fields.js';
import { ReportDocument } from '../reports/monthly/document-schema.js';
import { gdalThere } from '../reports/shared/testing/gdal.js';
import { makeSamples } from '../samples/make.js';
import { readDistricts } from '../vector/districts.js';
import { exportLayer } from '../vector/export/export.js';
import type { Db } from '../vector/store/db.js';
import { listSubdistricts, replaceSubdistricts } from '../vector/store/subdistricts.js';
import { openTestDatabase, type TestDatabase } from '../vector/store/testing.js';
import { openArchive, registerScene } from './catalogue.js';
import { type Config, loadConfig } from './config.js';
import { importRegisters } from './demo.js';
import { caseReader, listCases } from './leads/cases.js';
import { dispatch } from './leads/dispatch.js';
import { writeSheets } from './leads/sheets.js';
import { runMonth } from './monthly.js';
import { writeReport } from './report.js';

/** From scenes to what leaves the system, by one configuration: rules, record and receiver. */
const MONTHS = ['2026-06', '2026-07', '2026-08'];
const SETTINGS = {
  workers: 1,
  leads: {
    rules: [
      {
        name: 'own-rule',
        when: { class: ['building_new', 'earthwork'], minAreaM2: 60 },
        disposition: 'sent',
        priority: 'middle',
        zh: '本区规则：{area} m²',
        en: 'own rule: {area} m²',
      },
    ],
    autoAssign: true,
  },
  record: [
    { field: 'number' },
    { field: 'class', name: '类型', shortName: '类型' },
    { field: 'subdistrict' },
    { field: 'address' },
    { field: 'area_m2', name: 'JCMJ', shortName: 'JCMJ' },
    { field: 'suspected_m2', name: 'YSMJ', shortName: 'YSMJ' },
    { field: 'reasons' },
    { field: 'notice' },
  ],
  webhooks: [{ name: 'platform', url: 'http://127.0.0.1:1/', secret: 'a secret of many characters' }],
};

const folder = mkdtempSync(join(tmpdir(), 'tuban-whole-'));
let opened: TestDatabase;
let db: Db;
let config: Config;
/** The month with most leads, its leads that were sent, and what SQL says of them. */
let month: string;
let cases: readonly LeadCase[];
let told: { readonly n: number; readonly suspected: number };

beforeAll(async () => {
  writeFileSync(join(folder, 'tuban.json'), JSON.stringify(SETTINGS));
  config = { ...loadConfig(folder, {}), stateDir: join(folder, '.tuban') };
  opened = await openTestDatabase();
  db = opened.db;
  const dir = join(folder, 'samples');
  const samples = await makeSamples({ dir, seed: 20260821, months: MONTHS, resolution: 4, clouds: false });
  await replaceSubdistricts(db, (await readDistricts(samples.districtsFile, {})).subdistricts);
  await importRegisters(db, samples, 20260821, dir);
  for (const scene of samples.scenes) await registerScene(db, { files: [scene.file] }, scene.month);
  for (const one of MONTHS) await runMonth(db, config, { month: one, against: null });
  [{ month }] = await db.query<{ month: string }>(
    `SELECT month FROM tuban.lead WHERE disposition = 'sent' GROUP BY month ORDER BY count(*) DESC, month LIMIT 1`,
  );
  cases = await listCases(db, { month, disposition: 'sent' });
  [told] = await db.query<typeof told>(
    `SELECT count(*)::int AS n, sum(suspected_m2) AS suspected FROM tuban.lead WHERE month = '${month}' AND disposition = 'sent'`,
  );
}, 400_000);
afterAll(async () => {
  await opened?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

async function exported(
  format: 'geojson' | 'gpkg' | 'shp' | 'csv' | 'xlsx',
  encoding: 'utf-8' | 'gbk' = 'utf-8',
) {
  const out = join(folder, `leads-${encoding}.${format}`);
  const gridCrs = cases[0].run.grid.crs;
  await exportLayer(cases, leadLayer(recordColumns(config.record)), {
    format,
    encoding,
    crs: WGS84,
    gridCrs,
    out,
  });
  return out;
}

const gdal = gdalThere();

describe('one configuration', () => {
  it('makes leads by its rules, part of them within permits, each with its reason and team', async () => {
    expect(told.n).toBeGreaterThan(2);
    expect(cases).toHaveLength(told.n);
    for (const { lead } of cases) {
      expect(lead.reasons.map(({ rule }) => rule)).toContain('own-rule');
      expect(lead.address?.text).toMatch(/号$/);
      expect([lead.status, lead.team !== null, lead.due !== null]).toEqual(['assigned', true, true]);
    }
    const [{ kinds }] = await db.query<{ kinds: number }>(
      'SELECT count(DISTINCT disposition)::int AS kinds FROM tuban.lead',
    );
    expect(kinds).toBeGreaterThan(1);
  });

  it('gives GeoJSON and CSV the fields it names and the areas SQL sums', async () => {
    const json = z
      .object({ features: z.array(z.object({ properties: z.record(z.string(), z.unknown()) })) })
      .parse(JSON.parse(readFileSync(await exported('geojson'), 'utf8')));
    expect(Object.keys(json.features[0].properties)).toEqual(
      expect.arrayContaining(['监测编号', '类型', 'JCMJ', 'YSMJ']),
    );
    const sum = json.features.reduce((total, { properties }) => total + Number(properties.YSMJ), 0);
    expect([json.features.length, sum]).toEqual([told.n, expect.closeTo(told.suspected, 0)]);
    const csv = readFileSync(await exported('csv'), 'utf8')
      .trimEnd()
      .split('\r\n');
    expect(csv).toHaveLength(told.n + 1);
    expect(csv[0]).toContain('JCMJ');
  });

  it('gives a workbook with numbers as numbers', async () => {
    const [head, ...rows] = await readSheet(await exported('xlsx'));
    const at = head.indexOf('YSMJ');
    expect(rows.map((row) => typeof row[at])).toEqual(rows.map(() => 'number'));
    expect(rows.reduce((total, row) => total + Number(row[at]), 0)).toBeCloseTo(told.suspected, 0);
  });

  it.skipIf(!gdal)('gives layers that ogrinfo reads in Chinese, in both encodings', async () => {
    for (const [format, encoding] of [
      ['gpkg', 'utf-8'],
      ['shp', 'utf-8'],
      ['shp', 'gbk'],
    ] as const) {
      const said = execFileSync('ogrinfo', ['-al', '-geom=NO', await exported(format, encoding)], {
        encoding: 'utf8',
      });
      expect(said).toContain(`Feature Count: ${told.n}`);
      for (const { lead } of cases) {
        expect(said).toContain(`= ${lead.number}\n`);
        expect(said).toContain(`= ${lead.patch.subdistrict}\n`);
        expect(said).toContain(`= ${lead.address?.text}\n`);
      }
    }
  });

  it('gives a sheet a lead, with pictures of both dates', async () => {
    const archive = openArchive(db);
    try {
      const document = {
        district: '罗湖区',
        subdistricts: await listSubdistricts(db),
        generatedAt: '2026-09-01T02:00:00Z',
        timeZone: config.timeZone,
        synthetic: true,
      };
      const openMonth = (one: string) => archive.scenes([one]);
      const [file] = await writeSheets({
        cases,
        openMonth,
        document,
        out: join(folder, 'sheets.html'),
        each: null,
      });
      const text = readFileSync(file, 'utf8');
      expect(text.match(/<section class="sheet">/g)).toHaveLength(told.n);
      expect(text.match(/data:image\/jpeg/g)).toHaveLength(2 * told.n);
      for (const { lead } of cases) expect(text).toContain(`<b>${lead.number}</b>`);
    } finally {
      await archive.close();
    }
  });

  it('gives a report that counts the same leads', async () => {
    const out = join(folder, 'report.json');
    await writeReport(db, config, { month, against: null, since: null, format: 'json', lang: 'zh', out });
    const { leads } = ReportDocument.parse(JSON.parse(readFileSync(out, 'utf8')));
    const [{ total }] = await db.query<{ total: number }>(
      `SELECT count(*)::int AS total FROM tuban.lead WHERE month = '${month}'`,
    );
    expect([leads?.own.total, leads?.own.all.sent]).toEqual([total, told.n]);
  });

  it('tells its receiver every step of what was sent, once', async () => {
    const came: string[] = [];
    const server = createServer((request, response) => {
      came.push(String(request.headers['x-tuban-event-id']));
      request.resume().on('end', () => response.end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const [{ name, secret = '', events, since }] = config.webhooks;
      const receivers = [{ name, secret, events, since, url: `http://127.0.0.1:${port}/` }];
      const send = () => dispatch(db, { receivers, caseOf: caseReader(db), attempts: 3, timeoutMs: 5000 });
      const first = await send();
      const [{ n }] = await db.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM tuban.lead_event WHERE kind = 'sent'`,
      );
      expect(first).toMatchObject({ delivered: came.length, failed: 0 });
      expect(came.length).toBeGreaterThanOrEqual(n);
      expect(new Set(came).size).toBe(came.length);
      expect(await send()).toMatchObject({ delivered: 0 });
    } finally {
      server.close();
    }
  });
});
