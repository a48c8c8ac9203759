import type { Backend, Kernel } from '../../kernels/backend.js';
import { indexOfByte } from '../../kernels/bytes.js';
import { coverageKernel, type SourceBlock, type WarpConstants, warpKernel } from '../../kernels/warp.js';
import { isSampleKind, SAMPLE_KINDS, typeOf } from '../../kernels/wasm/index-sweep.js';
import { openShared, openSweeps, type Sweeps } from '../../kernels/wasm/sweeps.js';
import type { SampleArray } from '../tiff/types.js';
import { cellMap } from './cells.js';
import type { ControlNet } from './net.js';
import { bilinear, type LinearMap } from './resample.js';
import type { SampleRoom, SourceWindow } from './source.js';

/** Resamples source pixels onto the block: writes a plane a band, and 1 or 0 a pixel into `valid`. */
export interface Resampler {
  /** Where it runs: a backend of kernels, or `typescript`. */
  readonly name: string;
  /** Where samples that it is to resample are best read into. */
  readonly room?: SampleRoom;
  run(
    net: ControlNet,
    source: SourceWindow,
    maps: readonly LinearMap[],
    outputs: readonly Float32Array[],
    valid: Uint8Array,
  ): Promise<void>;
}

/** The sweep by rows: on a processor several times faster than the kernels, which compute coordinates a band (docs/performance.md). */
export const plainResampler: Resampler = {
  name: 'typescript',
  async run(net, { pixels, reduce }, maps, outputs, valid) {
    bilinear(net, pixels, reduce, maps, outputs, valid);
  },
};

/** By kernels on WebGPU, where all pixels of a block are done at once; by rows elsewhere, over vectors where there are any. */
export function resamplerFor(backend: Backend): Resampler {
  if (backend.name === 'webgpu') return kernelResampler(backend);
  return backend.name === 'webasm' ? sweepResampler() : plainResampler;
}

type Part = 'samples' | 'valid' | 'map' | 'gains' | 'rows' | 'out' | 'inside';

/** Source windows are read into memory of the sweep, which is used again as long as they fit. */
export function sweepResampler(): Resampler {
  let bytes: Record<Part, number> = { samples: 0, valid: 0, map: 0, gains: 0, rows: 0, out: 0, inside: 0 };
  let sweeps: Sweeps<Part, ArrayBufferLike> | undefined;
  const withRoom = (needed: Partial<Record<Part, number>>): Sweeps<Part, ArrayBufferLike> => {
    const grown = Object.entries(needed).filter(([part, size]) => size > bytes[part as Part]);
    if (sweeps === undefined || grown.length > 0) {
      // an eighth more: windows differ by a pixel or two
      const roomy = grown.map(([part, size]) => [part, Math.ceil(size * 1.125)] as const);
      bytes = { ...bytes, ...Object.fromEntries(roomy) };
      sweeps = openShared(bytes, sweeps) ?? openSweeps(bytes);
    }
    return sweeps;
  };
  return {
    name: 'webasm',
    room(type, length) {
      if (!isSampleKind(type)) return null;
      const kind = SAMPLE_KINDS[type];
      const { buffer, byteOffset } = withRoom({ samples: length * kind.BYTES_PER_ELEMENT }).u8('samples');
      return new kind(buffer as ArrayBuffer, byteOffset, length);
    },
    async run(net, { pixels, reduce }, maps, outputs, valid) {
      const planes = pixels.planes.map(asKernelSamples);
      const { width: stride, height: rows } = pixels.window;
      const { width, height } = net.window;
      const size = planes[0].BYTES_PER_ELEMENT;
      const plane = planes[0].byteLength;
      const map = cellMap(net, { ...pixels, reduce });
      const { run, at, u8, f32 } = withRoom({
        samples: plane * planes.length,
        valid: stride * rows,
        map: map.numbers.byteLength,
        gains: 8 * maps.length,
        rows: 4 * (width + 4) * planes.length,
        out: 4 * width * height * planes.length,
        inside: width * height,
      });
      const samples = u8('samples');
      planes.forEach(({ buffer, byteOffset }, b) => {
        // read to where it is wanted, unless the memory had to be laid out anew since
        if (buffer === samples.buffer && byteOffset === samples.byteOffset + b * plane) return;
        samples.set(new Uint8Array(buffer, byteOffset, plane), b * plane);
      });
      if (pixels.valid !== null) u8('valid').set(pixels.valid);
      f32('map').set(map.numbers);
      f32('gains').set(maps.flatMap(({ gain, offset }) => [gain, offset]));
      run.warp(
        typeOf(planes[0]),
        at.samples,
        stride * size,
        plane,
        planes.length,
        pixels.valid === null ? 0 : at.valid,
        stride,
        at.map,
        map.spacing,
        map.across,
        width,
        height,
        at.gains,
        at.rows,
        at.out,
        at.inside,
      );
      const out = f32('out');
      outputs.forEach((output, b) => {
        output.set(out.subarray(b * output.length, (b + 1) * output.length));
      });
      const inside = u8('inside').subarray(0, valid.length);
      valid.set(inside);
      zeroOutside(inside, outputs);
    },
  };
}

