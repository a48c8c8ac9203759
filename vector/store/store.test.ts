import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodePolygons, encodeMultiPolygon, encodePolygon } from '../ewkb.js';
import type { Patch, PolygonRings } from '../patch.js';
import { listAreas } from './areas.js';
import type { Db } from './db.js';
import { looksOf, openPatches, type RunLooks } from './looks.js';
import { migrate } from './migrate.js';
import { listPatches } from './patches.js';
import { publishRun } from './publish.js';
import { failRun, listRuns, publishedRun, startRun } from './runs.js';
import { areaOf, draftAt, GRID, square } from './sample.js';
import { addScene, listScenes, removeScene } from './scenes.js';
import { districtFrame, fixDistrictFrame } from './settings.js';
import { listSubdistricts, replaceSubdistricts } from './subdistricts.js';
import { type TestDatabase, testPlaces } from './testing.js';

const HOLED: PolygonRings = [
  ...square(0, 0, 30),
  [
    [500_010, 2_490_010],
    [500_010, 2_490_020],
    [500_020, 2_490_020],
    [500_020, 2_490_010],
    [500_010, 2_490_010],
  ],
];

const places = testPlaces('store tests on a server are');

describe.each(places)('store on the $name database', ({ open }) => {
  let opened: TestDatabase;
  let db: Db;
  beforeAll(async () => {
    opened = await open();
    db = opened.db;
  });
  afterAll(() => opened?.dispose());

  const newRun = (month: string) =>
    startRun(db, {
      month,
      against: 'mom',
      beforeMonth: '2025-12',
      grid: GRID,
      parameters: { mmu: 50 },
      backend: 'cpu',
    });
  const publish = async (month: string, ...drafts: Parameters<typeof publishRun>[2]) =>
    publishRun(db, await newRun(month), drafts, []);
  const numbers = (patches: readonly Patch[]) => patches.map((patch) => patch.number);

  test('values come back the same from either driver', async () => {
    const [row] = await db.query(
      `SELECT count(*) AS n, 9007199254740991::int8 AS big, 1.5::numeric AS num, date '2026-08-01' AS day,
         timestamptz '2026-08-01 08:00:00.5+08' AS instant, '{"a":[1,"二"]}'::jsonb AS doc, '\\x01ff'::bytea AS raw,
         ARRAY['a','二'] AS texts, NULL::date AS nothing, 0.1::float8 AS f, true AS yes`,
    );
    expect(row).toEqual({
      n: 1,
      big: 9007199254740991,
      num: 1.5,
      day: '2026-08-01',
      instant: '2026-08-01T00:00:00.500Z',
      doc: { a: [1, '二'] },
      raw: new Uint8Array([1, 255]),
      texts: ['a', '二'],
      nothing: null,
      f: 0.1,
      yes: true,
    });
  });

  test('arrays go in with nulls, quotes, commas and backslashes', async () => {
    const texts = ['a,"b"', null, '{c}\\', '', 'NULL', '罗湖'];
    const rows = await db.query<{ t: string | null; v: number | null }>(
      'SELECT * FROM unnest($1::text[], $2::float8[]) AS u(t, v)',
      [texts, [0.1, null, -1e-300, 5, 6, Number.MAX_VALUE]],
    );
    expect(rows.map((row) => row.t)).toEqual(texts);
    expect(rows.map((row) => row.v)).toEqual([0.1, null, -1e-300, 5, 6, Number.MAX_VALUE]);
  });

  test('our EWKB is what PostGIS writes', async () => {
    const [row] = await db.query<{ text: string; hex: string; multi: string }>(
      `SELECT ST_AsText($1::text::geometry) AS text, encode(ST_AsEWKB($1::text::geometry, 'NDR'), 'hex') AS hex,
         ST_AsEWKT($2::text::geometry) AS multi`,
      [encodePolygon(HOLED, 4547), encodeMultiPolygon([square(0, 0, 1), square(5, 5, 1)], 0)],
    );
    expect(row.text).toBe(
      'POLYGON((500000 2490000,500030 2490000,500030 2490030,500000 2490030,500000 2490000),(500010 2490010,500010 2490020,500020 2490020,500020 2490010,500010 2490010))',
    );
    expect(row.hex.toUpperCase()).toBe(encodePolygon(HOLED, 4547));
    expect(row.multi).toBe(
      'MULTIPOLYGON(((500000 2490000,500001 2490000,500001 2490001,500000 2490001,500000 2490000)),((500005 2490005,500006 2490005,500006 2490006,500005 2490006,500005 2490005)))',
    );
  });

  test('EWKB of PostGIS is read in either byte order', async () => {
    const [row] = await db.query<{ big: string; little: string }>(
      `SELECT encode(ST_AsEWKB(g, 'XDR'), 'hex') AS big, g::text AS little
       FROM (SELECT 'SRID=4547;MULTIPOLYGON(((0 0,4.5 0,0 4,0 0)),((9 9,10 9,9 10,9 9)))'::geometry AS g) AS s`,
    );
    const expected = {
      srid: 4547,
      polygons: [
        [
          [
            [0, 0],
            [4.5, 0],
            [0, 4],
            [0, 0],
          ],
        ],
        [
          [
            [9, 9],
            [10, 9],
            [9, 10],
            [9, 9],
          ],
        ],
      ],
    };
    expect(decodePolygons(row.big)).toEqual(expected);
    expect(decodePolygons(row.little)).toEqual(expected);
  });

  test('a transaction that throws leaves nothing, and one within another is undone alone', async () => {
    await expect(
      db.transaction(async (tx) => {
        await replaceSubdistricts(tx, [{ code: 'x', name: 'X', polygons: [square(0, 0, 1)] }]);
        throw new Error('stop');
      }),
    ).rejects.toThrow('stop');
    expect(await listSubdistricts(db)).toEqual([]);
    const outer = await db.transaction(async (tx) => {
      await tx.query(`INSERT INTO tuban.district_setting VALUES ('outer', '1')`);
      const inner = tx.transaction(async (deep) => {
        await deep.query(`INSERT INTO tuban.district_setting VALUES ('inner', '1')`);
        await deep.query('SELECT 1/0');
      });
      await expect(inner).rejects.toThrow(/division by zero/);
      return tx.query('SELECT key FROM tuban.district_setting');
    });
    expect(outer).toEqual([{ key: 'outer' }]);
  });

  test('migrating again changes nothing, and a database of a newer tuban is refused', async () => {
    const plain = { ...db, script: async () => {}, transaction: db.transaction } as unknown as Parameters<
      typeof migrate
    >[0];
    await migrate(plain);
    await expect(migrate(plain, [])).rejects.toThrow(/newer tuban \(migration 1 /);
  });

  test('subdistricts are replaced as a whole and keep their order', async () => {
    const b = { code: '2', name: '南湖街道', polygons: [square(0, 0, 1), square(5, 5, 1)] };
    const a = { code: '1', name: '桂园街道', polygons: [HOLED] };
    await replaceSubdistricts(db, [b]);
    await replaceSubdistricts(db, [b, a]);
    expect(await listSubdistricts(db)).toEqual([b, a]);
  });

  test('the same files are one scene, updated when added again', async () => {
    const scene = {
      month: '2026-07',
      sensor: 'sentinel-2',
      files: ['b.tif', 'a.tif'],
      crs: 'EPSG:32650',
      footprint: square(0, 0, 1)[0],
      acquired: '2026-07-31',
      resolutionM: 10,
      bands: { red: 3 },
    };
    await addScene(db, scene);
    const again = await addScene(db, {
      ...scene,
      month: '2026-08',
      files: ['a.tif', 'b.tif'],
      acquired: null,
    });
    const scenes = await listScenes(db);
    expect(scenes).toEqual([again]);
    expect(again).toMatchObject({
      month: '2026-08',
      acquired: null,
      footprint: scene.footprint,
      bands: { red: 3 },
    });
    expect(await listScenes(db, { month: '2026-07' })).toEqual([]);
    expect([await removeScene(db, again.id), await removeScene(db, again.id)]).toEqual([true, false]);
  });

  test('a month that is no month is refused', async () => {
    await expect(newRun('2026-13')).rejects.toThrow(/month_text/);
  });

  test('the first frame fixed for the district holds', async () => {
    expect(await districtFrame(db)).toBeNull();
    await fixDistrictFrame(db, { crs: GRID.crs, resolution: 2 });
    const held = await fixDistrictFrame(db, { crs: GRID.crs, resolution: 5 });
    expect([held.crs.epsg, held.resolution]).toEqual([4547, 2]);
  });

  test('a published patch is read back whole, by every filter', async () => {
    const drafts = [
      draftAt(0, 0, 30, { rings: HOLED, toBare: true }),
      draftAt(100, 0, 10, { class: 'water_gain', subdistrictCode: null, subdistrict: null, before: null }),
    ];
    const published = await publish('2026-01', ...drafts);
    expect(published).toEqual([
      { number: '202601-M-440303003-10001', ...drafts[0], filtering: null },
      { number: '202601-M-000000000-40001', ...drafts[1], filtering: null },
    ]);
    const scope = { month: '2026-01', against: 'mom' } as const;
    expect(await listPatches(db, scope)).toEqual([published[1], published[0]]);
    expect(await listPatches(db, { ...scope, class: 'water_gain' })).toEqual([published[1]]);
    expect(await listPatches(db, { ...scope, subdistrict: '440303003' })).toEqual([published[0]]);
    expect(await listPatches(db, { ...scope, state: 'confirmed' })).toEqual([]);
    expect(await listPatches(db, { ...scope, against: 'yoy' })).toEqual([]);
  });

  test('publishing the same run again changes nothing', async () => {
    const run = await newRun('2026-02');
    const drafts = [draftAt(0, 0, 10), draftAt(20, 0, 10)];
    const first = await publishRun(db, run, drafts, [areaOf('440303003', 50)]);
    expect(await publishRun(db, run, drafts, [areaOf('440303003', 50)])).toEqual(first);
    expect(await listPatches(db, { month: '2026-02', against: 'mom' })).toEqual(first);
    expect(await listAreas(db, { month: '2026-02', against: 'mom' })).toEqual([areaOf('440303003', 50)]);
  });

  test('a re-run keeps numbers where half overlaps, in whatever order, and gives new ones after the last', async () => {
    await publish('2026-03', draftAt(0, 0, 10), draftAt(50, 0, 10), draftAt(100, 0, 10));
    const again = await publish(
      '2026-03',
      draftAt(200, 0, 10),
      draftAt(103, 0, 10), // overlap 70 of 130: kept
      draftAt(54, 0, 10), // overlap 60 of 140: another patch
      draftAt(0, 0, 10),
    );
    expect(numbers(again)).toEqual([
      '202603-M-440303003-10004',
      '202603-M-440303003-10003',
      '202603-M-440303003-10005',
      '202603-M-440303003-10001',
    ]);
  });

  test('the same place with another class or subdistrict is another patch', async () => {
    await publish('2026-04', draftAt(0, 0, 10));
    const again = await publish(
      '2026-04',
      draftAt(0, 0, 10, { class: 'earthwork' }),
      draftAt(0, 0, 10, { subdistrictCode: '440303001' }),
    );
    expect(numbers(again)).toEqual(['202604-M-440303003-30001', '202604-M-440303001-10001']);
  });

  test('of two drafts on one former patch the better keeps the number', async () => {
    await publish('2026-05', draftAt(0, 0, 10));
    const again = await publish('2026-05', draftAt(3, 0, 10), draftAt(1, 0, 10));
    expect(numbers(again)).toEqual(['202605-M-440303003-10002', '202605-M-440303003-10001']);
  });

  test('a vanished patch is no longer listed, its number never given again but to itself', async () => {
    await publish('2026-06', draftAt(0, 0, 10));
    expect(numbers(await publish('2026-06', draftAt(500, 0, 10)))).toEqual(['202606-M-440303003-10002']);
    expect(numbers(await listPatches(db, { month: '2026-06', against: 'mom' }))).toEqual([
      '202606-M-440303003-10002',
    ]);
    const back = await publish('2026-06', draftAt(700, 0, 10), draftAt(0, 0, 10));
    expect(numbers(back)).toEqual(['202606-M-440303003-10003', '202606-M-440303003-10001']);
  });

  describe('looks of other months', () => {
    const scope = { since: '2027-01', before: '2027-03', against: 'mom', srid: 4547 } as const;
    const look = (after: string, holding: number, kind: 'earlier' | 'later' = 'later') =>
      ({ kind, before: '2026-12', after, usable: 1, holding }) as const;
    const lookedAt = async (month: string, looks: Partial<RunLooks>) => {
      await publishRun(db, await newRun(month), [], [], null, { known: [], own: [], ...looks });
    };
    const states = async () =>
      (await listPatches(db, { month: '2027-01', against: 'mom' })).map((p) => [p.state, p.decided]);

    test('decide the state, which outlives a re-run of the patch’s own month', async () => {
      const [{ number }] = await publish('2027-01', draftAt(0, 0, 10));
      expect((await openPatches(db, scope)).map((p) => p.number)).toEqual([number]);
      await lookedAt('2027-02', { known: [{ number, look: look('2027-02', 0.8) }] });
      expect(await states()).toEqual([['confirmed', '2027-02']]);
      const [again] = await publish('2027-01', draftAt(1, 0, 10));
      expect([again.number, again.state, again.decided]).toEqual([number, 'confirmed', '2027-02']);
    });

    test('are replaced by a re-run of the month that looked', async () => {
      const [{ number }] = await listPatches(db, { month: '2027-01', against: 'mom' });
      await lookedAt('2027-02', { known: [{ number, look: look('2027-02', 0.1) }] });
      expect(await states()).toEqual([['dismissed', '2027-02']]);
      await lookedAt('2027-02', {});
      expect(await states()).toEqual([['suspected', null]]);
      expect((await looksOf(db, [number])).size).toBe(0);
    });

    test('leave a patch open to the month that decided it, run again, and to none after it', async () => {
      const [{ number }] = await listPatches(db, { month: '2027-01', against: 'mom' });
      await lookedAt('2027-02', { known: [{ number, look: look('2027-02', 0.9) }] });
      expect(await openPatches(db, { ...scope, before: '2027-02' })).toHaveLength(1);
      expect(await openPatches(db, scope)).toHaveLength(0);
    });

    test('a draft that an earlier month contradicts is dismissed as it is published', async () => {
      const drafts = [draftAt(0, 0, 10), draftAt(500, 0, 10)];
      const patches = await publishRun(db, await newRun('2027-04'), drafts, [], null, {
        known: [],
        own: [{ ord: 1, look: look('2027-04', 0, 'earlier') }],
      });
      expect(patches.map((p) => [p.state, p.decided])).toEqual([
        ['suspected', null],
        ['dismissed', '2027-04'],
      ]);
    });
  });

  test('numbers are kept when the re-run is in another CRS', async () => {
    await publish('2026-08', draftAt(0, 0, 100));
    const zone = { ...GRID, crs: (await import('../../raster/crs.js')).crsFromEpsg(4490) };
    const [row] = await db.query<{ g: string }>('SELECT ST_Transform($1::text::geometry, 4490)::text AS g', [
      encodePolygon(square(0, 0, 100), 4547),
    ]);
    const run = await startRun(db, {
      month: '2026-08',
      against: 'mom',
      beforeMonth: '2026-07',
      grid: zone,
      parameters: {},
    });
    const again = await publishRun(
      db,
      run,
      [draftAt(0, 0, 100, { rings: decodePolygons(row.g).polygons[0] })],
      [],
    );
    expect(numbers(again)).toEqual(['202608-M-440303003-10001']);
  });

  test('a run that fails while publishing leaves the published one whole', async () => {
    const scope = { month: '2026-09', against: 'mom' } as const;
    const first = await publishRun(db, await newRun('2026-09'), [draftAt(0, 0, 10)], [areaOf(null, 10)]);
    const run = await newRun('2026-09');
    const twice = [areaOf('1', 5), areaOf('1', 6)];
    await expect(publishRun(db, run, [draftAt(300, 0, 10)], twice)).rejects.toThrow(/duplicate key/);
    await failRun(db, run, 'disk full');
    expect(await listPatches(db, scope)).toEqual(first);
    expect(await listAreas(db, scope)).toEqual([areaOf(null, 10)]);
    expect((await listRuns(db, scope)).map((r) => [r.status, r.failure])).toEqual([
      ['published', null],
      ['failed', 'disk full'],
    ]);
    await expect(publishRun(db, run, [], [])).rejects.toThrow(/cannot be published: it is failed/);
  });

  test('the new run takes the place of the old, which may not come back', async () => {
    const old = await newRun('2026-10');
    await publishRun(db, old, [draftAt(0, 0, 10)], [], { usable: 1 });
    const run = await newRun('2026-10');
    await publishRun(db, run, [], [], { usable: 0.5 });
    const now = await publishedRun(db, { month: '2026-10', against: 'mom' });
    expect([now?.id, now?.summary, now?.parameters, now?.grid.epsg]).toEqual([
      run.id,
      { usable: 0.5 },
      { mmu: 50 },
      4547,
    ]);
    expect(now?.publishedAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(await listPatches(db, { month: '2026-10', against: 'mom' })).toEqual([]);
    await expect(publishRun(db, old, [], [])).rejects.toThrow(/replaced/);
  });

  test('an invalid polygon does not stop a re-run', async () => {
    const bowTie: PolygonRings = [
      [
        [0, 0],
        [10, 10],
        [10, 0],
        [0, 10],
        [0, 0],
      ],
    ];
    await publish('2026-11', draftAt(0, 0, 10, { rings: bowTie }));
    const again = await publish(
      '2026-11',
      draftAt(0, 0, 10, {
        rings: [
          [
            [0, 0],
            [10, 10],
            [10, 0],
            [0, 9.9],
            [0, 0],
          ],
        ],
      }),
    );
    expect(numbers(again)).toEqual(['202611-M-440303003-10001']);
  });
});
