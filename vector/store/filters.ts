import { createHash } from 'node:crypto';
import type { ClassFilter, Verdict } from '../filter/fit.js';
import type { FalseAlarmFilter } from '../filter/judge.js';
import type { Db } from './db.js';

/** A filter with what it was fitted on. */
export interface StoredFilter extends FalseAlarmFilter {
  /** ISO 8601 in UTC. */
  readonly fittedAt: string;
  /** It knows verdicts on patches first seen before this month, YYYY-MM, and judges from it on. */
  readonly month: string;
  readonly verdicts: readonly { readonly number: string; readonly right: boolean }[];
}

export const FILTER_MODES = ['auto', 'one', 'off'] as const;

/** Whether filters judge: the newest one of a month, always the same one, or none; and who said so. */
export interface FilterUse {
  readonly mode: (typeof FILTER_MODES)[number];
  readonly filter: number | null;
  readonly saidBy: 'command' | 'configuration';
}

const COLUMNS = `id, fitted_at AS "fittedAt", month, verdicts, classes, most_share AS "mostShare", sure_confidence AS "sureConfidence"`;

/** All filters, oldest first. */
export function listFilters(db: Db): Promise<StoredFilter[]> {
  return db.query<StoredFilter>(`SELECT ${COLUMNS} FROM tuban.false_alarm_filter ORDER BY id`);
}

/** Everything a filter follows from: where none of it has changed, neither has the filter. */
export function fingerprintOf(
  verdicts: readonly Verdict[],
  settings: { readonly mostShare: number; readonly sureConfidence: number },
): string {
  return createHash('sha256')
    .update(JSON.stringify([FIT_VERSION, verdicts, settings]))
    .digest('hex');
}

/** Raised when the same verdicts would give another filter. */
const FIT_VERSION = 1;

/** The filter of a month fitted on the same before; null where there is none. */
export async function knownFilter(db: Db, month: string, fingerprint: string): Promise<StoredFilter | null> {
  const [known] = await db.query<StoredFilter>(
    `SELECT ${COLUMNS} FROM tuban.false_alarm_filter WHERE month = $1 AND fingerprint = $2`,
    [month, fingerprint],
  );
  return known ?? null;
}

export async function storeFilter(
  db: Db,
  filter: {
    readonly month: string;
    readonly fingerprint: string;
    readonly verdicts: readonly Verdict[];
    readonly classes: readonly ClassFilter[];
    readonly mostShare: number;
    readonly sureConfidence: number;
  },
  at: Date,
): Promise<StoredFilter> {
  const [stored] = await db.query<StoredFilter>(
    `INSERT INTO tuban.false_alarm_filter (fitted_at, month, fingerprint, verdicts, classes, most_share, sure_confidence)
     VALUES ($1::timestamptz, $2, $3, $4::jsonb, $5::jsonb, $6, $7) RETURNING ${COLUMNS}`,
    [
      at.toISOString(),
      filter.month,
      filter.fingerprint,
      JSON.stringify(filter.verdicts.map(({ patch, right }) => ({ number: patch.number, right }))),
      JSON.stringify(filter.classes),
      filter.mostShare,
      filter.sureConfidence,
    ],
  );
  return stored;
}

const NEWEST: FilterUse = { mode: 'auto', filter: null, saidBy: 'configuration' };

export async function filterUse(db: Db): Promise<FilterUse> {
  const [use] = await db.query<FilterUse>(
    'SELECT mode, filter_id AS filter, said_by AS "saidBy" FROM tuban.filter_use',
  );
  return use ?? NEWEST;
}

export async function setFilterUse(db: Db, { mode, filter, saidBy }: FilterUse): Promise<void> {
  await db.query(
    `INSERT INTO tuban.filter_use (mode, filter_id, said_by) VALUES ($1, $2, $3)
     ON CONFLICT (one) DO UPDATE SET mode = excluded.mode, filter_id = excluded.filter_id, said_by = excluded.said_by`,
    [mode, filter, saidBy],
  );
}

/**
 * The filter that judges in a month: the one fitted for it or, where it has none, for the last month before; of several the one
 * fitted last. One that is chosen by name judges from its month on, and nothing it has learned from.
 */
export function filterOf(
  month: string,
  filters: readonly StoredFilter[],
  use: FilterUse,
): StoredFilter | null {
  if (use.mode === 'off') return null;
  const able = filters.filter(
    (filter) => filter.month <= month && (use.mode === 'auto' || filter.id === use.filter),
  );
  return able.reduce<StoredFilter | null>(
    (best, one) =>
      best === null || one.month > best.month || (one.month === best.month && one.id > best.id) ? one : best,
    null,
  );
}
