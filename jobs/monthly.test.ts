import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crsFromEpsg, transformer, WGS84 } from '../raster/crs.js';
import { BadInput, Unavailable } from '../raster/errors.js';
import type { Patch, Subdistrict } from '../vector/patch.js';
import { listAreas } from '../vector/store/areas.js';
import type { Db } from '../vector/store/db.js';
import { listPatches } from '../vector/store/patches.js';
import { heldResult } from '../vector/store/run-drafts.js';
import { listRunLog } from '../vector/store/run-log.js';
import { listRuns, publishedRun } from '../vector/store/runs.js';
import { replaceSubdistricts } from '../vector/store/subdistricts.js';
import { type TestDatabase, testPlaces, testServerUrl } from '../vector/store/testing.js';
import { registerScene } from './catalogue.js';
import { type Config, loadConfig } from './config.js';
import { type MonthlyResult, planComparisons, runMonth } from './monthly.js';
import { countCodes, readRaster } from './testing/outputs.js';
import { type Box, ORIGIN, writeCovers } from './testing/scenes.js';

describe('planComparisons', () => {
  const plan = (month: string, months: string[], asked: ('mom' | 'yoy')[] | null = null) =>
    planComparisons(month, months, asked).map(({ against, beforeMonths }) => [against, ...beforeMonths]);

  it('compares a first month with nothing', () => {
    expect(plan('2026-08', ['2026-08'])).toEqual([['first']]);
    expect(plan('2026-08', ['2026-08', '2026-09'])).toEqual([['first']]);
  });

  it('compares with the previous stored month, then further back up to six', () => {
    const months = ['2026-01', '2026-02', '2026-04', '2026-07', '2026-08'];
    expect(plan('2026-08', months)).toEqual([['mom', '2026-07', '2026-04', '2026-02']]);
  });

  it('adds the same month last year where it is stored', () => {
    expect(plan('2026-08', ['2025-08', '2026-07', '2026-08'])).toEqual([
      ['mom', '2026-07'],
      ['yoy', '2025-08'],
    ]);
  });

  it('takes a month beside last year’s where that one is missing, the same month first', () => {
    expect(plan('2026-08', ['2025-06', '2025-07', '2025-08', '2025-09', '2025-10', '2026-08'])).toEqual([
      ['yoy', '2025-08', '2025-07', '2025-09'],
    ]);
    expect(plan('2026-08', ['2025-06', '2026-08'])).toEqual([['first']]);
  });

  it('crosses the turn of the year', () => {
    expect(plan('2026-01', ['2024-12', '2025-12', '2026-01'])).toEqual([
      ['mom', '2025-12'],
      ['yoy', '2024-12'],
    ]);
  });

  it('does only what is asked', () => {
    const months = ['2025-08', '2026-07', '2026-08'];
    expect(plan('2026-08', months, ['yoy'])).toEqual([['yoy', '2025-08']]);
    expect(plan('2026-08', months, ['mom'])).toEqual([['mom', '2026-07']]);
  });

  it('refuses what is asked and cannot be', () => {
    expect(() => plan('2026-08', ['2025-08', '2026-08'], ['mom'])).toThrow(BadInput);
    expect(() => plan('2026-08', ['2026-07', '2026-08'], ['yoy'])).toThrow(/2025-08/);
  });
});

/** A district of two blocks, and the pixels around it. */
const [WIDTH, HEIGHT, MARGIN] = [1100, 60, 8];
const PIXEL = 4;
const toLonLat = transformer(crsFromEpsg(4547), WGS84);

function subdistrict(code: string, name: string, from: number, to: number): Subdistrict {
  const corner = (x: number, y: number) => toLonLat(ORIGIN[0] + 2 * x, ORIGIN[1] - 2 * y);
  const ring = [
    corner(from, HEIGHT),
    corner(to, HEIGHT),
    corner(to, 0),
    corner(from, 0),
    corner(from, HEIGHT),
  ];
  return { code, name, polygons: [[ring]] };
}
const THREE = [
  subdistrict('440303001', '桂园街道', 0, 400),
  subdistrict('440303002', '黄贝街道', 400, 800),
  subdistrict('440303003', '东门街道', 800, WIDTH),
];

