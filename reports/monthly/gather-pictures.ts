import type { ChangeClassName } from '../../kernels/classes.js';
import type { OpenedScene } from '../../raster/engine/prepare.js';
import { type Bounds, type Grid, gridBounds, snappedGrid } from '../../raster/grid.js';
import { renderRgb, type Stretch } from '../../raster/picture.js';
import type { Patch } from '../../vector/patch.js';
import { encodeJpeg } from '../shared/picture.js';
import type { Chip, Picture } from './input.js';

/** Longest side of the map picture, px. */
const MAP_PX = 1400;
/** Patches shown as before/after chips, a class a few, the largest first. */
const CHIPS = 12;
const CHIPS_A_CLASS = 4;
/** A chip's side, px, and the ground it shows at least, m. */
const CHIP_PX = 220;
const CHIP_METRES = 120;

/** A month's image over the whole grid, reduced to a printable size; none where the month has no scene. */
export async function mapPicture(
  scenes: readonly OpenedScene[],
  grid: Grid,
): Promise<{ readonly picture: Picture | null; readonly stretch: Stretch | null }> {
  if (scenes.length === 0) return { picture: null, stretch: null };
  const factor = Math.max(1, Math.max(grid.width, grid.height) / MAP_PX);
  const small = snappedGrid(grid.crs, gridBounds(grid), grid.resolution * factor);
  const { picture: pixels, stretch } = await renderRgb(scenes, small);
  return { picture: { jpeg: await encodeJpeg(pixels), grid: small }, stretch };
}

/** The largest standing patches, not all of one class. */
export function pickChips(patches: readonly Patch[]): Patch[] {
  const standing = patches.filter((patch) => patch.state !== 'dismissed').sort((a, b) => b.areaM2 - a.areaM2);
  const perClass = new Map<ChangeClassName, number>();
  const chosen = standing.filter((patch) => {
    const count = perClass.get(patch.class) ?? 0;
    perClass.set(patch.class, count + 1);
    return count < CHIPS_A_CLASS;
  });
  return chosen.slice(0, CHIPS);
}

/** Both dates' images of the patches' ground; none where a date has no scene. */
export async function chipPictures(
  patches: readonly Patch[],
  before: readonly OpenedScene[],
  after: readonly OpenedScene[],
  grid: Grid,
  stretch: Stretch | null,
): Promise<Chip[]> {
  if (before.length === 0 || after.length === 0) return [];
  const result: Chip[] = [];
  let beforeStretch: Stretch | undefined;
  for (const patch of patches) {
    const own = chipGrid(patch, grid);
    // each date keeps one stretch over all its chips, so that they can be compared with one another
    beforeStretch ??= (
      await renderRgb(before, snappedGrid(grid.crs, gridBounds(grid), coarse(grid)), undefined)
    ).stretch;
    const first = await renderRgb(before, own, beforeStretch);
    const second = await renderRgb(after, own, stretch ?? undefined);
    result.push({
      number: patch.number,
      before: { jpeg: await encodeJpeg(first.picture) },
      after: { jpeg: await encodeJpeg(second.picture) },
      grid: own,
    });
  }
  return result;
}

/** Metres a px of a quick look over the whole grid. */
function coarse(grid: Grid): number {
  return grid.resolution * Math.max(1, Math.max(grid.width, grid.height) / 400);
}

/** Square ground around a patch with a margin. */
function chipGrid(patch: Patch, grid: Grid): Grid {
  const xs = patch.rings[0].map((p) => p[0]);
  const ys = patch.rings[0].map((p) => p[1]);
  const [minX, maxX, minY, maxY] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const side = Math.max(CHIP_METRES, 1.6 * Math.max(maxX - minX, maxY - minY));
  const [cx, cy] = [(minX + maxX) / 2, (minY + maxY) / 2];
  const bounds: Bounds = {
    minX: cx - side / 2,
    minY: cy - side / 2,
    maxX: cx + side / 2,
    maxY: cy + side / 2,
  };
  return snappedGrid(grid.crs, bounds, side / CHIP_PX, [bounds.minX, bounds.minY]);
}
