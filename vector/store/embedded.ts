import { existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { PGlite, type Transaction } from '@electric-sql/pglite';
import { postgis } from '@electric-sql/pglite-postgis';
import { BadInput } from '../../raster/errors.js';
import type { ScriptDb } from './db.js';
import { WatchedFolder } from './embedded-disk.js';
import { holdsInMemory } from './hold.js';
import { lockDirectory } from './lock.js';
import { type Migration, migrate } from './migrate.js';
import { savepoints } from './savepoint.js';
import { TEXT_PARSERS } from './values.js';

/** No write-back to disk is forced (no fsync): safe against a killed process, not against power loss. */
const parsers = Object.fromEntries(TEXT_PARSERS);

/**
 * Opens (or makes) the embedded PostGIS in `dataDir` for this process alone.
 * @throws BadInput where another process holds it, or the directory is something else.
 */
export async function openEmbedded(
  dataDir: string,
  holder: string,
  migrations?: readonly Migration[] | null,
): Promise<ScriptDb> {
  const parent = dirname(resolve(dataDir));
  mkdirSync(parent, { recursive: true });
  // one name for one directory, by whatever way it is reached
  const directory = join(realpathSync(parent), basename(resolve(dataDir)));
  const lock = await lockDirectory(existsSync(directory) ? realpathSync(directory) : directory, holder);
  try {
    if (!isCreated(directory)) await create(directory, migrations);
    const opened = await openFolder(directory);
    const db = adapter(opened, () => lock.release());
    try {
      if (migrations !== null) await migrate(db, migrations);
    } catch (error) {
      await opened.close();
      throw error;
    }
    return db;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function isCreated(directory: string): boolean {
  if (existsSync(join(directory, 'PG_VERSION'))) return true;
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw new BadInput(
      `${directory} holds other files, not an embedded database; name an empty or new directory for it`,
    );
  }
  return false;
}

/**
 * A creation that is killed halfway leaves a directory PGlite cannot open any more (its known bug), so it is done beside
 * and renamed when whole. The lock is held: what lies there is what a killed creation left.
 */
async function create(directory: string, migrations?: readonly Migration[] | null): Promise<void> {
  const beside = `${directory}.new`;
  rmSync(beside, { recursive: true, force: true });
  const opened = await openFolder(beside);
  try {
    if (migrations !== null)
      await migrate(
        adapter(opened, async () => {}),
        migrations,
      );
  } finally {
    await opened.close();
  }
  rmSync(directory, { recursive: true, force: true });
  renameSync(beside, directory);
}

interface Opened {
  readonly pg: PGlite;
  close(): Promise<void>;
}

async function openFolder(directory: string): Promise<Opened> {
  const folder = new WatchedFolder(directory);
  const pg = await PGlite.create({ fs: folder, extensions: { postgis } });
  folder.guard(pg);
  // one whose disk has failed cannot even shut down
  return { pg, close: async () => void (folder.failed === null && (await pg.close())) };
}

type Session = Pick<Transaction, 'query' | 'exec'>;

function adapter({ pg, close }: Opened, released: () => Promise<void>): ScriptDb {
  return {
    ...statements(pg),
    transaction: (work) => pg.transaction((tx) => work(savepoints(statements(tx)))),
    hold: holdsInMemory(),
    close: async () => {
      try {
        await close();
      } finally {
        await released();
      }
    },
  };
}

function statements(session: Session): Omit<ScriptDb, 'transaction' | 'hold' | 'close'> {
  return {
    kind: 'embedded',
    query: async <T>(sql: string, params: readonly unknown[] = []) =>
      (await session.query<T>(sql, [...params], { parsers })).rows as T[],
    script: async (sql) => {
      await session.exec(sql);
    },
  };
}
