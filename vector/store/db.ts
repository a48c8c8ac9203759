import { openEmbedded } from './embedded.js';
import type { Hold } from './hold.js';
import type { Migration } from './migrate.js';
import { openServer } from './server.js';

/**
 * The database as the repositories see it: the same SQL and the same values on the embedded PostGIS and on a server.
 *
 * Values come back as: int2/4/8 and numeric → number, date → 'YYYY-MM-DD', timestamptz → ISO 8601 in UTC, json/jsonb →
 * parsed, bytea → Uint8Array, geometry → hex EWKB. They go in as: numbers, strings, booleans, null, arrays of these,
 * Uint8Array; JSON as text with a `::jsonb` cast, geometry as hex EWKB with a `::geometry` cast.
 */
export interface Db {
  readonly kind: 'embedded' | 'server';
  /** One statement, parameters as $1, $2 … `T` is what the SQL says a row is: nothing checks it. */
  query<T>(sql: string, params?: readonly unknown[]): Promise<T[]>;
  /**
   * Runs `work` in a transaction, committed when it resolves and rolled back when it throws. Inside, use the `db` handed
   * to `work`: the outer one would wait for it for ever on the embedded database. A transaction within one is a savepoint.
   */
  transaction<T>(work: (db: Db) => Promise<T>): Promise<T>;
  /** Takes `name` for this process alone, e.g. `run 2026-08`; null where somebody has it. Not within a transaction. */
  hold(name: string): Promise<Hold | null>;
  close(): Promise<void>;
}

/** A database that can also run a script of several statements: what migrations need, and nobody else. */
export interface ScriptDb extends Db {
  script(sql: string): Promise<void>;
  transaction<T>(work: (db: ScriptDb) => Promise<T>): Promise<T>;
}

export interface DatabaseOptions {
  /** `postgres://…`, or '' for the embedded database. */
  readonly url: string;
  /** Directory of the embedded database; made where it is not there. */
  readonly dataDir: string;
  /** What to call this process to another that finds the directory taken, e.g. `tuban serve`. */
  readonly holder: string;
  /** Which tables to bring it to: all that are known where absent; null: it is left as it is, even without PostGIS. */
  readonly migrations?: readonly Migration[] | null;
}

/**
 * Opens the database and brings its tables up to date.
 * @throws BadInput where another process holds the embedded directory, or the URL is none.
 * @throws Unavailable where the server does not answer, refuses, or lacks PostGIS.
 */
export async function openDatabase(options: DatabaseOptions): Promise<ScriptDb> {
  return options.url.trim() === ''
    ? openEmbedded(options.dataDir, options.holder, options.migrations)
    : openServer(options.url.trim(), options.migrations);
}
