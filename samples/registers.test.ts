import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { schematicDistrict } from './district.js';
import type { SampleChange } from './make.js';
import { makeRegisters } from './registers.js';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tuban-sample-registers-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

function building(k: number): SampleChange {
  const [x, y] = [114.125 + 0.001 * k, 22.56];
  const ring = [
    [x, y],
    [x + 0.0002, y],
    [x + 0.0002, y + 0.0002],
    [x, y + 0.0002],
    [x, y],
  ] as const;
  const centre = [x + 0.0001, y + 0.0001] as const;
  return {
    id: `b${k}`,
    class: 'building_new',
    trap: null,
    note: '',
    month: '2026-08',
    areaM2: 450,
    centre,
    ring,
  };
}

it('gives three of four buildings a permit, one of them for half and one of the past, the same for the same seed', async () => {
  const districtsFile = join(dir, 'districts.geojson');
  await writeFile(districtsFile, JSON.stringify(schematicDistrict(1)));
  const make = () => makeRegisters({ dir, districtsFile, changes: [0, 1, 2, 3].map(building), seed: 5 });
  const files = await make();
  const read = async () =>
    Promise.all([files.permits, files.addresses, files.cameras].map((file) => readFile(file, 'utf8')));
  const first = await read();
  await make();
  expect(await read()).toEqual(first);
  const rows = first[0].trim().split('\r\n').slice(1);
  expect(rows.map((row) => row.split(',').slice(0, 6))).toEqual([
    ['示建字第20260001号', '示例规划局', '区级', '2025-01-15', '2025-01-15', '2027-12-31'],
    ['示建字第20260002号', '示例规划局', '区级', '2025-03-01', '2025-03-01', '2027-12-31'],
    ['示建字第20260003号', '示例规划局', '区级', '2021-05-10', '2021-05-10', '2024-05-09'],
  ]);
  // all corners of the half permit lie west of the building's middle
  const lons = [...rows[1].matchAll(/(11\d\.\d+) 22/g)].map(([, lon]) => Number(lon));
  expect(Math.max(...lons)).toBeCloseTo(building(1).centre[0], 6);
  expect(first[1].trim().split('\r\n')).toHaveLength(241);
});
