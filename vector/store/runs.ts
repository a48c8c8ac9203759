import { z } from 'zod';
import { type Crs, crsFromEpsg } from '../../raster/crs.js';
import { describeGrid, type Grid } from '../../raster/grid.js';
import type { Against } from '../number.js';
import type { Db } from './db.js';

/** `draft`: finished and kept back; nobody but who runs sees it until it is published. */
export type RunStatus = 'running' | 'draft' | 'published' | 'replaced' | 'failed' | 'discarded';

/** One computation of a month against another. */
export interface RunRecord {
  readonly id: number;
  /** YYYY-MM. */
  readonly month: string;
  readonly against: Against;
  /** The month compared with; null in a first month. */
  readonly beforeMonth: string | null;
  readonly status: RunStatus;
  /** Whether it was asked to be kept back when done. */
  readonly held: boolean;
  readonly grid: RunGrid;
  /** What the run was asked for, as JSON; of equal parameters and scenes comes an equal result. */
  readonly parameters: unknown;
  /** The backend really used; null before it is known. */
  readonly backend: string | null;
  readonly summary: unknown;
  /** Why it failed; null otherwise. */
  readonly failure: string | null;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly publishedAt: string | null;
}

const RunGrid = z.object({
  crs: z.string(),
  epsg: z.number().int().nullable(),
  resolution: z.number(),
  width: z.number(),
  height: z.number(),
  transform: z.tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.number()]),
});
/** A run's grid as it is stored; `transform` maps px to CRS units. */
export type RunGrid = z.infer<typeof RunGrid>;

export interface NewRun {
  readonly month: string;
  readonly against: Against;
  readonly beforeMonth: string | null;
  readonly grid: Grid;
  readonly parameters: unknown;
  readonly backend?: string | null;
  /** Kept back when done, to be published by somebody who has looked at it. */
  readonly held?: boolean;
}

/** Records that a run has begun. What is published stays until the run is. */
export async function startRun(db: Db, run: NewRun): Promise<RunRecord> {
  const rows = await db.query<RunRow>(
    `INSERT INTO tuban.run (month, against, before_month, status, grid, parameters, backend, held)
     VALUES ($1, $2, $3, 'running', $4::jsonb, $5::jsonb, $6, $7) RETURNING ${RUN_COLUMNS}`,
    [
      run.month,
      run.against,
      run.beforeMonth,
      JSON.stringify({ ...describeGrid(run.grid), epsg: run.grid.crs.epsg }),
      JSON.stringify(run.parameters ?? {}),
      run.backend ?? null,
      run.held ?? false,
    ],
  );
  return runFromRow(rows[0]);
}

/** Why a run failed whose process ended without a word. */
export const DIED = 'its process ended without a word (killed, or the machine went down)';

/**
 * Records why a run came to nothing. What was published before it stays. A published run is left as it is.
 * @returns whether it stands as failed now: one whose answer to COMMIT was lost may have been published
 */
export async function failRun(db: Db, run: RunRecord, failure: string): Promise<boolean> {
  const failed = await db.query(
    `UPDATE tuban.run SET status = 'failed', failure = $2 WHERE id = $1 AND status = 'running' RETURNING id`,
    [run.id, failure],
  );
  return failed.length > 0;
}

export interface RunFilter {
  readonly month?: string;
  readonly against?: Against;
  readonly status?: RunStatus;
}

/** Runs by month, then by when they were started. */
export async function listRuns(db: Db, filter: RunFilter = {}): Promise<RunRecord[]> {
  const rows = await db.query<RunRow>(
    `SELECT ${RUN_COLUMNS} FROM tuban.run
     WHERE ($1::text IS NULL OR month = $1) AND ($2::text IS NULL OR against = $2) AND ($3::text IS NULL OR status = $3)
     ORDER BY month, id`,
    [filter.month ?? null, filter.against ?? null, filter.status ?? null],
  );
  return rows.map(runFromRow);
}

/** A run by its number; null where there is none. */
export async function findRun(db: Db, id: number): Promise<RunRecord | null> {
  const rows = await db.query<RunRow>(`SELECT ${RUN_COLUMNS} FROM tuban.run WHERE id = $1`, [id]);
  return rows.length > 0 ? runFromRow(rows[0]) : null;
}

/** The run whose results readers see; null where the month has none against that. */
export async function publishedRun(
  db: Db,
  scope: { readonly month: string; readonly against: Against },
): Promise<RunRecord | null> {
  const runs = await listRuns(db, { ...scope, status: 'published' });
  return runs.length > 0 ? runs[0] : null;
}

/** The CRS of a run's rings. @throws Error where the grid's CRS had no EPSG code. */
export function crsOfRun(run: RunRecord): Crs {
  if (run.grid.epsg === null)
    throw new Error(`run ${run.id} is in a CRS without an EPSG code: ${run.grid.crs}`);
  return crsFromEpsg(run.grid.epsg);
}

export const RUN_COLUMNS =
  'id, month, against, before_month, status, held, grid, parameters, backend, summary, failure, started_at, published_at';

export interface RunRow {
  readonly id: number;
  readonly month: string;
  readonly against: Against;
  readonly before_month: string | null;
  readonly status: RunStatus;
  readonly held: boolean;
  readonly grid: unknown;
  readonly parameters: unknown;
  readonly backend: string | null;
  readonly summary: unknown;
  readonly failure: string | null;
  readonly started_at: string;
  readonly published_at: string | null;
}

export function runFromRow(row: RunRow): RunRecord {
  const { id, month, against, status, held, parameters, backend, summary, failure } = row;
  return {
    id,
    month,
    against,
    beforeMonth: row.before_month,
    status,
    held,
    grid: RunGrid.parse(row.grid),
    parameters,
    backend,
    summary,
    failure,
    startedAt: row.started_at,
    publishedAt: row.published_at,
  };
}
