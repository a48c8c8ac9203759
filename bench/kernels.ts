/**
 * Kernels alone: `node dist/bench/kernels.js [--backends cpu,webasm,webgpu] [--webgpu] [--block 1024] [--seconds 2]`
 * prints what each kernel of both detectors does on each backend that works here. It needs no scenes and no GDAL, only
 * the compiled project and its packages: copied to a machine with a graphics card it runs there.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BACKENDS, type Backend, type BackendName, type Kernel, openBackend } from '../kernels/backend.js';
import type { DateBlock, Detector, DetectorKind, SceneColour, SceneLook } from '../kernels/detector.js';
import { DETECTORS } from '../kernels/detectors.js';
import { type DeviceCopy, deviceCopy } from './measure/device.js';
import { describeMachine } from './measure/machine.js';
import { BANDS, type BenchDate, TILE, worldTile } from './scenes/world.js';

/** What one kernel did, summed over its calls. */
export interface KernelFigures {
  readonly kernel: string;
  readonly calls: number;
  readonly msPerCall: number;
  /** Output pixels a second, millions. */
  readonly mpxPerS: number;
  /** Bytes of all planes that go in and come out, over time. Scratch and caches do not count. */
  readonly gbPerS: number;
}

export interface DetectorFigures {
  readonly backend: BackendName;
  readonly detector: string;
  /** `as shipped`; `kernels` where the detector was made to use its kernels though it ships with something faster here. */
  readonly way: 'as shipped' | 'kernels';
  readonly side: number;
  /** Pixels of a pair compared a second by one thread, with everything a detector does besides its kernels. */
  readonly mpxPerS: number;
  readonly kernels: readonly KernelFigures[];
  /** Pixels of the block whose code differs from the cpu backend's; null on cpu itself. */
  readonly differing: number | null;
}

export interface KernelReport {
  readonly detectors: readonly DetectorFigures[];
  /** Backends that do not work here, with the reason. */
  readonly unavailable: Readonly<Record<string, string>>;
  readonly device: DeviceCopy | null;
}

const SEED = 1;
const ROLES = ['blue', 'green', 'red', 'nir'] as const;
/** What a look finds of the bench's ground, so that all kernels work on ordinary values. */
const AS_IT_IS = { gain: 1, offset: 0 };
const COLOUR: SceneColour = {
  maps: { red: AS_IT_IS, green: AS_IT_IS, blue: AS_IT_IS },
  saturation: 0.2,
  greyest: 0.05,
  brightness: 200,
};
const LOOK: SceneLook = {
  dark: { blue: 250, green: 380, red: 260, nir: 120 },
  high: { blue: 1400, green: 1500, red: 1600, nir: 3200 },
  noise: { blue: 60, green: 70, red: 70, nir: 200 },
  brightness: 420,
  canopy: 130,
  crowns: 0,
  vegetation: 0.92,
  edge: 90,
  colour: { before: COLOUR, after: COLOUR },
};

/** Both dates of a block of `side` px in every direction, out of the bench's ground. */
function planes(side: number, date: BenchDate): DateBlock {
  const length = side * side;
  const stack = new Float32Array(BANDS * length);
  for (let top = 0; top < side; top += TILE) {
    for (let left = 0; left < side; left += TILE) {
      const tile = worldTile(SEED, date, left / TILE, top / TILE, 0);
      for (let y = top; y < Math.min(side, top + TILE); y++) {
        for (let x = left; x < Math.min(side, left + TILE); x++) {
          const from = ((y - top) * TILE + x - left) * BANDS;
          for (let b = 0; b < BANDS; b++) stack[b * length + y * side + x] = tile[from + b];
        }
      }
    }
  }
  return { bands: ROLES, stack, usable: new Uint8Array(length).fill(1) };
}

/** Only the planes of the bands a detector reads, as the engine gives it. */
function only(date: DateBlock, kind: DetectorKind, length: number): DateBlock {
  const used = kind.bandsUsed(new Set(ROLES));
  const stack = new Float32Array(used.length * length);
  used.forEach((role, i) => {
    const from = date.bands.indexOf(role) * length;
    stack.set(date.stack.subarray(from, from + length), i * length);
  });
  return { bands: used, stack, usable: date.usable };
}

interface Tally {
  calls: number;
  ms: number;
  bytes: number;
  pixels: number;
}

/**
 * The same backend, with every kernel's calls timed under its name. Where `asKernels`, it gives itself out for a graphics
 * card: detectors that compute a stage outside GPU.js on the CPU backends take their kernels then.
 */
function timed(backend: Backend, asKernels: boolean, tallies: Map<string, Tally>): Backend {
  return {
    ...backend,
    name: asKernels ? 'webgpu' : backend.name,
    compile: (...request: Parameters<Backend['compile']>) => {
      const kernel = backend.compile(...request);
      const run: Kernel['run'] = async (args) => {
        const started = performance.now();
        const result = await kernel.run(args);
        const tally = tallies.get(kernel.name) ?? { calls: 0, ms: 0, bytes: 0, pixels: 0 };
        tallies.set(kernel.name, tally);
        tally.ms += performance.now() - started;
        tally.calls++;
        tally.pixels += result.length;
        tally.bytes += result.byteLength;
        for (const arg of args) if (typeof arg !== 'number') tally.bytes += arg.byteLength;
        return result;
      };
      return { ...kernel, run };
    },
  };
}

