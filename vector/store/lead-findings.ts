import type { Lead } from '../lead.js';
import type { Db } from './db.js';

/** What the rules found of a patch; the life of the lead is not in it. */
export type LeadFinding = Pick<
  Lead,
  | 'disposition'
  | 'priority'
  | 'reasons'
  | 'suspectedM2'
  | 'permits'
  | 'zones'
  | 'address'
  | 'cameras'
  | 'repeatOf'
>;

/** A finding with the lead it belongs to. */
export interface StoredFinding extends LeadFinding {
  readonly number: string;
  readonly month: string;
}

/** Makes leads of findings, or brings known leads to what was found now. Their life stays as it is. */
export async function storeFindings(tx: Db, findings: readonly StoredFinding[], at: Date): Promise<void> {
  const json = (pick: (finding: StoredFinding) => unknown) =>
    findings.map((finding) => JSON.stringify(pick(finding)));
  await tx.query(
    `INSERT INTO tuban.lead (number, month, disposition, priority, reasons, suspected_m2, permits, zones, address, cameras,
       repeat_of, created_at)
     SELECT number, month, disposition, priority, reasons::jsonb, suspected, permits::jsonb, zones::jsonb,
       nullif(address::jsonb, 'null'), cameras::jsonb, repeat_of, $12::timestamptz
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::text[], $8::text[], $9::text[],
       $10::text[], $11::text[])
       AS f(number, month, disposition, priority, reasons, suspected, permits, zones, address, cameras, repeat_of)
     ON CONFLICT (number) DO UPDATE SET disposition = excluded.disposition, priority = excluded.priority,
       reasons = excluded.reasons, suspected_m2 = excluded.suspected_m2, permits = excluded.permits, zones = excluded.zones,
       address = excluded.address, cameras = excluded.cameras, repeat_of = excluded.repeat_of`,
    [
      findings.map((finding) => finding.number),
      findings.map((finding) => finding.month),
      findings.map((finding) => finding.disposition),
      findings.map((finding) => finding.priority),
      json((finding) => finding.reasons),
      findings.map((finding) => finding.suspectedM2),
      json((finding) => finding.permits),
      json((finding) => finding.zones),
      json((finding) => finding.address),
      json((finding) => finding.cameras),
      findings.map((finding) => finding.repeatOf),
      at.toISOString(),
    ],
  );
}

/** Patches that rules are asked about: month-on-month ones, retired ones told apart. */
export interface AskedPatch {
  readonly number: string;
  readonly month: string;
  readonly retired: boolean;
}

/** The month-on-month patches first seen in a month, by number. */
export function patchesToJudge(tx: Db, month: string): Promise<AskedPatch[]> {
  return tx.query<AskedPatch>(
    `SELECT number, month, retired_at IS NOT NULL AS retired FROM tuban.patch WHERE against = 'mom' AND month = $1
     ORDER BY number COLLATE "C"`,
    [month],
  );
}

/** Months with month-on-month patches, oldest first. */
export async function monthsToJudge(tx: Db): Promise<string[]> {
  const rows = await tx.query<{ month: string }>(
    `SELECT DISTINCT month FROM tuban.patch WHERE against = 'mom' ORDER BY month`,
  );
  return rows.map(({ month }) => month);
}

/** Numbers of the month-on-month patches whose row this transaction has written: the looks of a run move states of earlier months. */
export async function patchesTouched(tx: Db): Promise<AskedPatch[]> {
  return tx.query<AskedPatch>(
    `SELECT number, month, retired_at IS NOT NULL AS retired FROM tuban.patch
     WHERE against = 'mom' AND (updated_at = now() OR retired_at = now()) ORDER BY month, number COLLATE "C"`,
  );
}
