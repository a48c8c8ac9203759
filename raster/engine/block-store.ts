import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, writeWhole } from '../whole-file.js';

/** Where jobs and their finished blocks lie while a run is under way: parts of a job, under the job's key. */
export interface BlockStore {
  /** As messages name it: a folder, or `s3://bucket/prefix`. */
  readonly name: string;
  /** What another machine needs to see it too: a sentence that begins with "its". */
  readonly seenBy: string;
  /** Begins a job, or goes on with one: parts can be put until it is cleared. */
  begin(key: string): Promise<void>;
  /** Null where there is none. */
  get(key: string, part: string): Promise<Uint8Array | null>;
  /** It appears whole or not at all, also where several put the same one. Of a job that was cleared meanwhile nothing stays. @throws where that is so */
  put(key: string, part: string, bytes: Uint8Array): Promise<void>;
  has(key: string, part: string): Promise<boolean>;
  /** The parts of a job that are there, in no order. */
  parts(key: string): Promise<string[]>;
  /** Takes a job away with all its parts. */
  clear(key: string): Promise<void>;
  /** All jobs that lie there, by key. */
  jobs(): Promise<StoredJob[]>;
}

export interface StoredJob {
  readonly key: string;
  readonly bytes: number;
  /** When a part of it was last written, ms since 1970. */
  readonly changedMs: number;
}

/** Jobs under a folder, one subfolder each; machines that see the folder share them. */
export function folderStore(folder: string): BlockStore {
  const at = (key: string, part: string) => join(folder, key, part);
  return {
    name: folder,
    seenBy: 'its stateDir must be the same folder as this machine’s',
    begin: (key) => makeFolder(join(folder, key)),
    get: (key, part) =>
      readFile(at(key, part)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      }),
    put: (key, part, bytes) => writeWhole(at(key, part), bytes),
    has: async (key, part) => (await stat(at(key, part)).catch(() => null)) !== null,
    parts: (key) => readdir(join(folder, key)),
    // a worker elsewhere may lay down a block that another has done too
    clear: (key) => rm(join(folder, key), { recursive: true, force: true, maxRetries: 5 }),
    async jobs() {
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      const jobs = entries.filter((one) => one.isDirectory()).map(({ name }) => weighed(folder, name));
      return (await Promise.all(jobs)).sort((a, b) => a.key.localeCompare(b.key, 'en', { numeric: true }));
    },
  };
}

async function weighed(folder: string, key: string): Promise<StoredJob> {
  const own = join(folder, key);
  let bytes = 0;
  let changedMs = (await stat(own).catch(() => null))?.mtimeMs ?? Date.now();
  for (const part of await readdir(own).catch(() => [])) {
    const info = await stat(join(own, part)).catch(() => null);
    bytes += info?.size ?? 0;
    changedMs = Math.max(changedMs, info?.mtimeMs ?? 0);
  }
  return { key, bytes, changedMs };
}
