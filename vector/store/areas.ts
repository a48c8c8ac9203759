import { STATES, type StateName } from '../../kernels/classes.js';
import type { Against } from '../number.js';
import type { Db } from './db.js';

/** Land states of one subdistrict in one month. Ground outside every subdistrict has code and name null. */
export interface SubdistrictArea {
  readonly subdistrictCode: string | null;
  readonly subdistrict: string | null;
  readonly totalM2: number;
  /** Usable in both dates (in a first month: in its own). Unusable is the rest. */
  readonly usableM2: number;
  /** Every state, measured on the usable pixels. */
  readonly states: Readonly<Record<StateName, StateArea>>;
}

export interface StateArea {
  readonly areaM2: number;
  /** In the before date on the same pixels; null in a first month, which has nothing before it. */
  readonly beforeAreaM2: number | null;
}

/** Replaces the areas of a run. Called inside the run's publishing transaction. */
export async function replaceAreas(db: Db, runId: number, areas: readonly SubdistrictArea[]): Promise<void> {
  await db.query('DELETE FROM tuban.monthly_coverage WHERE run_id = $1', [runId]);
  await db.query(
    `INSERT INTO tuban.monthly_coverage (run_id, subdistrict_code, subdistrict, ord, total_m2, usable_m2)
     SELECT $1::int, code, name, ord, total, usable
     FROM unnest($2::text[], $3::text[], $4::int[], $5::float8[], $6::float8[]) AS a(code, name, ord, total, usable)`,
    [
      runId,
      areas.map((a) => a.subdistrictCode ?? ''),
      areas.map((a) => a.subdistrict),
      areas.map((_, index) => index),
      areas.map((a) => a.totalM2),
      areas.map((a) => a.usableM2),
    ],
  );
  const rows = areas.flatMap((a) =>
    STATES.map(({ name }) => ({ code: a.subdistrictCode ?? '', state: name, ...a.states[name] })),
  );
  await db.query(
    `INSERT INTO tuban.monthly_area (run_id, subdistrict_code, state, area_m2, before_area_m2)
     SELECT $1::int, code, state, area, before FROM unnest($2::text[], $3::text[], $4::float8[], $5::float8[]) AS a(code, state, area, before)`,
    [
      runId,
      rows.map((r) => r.code),
      rows.map((r) => r.state),
      rows.map((r) => r.areaM2),
      rows.map((r) => r.beforeAreaM2),
    ],
  );
}

/** Areas of the published run of a month, in the order they were given; empty where none is published. */
export async function listAreas(
  db: Db,
  scope: { readonly month: string; readonly against: Against },
): Promise<SubdistrictArea[]> {
  const rows = await db.query<AreaRow>(
    `SELECT c.subdistrict_code AS code, c.subdistrict AS name, c.total_m2, c.usable_m2, a.state, a.area_m2, a.before_area_m2
     FROM tuban.run r JOIN tuban.monthly_coverage c ON c.run_id = r.id
       JOIN tuban.monthly_area a ON a.run_id = c.run_id AND a.subdistrict_code = c.subdistrict_code
     WHERE r.month = $1 AND r.against = $2 AND r.status = 'published' ORDER BY c.ord`,
    [scope.month, scope.against],
  );
  const byCode = new Map<string, AreaRow[]>();
  for (const row of rows) byCode.set(row.code, [...(byCode.get(row.code) ?? []), row]);
  return [...byCode.values()].map(fromRows);
}

interface AreaRow {
  readonly code: string;
  readonly name: string | null;
  readonly total_m2: number;
  readonly usable_m2: number;
  readonly state: StateName;
  readonly area_m2: number;
  readonly before_area_m2: number | null;
}

function fromRows(rows: readonly AreaRow[]): SubdistrictArea {
  const state = (name: StateName): StateArea => {
    const row = rows.find((candidate) => candidate.state === name);
    return { areaM2: row?.area_m2 ?? 0, beforeAreaM2: row?.before_area_m2 ?? null };
  };
  const { code, name, total_m2, usable_m2 } = rows[0];
  return {
    subdistrictCode: code === '' ? null : code,
    subdistrict: name,
    totalM2: total_m2,
    usableM2: usable_m2,
    states: {
      built: state('built'),
      water: state('water'),
      forest: state('forest'),
      green: state('green'),
      other: state('other'),
    },
  };
}
