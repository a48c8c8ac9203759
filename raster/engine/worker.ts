import { type MessagePort, parentPort } from 'node:worker_threads';
import { BackendUnavailable, openBackend } from '../../kernels/backend.js';
import { detectorOf } from '../../kernels/detectors.js';
import { UnusableModel } from '../../kernels/learned/model.js';
import { type SharedRoom, shareRoom } from '../../kernels/wasm/sweeps.js';
import { BadInput, messageOf, Unavailable } from '../errors.js';
import type { Block, Window } from '../grid.js';
import { cellSummer } from '../mask/cell-sums.js';
import { filesOf, openScene } from '../scene.js';
import type { Headers } from '../scene-files.js';
import type { SharedBlocks } from '../tiff/shared.js';
import { emptyDate, type PreparedScene } from '../warp/date.js';
import { fusedReader } from '../warp/fused.js';
import { resamplerFor } from '../warp/resampler.js';
import { processBlock, type Workbench } from './block.js';
import type { BlockJob, BlockResult, PreparedSpec } from './job.js';

/** What a worker thread says. */
export type WorkerMessage =
  | { readonly kind: 'ready'; readonly backend: string }
  | { readonly kind: 'done'; readonly result: BlockResult }
  | {
      readonly kind: 'failed';
      readonly message: string;
      /** Which of the errors a person can meet it is. */
      readonly error: 'BadInput' | 'Unavailable' | 'bug';
      readonly stack?: string;
    };

/** What a worker thread starts with: its first message. */
export interface WorkerStart {
  readonly job: BlockJob;
  /** Decoded blocks in common, by path of the file. */
  readonly shared: ReadonlyMap<string, SharedBlocks>;
  /** Of the same memory what this thread has alone; null where there was none left. */
  readonly room: SharedRoom | null;
  /** What has been read of the files, likewise: no thread loads what reads tags and looks up systems. */
  readonly headers: Headers;
}

async function open(
  specs: readonly PreparedSpec[],
  { shared, headers }: WorkerStart,
): Promise<PreparedScene[]> {
  const result: PreparedScene[] = [];
  for (const { spec, ...prepared } of specs) {
    const scene = await openScene(spec, headers);
    for (const file of filesOf(scene)) {
      const blocks = shared.get(file.info.path);
      if (blocks !== undefined) file.keepBlocksIn(blocks);
    }
    result.push({ scene, ...prepared });
  }
  return result;
}

/** Does a block; what it gives or what goes wrong is told through the port. Ends the thread where there is none. */
type DoBlock = (block: Block | null) => Promise<void>;

function sayOn(port: MessagePort) {
  return (message: WorkerMessage, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
}

/** The first message starts the thread, each further one is a block: they are worked off in turn. */
function main(): void {
  if (parentPort === null) throw new Error('this module runs as a worker thread');
  const port = parentPort;
  const say = sayOn(port);
  const fail = (error: unknown) =>
    say({
      kind: 'failed',
      message: messageOf(error),
      error:
        error instanceof BadInput || error instanceof UnusableModel || error instanceof BackendUnavailable
          ? 'BadInput'
          : error instanceof Unavailable
            ? 'Unavailable'
            : 'bug',
      stack: error instanceof Error ? error.stack : undefined,
    });
  let doBlock: DoBlock | null = null;
  const receive = async (message: WorkerStart | Block | null) => {
    if (doBlock !== null) {
      await doBlock(message as Block | null).catch(fail);
      return;
    }
    try {
      doBlock = await begin(message as WorkerStart, port);
    } catch (error) {
      fail(error);
      port.close();
    }
  };
  let work: Promise<void> = Promise.resolve();
  port.on('message', (message: WorkerStart | Block | null) => {
    work = work.then(() => receive(message));
  });
}

/** Opens what the job needs and says that the thread is ready. */
async function begin(start: WorkerStart, port: MessagePort): Promise<DoBlock> {
  const say = sayOn(port);
  const { job } = start;
  if (start.room !== null) shareRoom(start.room);
  const kind = detectorOf(job.detector, job.model);
  if (!kind) throw new Error(`unknown detector ${job.detector}`);
  const opened = await openBackend(job.backend);
  try {
    const [before, after] = [await open(job.before, start), await open(job.after, start)];
    const fused = fusedReaders(job, before, after);
    const resampler = resamplerFor(opened);
    // the blocks of a grid have four shapes at most
    const benches = new Map<string, Workbench>();
    const bench = (window: Window): Workbench => {
      const key = `${window.width}x${window.height}`;
      const made = benches.get(key) ?? {
        detector: kind.create({
          backend: opened,
          width: window.width,
          height: window.height,
          slack: job.halo - kind.halo(job.grid.resolution),
          resolution: job.grid.resolution,
          bands: new Set(job.bands),
          classes: new Set(job.classes),
          look: job.look,
        }),
        dates: [emptyDate(job.bands, window), emptyDate(job.bands, window)],
        fused,
        resampler,
        cellSums:
          opened.name === 'webgpu' && job.look !== null
            ? cellSummer(opened, { ...window, resolution: job.grid.resolution }, job.bands.length)
            : null,
        backend: opened.name,
      };
      benches.set(key, made);
      return made;
    };
    say({ kind: 'ready', backend: opened.name });
    return async (block) => {
      if (block === null) {
        // nothing may be left open: the thread ends by itself
        await Promise.allSettled([...before, ...after].map(({ scene }) => scene.close()));
        await kind.close?.();
        await opened.close();
        port.close();
        return;
      }
      const result = await processBlock(job, before, after, bench, block);
      say({ kind: 'done', result }, buffersOf(result));
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Only where nothing stands between the source and the detector: no mask to be found, no second scene to fill gaps. */
function fusedReaders(
  job: BlockJob,
  before: readonly PreparedScene[],
  after: readonly PreparedScene[],
): Workbench['fused'] {
  if (job.look !== null || before.length > 1 || after.length > 1) return null;
  const first = fusedReader(before[0], job.grid, job.bands);
  const second = fusedReader(after[0], job.grid, job.bands);
  return first && second && [first, second];
}

/** Buffers that go over without a copy. */
function buffersOf(result: BlockResult): ArrayBuffer[] {
  const { count: _, ...runs } = result.runs;
  const arrays = [
    ...Object.values(runs).filter((array) => array !== null),
    result.transitions,
    ...result.tiles.flatMap((t) => (t.half === null ? [t.encoded] : [t.encoded, t.half])),
  ];
  return [...new Set(arrays.map((array) => array.buffer as ArrayBuffer))];
}

main();
