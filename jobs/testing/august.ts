import { join } from 'node:path';
import { crsFromEpsg, transformer, WGS84 } from '../../raster/crs.js';
import type { Db } from '../../vector/store/db.js';
import { listPatches } from '../../vector/store/patches.js';
import { replaceSubdistricts } from '../../vector/store/subdistricts.js';
import { registerScene } from '../catalogue.js';
import { type Box, ORIGIN, writeCovers } from './scenes.js';

/** A small month to be disturbed: two made scenes of three blocks, between which three patches appear. */
export const AUGUST = { month: '2026-08', against: 'mom' } as const;
export const AUGUST_PATCHES = 3;
export const AUGUST_SETTINGS = { backend: 'cpu', workers: 1, detector: 'indices' } as const;

const [WIDTH, HEIGHT] = [2200, 60];

/** The scenes of July and August, to `folder`. */
export async function writeAugust(folder: string): Promise<void> {
  const pond = (x: number): Box => ({ x, y: 20, width: 22, height: 18, cover: 'water' });
  const forest: Box = { x: 100, y: 0, width: 120, height: 60, cover: 'forest' };
  const bare: Box = { x: 120, y: 20, width: 40, height: 30, cover: 'bare' };
  const size = [WIDTH, HEIGHT] as const;
  await writeCovers(join(folder, '2026-07.tif'), size, [forest, pond(390)]);
  await writeCovers(join(folder, '2026-08.tif'), size, [forest, pond(390), bare, pond(1015), pond(1800)]);
}

/** One subdistrict and both months' scenes: what a run of August begins with. */
export async function prepareAugust(db: Db, folder: string): Promise<void> {
  const toLonLat = transformer(crsFromEpsg(4547), WGS84);
  const corners = [
    [0, HEIGHT],
    [WIDTH, HEIGHT],
    [WIDTH, 0],
    [0, 0],
    [0, HEIGHT],
  ];
  const ring = corners.map(([x, y]) => toLonLat(ORIGIN[0] + 2 * x, ORIGIN[1] - 2 * y));
  await replaceSubdistricts(db, [{ code: '440303001', name: '桂园街道', polygons: [[ring]] }]);
  for (const month of ['2026-07', '2026-08'])
    await registerScene(db, { files: [join(folder, `${month}.tif`)] }, month);
}

/** All of August that must be the same however it was disturbed: numbers, classes, geometry, states. */
export async function augustResult(db: Db): Promise<unknown> {
  const patches = await listPatches(db, AUGUST);
  return patches.map(({ number, class: name, state, areaM2, confidence, rings }) => ({
    number,
    name,
    state,
    areaM2,
    confidence,
    rings,
  }));
}
