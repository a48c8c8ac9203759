import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { openDatabase, type ScriptDb } from './db.js';
import { readMigrations } from './migrate.js';

/**
 * Databases for tests. Making an embedded one takes many seconds, so an empty one is kept under node_modules/.cache, named
 * after the migrations in it, and copied.
 */
export interface TestDatabase {
  readonly db: ScriptDb;
  /** Closes the database, so that it can be copied. */
  close(): Promise<void>;
  /** Closes the database, where it is open, and removes what it left. */
  dispose(): Promise<void>;
}

function closer(db: ScriptDb): () => Promise<void> {
  let closed: Promise<void> | null = null;
  return () => {
    closed ??= db.close();
    return closed;
  };
}

/** A new, empty embedded database with all tables. */
export async function openTestDatabase(): Promise<TestDatabase & { readonly dataDir: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'tuban-db-'));
  const dataDir = join(folder, 'database');
  const seed = join(
    fileURLToPath(new URL('../../node_modules/.cache/tuban/', import.meta.url)),
    `seed-${createHash('sha256').update(JSON.stringify(readMigrations())).digest('hex').slice(0, 12)}`,
  );
  const cached = existsSync(seed);
  if (cached) cpSync(seed, dataDir, { recursive: true });
  let db = await openDatabase({ url: '', dataDir, holder: 'test' });
  if (!cached) {
    await db.close();
    keepSeed(dataDir, seed);
    db = await openDatabase({ url: '', dataDir, holder: 'test' });
  }
  const close = closer(db);
  return {
    db,
    dataDir,
    close,
    dispose: async () => {
      await close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Two test files may do this at once: the first to finish wins. */
function keepSeed(dataDir: string, seed: string): void {
  const beside = `${seed}.${process.pid}`;
  mkdirSync(beside, { recursive: true });
  cpSync(dataDir, beside, { recursive: true });
  try {
    renameSync(beside, seed);
  } catch {
    rmSync(beside, { recursive: true, force: true });
  }
}

/** Address of the PostgreSQL server to test on, null where TUBAN_TEST_DATABASE_URL is not set. */
export function testServerUrl(): string | null {
  const url = process.env.TUBAN_TEST_DATABASE_URL ?? '';
  if (url === '' && process.env.TUBAN_REQUIRE_SERVER === '1') {
    throw new Error('TUBAN_REQUIRE_SERVER=1, but TUBAN_TEST_DATABASE_URL is not set');
  }
  return url === '' ? null : url;
}

/** A kind of database that tests run on. */
interface TestPlace {
  readonly name: 'embedded' | 'server';
  readonly open: () => Promise<TestDatabase>;
}

/** The databases there are to test on; where there is no server it says what of it is skipped. @param what e.g. `webhooks on a server are` */
export function testPlaces(what: string): TestPlace[] {
  const url = testServerUrl();
  if (url === null) console.warn(`${what} skipped: TUBAN_TEST_DATABASE_URL is not set`);
  const embedded: TestPlace = { name: 'embedded', open: openTestDatabase };
  return url === null ? [embedded] : [embedded, { name: 'server', open: () => openTestServer(url) }];
}

export interface TestServer extends TestDatabase {
  readonly url: string;
  /** Copies of the database, which must be closed. */
  copies(): TestCopies;
}

/** One copy of a database at a time. */
export interface TestCopies {
  readonly url: string;
  /** Makes the copy anew, also where killed clients still hold the one before. */
  begin(): Promise<void>;
  dispose(): Promise<void>;
}

/** A new, empty database on the test server, dropped at the end. */
export async function openTestServer(url: string): Promise<TestServer> {
  const name = `tuban_test_${process.pid}_${Date.now().toString(36)}`;
  await administer(url, `CREATE DATABASE ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  const db = await openDatabase({ url: own.href, dataDir: '', holder: 'test' });
  const close = closer(db);
  return {
    db,
    url: own.href,
    close,
    copies() {
      const copy = new URL(own);
      copy.pathname = `/${name}_copy`;
      const drop = () => administer(url, `DROP DATABASE IF EXISTS ${name}_copy WITH (FORCE)`);
      return {
        url: copy.href,
        async begin() {
          await drop();
          await administer(url, `CREATE DATABASE ${name}_copy TEMPLATE ${name}`);
        },
        dispose: drop,
      };
    },
    dispose: async () => {
      await close();
      await administer(url, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function administer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
