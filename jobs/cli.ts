#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { CommanderError, Command as Program } from 'commander';
import { BadInput, messageOf, Unavailable } from '../raster/errors.js';
import { setAllowPrivate } from '../raster/net/guard.js';
import { version } from '../raster/version.js';
import type { Command } from './commands/command.js';
import { commandsFor } from './commands/index.js';
import { loadConfig } from './config.js';
import { type Context, progressOn } from './context.js';
import { type Logger, openLog } from './log.js';

/**
 * Every thread optimizes its JavaScript for itself, and most of it runs too short to earn that back: the loops over pixels are
 * WebAssembly. V8 waits some seven times as long as by default (docs/performance.md); an engine that does not know the
 * flag says so on stderr and goes on, so only the one it was measured on is asked (Node 20).
 */
if (/^11\./.test(process.versions.v8 ?? '')) setFlagsFromString('--interrupt-budget=1000000');

/** Done, the work failed, bad usage or bad input. */
const [DONE, FAILED, BAD] = [0, 1, 2];

function context(signal: AbortSignal): Context {
  let log: Logger | undefined;
  const config = loadConfig(process.cwd(), process.env);
  setAllowPrivate(config.allowPrivate);
  return {
    config,
    print: (line) => void process.stdout.write(`${line}\n`),
    tell: (line) => void process.stderr.write(`${line}\n`),
    progress: (label) => progressOn(process.stderr, label),
    get log() {
      log ??= openLog(process.env.TUBAN_LOG);
      return log;
    },
    terminal: process.stdin.isTTY === true && process.stdout.isTTY === true,
    signal,
  };
}

/** The program, made from the command values. */
async function program(signal: AbortSignal): Promise<Program> {
  const root = new Program('tuban')
    .description('图斑: monthly change patches of a city district from satellite tiles')
    .version(version())
    .option('--debug', 'show the stack of an error')
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  for (const command of await commandsFor(process.argv[2])) add(root, command, signal);
  return root;
}

function add(root: Program, command: Command, signal: AbortSignal): void {
  let parent = root;
  const words = command.name.split(' ');
  for (const word of words.slice(0, -1)) {
    parent =
      parent.commands.find((c) => c.name() === word) ??
      parent
        .command(word)
        .exitOverride()
        .configureOutput({ outputError: () => {} });
  }
  const made = parent
    .command(`${words[words.length - 1]} ${command.args}`.trim())
    .description(command.summary)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .option('--debug', 'show the stack of an error')
    .allowExcessArguments(false);
  for (const [flags, text, fallback] of command.options) made.option(flags, text, fallback);
  made.action(async (...given: unknown[]) => {
    const args = given.slice(0, -2).flat() as string[];
    await command.run({ args, options: made.opts() }, context(signal));
  });
}

/** One clear line, and the stack only where it was asked for. */
function report(error: unknown, debug: boolean): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return DONE;
    // no command given: commander has shown the usage
    if (error.code === 'commander.help') return BAD;
    process.stderr.write(
      `${error.message.replace(/^error: /, 'tuban: ').split('\n')[0]} (tuban --help shows the usage)\n`,
    );
    return BAD;
  }
  const oneLine = messageOf(error).split('\n')[0];
  process.stderr.write(`tuban: ${oneLine}\n`);
  const known = error instanceof BadInput || error instanceof Unavailable;
  if (error instanceof Error && (debug || !known)) {
    if (debug) process.stderr.write(`${error.stack}\n`);
    else process.stderr.write('tuban: this is a bug; --debug shows where\n');
  }
  return error instanceof BadInput ? BAD : FAILED;
}

/** Waits until what was written has left the process: a pipe may be slow. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

async function main(): Promise<number> {
  const debug = process.argv.includes('--debug');
  const abort = new AbortController();
  const stop = () => abort.abort(new Unavailable('interrupted; the same command goes on where it stopped'));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    await (await program(abort.signal)).parseAsync(process.argv);
    return DONE;
  } catch (error) {
    return report(error, debug);
  }
}

// a reader that went away (`| head`) is no error of ours
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? DONE : FAILED),
);
const status = await main();
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
// WebGPU and WASM libraries keep handles that would hold the process
process.exit(status);
