import { createReadStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BadInput } from '../../raster/errors.js';
import { openDatabase } from '../../vector/store/db.js';
import { isEmptyDatabase, loadDump } from '../../vector/store/dump.js';
import { type Migration, readMigrations } from '../../vector/store/migrate.js';
import { writeHashed } from './backup.js';
import { BESIDE_RUNS, filesBelow, type Manifest, tableRows, verifyBackup } from './manifest.js';

/** Where the backup goes: as in the configuration. */
export interface RestoreTarget {
  readonly databaseUrl: string;
  readonly stateDir: string;
}

const STATE = 'state/';

/**
 * Brings a backup back into an empty database and state folder, and the tables up to date. The tables appear in one transaction,
 * with the files beside them: cut short, the same command again does the whole.
 * @throws BadInput where the backup is not whole, or the place is not empty.
 */
export async function restore(folder: string, target: RestoreTarget): Promise<Manifest> {
  const { manifest, problems } = await verifyBackup(folder);
  if (problems.length > 0)
    throw new BadInput(`${folder}: is damaged (${problems.slice(0, 3).join('; ')}); nothing was restored`);
  const migrations = migrationsOf(manifest);
  const files = manifest.files.map(({ path }) => path).filter((path) => path.startsWith(STATE));
  await checkFilesEmpty(target.stateDir, new Set(files.map((path) => path.slice(STATE.length))));
  const database = {
    url: target.databaseUrl,
    dataDir: join(target.stateDir, 'database'),
    holder: 'tuban restore',
  };
  const db = await openDatabase({ ...database, migrations: null });
  try {
    if (!(await isEmptyDatabase(db))) {
      throw new BadInput(
        db.kind === 'embedded'
          ? `${database.dataDir}: holds data already; restore into a new folder (stateDir in tuban.json)`
          : 'The database of TUBAN_DATABASE_URL holds tables of tuban already; restore into a new database (createdb)',
      );
    }
    const beside = join(target.stateDir, 'restore.new');
    await rm(beside, { recursive: true, force: true });
    for (const path of files)
      await writeHashed(beside, path.slice(STATE.length), createReadStream(join(folder, path)));
    await loadDump(
      db,
      manifest,
      migrations,
      (table) => tableRows(folder, table),
      async () => {
        for (const path of files) {
          const inner = path.slice(STATE.length);
          await mkdir(dirname(join(target.stateDir, inner)), { recursive: true });
          await rename(join(beside, inner), join(target.stateDir, inner));
        }
      },
    );
    await rm(beside, { recursive: true, force: true });
  } finally {
    await db.close();
  }
  await (await openDatabase(database)).close();
  return manifest;
}

/** @throws BadInput where the backup comes from a newer program. */
function migrationsOf({ migrations, tuban }: Manifest): Migration[] {
  const known = new Map(readMigrations().map((migration) => [migration.id, migration]));
  return migrations.map(({ id, name }) => {
    const found = known.get(id);
    if (found?.name !== name)
      throw new BadInput(
        `The backup was made by a newer tuban (${tuban}; migration ${id} "${name}" is unknown here); update tuban`,
      );
    return found;
  });
}

/** @throws BadInput where there are rasters, photos or models that an earlier try of the same did not leave. */
async function checkFilesEmpty(stateDir: string, own: ReadonlySet<string>): Promise<void> {
  for (const name of ['runs', ...BESIDE_RUNS]) {
    const other = (await filesBelow(join(stateDir, name))).find((path) => !own.has(`${name}/${path}`));
    if (other !== undefined) {
      throw new BadInput(
        `${join(stateDir, name)}: holds files already (${other}); restore into a new folder (stateDir in tuban.json)`,
      );
    }
  }
}
