import { Worker } from 'node:worker_threads';
import { type LearnedModel, modelId } from '../../kernels/learned/model.js';
import { BadInput } from '../../raster/errors.js';
import type { ProbeAnswer } from './probe-worker.js';

/** What a model that is let run on a tile of noise shows. */
export interface Probe {
  /** Million px of its own a second, in one thread. */
  readonly speedMpx: number;
  /** Layers by their operator. */
  readonly layers: number;
  readonly weights: number;
}

/** A model that takes longer for two tiles would take hours for a district. */
const MOST_MS = 60_000;

/** Compiled code runs in the thread, also when the caller runs from source under a test runner. */
function workerUrl(): URL {
  const here = import.meta.url;
  return new URL(here.endsWith('.ts') ? '../../dist/jobs/models/probe-worker.js' : './probe-worker.js', here);
}

/**
 * Lets a model run in a thread that is ended when it takes too long: what is no model of pictures shows here.
 * @throws BadInput
 */
export async function probeModel(model: LearnedModel, mostMs = MOST_MS): Promise<Probe> {
  const thread = new Worker(workerUrl(), { workerData: model });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Probe>((resolve, reject) => {
      const named = (what: string) => new BadInput(`model ${modelId(model.card)} cannot be used: ${what}`);
      timer = setTimeout(
        () => reject(named(`two small tiles take more than ${mostMs / 1000} s; expected a smaller network`)),
        mostMs,
      );
      thread.on('message', (answer: ProbeAnswer) =>
        answer.error === null ? resolve(answer.probe) : reject(new BadInput(answer.error)),
      );
      thread.on('error', (error) => reject(named(`it ends the thread it runs in (${error.message})`)));
      thread.on('exit', (code) => reject(named(`it ends the thread it runs in (code ${code})`)));
    });
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}
