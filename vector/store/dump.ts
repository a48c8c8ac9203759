import type { Db, ScriptDb } from './db.js';
import { type Migration, migrate } from './migrate.js';

/** Rows sent or fetched at a time. A lead's or patch's row is some kB. */
const ROWS_AT_A_TIME = 500;
/** Who was signed in is nobody's loss, and no session is to come back to life from a copy. */
const LEFT_OUT = ['web_session'];

/** Text forms that do not depend on a server's or session's settings. */
const PLAIN = [
  `SET LOCAL datestyle = 'ISO, YMD'`,
  `SET LOCAL timezone = 'UTC'`,
  `SET LOCAL intervalstyle = 'iso_8601'`,
  `SET LOCAL bytea_output = 'hex'`,
  'SET LOCAL extra_float_digits = 3',
];

/** Where the numbers of an identity column go on. */
export interface SequenceState {
  readonly table: string;
  readonly column: string;
  readonly last: number;
  readonly called: boolean;
}

/** What a dump holds besides the rows. */
export interface DumpHeader {
  /** Applied to the database, in order. */
  readonly migrations: readonly { readonly id: number; readonly name: string }[];
  readonly tables: readonly { readonly name: string; readonly rows: number }[];
  readonly sequences: readonly SequenceState[];
}

export interface DumpSink {
  /** Takes a table's rows, each in PostgreSQL's text form of a row value (`(1,"a b",)`), which is exact for every type. */
  table(name: string, rows: AsyncIterable<string>): Promise<void>;
  /** Asks what else is to belong to the same moment, in the same snapshot. */
  also?(tx: Db): Promise<void>;
}

/** Hands out every table as of one moment, while others go on writing. The same on the embedded database and on a server. */
export async function dumpDatabase(db: Db, sink: DumpSink): Promise<DumpHeader> {
  return db.transaction(async (tx) => {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    for (const sql of PLAIN) await tx.query(sql);
    const migrations = await tx.query<{ id: number; name: string }>(
      'SELECT id, name FROM tuban.migration ORDER BY id',
    );
    const tables: { name: string; rows: number }[] = [];
    for (const name of await tableNames(tx)) {
      let rows = 0;
      const counted = async function* () {
        if (LEFT_OUT.includes(name)) return;
        for await (const row of rowsOf(tx, name)) {
          rows++;
          yield row;
        }
      };
      await sink.table(name, counted());
      tables.push({ name, rows });
    }
    await sink.also?.(tx);
    return { migrations, tables, sequences: await sequenceStates(tx) };
  });
}

async function tableNames(db: Db): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'tuban'::regnamespace AND relkind = 'r' ORDER BY relname`,
  );
  return rows.map(({ name }) => name);
}

async function* rowsOf(tx: Db, table: string): AsyncGenerator<string> {
  await tx.query(
    `DECLARE tuban_dump NO SCROLL CURSOR FOR SELECT t::text AS row FROM tuban.${quoted(table)} t`,
  );
  for (;;) {
    const rows = await tx.query<{ row: string }>(`FETCH ${ROWS_AT_A_TIME} FROM tuban_dump`);
    for (const { row } of rows) yield row;
    if (rows.length < ROWS_AT_A_TIME) break;
  }
  await tx.query('CLOSE tuban_dump');
}

async function sequenceStates(db: Db): Promise<SequenceState[]> {
  const columns = await db.query<{ table: string; column: string; sequence: string }>(
    `SELECT c.relname AS "table", a.attname AS "column",
       pg_get_serial_sequence(format('tuban.%I', c.relname), a.attname) AS sequence
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relnamespace = 'tuban'::regnamespace AND c.relkind = 'r' AND a.attidentity <> '' ORDER BY 1, 2`,
  );
  const states: SequenceState[] = [];
  for (const { table, column, sequence } of columns) {
    // the name comes quoted where it must be
    const [{ last, called }] = await db.query<{ last: number; called: boolean }>(
      `SELECT last_value AS last, is_called AS called FROM ${sequence}`,
    );
    states.push({ table, column, last, called });
  }
  return states;
}

/** True where the database holds no tables of tuban. */
export async function isEmptyDatabase(db: Db): Promise<boolean> {
  const [{ there }] = await db.query<{ there: boolean }>(
    `SELECT to_regclass('tuban.migration') IS NOT NULL AS there`,
  );
  return !there;
}

/**
 * Makes the tables as they were when the dump was made and fills them, in one transaction: all of it or nothing. References
 * between rows are checked when all are there.
 * @param migrations those that had been applied
 * @param last done before the commit; where it throws nothing is kept
 */
export async function loadDump(
  db: ScriptDb,
  header: DumpHeader,
  migrations: readonly Migration[],
  rowsOf: (table: string) => AsyncIterable<string>,
  last: () => Promise<void>,
): Promise<void> {
  await db.transaction(async (tx) => {
    await migrate(tx, migrations);
    for (const sql of PLAIN) await tx.query(sql);
    const references = await tx.query<{ table: string; name: string; definition: string }>(
      `SELECT conrelid::regclass::text AS "table", quote_ident(conname) AS name, pg_get_constraintdef(oid) AS definition
       FROM pg_constraint WHERE connamespace = 'tuban'::regnamespace AND contype = 'f'`,
    );
    for (const { table, name } of references) await tx.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
    for (const { name, rows } of header.tables) {
      // what the migrations themselves wrote is in the dump
      await tx.query(`TRUNCATE tuban.${quoted(name)}`);
      const loaded = await loadTable(tx, name, rowsOf(name));
      if (loaded !== rows) throw new Error(`table ${name}: ${loaded} rows were read, the dump says ${rows}`);
    }
    for (const { table, name, definition } of references)
      await tx.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`);
    for (const { table, column, last, called } of header.sequences) {
      await tx.query('SELECT setval(pg_get_serial_sequence($1, $2), $3, $4)', [
        `tuban.${quoted(table)}`,
        column,
        last,
        called,
      ]);
    }
    await last();
  });
  await db.query('ANALYZE');
}

async function loadTable(tx: Db, table: string, rows: AsyncIterable<string>): Promise<number> {
  const name = `tuban.${quoted(table)}`;
  // OFFSET 0: each row is read once, and not once for every column
  const sql = `INSERT INTO ${name} OVERRIDING SYSTEM VALUE
    SELECT (p.made).* FROM (SELECT r::${name} AS made FROM unnest($1::text[]) AS r OFFSET 0) AS p`;
  let waiting: string[] = [];
  let count = 0;
  for await (const row of rows) {
    waiting.push(row);
    count++;
    if (waiting.length < ROWS_AT_A_TIME) continue;
    await tx.query(sql, [waiting]);
    waiting = [];
  }
  if (waiting.length > 0) await tx.query(sql, [waiting]);
  return count;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
