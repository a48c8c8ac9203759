import type { Db } from './db.js';

/** What `check` asks of a database that may hold nothing of ours yet. */
export interface DatabaseState {
  /** e.g. `15.13 (Debian …)`. */
  readonly server: string;
  /** e.g. `3.3.2`; null where PostGIS is not made in this database. */
  readonly postgis: string | null;
  /** Numbers of the migrations that were applied. */
  readonly migrations: readonly number[];
  /** Its clock, ISO 8601. */
  readonly now: string;
  /** Paths and addresses of all scenes. */
  readonly sceneFiles: readonly string[];
}

export async function databaseState(db: Db): Promise<DatabaseState> {
  const [{ server, now, there }] = await db.query<{ server: string; now: string; there: boolean }>(
    `SELECT current_setting('server_version') AS server, clock_timestamp() AS now, to_regclass('tuban.migration') IS NOT NULL AS there`,
  );
  const postgis = await db.query<{ version: string }>(
    `SELECT extversion AS version FROM pg_extension WHERE extname = 'postgis'`,
  );
  const applied = there ? await db.query<{ id: number }>('SELECT id FROM tuban.migration ORDER BY id') : [];
  const files = there
    ? await db.query<{ file: string }>(
        'SELECT DISTINCT jsonb_array_elements_text(files) AS file FROM tuban.scene ORDER BY 1',
      )
    : [];
  return {
    server,
    postgis: postgis[0]?.version ?? null,
    migrations: applied.map(({ id }) => id),
    now,
    sceneFiles: files.map(({ file }) => file),
  };
}
