import type { Backend, Kernel, KernelArgument, KernelSource } from './backend.js';

/** One call of a kernel: what it was made with and what it was given. */
export interface RecordedCall {
  readonly source: KernelSource;
  readonly length: number;
  readonly constants: Readonly<Record<string, number>>;
  readonly args: readonly KernelArgument[];
}

/**
 * A backend that runs a kernel's own function as the plain TypeScript it is, pixel by pixel in doubles, with a made
 * `this`: the reference for kernels whose mathematics are not to be written twice. Keeps every call in `calls`.
 */
export function plainBackend(): { readonly backend: Backend; readonly calls: RecordedCall[] } {
  const calls: RecordedCall[] = [];
  const compile = (
    source: KernelSource,
    length: number,
    constants: Readonly<Record<string, number>>,
  ): Kernel => ({
    name: source.name,
    run: async (args) => {
      calls.push({
        source,
        length,
        constants,
        args: args.map((a) => (typeof a === 'number' ? a : a.slice())),
      });
      return Float32Array.from(runPlain({ source, length, constants, args }));
    },
  });
  return { backend: { name: 'cpu', compile, close: async () => {} }, calls };
}

/** What the call gives when its function runs as plain TypeScript. */
export function runPlain({ source, length, constants, args }: RecordedCall): Float64Array {
  const pixel = source.kernel as (...args: unknown[]) => number;
  const out = new Float64Array(length);
  for (let x = 0; x < length; x++) out[x] = pixel.call({ thread: { x }, constants }, ...args);
  return out;
}
