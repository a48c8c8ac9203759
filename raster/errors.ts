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
