import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BadInput } from '../../raster/errors.js';
import type { ScriptDb } from './db.js';

/** Any number, the same for every process: taken while the tables of a server are brought up to date. */
const MIGRATION_LOCK = 7_482_202_608;

export interface Migration {
  readonly id: number;
  readonly name: string;
  readonly sql: string;
}

/** Beside this module: in the source folder under vitest, in `dist` when compiled (scripts/after-build.mjs copies it). */
const MIGRATIONS = fileURLToPath(new URL('./migrations/', import.meta.url));

/** The numbered scripts `001_name.sql` of a folder, in order. */
export function readMigrations(folder: string = MIGRATIONS): Migration[] {
  return readdirSync(folder)
    .flatMap((file) => {
      const match = /^(\d{3})_(\w+)\.sql$/.exec(file);
      return match
        ? [{ id: Number(match[1]), name: match[2], sql: readFileSync(`${folder}/${file}`, 'utf8') }]
        : [];
    })
    .sort((a, b) => a.id - b.id);
}

/**
 * Makes PostGIS and the schema `tuban` where they are missing and applies, in one transaction, the migrations not yet
 * recorded there. PostGIS must be available to the server.
 * @throws BadInput where a newer tuban has already migrated the database further.
 */
export async function migrate(
  db: ScriptDb,
  migrations: readonly Migration[] = readMigrations(),
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const postgis = await tx.query(`SELECT 1 FROM pg_extension WHERE extname = 'postgis'`);
    if (postgis.length === 0) await tx.script('CREATE EXTENSION postgis');
    // asked first: CREATE … IF NOT EXISTS wants the right to create even where there is nothing left to do
    const table = await tx.query<{ there: boolean }>(
      `SELECT to_regclass('tuban.migration') IS NOT NULL AS there`,
    );
    if (!table[0].there) {
      await tx.script(`CREATE SCHEMA IF NOT EXISTS tuban;
        CREATE TABLE tuban.migration (id integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());`);
    }
    const applied = await tx.query<{ id: number; name: string }>(
      'SELECT id, name FROM tuban.migration ORDER BY id',
    );
    const known = new Set(migrations.map((migration) => migration.id));
    const newer = applied.find((row) => !known.has(row.id));
    if (newer) {
      throw new BadInput(
        `The database was brought up to date by a newer tuban (migration ${newer.id} "${newer.name}" is unknown here). Update tuban, or point TUBAN_DATABASE_URL at another database`,
      );
    }
    const done = new Set(applied.map((row) => row.id));
    for (const migration of migrations.filter((candidate) => !done.has(candidate.id))) {
      await tx.script(migration.sql);
      await tx.query('INSERT INTO tuban.migration (id, name) VALUES ($1, $2)', [
        migration.id,
        migration.name,
      ]);
    }
  });
}

/** What is thrown to undo a transaction that went well. */
class Undone extends Error {}

/**
 * Applies what is not applied yet to the real tables and rolls it back: each with its time. The tables are locked meanwhile.
 * @throws as `migrate`, and what a migration that does not fit the data throws
 */
export async function tryMigrations(
  db: ScriptDb,
  migrations: readonly Migration[] = readMigrations(),
): Promise<{ id: number; name: string; ms: number }[]> {
  const tried: { id: number; name: string; ms: number }[] = [];
  try {
    await db.transaction(async (tx) => {
      const [{ there }] = await tx.query<{ there: boolean }>(
        `SELECT to_regclass('tuban.migration') IS NOT NULL AS there`,
      );
      const applied = there ? await tx.query<{ id: number }>('SELECT id FROM tuban.migration') : [];
      for (const [index, { id, name }] of migrations.entries()) {
        if (applied.some((row) => row.id === id)) continue;
        const from = performance.now();
        const later = migrations.slice(index + 1).filter((one) => applied.some((row) => row.id === one.id));
        await migrate(tx, [...migrations.slice(0, index + 1), ...later]);
        tried.push({ id, name, ms: performance.now() - from });
      }
      await migrate(tx, migrations);
      throw new Undone();
    });
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
  }
  return tried;
}
