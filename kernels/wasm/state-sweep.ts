import type { Plane } from '../backend.js';
import { LEAST_SUPPORT, type StateConstants, type StatePlanes } from '../states.js';
import type { BrightnessConstants, TextureConstants } from '../texture.js';
import { openSweeps, type Sweeps } from './sweeps.js';

/** Floats of room on both sides of a row (assembly/features.ts). */
const PAD = 16;

/** The last rows of a plane: row y stands in slot y % slots. */
interface Ring {
  readonly at: number;
  readonly slots: number;
  readonly row: (y: number) => number;
}

/** Bytes from row to row. */
function pitchOf(width: number): number {
  return 4 * (2 * PAD + Math.ceil(width / 4) * 4);
}

function ringAt(start: number, slots: number, pitch: number): Ring {
  const at = start + 4 * PAD;
  return { at, slots, row: (y) => at + (y % slots) * pitch };
}

type FeaturePart = 'bright' | 'edges' | 'sums' | 'table' | 'weights';

/** Bytes that the features of one date need beside its bands. */
function featureBytes({ width, radius }: TextureConstants): Record<FeaturePart, number> {
  const pitch = pitchOf(width);
  return {
    bright: (2 * radius + 2) * pitch,
    edges: (2 * radius + 1) * pitch,
    sums: pitch,
    table: 4 * (2 * radius + 1),
    weights: 16,
  };
}

/** Features of one date by rows. `load` takes rows in turn; those up to `y + radius + 1` must be there for row `y`. */
function featureRows(
  sweeps: Sweeps<FeaturePart>,
  at: Readonly<Record<FeaturePart, number>>,
  constants: TextureConstants & BrightnessConstants,
) {
  const { width, height, radius } = constants;
  const { run } = sweeps;
  const pitch = pitchOf(width);
  const bright = ringAt(at.bright, 2 * radius + 2, pitch);
  const edges = ringAt(at.edges, 2 * radius + 1, pitch);
  const sums = at.sums + 4 * PAD;
  const gradient = (y: number) => {
    const up = bright.row(Math.max(0, y - 1));
    run.gradient(up, bright.row(y), bright.row(Math.min(height - 1, y + 1)), width, edges.row(y));
  };
  const mean = ({ at: ring, slots }: Ring, y: number, out: number) =>
    run.boxMean(ring, slots, pitch, y, height, radius, width, sums, at.table, out);
  return {
    bright: (y: number) => bright.row(y),
    /** Takes row `y` from the addresses of the bands that brightness is made of; after the last row, nothing. */
    load(y: number, first: number, second: number, third: number): void {
      if (y < height) run.brighten(first, second, third, at.weights, width, bright.row(y));
      if (y > 0 && y <= height) gradient(y - 1);
    },
    /** Writes edge density and mean brightness of row `y`. */
    means(y: number, edge: number, brightness: number): void {
      mean(edges, y, edge);
      mean(bright, y, brightness);
    },
  };
}

/**
 * Features of a stack as planes, as the kernels of `texture.ts` make them: fills `out` with brightness, mean gradient and
 * mean brightness.
 */
export function createFeatureSweep(
  constants: TextureConstants & BrightnessConstants,
): (stack: Plane, out: Plane) => void {
  const { width, height, radius } = constants;
  const length = width * height;
  const pitch = pitchOf(width);
  const sweeps = openSweeps({ ...featureBytes(constants), bands: 3 * pitch, means: 2 * pitch });
  const { at } = sweeps;
  sweeps.f32('weights').set(weightsOf(constants));
  const rows = featureRows(sweeps, at, constants);
  const starts = [constants.first, constants.second, constants.third];
  const bands = starts.map((_, k) => at.bands + k * pitch);
  const view = (address: number) => sweeps.floats(address, width);
  const views = bands.map(view);
  const [edge, mean] = [at.means, at.means + pitch];
  const [edgeView, meanView] = [view(edge), view(mean)];
  return (stack, out) => {
    for (let y = 0; y < height + radius + 1; y++) {
      if (y < height) {
        starts.forEach((start, k) => {
          views[k].set(stack.subarray(start + y * width, start + (y + 1) * width));
        });
      }
      rows.load(y, bands[0], bands[1], bands[2]);
      const row = y - radius - 1;
      if (row < 0) continue;
      rows.means(row, edge, mean);
      out.set(view(rows.bright(row)), row * width);
      out.set(edgeView, length + row * width);
      out.set(meanView, 2 * length + row * width);
    }
  };
}

function weightsOf({ weight1, weight2, weight3, offset }: BrightnessConstants): readonly number[] {
  return [weight1, weight2, weight3, offset];
}

/** In the order of assembly/states.ts. */
function levelsOf(c: StateConstants): readonly number[] {
  return [
    c.darkBlue,
    c.darkGreen,
    c.darkRed,
    c.darkNir,
    c.darkVisible,
    c.darkInfrared,
    c.vegetationScale,
    1 / c.brightness,
    1 / c.canopy,
    1 / c.nirHigh,
    1 / c.infraredHigh,
    1 / c.edge,
    c.energyHalf,
    ...[c.gainRedBefore, c.gainGreenBefore, c.gainBlueBefore],
    ...[c.offsetRedBefore, c.offsetGreenBefore, c.offsetBlueBefore, 1 - c.soilBefore],
    ...[c.gainRedAfter, c.gainGreenAfter, c.gainBlueAfter],
    ...[c.offsetRedAfter, c.offsetGreenAfter, c.offsetBlueAfter, 1 - c.soilAfter],
  ];
}

