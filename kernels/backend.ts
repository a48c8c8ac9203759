import { createRequire } from 'node:module';
import type { GPU, IConstants, IKernelRunShortcut } from 'gpu.js';
import { vulkanDrivers } from './vulkan.js';

const require = createRequire(import.meta.url);

/** The WebGPU device that kernels run on, for others to compute on too. */
export interface ComputeDevice {
  readonly lost: Promise<unknown>;
}

/** What of GPU.js is used; its types do not tell of the context that it shares between instances. */
interface GpuJs {
  readonly GPU: typeof GPU;
  readonly WebGPUContext: {
    acquire(): Promise<{ device: ComputeDevice }>;
    destroy(): Promise<void>;
  };
}

/** Loaded with the first kernel: where sweeps run no thread needs it, and its parser of JavaScript is large. */
function gpuJs(): GpuJs {
  return require('gpu.js') as GpuJs;
}

/** Where kernels can run. `auto` takes the first of webgpu, webasm, cpu that works. */
export const BACKENDS = ['webgpu', 'webasm', 'cpu'] as const;
export type BackendName = (typeof BACKENDS)[number];
export type BackendRequest = 'auto' | BackendName;

/** One image plane, row by row. */
export type Plane = Float32Array;

/** What a kernel is made from. The function is read as text by GPU.js: it may use only its arguments, `this.thread`, `this.constants` and `functions`. */
export interface KernelSource {
  readonly name: string;
  // GPU.js types kernel functions by their `this`; the arguments are planes and numbers
  readonly kernel: (...args: never[]) => number;
  readonly functions?: readonly ((...args: never[]) => number)[];
}

/** What a kernel takes: numbers, planes, and samples as they lie in files. */
export type KernelArgument = number | Plane | Uint8Array | Uint16Array | Int16Array;

/** A compiled kernel: planes and numbers in, one plane of the fixed length out. Calls of one kernel must not overlap. */
export interface Kernel {
  readonly name: string;
  run(args: readonly KernelArgument[]): Promise<Plane>;
}

/** Owns a GPU.js instance; `close()` frees it. */
export interface Backend {
  readonly name: BackendName;
  /** `length` is the number of outputs in px, `constants` are baked into the kernel. */
  compile(source: KernelSource, length: number, constants: Readonly<Record<string, number>>): Kernel;
  /** Only on webgpu; `close()` destroys it with its last user. */
  device?(): Promise<ComputeDevice>;
  close(): Promise<void>;
}

/** A backend that was asked for by name and does not work here. */
export class BackendUnavailable extends Error {
  override readonly name = 'BackendUnavailable';
}

/**
 * Opens the backend asked for. `auto` prefers webgpu where an adapter answers, then webasm, then cpu; the one really
 * used is `name`. @throws BackendUnavailable where a backend asked for by name does not run here.
 */
export async function openBackend(request: BackendRequest): Promise<Backend> {
  const wanted = request === 'auto' ? BACKENDS : [request];
  const reasons: string[] = [];
  for (const name of wanted) {
    const reason = await whyNot(name);
    if (reason === null) return createBackend(name);
    reasons.push(`${name}: ${reason}`);
  }
  throw new BackendUnavailable(`Backend "${request}" does not work here (${reasons.join('; ')})`);
}

/** A module of one function, `v128.const 0; drop`: only an engine with vectors takes it. */
const WITH_VECTORS = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x17, 0x01, 0x15, 0x00, 0xfd, 0x0c, ...new Array<number>(16).fill(0), 0x1a, 0x0b],
);

