import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { BadInput } from '../errors.js';
import type { Block } from '../grid.js';
import type { BlockJob, BlockResult } from './job.js';
import type { WorkerMessage } from './worker.js';

export interface PoolOptions {
  readonly workers: number;
  /** Called once a block, in the order blocks finish; the next block of that worker waits for it (back-pressure). */
  readonly onResult: (result: BlockResult) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Where the work really ran. */
export interface PoolReport {
  readonly backend: string;
  readonly stages: Readonly<Record<string, string>>;
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
 * the threads are gone when it settles. Null where there is nothing to do.
 */
export async function runBlocks(
  job: BlockJob,
  blocks: readonly Block[],
  options: PoolOptions,
): Promise<PoolReport | null> {
  if (blocks.length === 0) return null;
  const count = Math.max(1, Math.min(options.workers, blocks.length));
  const queue = blocks[Symbol.iterator]();
  const threads: { readonly thread: Worker; readonly gone: Promise<unknown> }[] = [];
  try {
    const reports = await Promise.all(
      Array.from({ length: count }, () => {
        const thread = new Worker(workerUrl(), { workerData: job });
        threads.push({ thread, gone: new Promise((resolve) => thread.once('exit', resolve)) });
        return drive(thread, queue, options);
      }),
    );
    return reports[0];
  } finally {
    // asked to end, not ended: a thread torn down with a GPU device open takes the whole process along
    for (const { thread } of threads) thread.postMessage(null);
    await Promise.all(threads.map(({ gone }) => gone));
  }
}

/** Feeds one thread until the queue is empty. */
function drive(thread: Worker, queue: Iterator<Block>, options: PoolOptions): Promise<PoolReport> {
  return new Promise((resolve, reject) => {
    let report: PoolReport = { backend: 'none', stages: {} };
    const next = () => {
      if (options.signal?.aborted) {
        reject(options.signal.reason);
        return;
      }
      const { value, done } = queue.next();
      if (done) resolve(report);
      else thread.postMessage(value);
    };
    thread.on('error', reject);
    thread.on('exit', (code) => reject(new Error(`a block worker ended with code ${code}`)));
    thread.on('message', (message: WorkerMessage) => {
      if (message.kind === 'failed') {
        const error = message.badInput ? new BadInput(message.message) : new Error(message.message);
        if (message.stack) error.stack = message.stack;
        reject(error);
      } else if (message.kind === 'ready') {
        report = { backend: message.backend, stages: message.stages };
        next();
      } else {
        options.onResult(message.result).then(next, reject);
      }
    });
  });
}
