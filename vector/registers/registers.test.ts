import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import { afterAll, describe, expect, it } from 'vitest';
import { crsFromEpsg, transformer, WGS84 } from '../../raster/crs.js';
import { BadInput } from '../../raster/errors.js';
import { convert } from '../gdal.js';
import { readAddresses } from './addresses.js';
import { readCameras } from './cameras.js';
import { readPermits } from './permits.js';
import { readZones } from './zones.js';

const folder = mkdtempSync(join(tmpdir(), 'tuban-registers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function write(content: string | Uint8Array, extension = 'csv'): string {
  const path = join(folder, `r${++count}.${extension}`);
  writeFileSync(path, content);
  return path;
}
const problem = (reading: Promise<unknown>) =>
  reading.then(
    () => 'no error',
    (error: unknown) => (error instanceof BadInput ? error.message : `not BadInput: ${error}`),
  );

const RING = '114.1 22.5, 114.101 22.5, 114.101 22.501, 114.1 22.5';
const POLYGON = `POLYGON ((${RING}))`;
const PERMITS = `许可证号,发证机关,级别,审批日期,有效期起,有效期止,批准面积,WKT
深规建许字LH-2026-0012号,罗湖管理局,区级,2026年1月5日,2026/2/1,20270131,"1,200.5 平方米","${POLYGON}"
深规建许字LH-2026-0013号,,,,,,2亩,"MULTIPOLYGON (((${RING})))"
`;
const EXPECTED = {
  number: '深规建许字LH-2026-0012号',
  authority: '罗湖管理局',
  level: '区级',
  date: '2026-01-05',
  validFrom: '2026-02-01',
  validTo: '2027-01-31',
  approvedM2: 1200.5,
};

describe('permits', () => {
  it.each([
    ['UTF-8', PERMITS],
    ['UTF-8 with a byte order mark', `\uFEFF${PERMITS}`],
    ['GBK', iconv.encode(PERMITS, 'gbk')],
    [
      'GBK with semicolons and CR LF',
      iconv.encode(PERMITS.replaceAll(/,(?=[^"]*(?:"[^"]*"[^"]*)*$)/gm, ';').replaceAll('\n', '\r\n'), 'gbk'),
    ],
  ])('are read from a CSV in %s', async (_name, text) => {
    const { rows } = await readPermits(write(text));
    expect(rows[0].values).toEqual(EXPECTED);
    expect(rows[0].geometry[0][0]).toHaveLength(4);
    expect(rows[1].values).toMatchObject({ authority: null, validTo: null });
    expect(rows[1].values.approvedM2).toBeCloseTo(4000 / 3, 6);
  });

  it('are read from GeoJSON, GeoPackage and a Shapefile in CGCS2000 with Chinese fields', async () => {
    const feature = {
      type: 'Feature',
      properties: { 审批文号: '甲1', 审批机关: '罗湖局', 审批日期: '2026-01-05' },
      geometry: {
        type: 'Polygon',
        coordinates: [
          [
            [114.1, 22.5],
            [114.101, 22.5],
            [114.101, 22.501],
            [114.1, 22.5],
          ],
        ],
      },
    };
    const path = write(JSON.stringify({ type: 'FeatureCollection', features: [feature] }), 'geojson');
    const expected = { number: '甲1', authority: '罗湖局', date: '2026-01-05' };
    expect((await readPermits(path)).rows).toMatchObject([{ values: expected, what: `${path}, feature 1` }]);
    for (const [format, extension, options] of [
      ['GPKG', 'gpkg', []],
      ['ESRI Shapefile', 'shp', ['-lco', 'ENCODING=GBK']],
    ] as const) {
      const made = await convert({
        files: new Map([['in.geojson', readFileSync(path)]]),
        source: 'in.geojson',
        options: ['-f', format, '-t_srs', 'EPSG:4547', '-nln', 'permits', ...options],
      });
      const stem = join(folder, `made-${extension}`);
      for (const [name, bytes] of made) writeFileSync(`${stem}.${name.split('.').at(-1)}`, bytes);
      const { rows } = await readPermits(`${stem}.${extension}`);
      expect(rows[0].values, format).toMatchObject(expected);
      expect(rows[0].geometry[0][0][1][0]).toBeCloseTo(114.101, 6);
    }
  });

  it('take the names --field gives, and coordinates of --source-crs', async () => {
    const [x, y] = transformer(WGS84, crsFromEpsg(4547))(114.1, 22.5);
    const ring = `${x} ${y}, ${x + 10} ${y}, ${x + 10} ${y + 10}, ${x} ${y}`;
    const path = write(`xkz;范围\nA-1;POLYGON ((${ring}))\n`);
    const options = { fields: 'number=xkz,wkt=范围', sourceCrs: crsFromEpsg(4547) };
    const { rows } = await readPermits(path, options);
    expect(rows[0].values.number).toBe('A-1');
    expect(rows[0].geometry[0][0][0][0]).toBeCloseTo(114.1, 9);
    expect(await problem(readPermits(path, { fields: 'number=xkz,wkt=范围' }))).toMatch(
      /line 2 has a point at .* no longitude.*--source-crs/,
    );
    const ewkt = write(`number,wkt\nA-1,"SRID=4547;POLYGON ((${ring}))"\n`);
    expect((await readPermits(ewkt)).rows[0].geometry[0][0][0][0]).toBeCloseTo(114.1, 9);
  });

  const csv = (row: string) => write(`number,valid_from,valid_to,area,wkt\n${row}\n`);
  it.each([
    [csv(`,,,,"${POLYGON}"`), /line 2: number is empty.*许可证号.*--field number=NAME/],
    [csv(`a,2026-02-30,,,"${POLYGON}"`), /line 2: validFrom "2026-02-30" is no day/],
    [csv(`a,2026-03-01,2026-02-01,,"${POLYGON}"`), /validTo lies before the begin/],
    [csv(`a,,,many,"${POLYGON}"`), /"many" is no area/],
    [
      csv('a,,,,"POLYGON ((1 2, 3))"'),
      /line 2: its geometry is a Polygon; expected a Polygon or MultiPolygon of numbers/,
    ],
    [csv('a,,,,here'), /line 2: "here" is no WKT/],
    [csv('a,,,,"POINT (1 2)"'), /is a Point; expected a Polygon/],
    [csv(`a,,,,${POLYGON}`), /not a readable CSV.*double quotes/],
    [
      write('number,name\n1,2\n'),
      /no column of geometry; .*--field wkt=NAME names another; there are: number, name/,
    ],
    [write('number,wkt\n'), /has no rows/],
    [write('x', 'txt'), /of no kind known here; expected .*\.csv/],
    [join(folder, 'absent.csv'), /Permit file .*absent.csv cannot be read/],
  ])('of %s are refused with the line named', async (path, message) => {
    expect(await problem(readPermits(path))).toMatch(message);
  });

  it('with a --field that is none, or names nothing, are refused', async () => {
    const path = csv(`a,,,,"${POLYGON}"`);
    expect(await problem(readPermits(path, { fields: 'nr=a' }))).toMatch(/FIELD is one of number, authority/);
    expect(await problem(readPermits(path, { fields: 'number=证号' }))).toMatch(
      /no property "证号".*there are: number/,
    );
  });
});

describe('zones, addresses, cameras', () => {
  it('a zone need not have a name', async () => {
    const { rows } = await readZones(write(`名称,几何\n梧桐山,"${POLYGON}"\n,"${POLYGON}"\n`));
    expect(rows.map(({ values }) => values.name)).toEqual(['梧桐山', null]);
  });

  it('addresses are points by WKT or by columns', async () => {
    const columns = await readAddresses(write('地址,经度,纬度\n东门中路1号,114.12,22.55\n'));
    const wkt = await readAddresses(write('地址,wkt\n东门中路1号,POINT Z (114.12 22.55 8)\n'));
    for (const { rows } of [columns, wkt]) {
      expect(rows).toMatchObject([{ values: { text: '东门中路1号' }, geometry: [114.12, 22.55] }]);
    }
    expect(await problem(readAddresses(write('地址,经度,纬度\n甲,,\n')))).toMatch(
      /line 2: "", "" are no coordinates/,
    );
  });

  it('cameras have a bearing, a view and a range, or turn', async () => {
    const head = '编号,名称,方位角,视场角,可视距离,lon,lat';
    const { rows } = await readCameras(
      write(`${head}\nC1,球机,-90°,60,300 米,114.1,22.5\nC2,,,,500,114.1,22.5\n`),
    );
    expect(rows.map(({ values }) => values)).toEqual([
      { id: 'C1', name: '球机', bearing: 270, view: 60, rangeM: 300 },
      { id: 'C2', name: 'C2', bearing: 0, view: 360, rangeM: 500 },
    ]);
    expect(await problem(readCameras(write(`${head}\nC1,,,60,300,1,2\n`)))).toMatch(
      /bearing is empty, though/,
    );
    expect(await problem(readCameras(write(`${head}\nC1,,5,60,,1,2\n`)))).toMatch(/rangeM is empty/);
    expect(await problem(readCameras(write(`${head}\nC1,,5,400,9,1,2\n`)))).toMatch(/view is more than 360/);
  });
});
