import { createRequire } from 'node:module';
import type { Logger } from 'pino';

export type { Logger } from 'pino';

/**
 * Structured log on stderr, one JSON object a line, messages as `Noun:Verb`. Silent unless `TUBAN_LOG` names a level
 * (debug, info, warn, error): a person at a terminal reads the command's own lines instead.
 */
export function openLog(level: string | undefined): Logger {
  // loaded by the commands that log
  const { pino } = createRequire(import.meta.url)('pino') as typeof import('pino');
  return pino({ level: level || 'silent', base: null }, pino.destination({ dest: 2, sync: true }));
}
