import type { Db } from './db.js';

/**
 * Marks which rows everybody sees and counts values anew, so that lists are answered from their indexes. A server does so by
 * itself after a while; the embedded database never does. Not within a transaction.
 */
export async function tidyTables(db: Db): Promise<void> {
  for (const table of ['patch', 'lead', 'lead_event']) await db.query(`VACUUM (ANALYZE) tuban.${table}`);
}