const LAST_YEAR: readonly Box[] = [
  { x: 100, y: 0, width: 120, height: 76, cover: 'forest' },
  { x: 600, y: 10, width: 80, height: 40, cover: 'water' },
];
/** One pond lies over the border at 400, one over the block seam at 1024 (scene px begin MARGIN earlier). */
const JULY: readonly Box[] = [
  ...LAST_YEAR,
  { x: 390 + MARGIN, y: 20, width: 22, height: 18, cover: 'water' },
];
const AUGUST: readonly Box[] = [
  ...JULY,
  { x: 1010 + MARGIN, y: 24, width: 30, height: 20, cover: 'water' },
  { x: 120, y: 20, width: 40, height: 30, cover: 'bare' },
];
const MONTHS = [
  ['2025-08', LAST_YEAR],
  ['2026-07', JULY],
  ['2026-08', AUGUST],
] as const;

const scenes = mkdtempSync(join(tmpdir(), 'tuban-monthly-'));
beforeAll(async () => {
  for (const [month, boxes] of MONTHS) {
    await writeCovers(join(scenes, `${month}.tif`), [WIDTH + 2 * MARGIN, HEIGHT + 2 * MARGIN], boxes, {
      origin: [ORIGIN[0] - 2 * MARGIN, ORIGIN[1] + 2 * MARGIN],
      acquired: `${month}-05`,
    });
  }
});
afterAll(() => rmSync(scenes, { recursive: true, force: true }));

const server = testServerUrl();
const places = testPlaces('monthly runs on a server are');

/** What must be the same wherever it is stored. */
const essence = (patches: readonly Patch[]) =>
  patches.map(({ number, class: name, areaM2, state, subdistrictCode }) => ({
    number,
    name,
    area: areaM2.toFixed(6),
    state,
    subdistrictCode,
  }));
const results = new Map<string, unknown>();

