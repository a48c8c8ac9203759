import { parentPort, workerData } from 'node:worker_threads';
import type { LearnedModel } from '../../kernels/learned/model.js';
import { checkGraph, openModel } from '../../kernels/learned/session.js';
import { messageOf } from '../../raster/errors.js';
import type { Probe } from './probe.js';

export type ProbeAnswer =
  | { readonly error: null; readonly probe: Probe }
  | { readonly error: string; readonly probe: null };

/** Side of the tile where the network takes any, px. */
const SIDE = 256;

async function probe(model: LearnedModel): Promise<Probe> {
  const { card } = model;
  const { operators, weights } = checkGraph(card, new Uint8Array(model.bytes));
  const session = await openModel(model);
  const side =
    card.inputs.size ??
    Math.max(card.inputs.multiple, Math.floor(SIDE / card.inputs.multiple) * card.inputs.multiple);
  // noise of mean 0 and deviation 1, as normalized pixels are
  const noise = (seed: number) =>
    Float32Array.from({ length: card.inputs.bands.length * side * side }, (_, i) => {
      const x = Math.sin((i + 1) * 12.9898 + seed) * 43758.5453;
      return (x - Math.floor(x) - 0.5) * Math.sqrt(12);
    });
  const [before, after] = [noise(1), noise(2)];
  await session.run(before, after, side, side);
  const started = performance.now();
  await session.run(before, after, side, side);
  const speedMpx = (side * side) / (performance.now() - started) / 1000;
  await session.close();
  return { speedMpx, layers: [...operators.values()].reduce((a, b) => a + b, 0), weights };
}

const answer: ProbeAnswer = await probe(workerData as LearnedModel).then(
  (found) => ({ error: null, probe: found }),
  (error: unknown) => ({ error: messageOf(error), probe: null }),
);
parentPort?.postMessage(answer);
