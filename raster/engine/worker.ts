import { parentPort, workerData } from 'node:worker_threads';
import { type Backend, openBackend } from '../../kernels/backend.js';
import { detectorByName } from '../../kernels/detectors.js';
import { BadInput, messageOf } from '../errors.js';
import type { Block, Window } from '../grid.js';
import { openScene } from '../scene.js';
import { emptyDate, type PreparedScene } from '../warp/date.js';
import { processBlock, type Workbench } from './block.js';
import type { BlockJob, BlockResult, PreparedSpec } from './job.js';

/** What a worker thread says. */
export type WorkerMessage =
  | { readonly kind: 'ready'; readonly backend: string; readonly stages: Readonly<Record<string, string>> }
  | { readonly kind: 'done'; readonly result: BlockResult }
  | {
      readonly kind: 'failed';
      readonly message: string;
      readonly badInput: boolean;
      readonly stack?: string;
    };

async function open(specs: readonly PreparedSpec[]): Promise<PreparedScene[]> {
  const result: PreparedScene[] = [];
  for (const { spec, shift, normalization } of specs) {
    result.push({ scene: await openScene(spec), shift, normalization });
  }
  return result;
}

async function main(): Promise<void> {
  if (parentPort === null) throw new Error('this module runs as a worker thread');
  const port = parentPort;
  const say = (message: WorkerMessage, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  const fail = (error: unknown) =>
    say({
      kind: 'failed',
      message: messageOf(error),
      badInput: error instanceof BadInput,
      stack: error instanceof Error ? error.stack : undefined,
    });
  const job = workerData as BlockJob;
  let backend: Backend | null = null;
  try {
    const kind = detectorByName(job.detector);
    if (!kind) throw new Error(`unknown detector ${job.detector}`);
    const opened = await openBackend(job.backend);
    backend = opened;
    const [before, after] = [await open(job.before), await open(job.after)];
    // the blocks of a grid have four shapes at most
    const benches = new Map<string, Workbench>();
    const bench = (window: Window): Workbench => {
      const key = `${window.width}x${window.height}`;
      const made = benches.get(key) ?? {
        detector: kind.create({
          backend: opened,
          width: window.width,
          height: window.height,
          resolution: job.grid.resolution,
          bands: new Set(job.bands),
          classes: new Set(job.classes),
          look: job.look,
        }),
        dates: [emptyDate(job.bands, window), emptyDate(job.bands, window)],
      };
      benches.set(key, made);
      return made;
    };
    const next = async (block: Block | null) => {
      if (block === null) {
        // nothing may be left open: the thread ends by itself
        await Promise.allSettled([...before, ...after].map(({ scene }) => scene.close()));
        await opened.close();
        port.close();
        return;
      }
      const result = await processBlock(job, before, after, bench, block);
      say({ kind: 'done', result }, buffersOf(result));
    };
    let work: Promise<void> = Promise.resolve();
    port.on('message', (block: Block | null) => {
      work = work.then(() => next(block)).catch(fail);
    });
    const stages = { read_warp: 'typescript', ...kind.stages(opened.name) };
    say({ kind: 'ready', backend: opened.name, stages });
  } catch (error) {
    fail(error);
    await backend?.close();
    port.close();
  }
}

/** Buffers that go over without a copy. */
function buffersOf(result: BlockResult): ArrayBuffer[] {
  const { y, x0, x1, code, zone, confidence, bare } = result.runs;
  const arrays = [
    y,
    x0,
    x1,
    code,
    zone,
    confidence,
    bare,
    result.transitions,
    ...result.tiles.flatMap((t) => [t.encoded, t.half]),
  ];
  return [...new Set(arrays.map((array) => array.buffer as ArrayBuffer))];
}

await main();
