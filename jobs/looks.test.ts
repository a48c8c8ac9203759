import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply } from '../raster/affine.js';
import { crsFromEpsg, transformer, WGS84 } from '../raster/crs.js';
import { allocateRuns } from '../raster/runs.js';
import { madeGrid } from '../raster/testing.js';
import type { DraftPatch } from '../vector/number.js';
import type { Db } from '../vector/store/db.js';
import { listPatches } from '../vector/store/patches.js';
import { replaceSubdistricts } from '../vector/store/subdistricts.js';
import { openTestDatabase, type TestDatabase } from '../vector/store/testing.js';
import { registerScene } from './catalogue.js';
import { type Config, loadConfig } from './config.js';
import { lookAgain, sharesOf } from './looks.js';
import { runMonth } from './monthly.js';
import type { StateHistory } from './state-history.js';
import { type Box, coverAt, coverValue, ORIGIN, writeScene } from './testing/scenes.js';

describe('sharesOf', () => {
  it('counts the zone’s pixels of the codes among those that can be judged', () => {
    const grid = madeGrid(20, 10);
    const zone = { rings: [Float64Array.from([2, 2, 12, 2, 12, 6, 2, 6])] };
    const runs = allocateRuns(4);
    // two rows: 4 px of the class, 3 of another; 10 px unusable; a run outside the zone
    const rows = [
      [2, 0, 6, 1],
      [2, 8, 11, 4],
      [3, 0, 20, 255],
      [8, 2, 12, 1],
    ];
    rows.forEach(([y, x0, x1, code], k) => {
      [runs.y[k], runs.x0[k], runs.x1[k], runs.code[k]] = [y, x0, x1, code];
    });
    expect(sharesOf(runs, zone, grid, new Set([1]))).toEqual({ usable: 30 / 40, holding: 4 / 30 });
    expect(sharesOf(runs, zone, grid, new Set([1, 4]))).toEqual({ usable: 30 / 40, holding: 7 / 30 });
  });
});

const GRID = madeGrid(20, 10);
const [LEFT, TOP] = apply(GRID.transform, 2, 2);
const [RIGHT, BOTTOM] = apply(GRID.transform, 12, 6);
const RINGS = [
  [LEFT, TOP],
  [RIGHT, TOP],
  [RIGHT, BOTTOM],
  [LEFT, BOTTOM],
  [LEFT, TOP],
] as const;
const ASKED = {
  month: '2026-08',
  against: 'mom' as const,
  beforeMonths: ['2026-07'],
  grid: GRID,
  runs: allocateRuns(0),
};

describe('lookAgain at a new building that an earlier pair does not show', () => {
  /** The look at June, which shows no change; in June so much of the ground was green. */
  async function look(usable: number, holding: number): Promise<unknown> {
    const wanted: (readonly string[])[] = [];
    const states: Partial<StateHistory> = {
      months: ['2026-06', '2026-07'],
      share: async (_month, _zone, names) => {
        wanted.push(names);
        return { usable, holding };
      },
    };
    const drafts = [{ class: 'building_new', rings: [RINGS] } as unknown as DraftPatch];
    const { own } = await lookAgain(
      { ...ASKED, drafts },
      {
        db: { query: async () => [] } as unknown as Db,
        months: ['2026-06', '2026-07', '2026-08'],
        states: states as StateHistory,
        comparePair: async () => ({ runs: allocateRuns(0) }),
      },
    );
    expect(wanted).toEqual([['water', 'forest', 'green']]);
    return own;
  }
  const seen = { kind: 'earlier', before: '2026-06', after: '2026-08', usable: 1 };

  it('holds by what was green or water then: no building stood there', async () => {
    expect(await look(1, 0.9)).toEqual([{ ord: 0, look: { ...seen, holding: 0.9 } }]);
  });

  it('does not hold by hard ground, nor by what was hardly seen', async () => {
    expect(await look(1, 0)).toEqual([{ ord: 0, look: { ...seen, holding: 0 } }]);
    expect(await look(0.4, 1)).toEqual([{ ord: 0, look: { ...seen, holding: 0 } }]);
  });
});

describe('lookAgain at a wood that was cut', () => {
  /** The look at June, of which so much was forest and so much seemed built. */
  async function look(forest: number, built: number) {
    const states: Partial<StateHistory> = {
      months: ['2026-06', '2026-07'],
      share: async (_month, _zone, _names, unseen = []) => {
        const seen = unseen.includes('built') ? 1 - built : 1;
        return { usable: seen, holding: seen > 0 ? forest / seen : 0 };
      },
    };
    const { own } = await lookAgain(
      { ...ASKED, drafts: [{ class: 'forest_loss', rings: [RINGS] } as unknown as DraftPatch] },
      {
        db: { query: async () => [] } as unknown as Db,
        months: ['2026-06', '2026-07', '2026-08'],
        states: states as StateHistory,
        comparePair: async () => ({ runs: allocateRuns(0) }),
      },
    );
    return own.map(({ look: { usable, holding } }) => [usable, holding]);
  }

  it('was no wood where it was bare or green in June', async () => {
    expect(await look(0.1, 0)).toEqual([[1, 0.1]]);
  });

  it('is not told anything by what seems built in June: no wood grows there within a month', async () => {
    expect(await look(0, 1)).toEqual([[0, 0]]);
    expect(await look(0.5, 0.5)).toEqual([[0.5, 1]]);
  });
});

