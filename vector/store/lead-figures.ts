import type { LeadDisposition, LeadStatus } from '../lead.js';
import type { Db } from './db.js';

/** Leads of patches first seen in the months `from` to `to`, as they stand on a day. */
export interface LeadScope {
  /** YYYY-MM, both included. */
  readonly from: string;
  readonly to: string;
  /** The instant that decides what is overdue, ISO 8601. */
  readonly asOf: string;
  /** IANA zone in which a visit has its day. */
  readonly timeZone: string;
}

export interface LeadFigures {
  readonly total: number;
  readonly dispositions: readonly { readonly disposition: LeadDisposition; readonly count: number }[];
  /** Of those sent. */
  readonly statuses: readonly { readonly status: LeadStatus; readonly count: number }[];
  /** Teams by name, those of no team last; empty where nothing was sent. */
  readonly teams: readonly TeamFigures[];
  /** All teams together. */
  readonly all: TeamFigures;
}

/** How a team did with the leads it was sent. */
export interface TeamFigures {
  /** Null: sent, and not assigned to a team. */
  readonly team: string | null;
  readonly sent: number;
  readonly visited: number;
  /** Visited by the last day of its term. */
  readonly inTime: number;
  /** Visited after it. */
  readonly late: number;
  /** Not visited, and the last day is over. */
  readonly overdue: number;
  readonly confirmed: number;
  readonly rejected: number;
  readonly notFound: number;
  /** Days from sending to the visit, the middle one; null where none was visited. */
  readonly medianDays: number | null;
}

const NOBODY: TeamFigures = {
  team: null,
  sent: 0,
  visited: 0,
  inTime: 0,
  late: 0,
  overdue: 0,
  confirmed: 0,
  rejected: 0,
  notFound: 0,
  medianDays: null,
};

/** Months of leads kept, from the first to the last; null where there is none. */
export async function leadMonths(db: Db): Promise<{ readonly first: string; readonly last: string } | null> {
  const [row] = await db.query<{ first: string | null; last: string | null }>(
    'SELECT min(month::text) AS first, max(month::text) AS last FROM tuban.lead',
  );
  return row?.first && row.last ? { first: row.first, last: row.last } : null;
}

/** Sums over leads. What was withdrawn, filed under a permit, suppressed or only watched is in no team's figures. */
export async function leadFigures(db: Db, scope: LeadScope): Promise<LeadFigures> {
  const dispositions = await db.query<{ disposition: LeadDisposition; count: number }>(
    `SELECT disposition, count(*)::int AS count FROM tuban.lead WHERE month BETWEEN $1 AND $2
     GROUP BY disposition ORDER BY disposition`,
    [scope.from, scope.to],
  );
  const statuses = await db.query<{ status: LeadStatus; count: number }>(
    `SELECT status, count(*)::int AS count FROM tuban.lead
     WHERE month BETWEEN $1 AND $2 AND disposition = 'sent' GROUP BY status ORDER BY status`,
    [scope.from, scope.to],
  );
  const rows = await db.query<TeamRow>(
    `WITH sent AS (
       SELECT l.*, (visited_at AT TIME ZONE $4)::date AS visit_day, ($3::timestamptz AT TIME ZONE $4)::date AS today
       FROM tuban.lead l WHERE month BETWEEN $1 AND $2 AND disposition = 'sent'
     )
     SELECT team, grouping(team) AS whole, count(*)::int AS sent, count(visited_at)::int AS visited,
       (count(*) FILTER (WHERE visit_day <= due))::int AS in_time,
       (count(*) FILTER (WHERE visit_day > due))::int AS late,
       (count(*) FILTER (WHERE visited_at IS NULL AND status IN ('new', 'assigned') AND due < today))::int AS overdue,
       (count(*) FILTER (WHERE verdict = 'confirmed'))::int AS confirmed,
       (count(*) FILTER (WHERE verdict = 'rejected'))::int AS rejected,
       (count(*) FILTER (WHERE verdict = 'not_found'))::int AS not_found,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM visited_at - sent_at)::float8 / 86400)
         FILTER (WHERE visited_at IS NOT NULL AND sent_at IS NOT NULL) AS median_days
     FROM sent GROUP BY GROUPING SETS ((team), ()) ORDER BY team COLLATE "C" NULLS LAST`,
    [scope.from, scope.to, scope.asOf, scope.timeZone],
  );
  const all = rows.find((row) => row.whole === 1);
  return {
    total: dispositions.reduce((sum, { count }) => sum + count, 0),
    dispositions,
    statuses,
    teams: rows.filter((row) => row.whole === 0).map(teamFromRow),
    all: all ? teamFromRow(all) : NOBODY,
  };
}

interface TeamRow {
  readonly team: string | null;
  /** 1 on the row of all teams. */
  readonly whole: number;
  readonly sent: number;
  readonly visited: number;
  readonly in_time: number;
  readonly late: number;
  readonly overdue: number;
  readonly confirmed: number;
  readonly rejected: number;
  readonly not_found: number;
  readonly median_days: number | null;
}

function teamFromRow(row: TeamRow): TeamFigures {
  const { team, sent, visited, late, overdue, confirmed, rejected } = row;
  return {
    team,
    sent,
    visited,
    inTime: row.in_time,
    late,
    overdue,
    confirmed,
    rejected,
    notFound: row.not_found,
    medianDays: row.median_days,
  };
}
