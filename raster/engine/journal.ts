import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { z } from 'zod';
import type { LearnedModel } from '../../kernels/learned/model.js';
import { BadInput, Unavailable } from '../errors.js';
import type { Block } from '../grid.js';
import { sceneStamps } from '../scene-files.js';
import type { FileStamp } from '../tiff/stamp.js';
import { version } from '../version.js';
import type { BlockStore } from './block-store.js';
import type { BlockJob, BlockResult } from './job.js';

/**
 * Finished blocks in a store, so that an interrupted run goes on where it stopped. A block belongs to one job: the same
 * inputs (by size and time of change, or ETag), parameters and version of this program; anything else is computed anew.
 */
export interface Journal {
  /** To be called before the others. @returns which blocks an earlier run has left, by index; `get` says whether they are whole */
  open(job: BlockJob): Promise<ReadonlySet<number>>;
  get(block: Block): Promise<BlockResult | null>;
  put(result: BlockResult): Promise<void>;
  /** Lays the job beside its blocks, for workers that see the store too (shared-job.ts). @returns its key */
  share(job: BlockJob): Promise<string>;
  /** Forgets the job: its result is safe elsewhere. */
  clear(): Promise<void>;
  readonly store: Pick<BlockStore, 'name' | 'seenBy'>;
}

/** A journal of one job at a time. */
export function openJournal(store: BlockStore): Journal {
  let own: string | null = null;
  const opened = () => {
    if (own === null) throw new Error('the journal is not open');
    return own;
  };
  return {
    store,
    async open(job) {
      own = keyOf(job, await stampsOf(job));
      await store.begin(own);
      const parts = await store.parts(own);
      return new Set(parts.flatMap((part) => BLOCK_PART.exec(part)?.[1] ?? []).map(Number));
    },
    get: (block) => readBlock(store, opened(), block),
    put: (result) => writeBlock(store, opened(), result),
    async share(job) {
      const stamps = await stampsOf(job);
      // results are looked for where the journal was opened
      if (keyOf(job, stamps) !== own)
        throw new BadInput(
          'The files of the scenes have changed since the run began; run the month again when they are whole',
        );
      await store.put(own, JOB_PART, serialize(sharedForm(job, stamps)));
      return own;
    },
    async clear() {
      if (own !== null) await store.clear(own);
    },
  };
}

/** Part of a job that holds the job itself. */
export const JOB_PART = 'job';

/** What that part holds: the job, and the versions of its files as whoever shared it has seen them. */
export interface SharedForm {
  /** Without its model. */
  readonly job: BlockJob;
  /** The job's; its bytes are shared memory in a process, which no file holds. */
  readonly model: { readonly card: LearnedModel['card']; readonly bytes: Uint8Array } | null;
  readonly stamps: readonly (readonly FileStamp[])[];
}

function sharedForm(job: BlockJob, stamps: SharedForm['stamps']): SharedForm {
  const { model } = job;
  // the order of the fields is part of the key, and stays
  return {
    job: { ...job, model: null },
    model: model && { card: model.card, bytes: Uint8Array.from(new Uint8Array(model.bytes)) },
    stamps,
  };
}

/** The job of a shared form. */
export function jobOf({ job, model }: SharedForm): BlockJob {
  if (model === null) return job;
  const bytes = new SharedArrayBuffer(model.bytes.length);
  new Uint8Array(bytes).set(model.bytes);
  return { ...job, model: { card: model.card, bytes } };
}

const BLOCK_PART = /^(\d+)\.block$/;
const partOf = (index: number) => `${index}.block`;

/**
 * Null where it is not there, or is not that block's: it is done again.
 * @throws BadInput, Unavailable where its store cannot be asked
 */
export async function readBlock(store: BlockStore, key: string, block: Block): Promise<BlockResult | null> {
  const bytes = await store.get(key, partOf(block.index)).catch((error: unknown) => {
    if (error instanceof BadInput || error instanceof Unavailable) throw error;
    // a file that a broken disk does not give back
    return null;
  });
  if (bytes === null) return null;
  try {
    const value: unknown = deserialize(bytes);
    return isResultOf(value, block) ? value : null;
  } catch {
    // a half-written file of a lost disk
    return null;
  }
}

/** Whether it is a result of this very block, with all that is taken from one. */
function isResultOf(value: unknown, { index, core }: Block): value is BlockResult {
  const { block, runs, tiles, transitions } = Fields.safeParse(value).data ?? {};
  return (
    block?.index === index &&
    (['x', 'y', 'width', 'height'] as const).every((side) => block.core[side] === core[side]) &&
    runs !== undefined &&
    tiles !== undefined &&
    transitions !== undefined
  );
}

const Fields = z.object({
  block: z.object({
    index: z.number(),
    core: z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }),
  }),
  runs: z.object({
    count: z.number(),
    y: z.instanceof(Int32Array),
    x0: z.instanceof(Int32Array),
    x1: z.instanceof(Int32Array),
    code: z.instanceof(Uint8Array),
  }),
  tiles: z.array(z.object({ encoded: z.instanceof(Uint8Array) })),
  transitions: z.instanceof(Float64Array),
  timings: z.record(z.string(), z.number()),
  stages: z.record(z.string(), z.string()),
});

export function writeBlock(store: BlockStore, key: string, result: BlockResult): Promise<void> {
  return store.put(key, partOf(result.block.index), serialize(result));
}

/** Counts up with the form of what is kept: blocks of an older one are done again. */
const FORM = 3;

/** Of the files of a job, each once. */
export function stampsOf(job: BlockJob): Promise<FileStamp[][]> {
  const files = [...job.before, ...job.after].flatMap(({ spec }) => spec.files);
  return Promise.all([...new Set(files)].map((file) => sceneStamps([file])));
}

/** What names a job. Another version of this program may make other results of the same. */
export function keyOf(job: BlockJob, stamps: readonly (readonly FileStamp[])[]): string {
  const plain = JSON.stringify([FORM, version(), job, stamps], (_key, value: unknown) =>
    ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value,
  );
  return createHash('sha256').update(plain).digest('hex').slice(0, 24);
}
