/** A store as large as a district's after three years: made patches, their leads, and who may read them. */
import { makeToken } from '../../reports/web/sign-in.js';
import type { Subdistrict } from '../../vector/patch.js';
import type { Db } from '../../vector/store/db.js';
import { publishRun } from '../../vector/store/publish.js';
import { startRun } from '../../vector/store/runs.js';
import { fixDistrictFrame } from '../../vector/store/settings.js';
import { replaceSubdistricts } from '../../vector/store/subdistricts.js';
import { tidyTables } from '../../vector/store/tidy.js';
import { addUser } from '../../vector/store/users.js';
import { GROUND, SIDE, SOUTH, WEST } from '../leads/made.js';

/** The last month's share of all patches: a worst month, the others share the rest evenly. */
const WORST_SHARE = 0.05;
const CLASSES = [
  'building_new',
  'building_new',
  'building_removed',
  'earthwork',
  'forest_loss',
  'water_gain',
];

export interface MadeStore {
  /** First to last, YYYY-MM. */
  readonly months: readonly string[];
  /** Of a planner. */
  readonly token: string;
}

/** @param size patches in all, over so many months, the last of which is 2026-08 */
export async function fillStore(
  db: Db,
  subdistricts: readonly Subdistrict[],
  { patches, months: monthCount }: { readonly patches: number; readonly months: number },
): Promise<MadeStore> {
  await replaceSubdistricts(db, subdistricts);
  await fixDistrictFrame(db, { crs: GROUND.crs, resolution: GROUND.resolution });
  const months = Array.from({ length: monthCount }, (_, k) => monthBefore('2026-08', monthCount - 1 - k));
  const runs = months.flatMap((month, k) =>
    [
      { month, against: 'mom' as const, before: months[k - 1] ?? monthBefore(month, 1) },
      { month, against: 'yoy' as const, before: months[k - 12] },
    ].filter(({ before }) => before !== undefined),
  );
  const worst = Math.round(patches * WORST_SHARE);
  const each = Math.floor((patches - worst) / (runs.length - 1));
  for (const [k, { month, against, before }] of runs.entries()) {
    const asked = { month, against, beforeMonth: before, grid: GROUND, parameters: {} };
    const run = await startRun(db, asked);
    await publishRun(db, run, [], [], { sensors: { before: ['gaofen-2'], after: ['gaofen-2'] } });
    const isWorst = against === 'mom' && month === months.at(-1);
    await db.transaction((tx) =>
      addPatches(tx, { runId: run.id, k, month, against, before, count: isWorst ? worst : each }),
    );
  }
  await addLeads(db);
  await tidyTables(db);
  await addUser(db, { name: 'bench', role: 'planner', subdistricts: [], passwordHash: 'none' });
  const { token } = await makeToken(db, { user: 'bench', label: 'bench', days: 1 }, new Date());
  return { months, token };
}

interface Batch {
  readonly runId: number;
  readonly k: number;
  readonly month: string;
  readonly against: 'mom' | 'yoy';
  readonly before: string;
  readonly count: number;
}

/** Rings of 25 vertices, most of them small, as those of a real month are. Seeded by run and number. */
async function addPatches(db: Db, { runId, k, month, against, before, count }: Batch): Promise<void> {
  await db.query('SELECT setseed($1::float8)', [1 / (1 + k)]);
  await db.query(
    `INSERT INTO tuban.patch (number, run_id, ord, month, against, class, state, subdistrict_code, subdistrict, before, after,
       area_m2, perimeter_m, compactness, confidence, to_bare, lon, lat, geom)
     SELECT format('B%s-%s', $2::int, i), $1::int, i, $3::text, $4::text, ($5::text[])[1 + i % cardinality($5::text[])],
       (ARRAY['suspected', 'suspected', 'confirmed', 'dismissed'])[1 + i % 4], s.code, s.name, $6::text, $3::text,
       ST_Area(p.geom), ST_Perimeter(p.geom), 0.8, 0.3 + 0.7 * random(), false, ST_X(at), ST_Y(at), p.geom
     FROM (
       SELECT i, ST_Transform(ST_Centroid(geom), 4326) AS at, geom FROM (
         SELECT i, ST_Buffer(ST_SetSRID(ST_MakePoint($7::float8 + $9::float8 * random(), $8::float8 + $9::float8 * random()), 4547), 4 + 40 * random() ^ 3, 6) AS geom
         FROM generate_series(1, $10::int) AS i
       ) g
     ) p LEFT JOIN tuban.subdistrict s ON ST_Intersects(s.geom, p.at)`,
    [runId, k, month, against, CLASSES, before, WEST, SOUTH, SIDE, count],
  );
}

async function addLeads(db: Db): Promise<void> {
  await db.query(
    `INSERT INTO tuban.lead (number, month, disposition, priority, reasons, suspected_m2, permits, zones, cameras, status, team, due)
     SELECT number, month, CASE WHEN ord % 4 = 3 THEN 'watch' ELSE 'sent' END, 'high', '[]', area_m2, '[]', '[]', '[]',
       CASE WHEN ord % 3 = 0 THEN 'assigned' ELSE 'new' END, CASE WHEN ord % 3 = 0 THEN subdistrict END,
       CASE WHEN ord % 3 = 0 THEN date '2026-08-01' + ord % 60 END
     FROM tuban.patch WHERE against = 'mom' AND class IN ('building_new', 'earthwork')`,
  );
}

function monthBefore(month: string, by: number): string {
  const [year, number] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 1 - by, 1)).toISOString().slice(0, 7);
}
