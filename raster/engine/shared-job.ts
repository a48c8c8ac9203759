import { createHash } from 'node:crypto';
import { deserialize } from 'node:v8';
import { BadInput, messageOf, Unavailable } from '../errors.js';
import type { Block } from '../grid.js';
import { openScene, type Scene } from '../scene.js';
import { isAddress, shownAddress } from '../tiff/address.js';
import type { FileStamp } from '../tiff/stamp.js';
import type { BlockStore } from './block-store.js';
import type { BlockJob } from './job.js';
import { JOB_PART, jobOf, keyOf, readBlock, type SharedForm, stampsOf, writeBlock } from './journal.js';
import { blocksOf, headersOf, shareBlocks } from './panels.js';
import { openPool } from './pool.js';

/** A job that another process has shared (Journal.share), and threads that do its blocks. */
export interface SharedJob {
  readonly blocks: readonly Block[];
  /** Whether somebody has done it. */
  has(block: Block): Promise<boolean>;
  /** Does a block and lays its result where whoever shared the job looks for it. @returns milliseconds of work */
  run(block: Block): Promise<number>;
  close(): Promise<void>;
}

/** Form of a job's key: it names a folder or begins a name in a store, and nothing else can be meant by it. */
export const JOB_KEY = /^[0-9a-f]{24}$/;

/**
 * Opens the job of a key in a store, null where there is none: its run has ended. What is read must be what the key was made
 * of, the scenes' files here those that the sharer saw, and the backend one that this machine has.
 * @throws BadInput naming what differs, Unavailable where an address or the store does not answer.
 */
export async function openSharedJob(
  store: BlockStore,
  key: string,
  workers: number,
): Promise<SharedJob | null> {
  if (!JOB_KEY.test(key)) throw new BadInput(`"${key}" is no key of a job; expected 24 hexadecimal digits`);
  const job = await readJob(store, key);
  if (job === null) return null;
  const pool = openPool(job, { workers, ...(await whatThreadsShare(job)) });
  try {
    await pool.ready();
  } catch (error) {
    await pool.close();
    throw error;
  }
  return {
    blocks: blocksOf(job),
    // read, not only seen: a spoilt one is none to whoever waits for it either
    has: async (block) => (await readBlock(store, key, block)) !== null,
    async run(block) {
      const { result } = await pool.run(block);
      await writeBlock(store, key, result);
      return Object.values(result.timings).reduce((sum, ms) => sum + ms, 0);
    },
    close: () => pool.close(),
  };
}

/** Whether a job is still shared: where it is not, its run has ended. */
export async function isShared(store: BlockStore, key: string): Promise<boolean> {
  return JOB_KEY.test(key) && (await store.has(key, JOB_PART));
}

async function readJob(store: BlockStore, key: string): Promise<BlockJob | null> {
  const path = `${store.name}/${key}/${JOB_PART}`;
  const bytes = await store.get(key, JOB_PART).catch((error: unknown) => {
    if (error instanceof BadInput || error instanceof Unavailable) throw error;
    throw new BadInput(`${path}: cannot be read (${messageOf(error)}); give the worker's user the right`);
  });
  if (bytes === null) return null;
  const form = formOf(bytes, path);
  const { stamps, model } = form;
  const job = jobOf(form);
  // both, so that a file that differs is named: the key alone only says that something does
  const itsOwn =
    model === null || createHash('sha256').update(model.bytes).digest('hex') === model.card.sha256;
  if (!itsOwn || keyOf(job, stamps) !== key)
    throw new BadInput(
      `${path}: is not the job of its key; run the month again, with the same version of tuban on all machines`,
    );
  const here = (await stampsOf(job)).flat();
  for (const [i, theirs] of stamps.flat().entries()) {
    if (!same(theirs, here[i])) throw new BadInput(different(theirs, here[i]));
  }
  return job;
}

function formOf(bytes: Uint8Array, path: string): SharedForm {
  try {
    return deserialize(bytes) as SharedForm;
  } catch (error) {
    throw new BadInput(`${path}: is no job (${messageOf(error)}); run the month again`);
  }
}

const same = (a: FileStamp, b: FileStamp | undefined) =>
  b !== undefined && a.file === b.file && a.size === b.size && a.version === b.version;

function different(theirs: FileStamp, here: FileStamp | undefined): string {
  const name = isAddress(theirs.file) ? shownAddress(theirs.file) : theirs.file;
  if (here === undefined || here.size === null)
    return `${name}: is not on this machine; the folders of scenes must be the same on all of them`;
  return `${name}: differs from what the run has read (${here.size} bytes of ${here.version} here, ${theirs.size} of ${theirs.version} there); all machines must see the same files`;
}

/** As for the threads of one process: each block of a file is decoded once, each header read once. */
async function whatThreadsShare(job: BlockJob) {
  const opened: { readonly scene: Scene }[] = [];
  try {
    for (const { spec } of [...job.before, ...job.after]) opened.push({ scene: await openScene(spec) });
    return { shared: shareBlocks(opened, job), headers: headersOf(opened) };
  } finally {
    await Promise.allSettled(opened.map(({ scene }) => scene.close()));
  }
}
