import type { InferenceSession, Tensor } from 'onnxruntime-web';
import type { ComputeDevice } from '../backend.js';
import type { ModelCard } from './card.js';
import { type LearnedModel, modelId, UnusableModel } from './model.js';
import { readOnnx } from './onnx-file.js';

/** A model made ready to run in this thread. */
export interface ModelSession {
  /** What it really runs on. */
  readonly stage: 'onnx wasm' | 'onnx webgpu';
  /**
   * Chances of every output channel over a tile: `channels` planes of `height / stride` × `width / stride`, row by row.
   * @param before, after a plane a band of the card, one after the other, already normalized
   */
  run(before: Float32Array, after: Float32Array, width: number, height: number): Promise<TileChances>;
  close(): Promise<void>;
}

export interface TileChances {
  readonly data: Float32Array;
  /** Model px a px of the output spans, on a side. */
  readonly stride: number;
}

/**
 * Opens a model with ONNX Runtime: on the device given, else (and where the device will not have it) by its WebAssembly build in one
 * thread, as blocks are what runs side by side here.
 * @throws UnusableModel where the file is not what the card says, or cannot be run
 */
export async function openModel(
  { card, bytes }: LearnedModel,
  device: ComputeDevice | null = null,
): Promise<ModelSession> {
  const file = new Uint8Array(bytes);
  checkGraph(card, file);
  const onDevice = device && (await createOn(device, file).catch(() => null));
  const { ort, session } =
    onDevice ??
    (await create(file).catch((error: unknown) => {
      throw new UnusableModel(`model ${modelId(card)} cannot be loaded (${firstLine(error)})`);
    }));
  const tensor = (data: Float32Array, shape: readonly number[]) => new ort.Tensor('float32', data, shape);
  return {
    stage: onDevice ? 'onnx webgpu' : 'onnx wasm',
    async run(before, after, width, height) {
      const feeds = feedsOf(card, before, after, width, height, tensor);
      const results = await session.run(feeds).catch((error: unknown) => {
        throw new UnusableModel(
          `model ${modelId(card)} fails on a tile of ${width} × ${height} px (${firstLine(error)})`,
        );
      });
      const output = results[card.outputs.name];
      try {
        return chancesOf(card, output, width, height);
      } finally {
        for (const one of [...Object.values(feeds), ...Object.values(results)]) one.dispose();
      }
    },
    close: () => session.release(),
  };
}

interface Runtime {
  readonly ort: typeof import('onnxruntime-web');
  readonly session: InferenceSession;
}

async function create(file: Uint8Array): Promise<Runtime> {
  return start(await import('onnxruntime-web'), file, 'wasm');
}

async function createOn(device: ComputeDevice, file: Uint8Array): Promise<Runtime> {
  takeSharedMemory();
  // its types know no device but a browser's
  const provider = { name: 'webgpu', device } as unknown as InferenceSession.ExecutionProviderConfig;
  return start(await import('onnxruntime-web/webgpu'), file, provider);
}

async function start(
  ort: Runtime['ort'],
  file: Uint8Array,
  provider: InferenceSession.ExecutionProviderConfig,
): Promise<Runtime> {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  const session = await ort.InferenceSession.create(file.slice(), {
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
  });
  return { ort, session };
}

interface Queue {
  writeBuffer(
    buffer: object,
    offset: number,
    data: ArrayBufferView | ArrayBufferLike,
    ...range: number[]
  ): void;
}

let takesShared = false;

/** ONNX Runtime's heap is shared memory, which Dawn's queue refuses to read: it gets a copy. Once a thread. */
function takeSharedMemory(): void {
  const { GPUQueue } = globalThis as unknown as { GPUQueue: { prototype: Queue } };
  if (takesShared) return;
  takesShared = true;
  const write = GPUQueue.prototype.writeBuffer;
  GPUQueue.prototype.writeBuffer = function (buffer, offset, data, ...range) {
    const shared = (ArrayBuffer.isView(data) ? data.buffer : data) instanceof SharedArrayBuffer;
    write.call(this, buffer, offset, shared ? unshared(data) : data, ...range);
  };
}

/** A copy of bytes: ranges of it count in bytes, which is how ONNX Runtime asks. */
function unshared(data: ArrayBufferView | ArrayBufferLike): Uint8Array {
  const view = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  return new Uint8Array(view);
}

