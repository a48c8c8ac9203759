import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { CLI, ended } from '../cli.js';

/** A `tuban worker --workers 1` of the build this bench is part of. */
export interface BenchWorker {
  /** s of user and system time so far; of all its threads. */
  cpuS(): number;
  /** As the machine would: it gets no word of it. */
  kill(): void;
  /** Asks it to end, and waits. */
  end(): Promise<void>;
}

/** Clock ticks a second of /proc: 100 on every Linux that Node runs on. */
const TICKS = 100;

export function startWorker(url: string, stateDir: string): BenchWorker {
  const child = spawn(process.execPath, [CLI, 'worker', '--workers', '1'], {
    env: { PATH: process.env.PATH, TUBAN_DATABASE_URL: url, TUBAN_STATE_DIR: stateDir },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return {
    cpuS: () => cpuSeconds(child.pid),
    kill: () => void child.kill('SIGKILL'),
    end: () => ended(child),
  };
}

/** proc_pid_stat(5): utime and stime are the 14th and 15th fields; the second, in brackets, may hold blanks. */
export function cpuSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
