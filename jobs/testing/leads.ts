import type { LeadEventKind } from '../../vector/lead.js';
import type { Db } from '../../vector/store/db.js';
import { draftAt, publishAugust, sendAsLeads } from '../../vector/store/sample.js';

/** Stores a published month with so many patches, each a lead that was created and sent, in that order. @returns their numbers */
export async function storeLeads(db: Db, count: number): Promise<string[]> {
  const drafts = Array.from({ length: count }, (_, i) => draftAt(40 * i, 0, 30));
  const summary = { sensors: { before: ['gaofen-2'], after: ['gaofen-2'] } };
  const numbers = (await publishAugust(db, drafts, [], summary)).map(({ number }) => number);
  await sendAsLeads(db, numbers);
  for (const number of numbers) {
    await addEvent(db, number, 'created');
    await addEvent(db, number, 'sent');
  }
  return numbers;
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
