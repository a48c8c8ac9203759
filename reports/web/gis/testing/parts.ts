import Fastify, { type FastifyInstance } from 'fastify';
import { crsFromEpsg, transformer, WGS84 } from '../../../../raster/crs.js';
import type { Db } from '../../../../vector/store/db.js';
import { publishRun } from '../../../../vector/store/publish.js';
import { startRun } from '../../../../vector/store/runs.js';
import { areaOf, draftAt, GRID, square } from '../../../../vector/store/sample.js';
import { fixDistrictFrame } from '../../../../vector/store/settings.js';
import { replaceSubdistricts } from '../../../../vector/store/subdistricts.js';
import type { SignedIn } from '../../permissions.js';
import { problems } from '../../problem.js';
import type { GisDeps } from '../deps.js';

/** Small parts for the tests of this folder: a server without a guard, and a district of two subdistricts. */
export const PLANNER: SignedIn = { name: 'planner', role: 'planner', subdistricts: [], by: 'session' };
export const officerOf = (...subdistricts: string[]): SignedIn => ({
  name: 'officer',
  role: 'officer',
  subdistricts,
  by: 'session',
});

/** A server that takes everybody for who `userNow` says. */
export function bareServer(userNow: () => SignedIn | null): FastifyInstance {
  const app = Fastify();
  problems(app);
  app.decorateRequest('user', null);
  app.addHook('onRequest', async (request) => {
    request.user = userNow();
  });
  return app;
}

export function depsOf(db: Db, change: Partial<GisDeps> = {}): GisDeps {
  return {
    db,
    config: { district: '罗湖区', stateDir: '/nonexistent', publicUrl: '' },
    version: '0.0.0',
    scenes: async () => [],
    now: () => new Date('2026-09-01T00:00:00Z'),
    ...change,
  };
}

export const [EAST, WEST] = ['440303003', '440303004'];

/** The sample grid's square kilometre, halved between two subdistricts. */
export async function makeDistrict(db: Db): Promise<void> {
  const toLonLat = transformer(crsFromEpsg(4547), WGS84);
  const ground = (x0: number, x1: number) => {
    const corners = [
      [x0, 0],
      [x1, 0],
      [x1, 1000],
      [x0, 1000],
      [x0, 0],
    ].map(([x, y]) => toLonLat(500_000 + x, 2_490_000 + y));
    return [[corners]];
  };
  await replaceSubdistricts(db, [
    { code: WEST, name: '西街道', polygons: ground(0, 500) },
    { code: EAST, name: '东门街道', polygons: ground(500, 1000) },
  ]);
  await fixDistrictFrame(db, { crs: GRID.crs, resolution: GRID.resolution });
}

/** Publishes a month on the sample grid: 3 patches west, 2 east, and areas of both. */
export async function publishMonth(db: Db, month: string): Promise<void> {
  const run = await startRun(db, {
    month,
    against: 'mom',
    beforeMonth: '2025-12',
    grid: GRID,
    parameters: {},
    backend: 'cpu',
  });
  const toLonLat = transformer(GRID.crs, WGS84);
  const draft = (x: number, y: number, side: number, change: Parameters<typeof draftAt>[3] = {}) => {
    const [code, name] = x < 500 ? [WEST, '西街道'] : [EAST, '东门街道'];
    const centroid = toLonLat(500_000 + x + side / 2, 2_490_000 + y + side / 2);
    return draftAt(x, y, side, {
      subdistrictCode: code,
      subdistrict: name,
      after: month,
      centroid,
      rings: square(x, y, side),
      ...change,
    });
  };
  await publishRun(
    db,
    run,
    [
      draft(100, 100, 20),
      draft(200, 200, 30, { class: 'forest_loss', confidence: 0.5, toBare: true }),
      draft(300, 300, 10, { state: 'confirmed' }),
      draft(600, 100, 20),
      draft(700, 200, 40, { class: 'water_gain' }),
    ],
    [areaOf(WEST, 120), areaOf(EAST, 130), areaOf(null, 5)],
  );
}
