import type { Db } from './db.js';

export type LogLevel = 'info' | 'warn' | 'error';

/** One thing that a run did or met. */
export interface RunLogLine {
  /** ISO 8601. */
  readonly at: string;
  readonly level: LogLevel;
  /** `Noun:Verb`, e.g. `Scene:Aligned`. */
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Adds a line to a run's log, and gives it back as it is stored. */
export async function addToRunLog(
  db: Db,
  run: number,
  line: Pick<RunLogLine, 'level' | 'event' | 'data'>,
): Promise<RunLogLine> {
  const [{ at }] = await db.query<{ at: string }>(
    `INSERT INTO tuban.run_log (run_id, level, event, data) VALUES ($1, $2, $3, $4::jsonb) RETURNING at`,
    [run, line.level, line.event, JSON.stringify(line.data)],
  );
  return { at, ...line };
}

/** What a run did, in its order; empty for runs from before logs were kept. */
export async function listRunLog(db: Db, run: number): Promise<RunLogLine[]> {
  return db.query<RunLogLine>(
    'SELECT at, level, event, data FROM tuban.run_log WHERE run_id = $1 ORDER BY seq',
    [run],
  );
}
