import type { BandRole } from '../../kernels/bands.js';
import { hasByte } from '../../kernels/bytes.js';
import type { DateBlock } from '../../kernels/detector.js';
import type { Grid, Window } from '../grid.js';
import { placementOf, type Scene, type SceneBand } from '../scene.js';
import { isObscured } from '../sensors.js';
import type { RasterFile } from '../tiff/types.js';
import { controlNet, NO_SHIFT, type Shift } from './net.js';
import { type LinearMap, nearest } from './resample.js';
import { plainResampler, type Resampler } from './resampler.js';
import { readSource } from './source.js';

/** A scene with what the look found for it: how it is moved and how its values are mapped onto the reference. */
export interface PreparedScene {
  readonly scene: Scene;
  readonly shift: Shift;
  /** Radiometric normalization a band, identity where absent. */
  readonly normalization: Readonly<Partial<Record<BandRole, LinearMap>>>;
  /** YYYY-MM; of one month's scenes the best pixels are taken. Null for a scene that stands alone. */
  readonly month: string | null;
}

export function unprepared(scene: Scene): PreparedScene {
  return { scene, shift: NO_SHIFT, normalization: {}, month: null };
}

/** Takes what cannot be used out of a look before others fill its gaps. */
export type Mask = (date: DateBlock, scene: PreparedScene) => void;

/** An empty look at a window: nothing usable. Reused from block to block by whoever reads many of one size. */
export function emptyDate(bands: readonly BandRole[], window: Window): DateBlock {
  const length = window.width * window.height;
  return { bands, stack: new Float32Array(length * bands.length), usable: new Uint8Array(length) };
}

/**
 * One date on a window of the grid: the scenes in the order of preference, each filling the pixels that those before
 * it left unusable. The window may reach beyond the grid. `date` takes the pixels, and is returned.
 */
export async function readDate(
  scenes: readonly PreparedScene[],
  grid: Grid,
  window: Window,
  bands: readonly BandRole[],
  date: DateBlock = emptyDate(bands, window),
  resampler: Resampler = plainResampler,
): Promise<DateBlock> {
  await warpScene(scenes[0], grid, window, date, resampler);
  await fillGaps(date, scenes.slice(1), grid, window, { resampler });
  return date;
}

/** Fills the unusable pixels of a date from further scenes, as far as needed. */
export async function fillGaps(
  date: DateBlock,
  scenes: readonly PreparedScene[],
  grid: Grid,
  window: Window,
  { mask, resampler = plainResampler }: { readonly mask?: Mask; readonly resampler?: Resampler } = {},
): Promise<void> {
  for (const scene of scenes) {
    if (!hasByte(date.usable, 0)) return;
    const more = emptyDate(date.bands, window);
    await warpScene(scene, grid, window, more, resampler);
    mask?.(more, scene);
    fill(date, more);
  }
}

function fill(date: DateBlock, more: DateBlock): void {
  const length = date.usable.length;
  for (let i = 0; i < length; i++) {
    if (date.usable[i] === 1 || more.usable[i] === 0) continue;
    date.usable[i] = 1;
    for (let k = i; k < date.stack.length; k += length) date.stack[k] = more.stack[k];
  }
}

/** Warps the bands of one scene into the date's planes and marks where the scene is usable. */
export async function warpScene(
  prepared: PreparedScene,
  grid: Grid,
  window: Window,
  date: DateBlock,
  resampler: Resampler,
): Promise<void> {
  const { scene, shift, normalization } = prepared;
  const { stack, usable } = date;
  const length = usable.length;
  let first = true;
  for (const [file, bands] of byFile(scene, date.bands)) {
    const net = controlNet(grid, window, placementOf(file.info), shift);
    const source = await readSource(file, net, {
      bands: bands.map((b) => b.index),
      fill: scene.sensor.fill,
      room: resampler.room,
    });
    if (source === null) {
      usable.fill(0);
      stack.fill(0);
      return;
    }
    const maps = bands.map((band) => chain(band, normalization[band.role]));
    const outputs = bands.map((band) => {
      const start = date.bands.indexOf(band.role) * length;
      return stack.subarray(start, start + length);
    });
    const own = first ? usable : new Uint8Array(length);
    await resampler.run(net, source, maps, outputs, own);
    if (!first) for (let i = 0; i < length; i++) usable[i] &= own[i];
    first = false;
  }
  // a scene without any of the bands says nothing against a pixel
  if (first) usable.fill(1);
  if (scene.quality !== null) await maskObscured(scene.quality, grid, window, shift, usable);
}

/** File scale and offset first, then normalization. */
export function chain(band: SceneBand, map: LinearMap | undefined): LinearMap {
  const gain = map?.gain ?? 1;
  return { gain: band.scale * gain, offset: band.offset * gain + (map?.offset ?? 0) };
}

function byFile(scene: Scene, roles: readonly BandRole[]): Map<RasterFile, SceneBand[]> {
  const result = new Map<RasterFile, SceneBand[]>();
  for (const role of roles) {
    const band = scene.bands.get(role);
    if (!band) continue;
    const list = result.get(band.file);
    if (list) list.push(band);
    else result.set(band.file, [band]);
  }
  return result;
}

async function maskObscured(
  quality: NonNullable<Scene['quality']>,
  grid: Grid,
  window: Window,
  shift: Shift,
  usable: Uint8Array,
): Promise<void> {
  const net = controlNet(grid, window, placementOf(quality.file.info), shift);
  const source = await readSource(quality.file, net, { bands: [quality.index], codes: true });
  if (source === null) return;
  const values = new Uint32Array(usable.length);
  nearest(net, source.pixels, source.reduce, values, 0);
  const verdicts = new Map<number, boolean>();
  for (let i = 0; i < usable.length; i++) {
    if (usable[i] === 0) continue;
    const value = values[i];
    let bad = verdicts.get(value);
    if (bad === undefined) {
      bad = isObscured(quality.kind, value);
      verdicts.set(value, bad);
    }
    if (bad) usable[i] = 0;
  }
}
