import { join } from 'node:path';
import { type Db, openDatabase } from '../../vector/store/db.js';
import type { Context } from '../context.js';

/** Opens the configured database for one command and closes it whatever happens. */
export async function withDatabase<T>(
  context: Context,
  command: string,
  work: (db: Db) => Promise<T>,
): Promise<T> {
  const { databaseUrl, stateDir } = context.config;
  const db = await openDatabase({
    url: databaseUrl,
    dataDir: join(stateDir, 'database'),
    holder: `tuban ${command}`,
  });
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}
