import { CELL_HEAD, CELL_SIZE, type SourceBlock } from '../warp.js';
import { openShared, openSweeps, type Sweeps } from './sweeps.js';

/** What the sweep gives: bytes a pixel, overwritten by the next call. */
export interface IndexPlanes {
  readonly code: Uint8Array;
  readonly confidence: Uint8Array;
  readonly magnitude: Uint8Array;
}

type Part =
  | 'before'
  | 'after'
  | 'mapBefore'
  | 'mapAfter'
  | 'gains'
  | 'rows'
  | 'code'
  | 'confidence'
  | 'magnitude';

/** Codes of sample types, as the sweeps that read source windows know them. */
export function typeOf(samples: SourceBlock['samples']): number {
  return Object.values(SAMPLE_KINDS).findIndex((kind) => samples instanceof kind);
}

/** `indexChangeKernel` as a sweep. */
export interface IndexSweep {
  /** An array for the samples of a date (0 before, 1 after) in the sweep's own memory: those need not be copied there. */
  samples(date: 0 | 1, type: SampleKind, length: number): SourceBlock['samples'];
  /** Windows of green, red and nir; null where the two dates are of different sample types. */
  run(before: SourceBlock, after: SourceBlock): IndexPlanes | null;
}

export type SampleKind = keyof typeof SAMPLE_KINDS;

/** Sample types that kernels and sweeps take as they lie in files, in the order of the sweeps' codes. */
export const SAMPLE_KINDS = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  float32: Float32Array,
};

/** Bytes of a map of the cells that a block has where the control net is no finer than usual. */
const USUAL_MAP = 16 * 1024;

/** Whether kernels and sweeps take samples of the type as they are. */
export function isSampleKind(type: string): type is SampleKind {
  return Object.hasOwn(SAMPLE_KINDS, type);
}

/** @param wanted the class codes asked for; the others count as no change. Blocks are of width × height px. */
export function createIndexSweep(width: number, height: number, wanted: readonly number[]): IndexSweep {
  const mask = wanted.reduce((bits, code) => bits | (1 << code), 0);
  const plane = width * height;
  // maps of the usual cells fit: in a room that is shared nothing is given back when more is needed
  let room = { before: 0, after: 0, mapBefore: USUAL_MAP, mapAfter: USUAL_MAP };
  let sweeps: Sweeps<Part, ArrayBufferLike> | undefined;
  /** Memory with at least so many bytes; what was handed out of a smaller one is copied when it comes to be used. */
  const withRoom = (needed: Partial<typeof room>): Sweeps<Part, ArrayBufferLike> => {
    const parts = Object.keys(needed) as (keyof typeof room)[];
    if (sweeps === undefined || parts.some((part) => (needed[part] ?? 0) > room[part])) {
      room = { ...room };
      for (const part of parts) room[part] = Math.max(room[part], needed[part] ?? 0);
      const fixed = {
        gains: 48,
        rows: 24 * (width + 4) + width,
        code: plane,
        confidence: plane,
        magnitude: plane,
      };
      const bytes = { ...room, ...fixed };
      sweeps = openShared<Part>(bytes, sweeps) ?? openSweeps<Part>(bytes);
    }
    return sweeps;
  };
  return {
    samples(date, type, length) {
      const kind = SAMPLE_KINDS[type];
      const bytes = length * kind.BYTES_PER_ELEMENT;
      // the windows of both dates are about as large
      const { buffer, byteOffset } = withRoom({ before: bytes, after: bytes }).u8(
        date === 0 ? 'before' : 'after',
      );
      return new kind(buffer as ArrayBuffer, byteOffset, length);
    },
    run(before, after) {
      const type = typeOf(before.samples);
      const { spacing, across } = before.map;
      if (type !== typeOf(after.samples) || spacing !== after.map.spacing) return null;
      const { run, at, u8, f32 } = withRoom({
        before: before.samples.byteLength,
        after: after.samples.byteLength,
        mapBefore: before.map.numbers.byteLength,
        mapAfter: after.map.numbers.byteLength,
      });
      for (const [part, { samples }] of [
        ['before', before],
        ['after', after],
      ] as const) {
        const own = u8(part);
        if (samples.buffer !== own.buffer || samples.byteOffset !== own.byteOffset) own.set(bytesOf(samples));
      }
      f32('mapBefore').set(before.map.numbers);
      f32('mapAfter').set(after.map.numbers);
      f32('gains').set([...before.gains, ...after.gains].flat());
      const size = before.samples.BYTES_PER_ELEMENT;
      run.indexChange(
        type,
        at.before,
        at.mapBefore,
        at.after,
        at.mapAfter,
        at.gains,
        width,
        height,
        spacing,
        across,
        before.stride * size,
        before.plane * size,
        after.stride * size,
        after.plane * size,
        mask,
        at.rows,
        at.code,
        at.confidence,
        at.magnitude,
        isInside(before, width, height) && isInside(after, width, height) ? 0 : 1,
      );
      return { code: u8('code'), confidence: u8('confidence'), magnitude: u8('magnitude') };
    },
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: SourceBlock['samples']): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** True where every pixel of the block lies inside the image: coordinates are bilinear, so the cells' corners tell. */
function isInside({ map }: SourceBlock, width: number, height: number): boolean {
  const { numbers, spacing, across } = map;
  const [minU, maxU, minV, maxV] = numbers;
  const down = Math.ceil(height / spacing);
  for (let j = 0; j < down; j++) {
    for (let i = 0; i < across; i++) {
      const c = numbers.subarray(CELL_HEAD + (j * across + i) * CELL_SIZE);
      for (const x of [0, Math.min(spacing, width - i * spacing) - 1]) {
        for (const y of [0, Math.min(spacing, height - j * spacing) - 1]) {
          const u = c[0] + c[1] * x + (c[2] + c[3] * x) * y;
          const v = c[4] + c[5] * x + (c[6] + c[7] * x) * y;
          if (!(u >= minU && u < maxU && v >= minV && v < maxV)) return false;
        }
      }
    }
  }
  return true;
}
