import type { LeadEventKind } from '../../vector/lead.js';
import type { Db } from '../../vector/store/db.js';
import { publishRun } from '../../vector/store/publish.js';
import { startRun } from '../../vector/store/runs.js';
import { draftAt, GRID } from '../../vector/store/sample.js';

/** Stores a published month with so many patches, each a lead that was created and sent, in that order. @returns their numbers */
export async function storeLeads(db: Db, count: number): Promise<string[]> {
  const run = await startRun(db, {
    month: '2026-08',
    against: 'mom',
    beforeMonth: '2026-07',
    grid: GRID,
    parameters: {},
  });
  const drafts = Array.from({ length: count }, (_, i) => draftAt(40 * i, 0, 30));
  const summary = { sensors: { before: ['gaofen-2'], after: ['gaofen-2'] } };
  const patches = await publishRun(db, run, drafts, [], summary);
  for (const { number } of patches) {
    await db.query(
      `INSERT INTO tuban.lead (number, month, disposition, priority, reasons, suspected_m2, permits, zones, cameras, sent_at)
       VALUES ($1, '2026-08', 'sent', 'high', '[]', 900, '[]', '[]', '[]', now())`,
      [number],
    );
    await addEvent(db, number, 'created');
    await addEvent(db, number, 'sent');
  }
  return patches.map(({ number }) => number);
}

export async function addEvent(
  db: Db,
  number: string,
  kind: LeadEventKind,
  disposition = 'sent',
): Promise<void> {
  await db.query(
    `INSERT INTO tuban.lead_event (number, kind, who, status, disposition) VALUES ($1, $2, 'tuban', 'new', $3)`,
    [number, kind, disposition],
  );
}
