/**
 * Loaded into the processes of the soak before anything else (`node --expose-gc --import`): on SIGUSR2 garbage is collected, in the
 * process's threads too, and what is still held is written to file descriptor 3 as a line of JSON (`Kept`).
 */
import { writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

/** What cannot be collected, in bytes: objects of the main thread, and buffers they hold; then all that the process has in memory. */
export interface Kept {
  readonly heap: number;
  readonly external: number;
  readonly rss: number;
}

/** For the threads to collect theirs, ms: one in the midst of a block does so when it has done it. */
const THREADS_MS = 500;

const threads = new BroadcastChannel('tuban-soak');
threads.unref();
if (isMainThread) process.on('SIGUSR2', () => void collect());
else threads.onmessage = () => globalThis.gc?.();

async function collect(): Promise<void> {
  threads.postMessage('collect');
  globalThis.gc?.();
  await wait(THREADS_MS);
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  writeSync(3, `${JSON.stringify({ heap: heapUsed, external, rss } satisfies Kept)}\n`);
}
