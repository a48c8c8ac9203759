import { groundResolution } from '../../raster/choose-grid.js';
import type { Crs } from '../../raster/crs.js';
import type { OpenedScene } from '../../raster/engine/prepare.js';
import { type Grid, gridBounds, snappedGrid } from '../../raster/grid.js';
import { renderRgb } from '../../raster/picture.js';
import { placed } from '../../raster/scene.js';
import type { Patch } from '../../vector/patch.js';
import { encodeJpeg } from '../shared/picture.js';
import type { LeadCase } from './case.js';
import { chipGrid } from './chip.js';

/** The same ground before and after. */
export interface Evidence {
  readonly grid: Grid;
  /** Null where the month has no scene any more. */
  readonly before: Uint8Array | null;
  readonly after: Uint8Array | null;
}

/** Opens the scenes of a month, newest first; none where the month has none. Closed by whoever made them. */
export type OpenMonth = (month: string) => Promise<readonly OpenedScene[]>;

/** Ground around a picture that its brightness is taken from: so many times as wide, and at least so many metres. */
const [AROUND_TIMES, AROUND_METRES] = [4, 800];
const AROUND_PX = 128;

/** What of a run says how its patches' ground is pictured. */
export interface PicturedRun {
  /** CRS of the patches' rings. */
  readonly crs: Crs;
  /** Months compared, YYYY-MM; a patch may say better. */
  readonly beforeMonth: string | null;
  readonly month: string;
}

/** Reads before/after pictures of leads (`groundReader`). */
export function evidenceReader(openMonth: OpenMonth): (one: LeadCase) => Promise<Evidence> {
  const read = groundReader(openMonth);
  return ({ lead: { patch }, run }) =>
    read(patch, { crs: run.grid.crs, beforeMonth: run.beforeMonth, month: run.month });
}

/**
 * Reads before/after pictures of patches at the scenes' full resolution. A picture's brightness is that of the ground around it:
 * a cloud elsewhere in the district would leave it dark.
 */
export function groundReader(openMonth: OpenMonth): (patch: Patch, run: PicturedRun) => Promise<Evidence> {
  const picture = async (scenes: readonly OpenedScene[], own: Grid) => {
    if (scenes.length === 0) return null;
    const { stretch } = await renderRgb(scenes, around(own));
    const { picture: pixels } = await renderRgb(scenes, own, stretch);
    return encodeJpeg(pixels, JPEG_QUALITY);
  };
  return async (patch, run) => {
    const [beforeMonth, afterMonth] = [
      monthOf(patch.before ?? run.beforeMonth),
      monthOf(patch.after ?? run.month),
    ];
    const before = beforeMonth === null ? [] : await openMonth(beforeMonth);
    const after = afterMonth === null ? [] : await openMonth(afterMonth);
    const finest = Math.min(
      ...[...before, ...after].map(({ scene }) => groundResolution(placed(scene), run.crs)),
    );
    const grid = chipGrid(patch, run.crs, finest);
    return {
      grid,
      before: await picture(before, grid),
      after: await picture(after, grid),
    };
  };
}

const JPEG_QUALITY = 85;

/** A patch's date may have a day. */
function monthOf(date: string | null): string | null {
  return date === null ? null : date.slice(0, 7);
}

function around(own: Grid): Grid {
  const { minX, minY, maxX, maxY } = gridBounds(own);
  const side = Math.max(AROUND_TIMES * (maxX - minX), AROUND_METRES / own.crs.metresPerUnit);
  const [x, y] = [(minX + maxX - side) / 2, (minY + maxY - side) / 2];
  return snappedGrid(own.crs, { minX: x, minY: y, maxX: x + side, maxY: y + side }, side / AROUND_PX, [x, y]);
}