/** Runs one detector on one backend for about `seconds`, after calls that warm it up. */
async function measure(
  backend: Backend,
  kind: DetectorKind,
  dates: readonly [DateBlock, DateBlock],
  side: number,
  seconds: number,
  way: DetectorFigures['way'],
  expected: Uint8Array | null,
): Promise<DetectorFigures & { readonly code: Uint8Array }> {
  const tallies = new Map<string, Tally>();
  const length = side * side;
  const detector: Detector = kind.create({
    backend: timed(backend, way === 'kernels', tallies),
    width: side,
    height: side,
    resolution: 2,
    bands: new Set(kind.bandsUsed(new Set(ROLES))),
    classes: new Set(kind.computable(new Set(ROLES)).classes),
    look: kind.needsLook ? LOOK : null,
  });
  const [before, after] = [only(dates[0], kind, length), only(dates[1], kind, length)];
  let { code } = await detector.detect(before, after);
  await detector.detect(before, after);
  tallies.clear();
  let rounds = 0;
  const started = performance.now();
  while (performance.now() - started < seconds * 1000 || rounds < 2) {
    code = (await detector.detect(before, after)).code;
    rounds++;
  }
  const elapsedS = (performance.now() - started) / 1000;
  let differing = 0;
  if (expected) for (let i = 0; i < length; i++) if (code[i] !== expected[i]) differing++;
  return {
    backend: backend.name,
    detector: kind.name,
    way,
    side,
    mpxPerS: (rounds * length) / elapsedS / 1e6,
    kernels: [...tallies].map(([kernel, { calls, ms, bytes, pixels }]) => ({
      kernel,
      calls,
      msPerCall: ms / calls,
      mpxPerS: pixels / ms / 1e3,
      gbPerS: bytes / ms / 1e6,
    })),
    differing: expected ? differing : null,
    code: code.slice(),
  };
}

/** Measures every detector's kernels on the backends asked for, cpu first: its codes are what the others are held against. */
export async function measureKernels(
  backends: readonly BackendName[],
  side: number,
  seconds: number,
): Promise<KernelReport> {
  const dates = [planes(side, 'before'), planes(side, 'after')] as const;
  const detectors: DetectorFigures[] = [];
  const unavailable: Record<string, string> = {};
  const expected = new Map<string, Uint8Array>();
  let device: DeviceCopy | null = null;
  for (const name of [...backends].sort((a, b) => BACKENDS.indexOf(b) - BACKENDS.indexOf(a))) {
    let backend: Backend;
    try {
      backend = await openBackend(name);
    } catch (error) {
      unavailable[name] = error instanceof Error ? error.message : String(error);
      continue;
    }
    try {
      for (const kind of DETECTORS) {
        const run = async (way: DetectorFigures['way']) => {
          const codes = expected.get(kind.name) ?? null;
          const { code, ...figures } = await measure(backend, kind, dates, side, seconds, way, codes);
          if (codes === null) expected.set(kind.name, code);
          return figures;
        };
        const shipped = await run('as shipped');
        detectors.push(shipped);
        if (name === 'webgpu') continue;
        const kernels = await run('kernels');
        if (kernels.kernels.length > shipped.kernels.length) detectors.push(kernels);
      }
      if (name === 'webgpu') device = await deviceCopy();
    } finally {
      await backend.close();
    }
  }
  return { detectors, unavailable, device };
}

/** The figures as Markdown. */
export function kernelTables({ detectors, unavailable, device }: KernelReport): string {
  const lines = [
    '| backend | detector | kernel | calls | ms a call | Mpx/s | GB/s in and out | codes unlike cpu |',
    '|---|---|---|---|---|---|---|---|',
  ];
  for (const { backend, detector, way, side, mpxPerS, kernels, differing } of detectors) {
    const unlike = differing === null ? '–' : `${((100 * differing) / side ** 2).toFixed(4)} %`;
    lines.push(
      `| ${backend} | ${detector} | **all of it, ${way}** | | | **${mpxPerS.toFixed(1)}** | | ${unlike} |`,
    );
    for (const k of kernels) {
      lines.push(
        `| ${backend} | ${detector} | ${k.kernel} | ${k.calls} | ${k.msPerCall.toFixed(2)} | ${k.mpxPerS.toFixed(1)} | ${k.gbPerS.toFixed(2)} | |`,
      );
    }
  }
  for (const [backend, reason] of Object.entries(unavailable))
    lines.push('', `${backend}: not here (${reason})`);
  if (device) {
    lines.push(
      '',
      `Device "${device.name}": buffer to buffer ${device.copyGbPerS.toFixed(1)} GB/s (read + written), host to device ${device.uploadGbPerS.toFixed(1)} GB/s, device to host ${device.downloadGbPerS.toFixed(1)} GB/s.`,
    );
  }
  return lines.join('\n');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      backends: { type: 'string', default: BACKENDS.join(',') },
      webgpu: { type: 'boolean', default: false },
      block: { type: 'string', default: '1024' },
      seconds: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
    },
  });
  const asked = values.webgpu ? ['webgpu'] : values.backends.split(',');
  const report = await measureKernels(
    BACKENDS.filter((name) => asked.includes(name)),
    Number(values.block),
    Number(values.seconds),
  );
  if (values.json)
    process.stdout.write(`${JSON.stringify({ machine: describeMachine(), ...report }, null, 2)}\n`);
  else process.stdout.write(`${kernelTables(report)}\n`);
}

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) await main();
