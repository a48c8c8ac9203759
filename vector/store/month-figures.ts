import type { ChangeClassName, StateName } from '../../kernels/classes.js';
import type { Against } from '../number.js';
import type { Db } from './db.js';

/** What a month's published runs sum up to over the whole district. */
export interface MonthFigures {
  /** YYYY-MM. */
  readonly month: string;
  /** Ground seen, of all; seen in both dates of the run the states are from. */
  readonly usableM2: number;
  readonly totalM2: number;
  /** Land states in the month on that ground. */
  readonly states: Readonly<Partial<Record<StateName, number>>>;
  /** The month its patches were compared with; null where no month-on-month run is published, and no patch is counted. */
  readonly before: string | null;
  /** Patches first seen in the month, month on month, without dismissed ones; a class without any is not listed. */
  readonly classes: readonly {
    readonly class: ChangeClassName;
    readonly count: number;
    readonly areaM2: number;
  }[];
  /** Names of classes that the bands of its runs could not give. */
  readonly notComputed: readonly string[];
}

/**
 * The months with a published run up to `last`, oldest first. The states of a month are those of its month-on-month run, else
 * of a first month's, else of the year-on-year one.
 */
export async function listMonthFigures(db: Db, last: string): Promise<MonthFigures[]> {
  const runs = await db.query<RunRow>(
    `SELECT DISTINCT ON (r.month) r.id, r.month, r.against, r.before_month,
       coalesce(r.summary -> 'not_computed', '[]'::jsonb) AS not_computed,
       (SELECT coalesce(sum(c.usable_m2), 0) FROM tuban.monthly_coverage c WHERE c.run_id = r.id) AS usable_m2,
       (SELECT coalesce(sum(c.total_m2), 0) FROM tuban.monthly_coverage c WHERE c.run_id = r.id) AS total_m2
     FROM tuban.run r WHERE r.status = 'published' AND r.month <= $1
     ORDER BY r.month, CASE r.against WHEN 'mom' THEN 0 WHEN 'first' THEN 1 ELSE 2 END`,
    [last],
  );
  const states = await db.query<{ run_id: number; state: StateName; area_m2: number }>(
    `SELECT run_id, state, sum(area_m2) AS area_m2 FROM tuban.monthly_area WHERE run_id = ANY ($1::int[])
     GROUP BY run_id, state`,
    [runs.map(({ id }) => id)],
  );
  const classes = await db.query<{ month: string; class: ChangeClassName; count: number; area_m2: number }>(
    `SELECT month, class, count(*)::int AS count, sum(area_m2) AS area_m2 FROM tuban.patch
     WHERE against = 'mom' AND month <= $1 AND retired_at IS NULL AND state <> 'dismissed'
     GROUP BY month, class ORDER BY month, class`,
    [last],
  );
  return runs.map((run) => ({
    month: run.month,
    usableM2: run.usable_m2,
    totalM2: run.total_m2,
    states: Object.fromEntries(states.filter((s) => s.run_id === run.id).map((s) => [s.state, s.area_m2])),
    before: run.against === 'mom' ? run.before_month : null,
    classes: classes
      .filter((row) => run.against === 'mom' && row.month === run.month)
      .map((row) => ({ class: row.class, count: row.count, areaM2: row.area_m2 })),
    notComputed: Array.isArray(run.not_computed) ? run.not_computed.map(String) : [],
  }));
}

interface RunRow {
  readonly id: number;
  readonly month: string;
  readonly against: Against;
  readonly before_month: string | null;
  readonly not_computed: unknown;
  readonly usable_m2: number;
  readonly total_m2: number;
}
