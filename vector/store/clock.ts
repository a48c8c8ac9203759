import type { Db } from './db.js';

/** How the clock's last try at a month ended; `none`: there was none, `running`: it goes on, or its process died. */
export type ClockOutcome = 'none' | 'running' | 'published' | 'failed' | 'waiting' | 'interrupted';

/** What the clock did last for a month. Times are the database's, ISO 8601. */
export interface ClockMonth {
  /** YYYY-MM. */
  readonly month: string;
  readonly outcome: ClockOutcome;
  /** Tries in a row that came to nothing with the same scenes. */
  readonly attempts: number;
  readonly triedAt: string | null;
  /** When the newest scene the try saw was added. */
  readonly scenesAt: string | null;
  readonly note: string | null;
  /** What the alert's receiver was told last. */
  readonly told: string | null;
}

/** What is stored of a month that the clock asks about. */
export interface MonthFacts {
  readonly month: string;
  readonly scenes: number;
  /** When the newest scene was added, ISO 8601. */
  readonly lastAdded: string;
  /** YYYY-MM-DD of the latest scene that tells it. */
  readonly lastAcquired: string | null;
  /** When the month was published last, ISO 8601; null where it was not. */
  readonly publishedAt: string | null;
  /** When the run began whose result is kept back, to be published or discarded by a person, ISO 8601; null where none is. */
  readonly heldAt: string | null;
}

/** Months with scenes, oldest first. */
export function listMonthFacts(db: Db): Promise<MonthFacts[]> {
  return db.query<MonthFacts>(
    `SELECT s.month, count(*) AS scenes, max(s.added_at) AS "lastAdded", max(s.acquired) AS "lastAcquired",
       (SELECT max(r.published_at) FROM tuban.run r WHERE r.month = s.month AND r.status = 'published') AS "publishedAt",
       (SELECT max(r.started_at) FROM tuban.run r WHERE r.month = s.month AND r.status = 'draft') AS "heldAt"
     FROM tuban.scene s GROUP BY s.month ORDER BY s.month`,
  );
}

export function listClockMonths(db: Db): Promise<ClockMonth[]> {
  return db.query<ClockMonth>(
    `SELECT month, outcome, attempts, tried_at AS "triedAt", scenes_at AS "scenesAt", note, told
     FROM tuban.clock_month ORDER BY month`,
  );
}

export interface ClockStep {
  readonly month: string;
  readonly outcome: ClockOutcome;
  readonly attempts: number;
  readonly scenesAt: string | null;
  readonly note?: string | null;
}

/** Records a step of the clock, at the database's time. */
export async function recordClock(db: Db, step: ClockStep): Promise<void> {
  await db.query(
    `INSERT INTO tuban.clock_month (month, outcome, attempts, tried_at, scenes_at, note)
     VALUES ($1, $2, $3, now(), $4::timestamptz, $5)
     ON CONFLICT (month) DO UPDATE SET outcome = excluded.outcome, attempts = excluded.attempts, tried_at = excluded.tried_at,
       scenes_at = excluded.scenes_at, note = excluded.note`,
    [step.month, step.outcome, step.attempts, step.scenesAt, step.note ?? null],
  );
}

/** Records what the alert's receiver was told of a month, so that it is told once. */
export async function recordTold(db: Db, month: string, told: string): Promise<void> {
  await db.query(
    `INSERT INTO tuban.clock_month (month, outcome, told) VALUES ($1, 'none', $2)
     ON CONFLICT (month) DO UPDATE SET told = excluded.told`,
    [month, told],
  );
}
