import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { BadInput, Unavailable } from '../errors.js';
import type { Block } from '../grid.js';
import type { Headers } from '../scene-files.js';
import type { SharedBlocks } from '../tiff/shared.js';
import type { BlockJob, BlockResult } from './job.js';
import type { WorkerMessage, WorkerStart } from './worker.js';

export interface PoolOptions {
  readonly workers: number;
  /** Decoded blocks in common, by path of the file. */
  readonly shared: ReadonlyMap<string, SharedBlocks>;
  /** What has been read of the files, likewise. */
  readonly headers: Headers;
  /** Called once a block, in the order blocks finish; the next block of that worker waits for it (back-pressure). */
  readonly onResult: (result: BlockResult) => Promise<void>;
  readonly signal?: AbortSignal;
}

export function defaultWorkers(): number {
  return Math.max(1, Math.min(8, availableParallelism()));
}

/** Compiled code runs in the threads, also when the caller runs from source under a test runner. */
function workerUrl(): URL {
  const here = import.meta.url;
  return new URL(here.endsWith('.ts') ? '../../dist/raster/engine/worker.js' : './worker.js', here);
}

/**
 * Runs the blocks of a job over worker threads. Rejects with the first error of any block, a BadInput as a BadInput;
 * the threads are gone when it settles. The backend kernels ran on, null where there was nothing to do.
 */
export async function runBlocks(
  job: BlockJob,
  blocks: readonly Block[],
  options: PoolOptions,
): Promise<string | null> {
  if (blocks.length === 0) return null;
  const count = Math.max(1, Math.min(options.workers, blocks.length));
  const queue = blocks[Symbol.iterator]();
  const threads: { readonly thread: Worker; readonly gone: Promise<unknown> }[] = [];
  try {
    const backends = await Promise.all(
      Array.from({ length: count }, () => {
        const workerData: WorkerStart = { job, shared: options.shared, headers: options.headers };
        const thread = new Worker(workerUrl(), { workerData });
        threads.push({ thread, gone: new Promise((resolve) => thread.once('exit', resolve)) });
        return drive(thread, queue, options);
      }),
    );
    return backends[0];
  } finally {
    // asked to end, not ended: a thread torn down with a GPU device open takes the whole process along
    for (const { thread } of threads) thread.postMessage(null);
    await Promise.all(threads.map(({ gone }) => gone));
  }
}

const ERRORS = { BadInput, Unavailable, bug: Error } as const;

/** Blocks a thread holds: one it works on, one at hand when that is done. */
const AHEAD = 2;

/** Feeds one thread until the queue is empty. */
function drive(thread: Worker, queue: Iterator<Block>, options: PoolOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    let backend = 'none';
    /** Blocks handed over whose results have not been taken. */
    let atWork = 0;
    const next = () => {
      if (options.signal?.aborted) {
        reject(options.signal.reason);
        return;
      }
      const { value, done } = queue.next();
      if (!done) {
        atWork++;
        thread.postMessage(value);
      } else if (atWork === 0) resolve(backend);
    };
    thread.on('error', reject);
    thread.on('exit', (code) => reject(new Error(`a block worker ended with code ${code}`)));
    thread.on('message', (message: WorkerMessage) => {
      if (message.kind === 'failed') {
        const error = new ERRORS[message.error](message.message);
        if (message.stack) error.stack = message.stack;
        reject(error);
      } else if (message.kind === 'ready') {
        backend = message.backend;
        for (let i = 0; i < AHEAD; i++) next();
      } else if (options.signal?.aborted) {
        // what comes after an interruption is not taken: the run has said how far it got
        reject(options.signal.reason);
      } else {
        options.onResult(message.result).then(() => {
          atWork--;
          next();
        }, reject);
      }
    });
  });
}
