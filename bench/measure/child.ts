import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What one run of a program cost. */
export interface Cost {
  readonly wallS: number;
  /** User and system time of all its threads; null where the system does not tell. */
  readonly cpuS: number | null;
  /** Highest resident memory of the process, MB; null where the system does not tell. */
  readonly peakMb: number | null;
}

export interface ChildResult extends Cost {
  readonly stdout: string;
}

/** GNU time: exact CPU time and peak memory of a child, which Node does not tell of its children. */
const GNU_TIME = '/usr/bin/time';
const POLL_MS = 50;

/** A program that did not end with 0; `stderr` is the end of what it said. */
export class ChildFailed extends Error {
  override readonly name = 'ChildFailed';

  constructor(
    command: string,
    status: string,
    readonly stderr: string,
  ) {
    super(`${command} ended with ${status}: ${stderr}`);
  }
}

/**
 * Runs a program to its end and measures it: with GNU time where it is there, else by asking /proc while it runs
 * (Linux), else wall time alone.
 * @throws ChildFailed where it does not end with 0.
 */
export async function runChild(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<ChildResult> {
  const exact = existsSync(GNU_TIME);
  const folder = await mkdtemp(join(tmpdir(), 'tuban-bench-'));
  const note = join(folder, 'time');
  try {
    const argv = exact ? [GNU_TIME, '-f', '%U %S %M', '-o', note, command, ...args] : [command, ...args];
    const started = performance.now();
    const { stdout, polled } = await finish(argv, options, !exact);
    const wallS = (performance.now() - started) / 1000;
    if (!exact) return { wallS, cpuS: null, peakMb: polled, stdout };
    const [user, system, kilobytes] = readFileSync(note, 'utf8').trim().split(' ').map(Number);
    return { wallS, cpuS: user + system, peakMb: kilobytes / 1024, stdout };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function finish(
  [command, ...args]: readonly string[],
  { cwd, env }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> },
  poll: boolean,
): Promise<{ stdout: string; polled: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let peak: number | null = null;
    const timer = poll
      ? setInterval(() => {
          peak = residentPeakMb(child.pid) ?? peak;
        }, POLL_MS)
      : undefined;
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    child.stderr.on('data', (text) => {
      stderr = (stderr + text).slice(-4000);
    });
    child.once('error', (error) => {
      clearInterval(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearInterval(timer);
      if (code === 0) resolve({ stdout, polled: peak });
      else reject(new ChildFailed([command, ...args].join(' '), String(code ?? signal), stderr.trim()));
    });
  });
}

/** VmHWM: the highest resident memory so far, which the kernel keeps while the process lives. */
function residentPeakMb(pid: number | undefined): number | null {
  if (pid === undefined || process.platform !== 'linux') return null;
  try {
    const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return found ? Number(found[1]) / 1024 : null;
  } catch {
    return null;
  }
}
