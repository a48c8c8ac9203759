import type { BandRole } from '../../kernels/bands.js';
import type { SourceBlock } from '../../kernels/warp.js';
import { isSampleKind, SAMPLE_KINDS, type SampleKind } from '../../kernels/wasm/index-sweep.js';
import type { Grid, Window } from '../grid.js';
import { placementOf, type SceneBand } from '../scene.js';
import type { RasterFile } from '../tiff/types.js';
import { cellMap } from './cells.js';
import { chain, type PreparedScene } from './date.js';
import { controlNet } from './net.js';
import { anyInvalid, planSource } from './source.js';

/** Reads source windows as kernels that resample themselves take them. */
export interface FusedReader {
  /**
   * Null where the window does not lie on valid pixels of about the grid's resolution, all of them. Samples go where
   * `room` says, else into an array that is used again for the next block.
   */
  read(window: Window, room?: Room): Promise<SourceBlock | null>;
}

export type Room = (type: SampleKind, length: number) => SourceBlock['samples'];

/** Windows differ by a pixel or two from block to block: with room to spare their arrays, and so the kernels, stay the same. */
const ROOM = 32;

/**
 * A reader for scenes whose bands lie in one file without a quality band, in samples kernels take as they are; null for
 * the others, which are resampled by readDate.
 */
export function fusedReader(
  prepared: PreparedScene,
  grid: Grid,
  roles: readonly BandRole[],
): FusedReader | null {
  const { scene, shift, normalization } = prepared;
  const bands = roles.map((role) => scene.bands.get(role));
  if (scene.quality !== null || !bands.every((band): band is SceneBand => band !== undefined)) return null;
  const [{ file }] = bands;
  const type = kernelType(file);
  if (bands.some((band) => band.file !== file) || type === null) return null;
  const placement = placementOf(file.info);
  const indices = bands.map((band) => band.index);
  const gains = bands.map((band) => {
    const { gain, offset } = chain(band, normalization[band.role]);
    return [gain, offset] as const;
  });
  let width = 0;
  let height = 0;
  const own = ownRoom();
  return {
    async read(window, room = own) {
      const net = controlNet(grid, window, placement, shift);
      const plan = planSource(file.info, net);
      if (plan === null || plan.box > 1 || net.u.some(Number.isNaN)) return null;
      if (plan.window.width > width || plan.window.height > height) {
        width = Math.max(width, roomy(plan.window.width));
        height = Math.max(height, roomy(plan.window.height));
      }
      const plane = width * height;
      const samples = room(type, plane * bands.length);
      await file.readInto(plan.level, plan.window, indices, { samples, stride: width, plane });
      const nodata = file.info.nodata ?? scene.sensor.fill ?? null;
      if (anyInvalid(samples, bands.length, plane, width, plan.window, nodata)) return null;
      return { samples, stride: width, plane, map: cellMap(net, plan), gains };
    },
  };
}

function roomy(length: number): number {
  return Math.ceil((length + 8) / ROOM) * ROOM;
}

function kernelType({ info: { sampleType } }: RasterFile): SampleKind | null {
  return isSampleKind(sampleType) ? sampleType : null;
}

/** One array, made anew where it does not do. */
function ownRoom(): Room {
  let samples: SourceBlock['samples'] | undefined;
  return (type, length) => {
    if (samples?.length !== length) samples = new SAMPLE_KINDS[type](length);
    return samples;
  };
}
