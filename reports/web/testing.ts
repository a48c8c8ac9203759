import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { transformer, WGS84 } from '../../raster/crs.js';
import { FilterConfig } from '../../vector/filter/config.js';
import type { Db } from '../../vector/store/db.js';
import { areaOf, draftAt, GRID, publishAugust, sendAsLeads, square } from '../../vector/store/sample.js';
import { fixDistrictFrame } from '../../vector/store/settings.js';
import { replaceSubdistricts } from '../../vector/store/subdistricts.js';
import { openTestDatabase } from '../../vector/store/testing.js';
import { addUser } from '../../vector/store/users.js';
import { LeadConfig } from '../leads/rule-config.js';
import { createApp } from './app.js';
import type { Deps, RunTask } from './deps.js';
import { hashPassword } from './passwords.js';
import { ROLES, type Role } from './permissions.js';
import { makeToken } from './sign-in.js';

/** A small district for the tests of the web application: two subdistricts, three patches, three leads, a user a role. */
export const [OWN, FOREIGN] = ['440303003', '440303001'];
export const PASSWORD = 'correct-horse-7';

export interface TestSite {
  readonly app: FastifyInstance;
  readonly db: Db;
  readonly stateDir: string;
  /** API tokens by role; the officer's subdistrict is OWN. */
  readonly tokens: Readonly<Record<Role, string>>;
  /** Numbers of patches that are leads, by subdistrict. */
  readonly numbers: { readonly own: string; readonly second: string; readonly foreign: string };
  /** Runs asked for. */
  readonly asked: RunTask[];
  readonly clock: { now: Date };
  headers(role: Role): { authorization: string };
  dispose(): Promise<void>;
}

export async function openTestSite(
  change: Partial<Deps['config']> = {},
  parts: (made: { readonly db: Db; readonly stateDir: string }) => Partial<Deps> = () => ({}),
): Promise<TestSite> {
  const { db, dispose } = await openTestDatabase();
  const stateDir = mkdtempSync(join(tmpdir(), 'tuban-web-'));
  const clock = { now: new Date('2026-09-01T08:00:00Z') };
  const numbers = await fill(db);
  const tokens = { administrator: '', analyst: '', planner: '', officer: '' };
  // hashing is slow on purpose: one hash serves all
  const passwordHash = await hashPassword(PASSWORD);
  for (const role of ROLES) {
    await addUser(db, { name: role, role, subdistricts: role === 'officer' ? [OWN] : [], passwordHash });
    tokens[role] = (await makeToken(db, { user: role, label: 'test', days: 30 }, clock.now)).token;
  }
  const asked: RunTask[] = [];
  const app = await createApp({
    db,
    version: '0.0.0',
    now: () => clock.now,
    config: {
      district: '',
      pageDir: null,
      stateDir,
      timeZone: 'Asia/Shanghai',
      leads: LeadConfig.parse({}),
      filter: FilterConfig.parse({}),
      publicUrl: '',
      basemap: null,
      oidc: null,
      ...change,
    },
    scenes: async () => [],
    runs: {
      start: (wanted) => {
        const task: RunTask = {
          id: `task-${asked.length + 1}`,
          ...wanted,
          status: 'waiting',
          run: null,
          stage: '',
          done: 0,
          total: 0,
          failure: null,
          askedAt: clock.now.toISOString(),
        };
        asked.push(task);
        return task;
      },
      cancel: (id) => asked.some((task) => task.id === id),
      tasks: () => asked,
      watch: () => () => {},
    },
    makeReport: async () => Buffer.from('report'),
    makeSheet: async () => Buffer.from('%PDF-1.7'),
    leadCase: async () => null,
    importResults: async () => ({ done: 0, unchanged: 0 }),
    refreshLeads: async () => ({ made: 0, changed: 0, unchanged: 0 }),
    ...parts({ db, stateDir }),
  });
  return {
    app,
    db,
    stateDir,
    tokens,
    numbers,
    asked,
    clock,
    headers: (role) => ({ authorization: `Bearer ${tokens[role]}` }),
    async dispose() {
      await app.close();
      await dispose();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

async function fill(db: Db): Promise<TestSite['numbers']> {
  const toLonLat = transformer(GRID.crs, WGS84);
  const ground = (x: number) => square(x, 0, 500).map((ring) => ring.map(([e, n]) => toLonLat(e, n)));
  await replaceSubdistricts(db, [
    { code: OWN, name: '东门街道', polygons: [ground(0)] },
    { code: FOREIGN, name: '桂园街道', polygons: [ground(500)] },
  ]);
  await fixDistrictFrame(db, { crs: GRID.crs, resolution: GRID.resolution });
  const patches = await publishAugust(
    db,
    [
      draftAt(10, 10, 30),
      draftAt(100, 10, 50, { confidence: 0.5 }),
      draftAt(600, 10, 40, { subdistrictCode: FOREIGN, subdistrict: '桂园街道' }),
    ],
    [areaOf(OWN, 300), areaOf(FOREIGN, 200)],
  );
  await sendAsLeads(
    db,
    patches.map(({ number }) => number),
  );
  const of = (code: string, index: number) =>
    patches.filter(({ subdistrictCode }) => subdistrictCode === code)[index].number;
  return { own: of(OWN, 0), second: of(OWN, 1), foreign: of(FOREIGN, 0) };
}
