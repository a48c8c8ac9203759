import type { BlockStore } from '../../raster/engine/block-store.js';
import { isShared } from '../../raster/engine/shared-job.js';
import type { Db } from '../../vector/store/db.js';
import { QUEUE, QUEUE_SCHEMA, WORKER_NAME } from './names.js';

/** In SQL: the key a job says, null where it says none that could be one (JOB_KEY). */
const KEY = `substring(data ->> 'key' FROM '^[0-9a-f]{24}$')`;

/** How many workers are connected to the database's server now; null of the embedded one, which has none. */
export async function connectedWorkers(db: Db): Promise<number | null> {
  if (db.kind !== 'server') return null;
  const [{ count }] = await db.query<{ count: number }>(
    `SELECT count(DISTINCT application_name)::int AS count FROM pg_stat_activity
     WHERE datname = current_database() AND starts_with(application_name, $1)`,
    [WORKER_NAME],
  );
  return count;
}

async function isSharedIn(stores: readonly BlockStore[], key: string): Promise<boolean> {
  for (const store of stores) if (await isShared(store, key)) return true;
  return false;
}

/**
 * Keys of jobs in the queue whose run has ended, as none of the stores holds them, with how many blocks of each, null where they
 * say none; `clear` takes those away.
 * @throws BadInput, Unavailable where a store cannot be asked
 */
export async function strandedJobs(
  db: Db,
  stores: readonly BlockStore[],
): Promise<{ readonly key: string | null; readonly blocks: number; clear(): Promise<void> }[]> {
  const [{ there }] = await db.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
    `${QUEUE_SCHEMA}.job`,
  ]);
  if (!there) return [];
  const rows = await db.query<{ key: string | null; blocks: number }>(
    `SELECT ${KEY} AS key, count(*)::int AS blocks FROM ${QUEUE_SCHEMA}.job WHERE name = $1 GROUP BY 1`,
    [QUEUE],
  );
  const stranded = [];
  for (const { key, blocks } of rows) {
    if (key !== null && (await isSharedIn(stores, key))) continue;
    const clear = async () => {
      await db.query(`DELETE FROM ${QUEUE_SCHEMA}.job WHERE name = $1 AND ${KEY} IS NOT DISTINCT FROM $2`, [
        QUEUE,
        key,
      ]);
    };
    stranded.push({ key, blocks, clear });
  }
  return stranded;
}
