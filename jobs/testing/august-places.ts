import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Db, openDatabase } from '../../vector/store/db.js';
import { openTestDatabase, openTestServer } from '../../vector/store/testing.js';
import { AUGUST_SETTINGS, prepareAugust } from './august.js';

/** What a place begins with. */
export interface AugustBeginning {
  prepare(db: Db, folder: string): Promise<void>;
  /** Its tuban.json. */
  readonly settings: object;
}

const PLAIN: AugustBeginning = { prepare: prepareAugust, settings: AUGUST_SETTINGS };

/** Where August is run again and again, each time from the same beginning, by processes of their own. */
export interface AugustPlace {
  /** A fresh copy of what was prepared; what was there before is gone. @returns where to run, and with which environment */
  begin(): Promise<{ readonly cwd: string; readonly env: Record<string, string> }>;
  /** Opens the present copy. */
  look<T>(work: (db: Db) => Promise<T>): Promise<T>;
  dispose(): Promise<void>;
}

/** The embedded database of each copy's own state folder. @param folder holds the scenes, and takes the copies */
export async function embeddedAugust(folder: string, beginning = PLAIN): Promise<AugustPlace> {
  const made = await openTestDatabase();
  await beginning.prepare(made.db, folder);
  await made.close();
  let dataDir = '';
  return {
    async begin() {
      const cwd = workingFolder(folder, 'embedded-', beginning);
      dataDir = join(cwd, '.tuban', 'database');
      cpSync(made.dataDir, dataDir, { recursive: true });
      return { cwd, env: {} };
    },
    look: (work) => looking('', dataDir, work),
    dispose: made.dispose,
  };
}

/** Copies of a database on a server. */
export async function serverAugust(url: string, folder: string, beginning = PLAIN): Promise<AugustPlace> {
  const made = await openTestServer(url);
  await beginning.prepare(made.db, folder);
  // a template must have no connection
  await made.close();
  const copies = made.copies();
  return {
    async begin() {
      await copies.begin();
      return { cwd: workingFolder(folder, 'server-', beginning), env: { TUBAN_DATABASE_URL: copies.url } };
    },
    look: (work) => looking(copies.url, '', work),
    async dispose() {
      await copies.dispose();
      await made.dispose();
    },
  };
}

function workingFolder(folder: string, prefix: string, { settings }: AugustBeginning): string {
  // what a run leaves beside its working folder is its own, too
  const cwd = join(mkdtempSync(join(folder, prefix)), 'cwd');
  mkdirSync(join(cwd, '.tuban'), { recursive: true });
  writeFileSync(join(cwd, 'tuban.json'), JSON.stringify(settings));
  return cwd;
}

async function looking<T>(url: string, dataDir: string, work: (db: Db) => Promise<T>): Promise<T> {
  const db = await openDatabase({ url, dataDir, holder: 'test' });
  return work(db).finally(() => db.close());
}
