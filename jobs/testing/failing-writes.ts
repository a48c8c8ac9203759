import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { z } from 'zod';

/**
 * For `node --import`: makes the n-th write to a disk fail in this process. What can fail is counted in the order it happens:
 * opening for writing, writing, renaming, making a folder. A write that fails has written half. Or has the process killed there.
 */
const Wanted = z.object({
  /** Which one fails, from 1; 0: none, they are counted only. */
  nth: z.number().int().min(0),
  /** All from that one on fail: the disk stays full. */
  onwards: z.boolean(),
  /** KILL: the process is killed (`kill -9`) instead. */
  code: z.enum(['ENOSPC', 'EIO', 'KILL']),
  /** Whether the synchronous calls count too, with which the embedded database writes. */
  sync: z.boolean(),
  /** File that is told the count when the process ends. */
  counted: z.string().nullable(),
});
export type FailingWrites = z.infer<typeof Wanted>;

/** Name of the environment variable that says what is wanted, as JSON. */
export const FAILING_WRITES = 'FAILING_WRITES';

const WORDS = { ENOSPC: 'no space left on device', EIO: 'i/o error', KILL: 'killed' } as const;

type Call = (...args: unknown[]) => unknown;

async function install({ nth, onwards, code, sync, counted }: FailingWrites): Promise<void> {
  let count = 0;
  const fails = () => {
    count++;
    return nth > 0 && (onwards ? count >= nth : count === nth);
  };
  const failure = (syscall: string) => {
    if (code === 'KILL') process.kill(process.pid, 'SIGKILL');
    return Object.assign(new Error(`${code}: ${WORDS[code]}, ${syscall}`), { code, syscall });
  };

  /** @param torn what of it is done all the same where it fails */
  function spoil(
    target: object,
    name: string,
    counts: (args: unknown[]) => boolean,
    torn?: (original: Call, self: unknown, args: unknown[]) => unknown,
  ) {
    const original: unknown = Reflect.get(target, name);
    if (typeof original !== 'function') throw new Error(`there is no ${name} to make fail`);
    const asIs: Call = function (this: unknown, ...args) {
      return Reflect.apply(original, this, args);
    };
    const spoilt =
      target === fs
        ? function (this: unknown, ...args: unknown[]) {
            if (!counts(args) || !fails()) return Reflect.apply(original, this, args);
            const done = args.at(-1);
            if (typeof done !== 'function') throw failure(name);
            process.nextTick(done, failure(name));
          }
        : async function (this: unknown, ...args: unknown[]) {
            if (!counts(args) || !fails()) return Reflect.apply(original, this, args);
            await torn?.((...given) => Reflect.apply(asIs, this, given), this, args);
            throw failure(name);
          };
    Reflect.set(target, name, spoilt);
  }

  const always = () => true;
  const opensForWriting = ([, flags]: unknown[]) => typeof flags === 'string' && /[wa+]/.test(flags);
  const ofFile = ([fd]: unknown[]) => typeof fd === 'number' && fd > 2;
  const halfOfFile = (original: Call, _self: unknown, [path, data]: unknown[]) =>
    data instanceof Uint8Array ? original(path, data.subarray(0, data.length >> 1)) : undefined;
  const halfOfBuffer = (original: Call, _self: unknown, [bytes, offset, length, position]: unknown[]) =>
    typeof length === 'number' && length > 1 ? original(bytes, offset, length >> 1, position) : undefined;

  const handle = await promises.open(process.execPath, 'r');
  const handles: object = Object.getPrototypeOf(handle);
  await handle.close();
  const writeFileSync = fs.writeFileSync;
  if (counted !== null) process.on('exit', () => writeFileSync(counted, String(count)));

  spoil(promises, 'writeFile', always, halfOfFile);
  spoil(promises, 'open', opensForWriting);
  spoil(promises, 'rename', always);
  spoil(promises, 'mkdir', always);
  spoil(handles, 'write', always, halfOfBuffer);
  spoil(handles, 'writeFile', always);
  // streams
  spoil(fs, 'write', ofFile);
  spoil(fs, 'writev', ofFile);
  if (sync) {
    for (const name of ['writeFileSync', 'renameSync', 'mkdirSync']) spoil(fs, name, always);
    spoil(fs, 'writeSync', ofFile);
    spoil(fs, 'openSync', opensForWriting);
  }
  syncBuiltinESMExports();
}

const text = process.env[FAILING_WRITES];
if (text !== undefined && isMainThread) await install(Wanted.parse(JSON.parse(text)));
