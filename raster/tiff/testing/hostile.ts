import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { HostileLine, HostileWork } from './hostile-child.js';

/** The compiled child, beside the compiled reader: run from the source in tests. */
export const HOSTILE_CHILD = join(import.meta.dirname, '../../../dist/raster/tiff/testing/hostile-child.js');

/** What a series of hostile files came to. */
export interface HostileOutcome {
  readonly wrong: readonly string[];
  readonly read: number;
  readonly refused: number;
  readonly slowestMs: number;
  /** Most memory a process took beyond what it took for sound files, MB. */
  readonly growthMb: number;
}

/** A process that says nothing for so long hangs: four times what one file may take. */
const SILENCE_MS = 20_000;

/** Reads a series in a process of its own, and in a new one from the next file on wherever that one hangs or dies. */
export async function readHostile(child: string, work: HostileWork): Promise<HostileOutcome> {
  const total = { wrong: [] as string[], read: 0, refused: 0, slowestMs: 0, growthMb: 0 };
  let from = work.from;
  while (from < work.to) {
    const ended = await runChild(child, { ...work, from }, total);
    if (ended === null) break;
    total.wrong.push(`${work.kind} ${ended.at}: ${ended.how}`);
    from = ended.at + 1;
  }
  return total;
}

/** @returns null where it went through, else at which file it ended and how. */
function runChild(
  path: string,
  work: HostileWork,
  total: { -readonly [K in keyof HostileOutcome]: HostileOutcome[K] } & { wrong: string[] },
): Promise<{ at: number; how: string } | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [path, JSON.stringify(work)], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    let at = work.from;
    let done = false;
    let how = '';
    let errors = '';
    const bite = () => {
      how = `nothing came for ${SILENCE_MS / 1000} s`;
      child.kill('SIGKILL');
    };
    let watchdog = setTimeout(bite, 3 * SILENCE_MS);
    child.stderr?.on('data', (text) => {
      errors = `${errors}${text}`.slice(-2000);
    });
    createInterface({ input: child.stdio[3] as Readable }).on('line', (text) => {
      const line: HostileLine = JSON.parse(text);
      clearTimeout(watchdog);
      watchdog = setTimeout(bite, SILENCE_MS);
      if ('next' in line) at = line.next;
      else if ('wrong' in line) total.wrong.push(line.wrong);
      else {
        done = true;
        total.read += line.read;
        total.refused += line.refused;
        total.slowestMs = Math.max(total.slowestMs, line.slowestMs);
        total.growthMb = Math.max(total.growthMb, line.growthMb);
      }
    });
    child.on('close', (status, signal) => {
      clearTimeout(watchdog);
      if (done && status === 0) resolve(null);
      else resolve({ at, how: how || `the process ended (${signal ?? status}): ${errors}` });
    });
  });
}
