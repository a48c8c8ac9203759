import type { ChangeClassName } from '../../kernels/classes.js';
import type { Lead, LeadDisposition, LeadStatus } from '../lead.js';
import type { Db } from './db.js';
import { PATCH_COLUMNS, type PatchRow, patchFromRow } from './patches.js';

export interface LeadFilter {
  readonly numbers?: readonly string[];
  /** Month the patch was first seen in, YYYY-MM. */
  readonly month?: string;
  readonly status?: LeadStatus;
  readonly disposition?: LeadDisposition;
  /** Code of a subdistrict. */
  readonly subdistrict?: string;
  readonly class?: ChangeClassName;
  /** Only those whose visit is overdue on this day, YYYY-MM-DD. */
  readonly overdueOn?: string;
}

/** Leads by number, each with its patch as it is now; the patch's rings are in the CRS of its run's grid. */
export async function listLeads(db: Db, filter: LeadFilter = {}): Promise<Lead[]> {
  const rows = await db.query<LeadRow>(
    `SELECT ${LEAD_COLUMNS} FROM tuban.lead l JOIN tuban.patch p ON p.number = l.number
     WHERE ($1::text[] IS NULL OR l.number = ANY ($1)) AND ($2::text IS NULL OR l.month = $2)
       AND ($3::text IS NULL OR l.status = $3) AND ($4::text IS NULL OR l.disposition = $4)
       AND ($5::text IS NULL OR p.subdistrict_code = $5) AND ($6::text IS NULL OR p.class = $6)
       AND ($7::date IS NULL OR (l.disposition = 'sent' AND l.status = 'assigned' AND l.due < $7))
     ORDER BY l.number COLLATE "C"`,
    [
      filter.numbers ?? null,
      filter.month ?? null,
      filter.status ?? null,
      filter.disposition ?? null,
      filter.subdistrict ?? null,
      filter.class ?? null,
      filter.overdueOn ?? null,
    ],
  );
  return rows.map(leadFromRow);
}

/** Whether the visit of a lead should have been before `today` (YYYY-MM-DD). The filter `overdueOn` asks the same. */
export function isOverdue(lead: Pick<Lead, 'disposition' | 'status' | 'due'>, today: string): boolean {
  return lead.disposition === 'sent' && lead.status === 'assigned' && lead.due !== null && lead.due < today;
}

const OWN_COLUMNS = `l.month AS lead_month, l.disposition, l.priority, l.reasons, l.suspected_m2, l.permits, l.zones, l.address,
  l.cameras, l.repeat_of, l.status, l.verdict, l.reject_reason, l.team, l.due, l.created_at, l.sent_at, l.visited_at`;
export const LEAD_COLUMNS = `${PATCH_COLUMNS.replaceAll(/(^|, )/g, '$1p.')}, ${OWN_COLUMNS}`;

export interface LeadRow extends PatchRow {
  readonly lead_month: string;
  readonly disposition: Lead['disposition'];
  readonly priority: Lead['priority'];
  readonly reasons: Lead['reasons'];
  readonly suspected_m2: number;
  readonly permits: Lead['permits'];
  readonly zones: Lead['zones'];
  readonly address: Lead['address'];
  readonly cameras: Lead['cameras'];
  readonly repeat_of: string | null;
  readonly status: Lead['status'];
  readonly verdict: Lead['verdict'];
  readonly reject_reason: Lead['rejectReason'];
  readonly team: string | null;
  readonly due: string | null;
  readonly created_at: string;
  readonly sent_at: string | null;
  readonly visited_at: string | null;
}

export function leadFromRow(row: LeadRow): Lead {
  return {
    number: row.number,
    patch: patchFromRow(row),
    month: row.lead_month,
    disposition: row.disposition,
    priority: row.priority,
    reasons: row.reasons,
    suspectedM2: row.suspected_m2,
    permits: row.permits,
    zones: row.zones,
    address: row.address,
    cameras: row.cameras,
    repeatOf: row.repeat_of,
    status: row.status,
    verdict: row.verdict,
    rejectReason: row.reject_reason,
    team: row.team,
    due: row.due,
    createdAt: row.created_at,
    sentAt: row.sent_at,
    visitedAt: row.visited_at,
  };
}