describe.each(places)('runMonth on the $name database', ({ name, open }) => {
  let opened: TestDatabase;
  let db: Db;
  let config: Config;
  const state = mkdtempSync(join(tmpdir(), 'tuban-state-'));

  beforeAll(async () => {
    opened = await open();
    db = opened.db;
    config = { ...loadConfig(state, {}), stateDir: state, backend: 'cpu', workers: 1, detector: 'indices' };
  });
  afterAll(async () => {
    await opened?.dispose();
    rmSync(state, { recursive: true, force: true });
  });

  const run = (month: string, more: Partial<Parameters<typeof runMonth>[2]> = {}) =>
    runMonth(db, config, { month, against: null, ...more });
  const published = (month: string, against: 'mom' | 'yoy' | 'first') => publishedRun(db, { month, against });

  /** Rasters, patches, summary and areas of a run say the same. */
  async function agree({ patches, summary }: MonthlyResult): Promise<void> {
    const counts = countCodes(await readRaster(join(summary.folder, 'change.tif')));
    for (const [className, total] of Object.entries(summary.classes)) {
      const own = patches.filter((patch) => patch.class === className);
      expect(own.reduce((sum, { areaM2 }) => sum + areaM2, 0)).toBeCloseTo(total.area_m2, 6);
      expect(own).toHaveLength(total.patches);
    }
    const changed = [...counts]
      .filter(([code]) => code > 0 && code < 255)
      .reduce((n, [, count]) => n + count, 0);
    expect(patches.reduce((sum, { areaM2 }) => sum + areaM2, 0)).toBeCloseTo(changed * PIXEL, 6);
  }

  it('asks for subdistricts, then for scenes, with the command that adds them', async () => {
    await expect(run('2026-08')).rejects.toThrow(/tuban districts import/);
    await replaceSubdistricts(db, THREE);
    await expect(run('2026-08')).rejects.toThrow(/tuban scenes add FILE… --month 2026-08/);
    for (const [month] of MONTHS) await registerScene(db, { files: [join(scenes, `${month}.tif`)] }, month);
    await expect(run('2026-09')).rejects.toThrow(BadInput);
  });

  it('a first month has states and no patches', async () => {
    const [first, ...others] = await run('2025-08');
    expect(others).toEqual([]);
    expect([first.against, first.beforeMonth, first.patches]).toEqual(['first', null, []]);
    const record = await published('2025-08', 'first');
    const areas = await listAreas(db, { month: '2025-08', against: 'first' });
    expect(record?.status).toBe('published');
    // every pixel of the district belongs to one subdistrict
    expect(areas.reduce((sum, { totalM2 }) => sum + totalM2, 0)).toBe(WIDTH * HEIGHT * PIXEL);
    expect(areas.map(({ totalM2 }) => totalM2)).toEqual([400, 400, 300].map((w) => w * HEIGHT * PIXEL));
    expect(existsSync(join(first.summary.folder, 'state.tif'))).toBe(true);
    // this detector tells no states: none of them is measured, but all of the ground was seen
    expect(areas.map(({ usableM2 }) => usableM2)).toEqual([0, 0, 0]);
    expect(first.summary.usable_fraction).toBe(1);
  });

  it('compares with last year where no earlier month is near', async () => {
    const done = await run('2026-07');
    expect(done.map(({ against, beforeMonth }) => [against, beforeMonth])).toEqual([['yoy', '2025-08']]);
    // the pond over the border: 10 columns west of it, 12 east
    expect(done[0].patches.map(({ class: c, subdistrict: s, areaM2 }) => [c, s, Math.round(areaM2)])).toEqual(
      [
        ['water_gain', '桂园街道', 10 * 18 * PIXEL],
        ['water_gain', '黄贝街道', 12 * 18 * PIXEL],
      ],
    );
    await agree(done[0]);
  });

  it('an interrupted run publishes nothing, and the same call goes on from its journal', async () => {
    const stop = new AbortController();
    const progress: number[] = [];
    const aborted = run('2026-08', {
      against: ['mom'],
      signal: stop.signal,
      onProgress: (_label, done) => {
        progress.push(done);
        if (done === 1) stop.abort(new Unavailable('interrupted'));
      },
    });
    await expect(aborted).rejects.toThrow(Unavailable);
    expect(progress.slice(0, 2)).toEqual([0, 1]);
    expect(await published('2026-08', 'mom')).toBeNull();
    expect(await listPatches(db, { month: '2026-08', against: 'mom' })).toEqual([]);
    const failed = (await listRuns(db)).filter(
      ({ month, status }) => month === '2026-08' && status === 'failed',
    );
    expect(failed).toHaveLength(1);
    expect(existsSync(join(state, 'runs', String(failed[0].id)))).toBe(false);

    // a mark in the finished block shows in the result: the block was taken from the journal
    const folder = join(state, 'work', readdirSync(join(state, 'work'))[0]);
    // the second may have been done before its thread heard of it
    expect(readdirSync(folder)).toContain('0.block');
    const block = deserialize(readFileSync(join(folder, '0.block'))) as { transitions: Float64Array };
    const at = block.transitions.findIndex((count) => count > 1000);
    block.transitions[at] += 7;
    writeFileSync(join(folder, '0.block'), serialize(block));
    await run('2026-08', { against: ['mom'] });
    const areas = await listAreas(db, { month: '2026-08', against: 'mom' });
    expect(areas.reduce((sum, { totalM2 }) => sum + totalM2, 0)).toBe((WIDTH * HEIGHT + 7) * PIXEL);
    expect(readdirSync(join(state, 'work'))).toEqual([]);
  });

  it('month on month and year on year, a patch over the block seam is one', async () => {
    const done = await run('2026-08');
    expect(done.map(({ against, beforeMonth }) => [against, beforeMonth])).toEqual([
      ['mom', '2026-07'],
      ['yoy', '2025-08'],
    ]);
    const [mom, yoy] = done;
    const ponds = (result: MonthlyResult) =>
      result.patches
        .filter((patch) => patch.class === 'water_gain')
        .map((p) => [p.subdistrictCode, p.areaM2]);
    expect(ponds(mom)).toEqual([['440303003', 30 * 20 * PIXEL]]);
    expect(ponds(yoy)).toHaveLength(3);
    expect(mom.patches.some((patch) => patch.class === 'forest_loss')).toBe(true);
    const measured = await db.query<{ evidence: Record<string, number> }>(
      `SELECT evidence FROM tuban.patch WHERE month = '2026-08' AND against = 'mom' AND retired_at IS NULL`,
    );
    expect(measured).toHaveLength(mom.patches.length);
    for (const { evidence } of measured) expect(evidence.magnitude).toBeGreaterThan(0);
    for (const result of done) await agree(result);
    results.set(
      name,
      done.map(({ patches }) => essence(patches)),
    );
  });

  it('run again it replaces the run and keeps every number', async () => {
    const before = await listPatches(db, { month: '2026-08', against: 'mom' });
    const [mom] = await run('2026-08', { against: ['mom'] });
    expect(essence(mom.patches)).toEqual(essence(before));
    expect(essence(await listPatches(db, { month: '2026-08', against: 'mom' }))).toEqual(essence(before));
    const runs = (await listRuns(db)).filter(
      ({ month, against }) => month === '2026-08' && against === 'mom',
    );
    expect(runs.filter(({ status }) => status === 'published')).toHaveLength(1);
  });

  it('kept back it changes nothing for readers, and writes down what it did', async () => {
    const before = await listPatches(db, { month: '2026-08', against: 'mom' });
    const lines: string[] = [];
    const [held, ...others] = await run('2026-08', {
      hold: true,
      onNote: (_run, { level, event }) => lines.push(`${level} ${event}`),
    });
    expect(others).toEqual([]);
    expect(held).toMatchObject({ against: 'mom', held: true, found: before.length, patches: [] });
    expect(essence(await listPatches(db, { month: '2026-08', against: 'mom' }))).toEqual(essence(before));
    expect(await heldResult(db, held.run)).toMatchObject({ drafts: { length: before.length } });
    expect(existsSync(join(held.summary.folder, 'change.tif'))).toBe(true);
    expect((await listRunLog(db, held.run)).map(({ level, event }) => `${level} ${event}`)).toEqual(lines);
    expect([lines[0], lines.at(-1)]).toEqual(['info Run:Start', 'info Run:Held']);
    await expect(run('2026-08', { hold: true, against: ['mom', 'yoy'] })).rejects.toThrow(BadInput);
  });

  it('with the state detector, areas of states sum to the usable area in every subdistrict', async () => {
    config = { ...config, detector: 'states' };
    const [mom] = await run('2026-08', { against: ['mom'] });
    const areas = await listAreas(db, { month: '2026-08', against: 'mom' });
    expect(areas.map((area) => area.subdistrictCode)).toEqual(THREE.map(({ code }) => code));
    for (const { totalM2, usableM2, states } of areas) {
      const sum = (pick: (s: (typeof states)['built']) => number | null) =>
        Object.values(states).reduce((total, s) => total + (pick(s) ?? 0), 0);
      expect(sum((s) => s.areaM2)).toBeCloseTo(usableM2, 6);
      expect(sum((s) => s.beforeAreaM2)).toBeCloseTo(usableM2, 6);
      expect(usableM2).toBeLessThanOrEqual(totalM2);
    }
    const total = (pick: (area: (typeof areas)[number]) => number) =>
      areas.reduce((sum, area) => sum + pick(area), 0);
    expect(mom.summary.usable_fraction).toBeCloseTo(total((a) => a.usableM2) / total((a) => a.totalM2), 9);
    await agree(mom);
  });
});

describe.skipIf(server === null)('both databases', () => {
  it('hold the same patches with the same numbers', () => {
    expect(results.get('server')).toEqual(results.get('embedded'));
  });
});
