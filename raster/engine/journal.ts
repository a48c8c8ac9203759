import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Block } from '../grid.js';
import { sceneStamps } from '../scene-files.js';
import type { BlockJob, BlockResult } from './job.js';

/**
 * Finished blocks on disk, so that an interrupted run goes on where it stopped. A block belongs to one job: the same
 * inputs (by size and time of change, or ETag) and parameters; anything else is computed anew.
 */
export interface Journal {
  /** To be called before `get` and `put`. */
  open(job: BlockJob): Promise<void>;
  get(block: Block): Promise<BlockResult | null>;
  put(result: BlockResult): Promise<void>;
  /** Forgets the job: its result is safe elsewhere. */
  clear(): Promise<void>;
}

/** A journal under `folder`, one subfolder a job. */
export async function openJournal(folder: string): Promise<Journal> {
  let own: string | null = null;
  const path = (index: number) => {
    if (own === null) throw new Error('the journal is not open');
    return join(own, `${index}.block`);
  };
  return {
    async open(job) {
      own = join(folder, await jobKey(job));
      await mkdir(own, { recursive: true });
    },
    async get(block) {
      const bytes = await readFile(path(block.index)).catch(() => null);
      if (bytes === null) return null;
      try {
        return deserialize(bytes) as BlockResult;
      } catch {
        // a half-written file of a lost disk: the block is done again
        return null;
      }
    },
    async put(result) {
      const target = path(result.block.index);
      await writeFile(`${target}.new`, serialize(result));
      await rename(`${target}.new`, target);
    },
    async clear() {
      if (own !== null) await rm(own, { recursive: true, force: true });
    },
  };
}

/** Counts up with the form of what is kept: blocks of an older one are done again. */
const FORM = 2;

async function jobKey(job: BlockJob): Promise<string> {
  const files = [...job.before, ...job.after].flatMap(({ spec }) => spec.files);
  const stamps = await Promise.all([...new Set(files)].map((file) => sceneStamps([file])));
  const plain = JSON.stringify([FORM, job, stamps], (_key, value: unknown) =>
    ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value,
  );
  return createHash('sha256').update(plain).digest('hex').slice(0, 24);
}