/**
 * Features, `stateChangeKernel` and `supportKernel` as one sweep down both dates, that keeps no more rows than the window
 * of the features needs. `noise`: 1/noise a band; `wanted`: the class codes asked for. The planes are overwritten by the
 * next call.
 */
export function createStateSweep(
  constants: StateConstants,
  texture: TextureConstants & BrightnessConstants,
  noise: Float32Array,
  wanted: readonly number[],
): (before: Plane, after: Plane) => StatePlanes {
  const { width, height, radius } = texture;
  const length = width * height;
  const count = constants.bandCount;
  const pitch = pitchOf(width);
  const slots = radius + 2;
  const bytes = featureBytes(texture);
  const sweeps = openSweeps({
    ...bytes,
    bright2: bytes.bright,
    edges2: bytes.edges,
    raw: count * slots * pitch,
    raw2: count * slots * pitch,
    means: 4 * pitch,
    bands: 72,
    around: 8 * (2 * radius + 1),
    noise: 4 * count,
    levels: 108,
    scores: 416,
    code: length,
    confidence: length,
    magnitude: length,
    stateBefore: length,
    stateAfter: length,
    bare: length,
  });
  const { at, run } = sweeps;
  sweeps.f32('weights').set(weightsOf(texture));
  sweeps.f32('noise').set(noise);
  sweeps.f32('levels').set(levelsOf(constants));
  const has =
    constants.hasColour +
    2 * constants.hasNdvi +
    4 * constants.hasWater +
    8 * constants.hasDarkWater +
    16 * constants.outlined +
    32 * constants.hasOwn;
  const bits = wanted.reduce((sum, code) => sum | (1 << code), 0);
  const starts = ['atBlue', 'atGreen', 'atRed', 'atNir', 'atVisible', 'atInfrared'] as const;
  const apart = slots * pitch;
  const bandOf = (start: number) => (start / length) * apart;
  const roles = starts.map((start) => bandOf(constants[start]));
  const combined = [texture.first, texture.second, texture.third].map(bandOf);
  const addresses = sweeps.u32('bands');
  const side = 2 * radius + 1;
  const around = sweeps.u32('around');
  const date = (k: 0 | 1) => {
    const raw = k === 0 ? at.raw : at.raw2;
    const own = k === 0 ? at : { ...at, bright: at.bright2, edges: at.edges2 };
    const rows = featureRows(sweeps, own, texture);
    const views = Array.from({ length: count * slots }, (_, i) => sweeps.floats(raw + i * pitch, width));
    const [edge, mean] = [at.means + 2 * k * pitch, at.means + (2 * k + 1) * pitch];
    const slot = (y: number) => raw + (y % slots) * pitch;
    return {
      slot,
      load(stack: Plane, y: number): void {
        for (let b = 0; y < height && b < count; b++) {
          const start = b * length + y * width;
          views[b * slots + (y % slots)].set(stack.subarray(start, start + width));
        }
        const here = slot(y);
        rows.load(y, here + combined[0], here + combined[1], here + combined[2]);
      },
      /** Makes the features of row `y` and writes where all that is judged stands. */
      ready(y: number): void {
        rows.means(y, edge, mean);
        const here = slot(y);
        for (let i = 0; i < roles.length; i++) addresses[9 * k + i] = here + roles[i];
        addresses[9 * k + 6] = rows.bright(y);
        addresses[9 * k + 7] = edge;
        addresses[9 * k + 8] = mean;
        for (let i = 0; i < side; i++) {
          around[side * k + i] = rows.bright(Math.min(height - 1, Math.max(0, y + i - radius)));
        }
      },
    };
  };
  const [first, second] = [date(0), date(1)];
  const detection = {
    code: sweeps.u8('code'),
    confidence: sweeps.u8('confidence'),
    magnitude: sweeps.u8('magnitude'),
    stateBefore: sweeps.u8('stateBefore'),
    stateAfter: sweeps.u8('stateAfter'),
    bare: sweeps.u8('bare'),
  };
  const judge = (y: number) => {
    const o = y * width;
    run.stateRow(
      at.bands,
      at.bands + 36,
      first.slot(y),
      second.slot(y),
      apart,
      count,
      at.noise,
      at.levels,
      has,
      at.scores,
      width,
      at.code + o,
      at.confidence + o,
      at.magnitude + o,
      at.stateBefore + o,
      at.stateAfter + o,
      at.bare + o,
      at.around,
      at.around + 4 * side,
      radius,
    );
  };
  return (before, after) => {
    for (let y = 0; y < height + radius + 1; y++) {
      first.load(before, y);
      second.load(after, y);
      const row = y - radius - 1;
      if (row < 0) continue;
      first.ready(row);
      second.ready(row);
      judge(row);
    }
    run.support(width, height, LEAST_SUPPORT, bits, at.code, at.confidence, at.bare);
    return detection;
  };
}