const [WIDTH, HEIGHT] = [260, 200];
const ALWAYS: readonly Box[] = [
  { x: 0, y: 0, width: 80, height: 60, cover: 'forest' },
  { x: 180, y: 0, width: 80, height: 60, cover: 'water' },
  { x: 0, y: 150, width: 80, height: 50, cover: 'bare' },
  ...[0, 1, 2, 3].map((k): Box => ({ x: 100 + 16 * k, y: 10, width: 10, height: 12, cover: 'roof' })),
];
const POND: Box = { x: 100, y: 80, width: 24, height: 20, cover: 'water' };
const PUDDLE: Box = { x: 150, y: 80, width: 24, height: 20, cover: 'water' };
const HOUSE: Box = { x: 100, y: 130, width: 12, height: 10, cover: 'roof' };
const TENT: Box = { x: 140, y: 130, width: 12, height: 10, cover: 'roof' };
const HIDDEN: Box = { x: 200, y: 130, width: 12, height: 10, cover: 'roof' };
/** Nodata over the third house, in July. */
const CURTAIN: Box = { x: 190, y: 120, width: 40, height: 40, cover: 'bare' };

const MONTHS: Readonly<Record<string, readonly Box[]>> = {
  '2026-05': ALWAYS,
  '2026-06': [...ALWAYS, POND, PUDDLE, HOUSE, TENT, HIDDEN],
  '2026-07': [...ALWAYS, POND, HOUSE, HIDDEN],
  '2026-08': [...ALWAYS, POND, HOUSE, HIDDEN],
};

/** Each box by the name of the change at its middle. */
const PLACES = { pond: POND, puddle: PUDDLE, house: HOUSE, tent: TENT, hidden: HIDDEN };

describe('four months of a district', () => {
  let opened: TestDatabase;
  let db: Db;
  let config: Config;
  const folder = mkdtempSync(join(tmpdir(), 'tuban-looks-'));
  const toLonLat = transformer(crsFromEpsg(4547), WGS84);
  const corner = (x: number, y: number) => toLonLat(ORIGIN[0] + 2 * x, ORIGIN[1] - 2 * y);

  beforeAll(async () => {
    opened = await openTestDatabase();
    db = opened.db;
    config = { ...loadConfig(folder, {}), stateDir: folder, backend: 'cpu', workers: 1 };
    const ring = [
      corner(0, HEIGHT),
      corner(WIDTH, HEIGHT),
      corner(WIDTH, 0),
      corner(0, 0),
      corner(0, HEIGHT),
    ];
    await replaceSubdistricts(db, [{ code: '440303001', name: '桂园街道', polygons: [[ring]] }]);
    for (const [month, boxes] of Object.entries(MONTHS)) {
      const path = join(folder, `${month}.tif`);
      const hidden = (x: number, y: number) =>
        month === '2026-07' && coverAt([CURTAIN], x, y) === CURTAIN.cover;
      await writeScene({
        path,
        width: WIDTH,
        height: HEIGHT,
        bands: 4,
        nodata: 0,
        value: (x, y, band) => (hidden(x, y) ? 0 : coverValue(coverAt(boxes, x, y), x, y, band)),
      });
      await registerScene(db, { files: [path] }, month);
    }
  });
  afterAll(async () => {
    await opened?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  /** State and deciding month of June's patches by place, of the class its box should have. */
  async function june(): Promise<Record<string, unknown>> {
    const patches = await listPatches(db, { month: '2026-06', against: 'mom' });
    return Object.fromEntries(
      Object.entries(PLACES).map(([name, { x, y, width, height, cover }]) => {
        const [lon, lat] = corner(x + width / 2, y + height / 2);
        const near = patches.find(
          ({ centroid, class: found }) =>
            Math.hypot(centroid[0] - lon, centroid[1] - lat) < 1e-4 &&
            found === (cover === 'water' ? 'water_gain' : 'building_new'),
        );
        return [name, near && [near.state, near.decided]];
      }),
    );
  }
  const run = (month: string) => runMonth(db, config, { month, against: null });

  it('suspects what one month shows', async () => {
    await run('2026-05');
    await run('2026-06');
    const suspected = ['suspected', null];
    expect(await june()).toEqual(Object.fromEntries(Object.keys(PLACES).map((name) => [name, suspected])));
  });

  it('confirms what the next month still shows, dismisses what is gone, waits where nothing is seen', async () => {
    await run('2026-07');
    expect(await june()).toEqual({
      pond: ['confirmed', '2026-07'],
      puddle: ['dismissed', '2026-07'],
      house: ['confirmed', '2026-07'],
      tent: ['dismissed', '2026-07'],
      hidden: ['suspected', null],
    });
  });

  it('what goes as it came is no change of its own', async () => {
    const july = await listPatches(db, { month: '2026-07', against: 'mom' });
    expect(july.filter(({ state }) => state !== 'dismissed')).toEqual([]);
    // the puddle is gone, and was not there in May either
    expect(july.map((patch) => patch.class)).toContain('water_loss');
  });

  it('a month that sees again confirms late, and the first month stays', async () => {
    await run('2026-08');
    expect((await june()).hidden).toEqual(['confirmed', '2026-08']);
    expect(await listPatches(db, { month: '2026-08', against: 'mom', class: 'building_new' })).toEqual([]);
  });

  it('running a month again changes nothing', async () => {
    const before = await listPatches(db, { month: '2026-06', against: 'mom' });
    await run('2026-07');
    await run('2026-06');
    expect(await listPatches(db, { month: '2026-06', against: 'mom' })).toEqual(before);
  });
});
