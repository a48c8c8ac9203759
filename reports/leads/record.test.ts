import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import iconv from 'iconv-lite';
import { readSheet } from 'read-excel-file/node';
import { afterAll, describe, expect, it, test } from 'vitest';
import { crsFromEpsg, WGS84 } from '../../raster/crs.js';
import { exportLayer, type LayerFormat } from '../../vector/export/export.js';
import type { PolygonRings } from '../../vector/patch.js';
import { gdalThere } from '../shared/testing/gdal.js';
import type { LeadCase } from './case.js';
import { madeCase, madePatch } from './fixtures.js';
import { leadLayer, leadRecord } from './record.js';
import { DEFAULT_RECORD, RECORD_FIELDS, RecordMapping, recordColumns } from './record-fields.js';

const folder = mkdtempSync(join(tmpdir(), 'tuban-record-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const GRID = crsFromEpsg(4547);

async function write(
  name: string,
  cases: readonly LeadCase[],
  format: LayerFormat,
  encoding: 'utf-8' | 'gbk' = 'utf-8',
) {
  const out = join(folder, name);
  const losses = await exportLayer(cases, leadLayer(), { format, crs: WGS84, gridCrs: GRID, out, encoding });
  return { out, losses };
}

describe('leadRecord', () => {
  it('says what the lead says, in Chinese', () => {
    expect(leadRecord(madeCase())).toMatchObject({
      number: '202608-M-440303003-10001',
      class: '新增建筑',
      area_m2: 900,
      area_mu: 1.35,
      suspected_m2: 650.5,
      permitted: '是',
      permit_number: '深规建许字〔2026〕0123号',
      permit_m2: 1200,
      zones: '永久基本农田 清水河基本农田 120平方米',
      reasons: '新增建筑，面积大于 500 平方米；压占永久基本农田',
      status: '待核查',
      verdict: null,
      lon: 114.1234568,
    });
  });

  it('counts an expired permit as none, and names it all the same', () => {
    const { permits } = madeCase().lead;
    const record = leadRecord(madeCase({ permits: permits.map((permit) => ({ ...permit, valid: false })) }));
    expect(record.permitted).toBe('否');
    expect(record.permit_number).toBe('深规建许字〔2026〕0123号（已失效）');
  });
});

describe('the mapping', () => {
  it('has all fields under short names that a shapefile takes in either encoding', () => {
    expect(DEFAULT_RECORD).toHaveLength(RECORD_FIELDS.length);
    for (const { name, shortName } of DEFAULT_RECORD) {
      expect(Buffer.byteLength(shortName)).toBeLessThanOrEqual(10);
      // code page 936 gives the names back as they are
      expect(iconv.decode(iconv.encode(name + shortName, 'gbk'), 'gbk')).toBe(name + shortName);
    }
    expect(new Set(DEFAULT_RECORD.map(({ shortName }) => shortName)).size).toBe(DEFAULT_RECORD.length);
  });

  it('takes a choice of fields in an order of its own, with names of its own', () => {
    expect(
      recordColumns(
        RecordMapping.parse([{ field: 'area_m2', name: 'JCMJ', shortName: 'JCMJ' }, { field: 'number' }]),
      ),
    ).toEqual([
      { field: 'area_m2', name: 'JCMJ', shortName: 'JCMJ' },
      { field: 'number', name: '监测编号', shortName: '编号' },
    ]);
  });

  it('refuses unknown fields, short names that are too long, and names given twice', () => {
    const message = (value: unknown) => RecordMapping.safeParse(value).error?.issues[0].message;
    expect(message([{ field: 'colour' }])).toContain('expected one of number, class');
    expect(message([{ field: 'number', shortName: '监测编号' }])).toContain('10 bytes');
    expect(message([{ field: 'number' }, { field: 'class', name: '监测编号' }])).toContain('two fields');
  });
});

test('a workbook holds numbers as numbers under heads that stay, and runs no formula', async () => {
  const cases = [madeCase({ team: '=cmd|calc', address: null })];
  const { out } = await write('a.xlsx', cases, 'xlsx');
  const [head, row] = await readSheet(out);
  const value = (name: string) => row[head.indexOf(name)];
  expect(head.slice(0, -1)).toEqual(DEFAULT_RECORD.map(({ name }) => name));
  expect([value('监测面积(平方米)'), value('监测面积(亩)'), value('中心经度')]).toEqual([
    900, 1.35, 114.1234568,
  ]);
  expect(value('责任队伍')).toBe("'=cmd|calc");
  expect(value('地址')).toBeNull();
});

test('no text of a lead begins a formula, in a workbook or a CSV', async () => {
  const evil = '=cmd|calc!A1';
  const [permit] = madeCase().lead.permits;
  const one = madeCase({
    patch: madePatch({ subdistrict: evil, subdistrictCode: evil, before: evil, after: evil }),
    reasons: [{ rule: 'r', zh: evil, en: evil }],
    permits: [{ ...permit, number: evil, authority: '+1', level: '-1', date: '@x' }],
    address: { text: `\t${evil}`, distanceM: 1 },
    cameras: [{ id: evil, name: evil, distanceM: 1, bearing: 1 }],
    team: evil,
    due: evil,
    repeatOf: evil,
  });
  const cases = [{ ...one, run: { ...one.run, sensors: { before: [evil], after: [evil] } } }];
  const begins = /^\s*[=+@-]/;
  const [head, row] = await readSheet((await write('evil.xlsx', cases, 'xlsx')).out);
  for (const [k, value] of row.entries())
    if (typeof value === 'string') expect([head[k], begins.test(value)]).toEqual([head[k], false]);
  const csv = readFileSync((await write('evil.csv', cases, 'csv')).out, 'utf8');
  const rows: string[][] = parse(csv, { bom: true });
  const texts = rows[1].filter((value) => value.includes('cmd'));
  expect(texts.length).toBeGreaterThan(8);
  for (const value of texts) expect(value).not.toMatch(begins);
});

test('a cell cannot hold 10,000 points: the workbook says so, CSV and GeoJSON have them all', async () => {
  const cases = [madeCase({ patch: madePatch({ rings: circle(10_000) }) })];
  const [head, row] = await readSheet((await write('b.xlsx', cases, 'xlsx')).out);
  expect(row[head.indexOf('WKT')]).toMatch(/^10001 points: too long/);
  const csv = readFileSync((await write('b.csv', cases, 'csv')).out, 'utf8');
  expect(csv.split('POLYGON')[1].split(',').length).toBe(10_001);
  const json = JSON.parse(readFileSync((await write('b.geojson', cases, 'geojson')).out, 'utf8'));
  expect(json.features[0].geometry.coordinates[0]).toHaveLength(10_001);
  expect(json.features[0].properties.监测编号).toBe(cases[0].lead.number);
});

function circle(points: number): PolygonRings {
  const ring = Array.from({ length: points }, (_, i) => {
    const angle = (2 * Math.PI * i) / points;
    return [500_300 + 200 * Math.cos(angle), 2_490_300 + 200 * Math.sin(angle)] as const;
  });
  return [[...ring, ring[0]]];
}

test('a CSV in GBK says which characters it could not write', async () => {
  const { out, losses } = await write('c.csv', [madeCase({ team: '𠮷田队' })], 'csv', 'gbk');
  expect(losses.lacking).toBe(1);
  const text = iconv.decode(readFileSync(out), 'gbk');
  expect(text).toContain('监测编号');
  expect(text).toContain('"?田队"');
});

test('a text too long for a shapefile is cut between characters, in either encoding', async () => {
  const long = `a${'址'.repeat(200)}`;
  for (const [encoding, kept] of [
    ['utf-8', 84],
    ['gbk', 126],
  ] as const) {
    const { out, losses } = await write(
      `d-${encoding}.shp`,
      [madeCase({ address: { text: long, distanceM: 1 } })],
      'shp',
      encoding,
    );
    expect(losses.cut).toBe(1);
    const dbf = iconv.decode(readFileSync(out.replace('.shp', '.dbf')), encoding);
    expect(dbf).toContain(`a${'址'.repeat(kept)}`);
    expect(dbf).not.toContain(`a${'址'.repeat(kept + 1)}`);
    // what follows the head is text alone
    expect(dbf.slice(dbf.indexOf('\r'))).not.toContain('\uFFFD');
  }
});

const gdal = gdalThere();

describe.skipIf(!gdal)('ogrinfo reads Chinese names and values', () => {
  for (const [name, format, encoding] of [
    ['e.shp', 'shp', 'utf-8'],
    ['f.shp', 'shp', 'gbk'],
    ['g.gpkg', 'gpkg', 'utf-8'],
    ['h.geojson', 'geojson', 'utf-8'],
  ] as const) {
    it(`of ${name} in ${encoding}`, async () => {
      const { out } = await write(
        name,
        [madeCase(), madeCase({ verdict: 'not_found', permits: [] })],
        format,
        encoding,
      );
      const said = execFileSync('ogrinfo', ['-al', '-geom=SUMMARY', out], { encoding: 'utf8' });
      const names = DEFAULT_RECORD.map((column) => (format === 'shp' ? column.shortName : column.name));
      for (const field of names) expect(said).toContain(`\n${field}: `);
      expect(said).toContain('= 深圳市罗湖区东门街道解放路 2001 号\n');
      expect(said).toContain('= 深规建许字〔2026〕0123号\n');
      expect(said).toMatch(/(面积|监测面积\(平方米\)) \((Real|Integer)\) = 900(\.00)?\n/);
      expect(said).toMatch(/(批文号|审批文号) \(String\) = \(null\)\n/);
      expect(said).toContain('Feature Count: 2');
    });
  }
});
