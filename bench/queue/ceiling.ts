import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CLI } from '../cli.js';

/** What two processes that have nothing to do with each other reach on this machine: no two workers do better. */
export interface Ceiling {
  /** One `tuban diff --workers 1`, s. */
  readonly oneS: number;
  /** Two of them at once, s. */
  readonly bothS: number;
}

/** How many times the work of one they do in its time. */
export const gainOf = ({ oneS, bothS }: Ceiling): number => (2 * oneS) / bothS;

export async function ceiling(
  files: { readonly before: string; readonly after: string },
  detector: string,
  folder: string,
): Promise<Ceiling> {
  const diff = async (name: string) => {
    const out = join(folder, name);
    const plain = ['--no-align', '--no-normalize', '--workers', '1', '--backend', 'webasm'];
    const how = ['--crs', '4547', '--bands', 'blue=1,green=2,red=3,nir=4', '--detector', detector];
    const pair = [files.before, files.after];
    await promisify(execFile)(process.execPath, [CLI, 'diff', ...pair, ...how, ...plain, '--out', out]);
    await rm(out, { recursive: true });
  };
  const timed = async (work: () => Promise<unknown>) => {
    const from = performance.now();
    await work();
    return (performance.now() - from) / 1000;
  };
  return {
    oneS: await timed(() => diff('one')),
    bothS: await timed(() => Promise.all([diff('first'), diff('second')])),
  };
}