/** Null where the backend can be used, else the reason. */
async function whyNot(name: BackendName): Promise<string | null> {
  if (name === 'cpu') return null;
  if (name === 'webasm') return WebAssembly.validate(WITH_VECTORS) ? null : 'no WebAssembly SIMD';
  // without a driver Dawn answers nothing but warnings on stderr, so it is not even loaded
  if (process.platform === 'linux' && vulkanDrivers().length === 0) return 'no Vulkan driver is installed';
  try {
    return (await exposeWebGpu()) ? null : 'no adapter answered';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** GPU.js reads `navigator.gpu` and never loads Dawn itself, so it is put there once a process or worker thread. */
function exposeWebGpu(): Promise<boolean> {
  if (!dawnLoaded) {
    // Loading throws where the binary does not fit the machine's C++ runtime: the caller falls back
    const { create, globals } = require('webgpu') as { create(flags: string[]): unknown; globals: object };
    Object.assign(globalThis, globals);
    Object.defineProperty(globalThis, 'navigator', {
      configurable: true,
      value: { gpu: create([]), hardwareConcurrency: 1 },
    });
    dawnLoaded = true;
  }
  return gpuJs().GPU.isWebGPUAvailable();
}

/**
 * Never unloaded: collecting Dawn's root object while anything made from it still waits for collection ends the
 * process with a fault in native code.
 */
let dawnLoaded = false;
/** Open backends on the device, which GPU.js shares between them. */
let webGpuUsers = 0;

/** Lets go of the device after its last user: an open one keeps the process alive. */
async function releaseWebGpu(): Promise<void> {
  if (--webGpuUsers > 0) return;
  const { WebGPUContext } = gpuJs();
  const { device } = await WebGPUContext.acquire();
  await WebGPUContext.destroy();
  await device.lost;
}

function createBackend(name: BackendName): Backend {
  let gpu: GPU | undefined;
  const opened = () => {
    gpu ??= new (gpuJs().GPU)({ mode: name as 'cpu' });
    return gpu;
  };
  if (name === 'webgpu') webGpuUsers++;
  let closed = false;
  return {
    name,
    compile: (source, length, constants) => compile(opened(), name, source, length, constants),
    ...(name === 'webgpu' && { device: async () => (await gpuJs().WebGPUContext.acquire()).device }),
    close: async () => {
      if (closed) return;
      closed = true;
      await gpu?.destroy();
      if (name === 'webgpu') await releaseWebGpu();
    },
  };
}

/**
 * Put before the names of constants: on cpu, GPU.js takes a parameter of a helper function that has the name of a
 * constant for that constant, and computes something else without a word.
 */
const BAKED = 'baked_';

function rename(code: (...args: never[]) => number): string {
  return code.toString().replace(/\bthis\.constants\.(?=\w)/g, `this.constants.${BAKED}`);
}

function compile(
  gpu: GPU,
  backend: BackendName,
  source: KernelSource,
  length: number,
  constants: Readonly<Record<string, number>>,
): Kernel {
  const baked = Object.fromEntries(Object.entries(constants).map(([name, value]) => [BAKED + name, value]));
  const kernel = gpu.createKernel(
    rename(source.kernel) as never,
    {
      output: [length],
      constants: baked as IConstants,
      functions: (source.functions ?? []).map(rename) as never,
      // one worker thread runs one block: GPU.js must not start threads of its own
      asyncMode: backend === 'webgpu',
      precision: 'single',
      // an index computed from constants must be an integer on every backend
      loopMaxIterations: 4096,
    } as never,
  ) as unknown as IKernelRunShortcut & ((...args: unknown[]) => unknown);
  let checked = false;
  return {
    name: source.name,
    run: async (args) => {
      const result = await kernel(...args);
      if (!checked) {
        checkMode(kernel, source.name, backend);
        checked = true;
      }
      return result as Plane;
    },
  };
}

/** GPU.js falls back to cpu in silence; a run must never report a backend that it did not use. */
function checkMode(kernel: IKernelRunShortcut, name: string, backend: BackendName): void {
  const inner = kernel.kernel as unknown as {
    constructor: { mode?: string };
    fallbackReason?: string | null;
  };
  const used = inner.constructor.mode;
  if (used !== backend) {
    throw new BackendUnavailable(
      `Kernel "${name}" ran on ${used ?? 'an unknown backend'} instead of ${backend}: ${inner.fallbackReason ?? 'no reason given'}`,
    );
  }
}
