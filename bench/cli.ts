import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The command line of the build this bench is part of. */
export const CLI = fileURLToPath(new URL('../jobs/cli.js', import.meta.url));

/** Asks a process to end, and waits until it has. */
export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