/** Holds the file's own words against the card. @throws UnusableModel */
export function checkGraph(card: ModelCard, file: Uint8Array): ReturnType<typeof readOnnx> {
  const named = (what: string) => new UnusableModel(`model ${modelId(card)} cannot be used: ${what}`);
  let graph: ReturnType<typeof readOnnx>;
  try {
    graph = readOnnx(file);
  } catch (error) {
    throw error instanceof UnusableModel ? named(error.message) : error;
  }
  const { inputs, outputs } = card;
  const lost = inputs.names.find((name) => !graph.inputs.includes(name));
  if (lost !== undefined || graph.inputs.length !== inputs.names.length)
    throw named(`its inputs are ${list(graph.inputs)}, its card says ${list(inputs.names)}`);
  if (!graph.outputs.includes(outputs.name))
    throw named(`its outputs are ${list(graph.outputs)}, its card says ${outputs.name}`);
  return graph;
}

const list = (names: readonly string[]) => names.slice(0, 8).join(', ') || 'none';

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0].slice(0, 300);
}

type Feeds = InferenceSession.FeedsType & Record<string, Tensor>;

function feedsOf(
  { inputs }: ModelCard,
  before: Float32Array,
  after: Float32Array,
  width: number,
  height: number,
  tensor: (data: Float32Array, shape: readonly number[]) => Tensor,
): Feeds {
  const { form, layout, names, bands } = inputs;
  const make = (data: Float32Array, channels: number) =>
    layout === 'nchw'
      ? tensor(data, [1, channels, height, width])
      : tensor(channelsLast(data, channels), [1, height, width, channels]);
  if (form === 'pair')
    return { [names[0]]: make(before, bands.length), [names[1]]: make(after, bands.length) };
  const both = new Float32Array(before.length + after.length);
  both.set(before);
  both.set(after, before.length);
  return { [names[0]]: make(both, 2 * bands.length) };
}

function channelsLast(planes: Float32Array, channels: number): Float32Array {
  const length = planes.length / channels;
  const out = new Float32Array(planes.length);
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < length; i++) out[i * channels + c] = planes[c * length + i];
  return out;
}

/** What comes out as chances, channel by channel. @throws UnusableModel where it has another shape than the card says */
function chancesOf(card: ModelCard, output: Tensor | undefined, width: number, height: number): TileChances {
  const { channels, activation } = card.outputs;
  const dims = output?.dims ?? [];
  const first = card.inputs.layout === 'nchw';
  const [rows, columns] = first ? [dims[2], dims[3]] : [dims[1], dims[2]];
  const stride = width / columns;
  const told = `model ${modelId(card)} gives ${output?.type ?? 'nothing'} of ${dims.join(' × ') || 'no size'}`;
  if (output?.type !== 'float32') throw new UnusableModel(`${told}; expected float32`);
  if (
    dims.length !== 4 ||
    dims[0] !== 1 ||
    dims[first ? 1 : 3] !== channels.length ||
    !Number.isInteger(stride) ||
    height / rows !== stride
  ) {
    throw new UnusableModel(
      `${told} for a tile of ${width} × ${height} px; expected ${channels.length} channels of the tile's size or a whole part of it`,
    );
  }
  const raw = output.data as Float32Array;
  const length = rows * columns;
  const data = new Float32Array(channels.length * length);
  for (let c = 0; c < channels.length; c++)
    for (let i = 0; i < length; i++)
      data[c * length + i] = first ? raw[c * length + i] : raw[i * channels.length + c];
  if (activation === 'sigmoid') for (let i = 0; i < data.length; i++) data[i] = 1 / (1 + Math.exp(-data[i]));
  if (activation === 'softmax') softmax(data, channels.length, length);
  // what is no number tells nothing
  for (let i = 0; i < data.length; i++) data[i] = data[i] >= 0 ? Math.min(1, data[i]) : 0;
  return { data, stride };
}

function softmax(data: Float32Array, channels: number, length: number): void {
  for (let i = 0; i < length; i++) {
    let most = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < channels; c++) most = Math.max(most, data[c * length + i]);
    let sum = 0;
    for (let c = 0; c < channels; c++) {
      const value = Math.exp(data[c * length + i] - most);
      data[c * length + i] = value;
      sum += value;
    }
    for (let c = 0; c < channels; c++) data[c * length + i] /= sum;
  }
}
