import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { CLI, ended } from '../cli.js';
import type { Kept } from './collect.js';

const COLLECT = fileURLToPath(new URL('collect.js', import.meta.url));

/** A `tuban` that is meant to run for months. */
export interface Lasting {
  readonly name: string;
  /** What it has said on stderr so far. */
  said(): string;
  /** Throws where it has ended. */
  look(): Look;
  /** Has its garbage collected; `kept` tells what was left when it has been, a second or so later. */
  collect(): void;
  /** What each collection has left. */
  kept(): readonly Kept[];
  /** Asks it to end, and waits. */
  end(): Promise<void>;
}

/** One process at one moment. */
export interface Look {
  readonly rssKb: number;
  /** Open files, sockets, pipes. */
  readonly handles: number;
  readonly threads: number;
}

/** @param args of the command line; its first word is the name */
export function startLasting(args: readonly string[], cwd: string, env: Record<string, string>): Lasting {
  const child = spawn(process.execPath, ['--expose-gc', '--import', COLLECT, CLI, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  let left = '';
  const collected = child.stdio[3];
  if (collected instanceof Readable)
    collected.setEncoding('utf8').on('data', (text: string) => {
      left += text;
    });
  const name = args[0];
  return {
    name,
    said: () => said,
    look() {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`tuban ${name} has ended: ${said.slice(-2000)}`);
      return lookAt(child.pid ?? 0);
    },
    collect: () => void child.kill('SIGUSR2'),
    kept: () =>
      left
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    end: () => ended(child),
  };
}

/** proc_pid_status(5), proc_pid_fd(5). */
function lookAt(pid: number): Look {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return {
    rssKb: field('VmRSS'),
    handles: readdirSync(`/proc/${pid}/fd`).length,
    threads: field('Threads'),
  };
}
