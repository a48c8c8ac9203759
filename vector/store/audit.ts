import type { Db } from './db.js';

/** Something a person did in the web application; rows are only ever added. */
export interface AuditEntry {
  readonly seq: number;
  /** ISO 8601. */
  readonly at: string;
  readonly who: string;
  /** Noun.verb, e.g. `session.refused`, `user.changed`. */
  readonly action: string;
  readonly target: string | null;
  readonly data: unknown;
  /** IP address asked from. */
  readonly address: string | null;
}

export type NewAuditEntry = Omit<AuditEntry, 'seq' | 'at'>;

export async function addAudit(db: Db, entry: NewAuditEntry, at: Date): Promise<void> {
  await db.query(
    'INSERT INTO tuban.audit_log (at, who, action, target, data, address) VALUES ($1, $2, $3, $4, $5::jsonb, $6)',
    [at.toISOString(), entry.who, entry.action, entry.target, JSON.stringify(entry.data), entry.address],
  );
}

/** Newest first, those before `before` (a seq) alone. */
export function listAudit(
  db: Db,
  page: { readonly who: string | null; readonly before: number | null; readonly limit: number },
): Promise<AuditEntry[]> {
  return db.query<AuditEntry>(
    `SELECT seq, at, who, action, target, data, address FROM tuban.audit_log
     WHERE ($1::text IS NULL OR who = $1) AND ($2::bigint IS NULL OR seq < $2) ORDER BY seq DESC LIMIT $3`,
    [page.who, page.before, page.limit],
  );
}
