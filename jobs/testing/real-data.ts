import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './run-cli.js';

/** Folder of real data that tests read: TUBAN_REAL_DATA, else `../shared/data` beside the project. */
export const REAL_DATA = process.env.TUBAN_REAL_DATA ?? join(PROJECT, '../shared/data');

/** True where tests over a folder of it are to be skipped; they say so. Where TUBAN_REQUIRE_REAL_DATA=1 they run and fail. */
export function skipsWithout(folder: string): boolean {
  if (existsSync(join(REAL_DATA, folder)) || process.env.TUBAN_REQUIRE_REAL_DATA === '1') return false;
  console.warn(`skipped: ${folder} is not here; TUBAN_REAL_DATA names the folder of real data`);
  return true;
}
