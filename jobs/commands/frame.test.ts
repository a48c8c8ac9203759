import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Point } from '../../raster/affine.js';
import { toGcj02 } from '../../vector/features/gcj02.js';
import { runCli } from '../testing/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'tuban-frame-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RING: Point[] = [
  [114.1, 22.54],
  [114.14, 22.54],
  [114.14, 22.57],
  [114.1, 22.57],
  [114.1, 22.54],
];

function district(name: string, ring: readonly Point[]): string {
  const path = join(folder, name);
  const feature = {
    type: 'Feature',
    properties: { code: '440303001', name: '桂园街道' },
    geometry: { type: 'Polygon', coordinates: [ring] },
  };
  writeFileSync(path, JSON.stringify({ type: 'FeatureCollection', features: [feature] }));
  return path;
}

it('subdistricts in GCJ-02 are refused beside those there are, and taken with --from gcj02', async () => {
  const right = district('right.geojson', RING);
  const bent = district('bent.geojson', RING.map(toGcj02));
  expect((await runCli(['districts', 'import', right], folder)).status).toBe(0);
  const refused = await runCli(['districts', 'import', bent], folder);
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain(`${bent}: its coordinates seem to be GCJ-02`);
  expect(refused.stderr).toContain('--from gcj02');
  expect((await runCli(['districts', 'import', bent, '--from', 'gcj02'], folder)).status).toBe(0);
  expect((await runCli(['districts', 'import', bent, '--from', 'bd09'], folder)).stderr).toMatch(
    /Invalid --from "bd09"; expected wgs84, gcj02/,
  );
});
