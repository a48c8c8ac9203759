import type { Config } from './config.js';
import type { Logger } from './log.js';

/** What a command may touch of the outside: streams, environment, configuration. Passed in, so that tests can look. */
export interface Context {
  readonly config: Config;
  /** Results; a listing with `--json` prints nothing else here. */
  readonly print: (line: string) => void;
  /** Progress and remarks. */
  readonly tell: (line: string) => void;
  readonly progress: (label: string) => Progress;
  readonly log: Logger;
  /** Whether a person sits at a terminal, who can end what goes on for ever. */
  readonly terminal: boolean;
  readonly signal?: AbortSignal;
}

/** Draws a bar on a terminal, and nothing elsewhere. */
export interface Progress {
  update(done: number, total: number): void;
  end(): void;
}

const BAR = 30;

export function progressOn(stream: NodeJS.WriteStream, label: string): Progress {
  if (!stream.isTTY) return { update: () => {}, end: () => {} };
  let drawn = false;
  return {
    update(done, total) {
      const filled = total > 0 ? Math.round((BAR * done) / total) : 0;
      stream.write(`\r${label} [${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}] ${done}/${total}`);
      drawn = true;
    },
    end() {
      if (drawn) stream.write('\r\u001b[K');
    },
  };
}
