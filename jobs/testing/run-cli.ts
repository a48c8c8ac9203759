import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root, from source and from dist alike the folder that holds package.json's bin. */
export const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const CLI = join(PROJECT, 'dist/jobs/cli.js');

export interface CliResult {
  /** Null where it was killed. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line that is at work. */
export interface StartedCli {
  /** Of the command. */
  readonly name: string;
  readonly child: ChildProcess;
  readonly end: Promise<CliResult>;
}

const started = new Set<ChildProcess>();

/** Starts the built command line in `cwd`, with no TUBAN_* setting but those given. */
export function startCli(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): StartedCli {
  if (!existsSync(CLI)) throw new Error(`${CLI} is not there: npm run build makes it`);
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('TUBAN_')),
  );
  const child = spawn(process.execPath, [CLI, ...args], { cwd, env: { ...clean, ...env } });
  started.add(child);
  const end = new Promise<CliResult>((resolve, reject) => {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (status) => {
      started.delete(child);
      resolve({ status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
  });
  return { name: args[0], child, end };
}

/** Runs the built command line to its end. */
export function runCli(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  return startCli(args, cwd, env).end;
}

/** Kills what is still at work: for the end of a test. */
export function endStarted(): void {
  for (const child of started) child.kill('SIGKILL');
}