/** What lies outside is 0 whatever was there: nothing looks at it, and a rerun gives the same. */
function zeroOutside(inside: Uint8Array, outputs: readonly Float32Array[]): void {
  for (let i = indexOfByte(inside, 0); i >= 0; i = indexOfByte(inside, 0, i)) {
    const next = indexOfByte(inside, 1, i);
    const end = next < 0 ? inside.length : next;
    for (const output of outputs) output.fill(0, i, end);
    i = end;
  }
}

/** Samples of a type the sweeps know; wider ones as floats, as they end anyway. */
function asKernelSamples(plane: SampleArray): SourceBlock['samples'] {
  const known = Object.values(SAMPLE_KINDS).some((kind) => plane instanceof kind);
  return known ? (plane as SourceBlock['samples']) : Float32Array.from(plane);
}

/** Source windows differ by a pixel or two from block to block: with room to spare the kernels stay the same. */
const ROOM = 64;

export function kernelResampler(backend: Backend): Resampler {
  const kernels = new Map<string, { readonly warp: Kernel; readonly coverage: Kernel }>();
  const kernelsOf = (constants: WarpConstants, bands: number) => {
    const key = `${bands}/${Object.values(constants).join('/')}`;
    const baked = { ...constants };
    const made = kernels.get(key) ?? {
      warp: backend.compile(warpKernel, constants.length * bands, baked),
      coverage: backend.compile(coverageKernel, constants.length, baked),
    };
    kernels.set(key, made);
    return made;
  };
  let side: readonly [number, number] = [0, 0];
  return {
    name: backend.name,
    async run(net, { pixels, reduce }, maps, outputs, valid) {
      const { window, planes } = pixels;
      const roomy = (length: number) => Math.ceil(length / ROOM) * ROOM;
      side = [Math.max(side[0], roomy(window.width)), Math.max(side[1], roomy(window.height))];
      const [stride, rows] = side;
      const plane = stride * rows;
      const samples = new Float32Array(plane * planes.length);
      const ok = new Float32Array(plane);
      for (let y = 0; y < window.height; y++) {
        const from = y * window.width;
        const to = y * stride;
        planes.forEach((own, b) => {
          samples.set(own.subarray(from, from + window.width), b * plane + to);
        });
        if (pixels.valid === null) ok.fill(1, to, to + window.width);
        else ok.set(pixels.valid.subarray(from, from + window.width), to);
      }
      // what holds no data may be NaN, which no weight of 0 makes harmless
      if (pixels.valid !== null)
        for (let i = 0; i < samples.length; i++) if (ok[i % plane] === 0) samples[i] = 0;
      const map = cellMap(net, { ...pixels, reduce });
      const { width, height } = net.window;
      const { warp, coverage } = kernelsOf(
        { width, length: width * height, spacing: map.spacing, across: map.across, stride, plane },
        planes.length,
      );
      const gains = Float32Array.from(maps.flatMap(({ gain, offset }) => [gain, offset]));
      valid.set(await coverage.run([ok, map.numbers]));
      const warped = await warp.run([samples, ok, map.numbers, gains]);
      outputs.forEach((output, b) => {
        output.set(warped.subarray(b * output.length, (b + 1) * output.length));
      });
    },
  };
}
