import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Point } from '../../raster/affine.js';
import { crsFromEpsg, transformer, WGS84 } from '../../raster/crs.js';
import type { Ring } from '../patch.js';
import { importAddresses } from './addresses.js';
import { importCameras } from './cameras.js';
import type { Db } from './db.js';
import { type LeadFacts, leadFacts } from './lead-facts.js';
import { publishRun } from './publish.js';
import { startRun } from './runs.js';
import { draftAt, GRID } from './sample.js';
import { type TestDatabase, testPlaces } from './testing.js';
import { importZones } from './zones.js';

const places = testPlaces('facts on a server are');

const toLonLat = transformer(crsFromEpsg(4547), WGS84);
const at = (x: number, y: number): Point => toLonLat(500_000 + x, 2_490_000 + y);
/** Whole numbers below `below` that look random and are the same every time. */
const spread = (k: number, salt: number, below: number) => (k * 7919 + salt * 104_729 + k * k * 31) % below;
const row = <V, G>(values: V, geometry: G) => ({ what: 'made', values, geometry });

/** A border with bays, 400 m around the middle of the grid. */
const BORDER: Ring = Array.from({ length: 3001 }, (_, k) => {
  const angle = (2 * Math.PI * (k % 3000)) / 3000;
  const radius = 350 + 50 * Math.sin(40 * angle);
  return at(500 + radius * Math.cos(angle), 500 + radius * Math.sin(angle));
});

describe.each(places)('facts on the $name database', ({ open }) => {
  let opened: TestDatabase;
  let db: Db;
  let facts: Map<string, LeadFacts>;
  /** The answer of a query over every patch as `p`, by number: everything measured, nothing looked up. */
  const asked = async <T>(sql: string) => {
    const rows = await db.query<{ number: string; answer: T }>(sql);
    return new Map(rows.map(({ number, answer }) => [number, answer]));
  };

  beforeAll(async () => {
    opened = await open();
    db = opened.db;
    const lots = Array.from({ length: 60 }, (_, k) => {
      const [x, y] = [spread(k, 5, 950), spread(k, 6, 950)];
      return row({ name: null }, [[[at(x, y), at(x + 30, y), at(x + 30, y + 30), at(x, y + 30), at(x, y)]]]);
    });
    await importZones(db, 'ecological', [row({ name: '红线' }, [[BORDER]])]);
    await importZones(db, 'farmland', lots);
    const addresses = Array.from({ length: 400 }, (_, k) =>
      row({ text: `甲路${k}号` }, at(spread(k, 1, 1000), spread(k, 2, 1000))),
    );
    await importAddresses(db, addresses);
    const cameras = Array.from({ length: 60 }, (_, k) => {
      const values = {
        id: `c${k}`,
        name: `高点${k}`,
        bearing: spread(k, 9, 360),
        view: k % 7 === 0 ? 360 : 40,
      };
      return row({ ...values, rangeM: 60 + spread(k, 8, 300) }, at(spread(k, 3, 1000), spread(k, 4, 1000)));
    });
    await importCameras(db, cameras);
    const run = await startRun(db, {
      month: '2026-08',
      against: 'mom',
      beforeMonth: '2026-07',
      grid: GRID,
      parameters: {},
    });
    const drafts = Array.from({ length: 81 }, (_, k) => {
      const [x, y, side] = [20 + 105 * (k % 9), 20 + 105 * Math.floor(k / 9), 10 + spread(k, 7, 60)];
      return draftAt(x, y, side, { centroid: at(x + side / 2, y + side / 2) });
    });
    const patches = await publishRun(db, run, drafts, [], null);
    facts = await db.transaction((tx) =>
      leadFacts(
        tx,
        patches.map(({ number }) => number),
        { nearM: 50 },
      ),
    );
  });
  afterAll(() => opened?.dispose());

  it('overlaps with zones are those of the whole zone', async () => {
    const whole = await asked<Record<string, number>>(
      `SELECT number, jsonb_object_agg(kind, overlap) AS answer FROM (
         SELECT p.number, z.kind, ST_Area(ST_Intersection(p.geom, ST_Transform(z.geom, 4547))) AS overlap
         FROM tuban.patch p, tuban.protected_zone z) AS o WHERE overlap > 0.2 GROUP BY number`,
    );
    expect(whole.size).toBeGreaterThan(40);
    for (const [number, { zones }] of facts) {
      const found = zones.filter(({ overlapM2 }) => overlapM2 > 0.2);
      expect(found.map(({ kind }) => kind).sort()).toEqual(Object.keys(whole.get(number) ?? {}).sort());
      for (const { kind, overlapM2 } of found) {
        // straight lines of degrees and of metres differ by a centimetre over such a zone
        expect(Math.abs(overlapM2 - (whole.get(number)?.[kind] ?? 0))).toBeLessThan(0.2);
      }
    }
  });

  it('the address is the nearest in metres, which need not be the nearest in degrees', async () => {
    const nearest = await asked<number>(
      `SELECT p.number, min(ST_Distance(p.geom, ST_Transform(a.geom, 4547))) AS answer FROM tuban.patch p, tuban.address a GROUP BY 1`,
    );
    for (const [number, { address }] of facts) {
      expect(address?.distanceM).toBeCloseTo(nearest.get(number) ?? -1, 0);
    }
  });

  it('the cameras are all that see a corner of the patch, and no other', async () => {
    const seen = await asked<string[]>(
      `SELECT number, jsonb_agg(DISTINCT id) AS answer FROM (
         SELECT p.number, c.id, c.range_m, c.view, ST_Distance(c.geom::geography, d::geography) AS away,
           degrees(ST_Azimuth(c.geom::geography, d::geography)) - c.bearing AS turn
         FROM tuban.patch p, tuban.camera c, LATERAL (
           SELECT (ST_DumpPoints(ST_Collect(ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326),
             ST_Transform(ST_Segmentize(ST_Boundary(p.geom), 10), 4326)))).geom AS d) AS points) AS looked
       WHERE away <= range_m AND abs(turn - 360 * round(turn / 360)) <= view / 2 GROUP BY number`,
    );
    expect(seen.size).toBeGreaterThan(60);
    for (const [number, { cameras }] of facts) {
      expect(cameras.map(({ id }) => id).sort()).toEqual([...(seen.get(number) ?? [])].sort());
    }
  });

  it('a zone imported anew leaves no piece of the former', async () => {
    const pieces = () =>
      db.query<{ area: number }>(
        `SELECT round(sum(ST_Area(geom::geography))) AS area FROM tuban.protected_zone_piece WHERE kind = 'ecological'`,
      );
    const [before] = await pieces();
    const lot = [at(0, 0), at(10, 0), at(10, 10), at(0, 10), at(0, 0)];
    expect(await importZones(db, 'ecological', [row({ name: '红线' }, [[lot]])])).toMatchObject({
      updated: 1,
    });
    const [after] = await pieces();
    expect(before.area).toBeGreaterThan(300_000);
    expect(after.area).toBe(100);
  });
});
