/**
 * The few errors a person can meet. Everything else is a bug and keeps its stack.
 * A message names the thing, says what is wrong, and what would be right.
 */

/** Input, option or configuration that cannot be used. The CLI exits 2. */
export class BadInput extends Error {
  override readonly name = 'BadInput';
}

/** Something needed from outside did not answer: a database, a lock, a disk. The CLI exits 1. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** The message of anything thrown, for wrapping into one of the errors above. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a disk says that is full or broken. */
const DISK_CURES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free space and run again',
  EDQUOT: 'the quota of its disk is used up; free space and run again',
  EIO: 'the disk failed (input/output error); check it, then run again',
  EROFS: 'its disk is mounted read-only; mount it writable, or name another folder',
  EACCES: 'permission denied; give write access to its folder',
  EPERM: 'not permitted; give write access to its folder',
};

/** An error of writing `path` as one that names it and the cure; what no disk says is handed back as it is. */
export function writeProblem(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const cure = DISK_CURES[code];
  return cure === undefined ? error : new Unavailable(`Cannot write ${path}: ${cure}`, { cause: error });
}
