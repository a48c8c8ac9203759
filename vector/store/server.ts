import pg from 'pg';
import { BadInput, messageOf, Unavailable } from '../../raster/errors.js';
import type { Db, ScriptDb } from './db.js';
import { type Hold, holdOnServer } from './hold.js';
import { type Migration, migrate } from './migrate.js';
import { savepoints } from './savepoint.js';
import { TEXT_PARSERS } from './values.js';

const CONNECT_TIMEOUT_MS = 10_000;
/** A server's default of 100 connections serves several workers and the web application. */
const POOL_SIZE = 8;
/** Idle connections are kept for so long, ms: the first question a fresh one asks of PostGIS waits 50 to 100 ms until it is loaded there. */
const IDLE_MS = 600_000;

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    (format === 'binary' ? undefined : TEXT_PARSERS.get(oid)) ??
    pg.types.getTypeParser(oid, format ?? 'text'),
};

/**
 * Opens a PostgreSQL server with PostGIS.
 * @throws BadInput where the URL is no postgres:// address.
 * @throws Unavailable where the server does not answer, refuses, or lacks PostGIS; the URL is shown without its password.
 */
export async function openServer(url: string, migrations?: readonly Migration[] | null): Promise<ScriptDb> {
  const shown = withoutPassword(url);
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_MS,
    types,
    application_name: 'tuban',
    keepAlive: true,
    // PostGIS tells such costs that a list of fifty patches would start a process of its own: that takes longer than the answer
    onConnect: async (client) => {
      await client.query('SET max_parallel_workers_per_gather = 0');
    },
  });
  // an idle connection that breaks is replaced at the next query; without a listener it would end the process
  pool.on('error', () => {});
  const told = telling(shown);
  const holds = new Set<Hold>();
  const db: ScriptDb = {
    ...statements(pool, told),
    transaction: (work) => told(() => inTransaction(pool, told, work)),
    hold: (name) =>
      told(async () => {
        const hold = await holdOnServer(pool, name);
        if (hold === null) return null;
        holds.add(hold);
        const release = async () => {
          holds.delete(hold);
          await hold.release();
        };
        return { lost: hold.lost, release };
      }),
    close: async () => {
      // a pool waits for connections that are in use
      await Promise.all([...holds].map((hold) => hold.release()));
      await pool.end();
    },
  };
  try {
    if (migrations !== null) await migrate(db, migrations);
    else await db.query('SELECT 1');
  } catch (error) {
    await pool.end();
    throw error;
  }
  return db;
}

/** Opens all connections to a server at once and has PostGIS loaded in each; does nothing on the embedded database, which has one. */
export async function warmConnections(db: Db): Promise<void> {
  if (db.kind === 'embedded') return;
  const asked = 'SELECT ST_MakeEnvelope(0, 0, 1, 1) && ST_MakeEnvelope(0, 0, 1, 1)';
  await Promise.all(Array.from({ length: POOL_SIZE }, () => db.query(asked)));
}

/** The address as it may be printed. @throws BadInput where it is none. */
export function withoutPassword(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new BadInput(
      'TUBAN_DATABASE_URL is not an address; expected postgres://user:password@host:5432/database, or empty for the embedded database (write characters such as @ : / # in a password as %40 %3A %2F %23)',
    );
  }
  if (parsed.protocol !== 'postgres:' && parsed.protocol !== 'postgresql:') {
    throw new BadInput(
      `TUBAN_DATABASE_URL starts with "${parsed.protocol}//"; expected postgres://user:password@host:5432/database`,
    );
  }
  return `postgres://${parsed.username ? `${parsed.username}@` : ''}${parsed.host}${parsed.pathname}`;
}

type Telling = <T>(work: () => Promise<T>) => Promise<T>;

/** Turns what goes wrong between us and the server into `Unavailable` with its cure; errors in SQL stay what they are. */
function telling(shown: string): Telling {
  return async (work) => {
    try {
      return await work();
    } catch (error) {
      const cure = cureFor(error);
      throw cure === null
        ? error
        : new Unavailable(`Database ${shown}: ${messageOf(error) || codeOf(error)}. ${cure}`);
    }
  };
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** SQLSTATE and errno codes: PostgreSQL appendix A. */
function cureFor(error: unknown): string | null {
  if (error instanceof Unavailable || error instanceof BadInput) return null;
  const code = codeOf(error);
  const message = messageOf(error);
  if (
    ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code) ||
    /timeout exceeded when trying to connect|connection timeout/i.test(message)
  ) {
    return 'Check that the server runs and that host and port in TUBAN_DATABASE_URL are right';
  }
  if (code === '28P01' || code === '28000' || /password must be a string|SCRAM/i.test(message))
    return 'Check user and password in TUBAN_DATABASE_URL';
  if (code === '3D000') return 'Create the database (createdb), or correct its name in TUBAN_DATABASE_URL';
  if (/extension "postgis"/i.test(message)) {
    return code === '42501'
      ? "Ask the server's administrator to run CREATE EXTENSION postgis in this database"
      : 'Install PostGIS on the server (Debian: apt-get install postgresql-15-postgis-3), or use the image postgis/postgis';
  }
  if (code === '42501') return 'Grant the user CREATE on this database (GRANT CREATE ON DATABASE … TO …)';
  if (code === '53300')
    return 'The server has no connection left; raise its max_connections or stop other clients';
  if (
    code.startsWith('08') ||
    code.startsWith('57P') ||
    code === 'ECONNRESET' ||
    code === 'EPIPE' ||
    /Connection terminated|connection error and is not queryable|server closed the connection/i.test(message)
  ) {
    return 'The connection was lost; nothing half-done was kept. Run the command again when the server is back';
  }
  return null;
}

async function inTransaction<T>(
  pool: pg.Pool,
  told: Telling,
  work: (db: ScriptDb) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // a connection lost between two statements is told by the next one; without a listener it would end the process
  const lost = (error: Error) => {
    broken = error;
  };
  client.on('error', lost);
  try {
    await client.query('BEGIN');
    const result = await work(savepoints(statements(client, told)));
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.off('error', lost);
    client.release(broken);
  }
}

function statements(
  session: Pick<pg.ClientBase, 'query'>,
  told: Telling,
): Omit<ScriptDb, 'transaction' | 'hold' | 'close'> {
  return {
    kind: 'server',
    query: <T>(sql: string, params: readonly unknown[] = []) =>
      told(async () => (await session.query(sql, [...params])).rows as T[]),
    script: (sql) =>
      told(async () => {
        await session.query(sql);
      }),
  };
}
