import ndarray, { type Data } from 'ndarray';
import ops from 'ndarray-ops';
import type { BandRole } from '../kernels/bands.js';
import type { OpenedScene } from './engine/prepare.js';
import type { Grid } from './grid.js';
import { readDate, unprepared } from './warp/date.js';

/** Interleaved 8-bit RGB, row by row. */
export interface RgbPixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** How band values become 0-255, one range a colour: the same for all pictures that are to be compared. */
export interface Stretch {
  readonly roles: readonly [BandRole, BandRole, BandRole];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

export interface Rendered {
  readonly picture: RgbPixels;
  readonly stretch: Stretch;
  /** 1 where a scene had a usable pixel; the others have one colour. */
  readonly usable: Uint8Array;
}

/** Shares of pixels left black and white by the stretch. */
const CUT = 0.01;
/** Colour of unusable pixels. */
const EMPTY = 236;
/** Rows rendered at once. */
const STRIP = 256;

/** True colour where the scene has it, else near infrared, red and green, else what there is. */
export function pictureBands(scene: OpenedScene): readonly [BandRole, BandRole, BandRole] {
  const has = (roles: readonly BandRole[]) => roles.every((role) => scene.scene.bands.has(role));
  if (has(['red', 'green', 'blue'])) return ['red', 'green', 'blue'];
  if (has(['swir1', 'nir', 'red'])) return ['swir1', 'nir', 'red'];
  if (has(['nir', 'red', 'green'])) return ['nir', 'red', 'green'];
  const roles = [...scene.scene.bands.keys()];
  return [roles[0], roles[1] ?? roles[0], roles[2] ?? roles[0]];
}

/** Renders scenes (the first that is usable at a pixel wins) onto a grid as it stands, without alignment. */
export async function renderRgb(
  scenes: readonly OpenedScene[],
  grid: Grid,
  stretch?: Stretch,
): Promise<Rendered> {
  const roles = stretch?.roles ?? pictureBands(scenes[0]);
  const bands = [...new Set(roles)];
  const length = grid.width * grid.height;
  const planes = bands.map(() => new Float32Array(length));
  const usable = new Uint8Array(length);
  for (let y = 0; y < grid.height; y += STRIP) {
    const window = { x: 0, y, width: grid.width, height: Math.min(STRIP, grid.height - y) };
    const date = await readDate(
      scenes.map(({ scene }) => unprepared(scene)),
      grid,
      window,
      bands,
    );
    const size = date.usable.length;
    usable.set(date.usable, y * grid.width);
    planes.forEach((plane, b) => {
      plane.set(date.stack.subarray(b * size, (b + 1) * size), y * grid.width);
    });
  }
  const colours = roles.map((role) => planes[bands.indexOf(role)]);
  const range = stretch ?? { roles, ...stretchOf(colours, usable) };
  const data = new Uint8Array(3 * length);
  const pixels = ndarray(data, [length, 3]);
  colours.forEach((plane, c) => {
    const scaled = ndarray(plane.slice(), [length]);
    ops.subseq(scaled, range.low[c]);
    ops.mulseq(scaled, 255 / Math.max(1e-9, range.high[c] - range.low[c]));
    ops.maxseq(scaled, 0);
    ops.minseq(scaled, 255);
    // the types want one element type on both sides; the library rounds into the narrower
    ops.assign<Data<number>>(pixels.pick(null, c), scaled);
  });
  for (let i = 0; i < length; i++) if (usable[i] === 0) data.fill(EMPTY, 3 * i, 3 * i + 3);
  return { picture: { width: grid.width, height: grid.height, data }, stretch: range, usable };
}

function stretchOf(planes: readonly Float32Array[], usable: Uint8Array): { low: number[]; high: number[] } {
  const low: number[] = [];
  const high: number[] = [];
  const step = Math.max(1, Math.floor(usable.length / 200_000));
  const sample = new Float32Array(Math.ceil(usable.length / step));
  for (const plane of planes) {
    let count = 0;
    for (let i = 0; i < usable.length; i += step) if (usable[i] === 1) sample[count++] = plane[i];
    // typed arrays sort by value, many times as fast as an array with a comparison
    const values = sample.subarray(0, count).sort();
    low.push(values[Math.floor(values.length * CUT)] ?? 0);
    high.push(values[Math.floor(values.length * (1 - CUT))] ?? 1);
  }
  return { low, high };
}
