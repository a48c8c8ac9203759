import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { BadInput, Unavailable } from '../errors.js';
import type { Block } from '../grid.js';
import type { Headers } from '../scene-files.js';
import { reuseSharedMemory } from '../tiff/shared.js';
import type { BlockJob, BlockResult } from './job.js';
import type { SharedPixels } from './panels.js';
import type { WorkerMessage, WorkerStart } from './worker.js';

export interface PoolOptions {
  readonly workers: number;
  /** The memory is the pool's own, and used again when it has closed. */
  readonly shared: SharedPixels;
  /** What has been read of the files, likewise. */
  readonly headers: Headers;
}

export interface RunOptions extends PoolOptions {
  /** Called once a block, in the order blocks finish; the next block in its place waits for it (back-pressure). */
  readonly onResult: (result: BlockResult) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Threads that do blocks of one job. */
export interface BlockPool {
  /** Blocks it takes at once: more only wait. */
  readonly room: number;
  /** Resolves when the threads have started. @throws what keeps one from it: a backend or a file that is not there. */
  ready(): Promise<void>;
  /** @throws BadInput, Unavailable, or what else went wrong in the thread. */
  run(block: Block): Promise<{ readonly result: BlockResult; readonly backend: string }>;
  /** The threads are gone when it resolves; blocks that are not done are refused. */
  close(): Promise<void>;
}

export function defaultWorkers(): number {
  return Math.max(1, Math.min(8, availableParallelism()));
}

/** Compiled code runs in the threads, also when the caller runs from source under a test runner. */
function workerUrl(): URL {
  const here = import.meta.url;
  return new URL(here.endsWith('.ts') ? '../../dist/raster/engine/worker.js' : './worker.js', here);
}

/** geotiff loads web-worker, which in a thread reads a field of what the thread was given: there must be something. */
function newThread(): Worker {
  return new Worker(workerUrl(), { workerData: {} });
}

/** Threads that wait for a job. */
const spare = new Set<Worker>();
/** Whether this process does one job and ends: then what its threads shared is better given back than kept for the next. */
let once = false;

/**
 * Has threads load their code while whoever will want them loads its own, for a process that does one job and ends. Those that
 * nobody comes to want do not keep the process from ending.
 */
export function startAhead(count: number): void {
  once = true;
  while (spare.size < count) {
    const thread = newThread();
    const gone = () => spare.delete(thread);
    thread.once('error', gone).once('exit', gone);
    thread.unref();
    spare.add(thread);
  }
}

function takeThread(): Worker {
  for (const thread of spare) {
    spare.delete(thread);
    thread.ref();
    return thread;
  }
  return newThread();
}

/** Blocks a thread holds: one it works on, one at hand when that is done. */
const AHEAD = 2;

/**
 * Runs the blocks of a job over worker threads. Rejects with the first error of any block, a BadInput as a BadInput;
 * the threads are gone when it settles. The backend kernels ran on, null where there was nothing to do.
 */
export async function runBlocks(
  job: BlockJob,
  blocks: readonly Block[],
  options: RunOptions,
): Promise<string | null> {
  if (blocks.length === 0) return null;
  const { signal, onResult } = options;
  const pool = openPool(job, { ...options, workers: Math.min(options.workers, blocks.length) });
  const queue = blocks[Symbol.iterator]();
  let used: string | null = null;
  let failed = false;
  const lane = async () => {
    for (const block of queue) {
      signal?.throwIfAborted();
      const { result, backend } = await pool.run(block);
      // what comes after an interruption is not taken: the run has said how far it got
      signal?.throwIfAborted();
      if (failed) return;
      used ??= backend;
      await onResult(result);
    }
  };
  try {
    const lanes = Array.from({ length: pool.room }, lane);
    await Promise.all(lanes);
    return used;
  } finally {
    failed = true;
    await pool.close();
  }
}

/** A thread's own room in the memory in common: a block's windows of both dates, and a decoded tile. What is not used costs nothing. */
const ROOM_BYTES = 96 * 1024 * 1024;

/** Starts the threads; what goes wrong while they start is told by the first blocks. */
export function openPool(job: BlockJob, { workers, shared, headers }: PoolOptions): BlockPool {
  const { blocks, memory } = shared;
  const threads = Array.from({ length: Math.max(1, workers) }, () => memory.take(ROOM_BYTES)).map((from) =>
    startThread({
      job,
      shared: blocks,
      room: from === null ? null : { memory: memory.memory, from, bytes: ROOM_BYTES },
      headers,
    }),
  );
  let closing: Promise<void> | null = null;
  return {
    room: AHEAD * threads.length,
    ready: async () => {
      await Promise.all(threads.map(({ started }) => started));
    },
    run(block) {
      const least = threads.reduce((a, b) => (b.waiting() < a.waiting() ? b : a));
      return least.run(block);
    },
    close: () => {
      closing ??= Promise.all(threads.map((thread) => thread.close())).then(() => {
        if (!once) reuseSharedMemory(memory);
      });
      return closing;
    },
  };
}

const ERRORS = { BadInput, Unavailable, bug: Error } as const;

type Done = Awaited<ReturnType<BlockPool['run']>>;

/** A thread does its blocks one after the other, and answers in that order. */
function startThread(start: WorkerStart) {
  const thread = takeThread();
  thread.postMessage(start);
  const waiting: { readonly resolve: (done: Done) => void; readonly reject: (error: unknown) => void }[] = [];
  let backend: string | null = null;
  let dead: unknown;
  let begin = () => {};
  let refuse = (_error: unknown) => {};
  const started = new Promise<void>((resolve, reject) => {
    begin = resolve;
    refuse = reject;
  });
  // blocks tell of it where nobody waits for the start
  started.catch(() => {});
  const die = (error: unknown) => {
    dead ??= error;
    refuse(dead);
    for (const { reject } of waiting.splice(0)) reject(dead);
  };
  const gone = new Promise<void>((resolve) => {
    thread.once('exit', (code) => {
      die(new Error(`a block worker ended with code ${code}`));
      resolve();
    });
  });
  thread.on('error', die);
  thread.on('message', (message: WorkerMessage) => {
    if (message.kind === 'ready') {
      backend = message.backend;
      begin();
    } else if (message.kind === 'done')
      waiting.shift()?.resolve({ result: message.result, backend: backend ?? 'none' });
    else {
      const error = new ERRORS[message.error](message.message);
      if (message.stack) error.stack = message.stack;
      // one that could not start does no block at all
      if (backend === null) die(error);
      else waiting.shift()?.reject(error);
    }
  });
  return {
    started,
    waiting: () => (dead === undefined ? waiting.length : Number.POSITIVE_INFINITY),
    run: (block: Block) =>
      new Promise<Done>((resolve, reject) => {
        if (dead !== undefined) return reject(dead);
        waiting.push({ resolve, reject });
        thread.postMessage(block);
      }),
    /** Asked to end, not ended: a thread torn down with a GPU device open takes the whole process along. */
    async close() {
      thread.postMessage(null);
      await gone;
    },
  };
}
