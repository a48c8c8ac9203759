import type { BandRole } from '../bands.js';
import type { DateBlock, SceneLook } from '../detector.js';
import type { ModelCard } from './card.js';
import type { ModelSession } from './session.js';
import { tileSize, tileStarts, tileWeight } from './tiles.js';

/**
 * Most of a tile's side where the network takes any, px, about. What tiles have in common is computed for each of them (1.7 px a px
 * of a block, 2.25 in tiles of 512); a block as one tile (1.4) takes 150 MB more a thread.
 */
const TILE = 704;

/** A padded block, px. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  /** px at every side that are not looked at. */
  readonly slack: number;
}

/** What the model says of a block within its slack, in its own px. */
export interface ChanceMap {
  readonly width: number;
  readonly height: number;
  /** A plane an output channel, one after the other, 0-1. */
  readonly data: Float32Array;
}

/** A block's planes in the model's px. */
interface ModelPlanes {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/**
 * The model's chances over a block: both dates averaged over cells of `cell` px, normalized as the card says, in tiles that overlap
 * by twice the margin and fade into one another, so that no border is seen.
 */
export async function chancesOver(
  session: ModelSession,
  card: ModelCard,
  dates: readonly [DateBlock, DateBlock],
  frame: Frame,
  cell: number,
  look: SceneLook,
): Promise<ChanceMap> {
  const planes = dates.map((date, k) => modelPlanes(card, date, dates[1 - k], frame, cell, look));
  const { width, height } = planes[0];
  const { inputs, outputs, margin_px: margin } = card;
  const reach = (length: number) => inputs.size ?? tileSize(length, TILE, 2 * margin, inputs.multiple);
  const [tileWidth, tileHeight] = [reach(width), reach(height)];
  const columns = tileStarts(width, tileWidth, 2 * margin, inputs.multiple);
  const rows = tileStarts(height, tileHeight, 2 * margin, inputs.multiple);
  const channels = outputs.channels.length;
  const sum = new Float32Array(channels * width * height);
  const weights = new Float32Array(width * height);
  const bands = inputs.bands.length;
  const tiles = planes.map(() => new Float32Array(bands * tileWidth * tileHeight));
  for (const [r, top] of rows.entries()) {
    for (const [c, left] of columns.entries()) {
      planes.forEach((plane, k) => {
        cutTile(plane, bands, left, top, tileWidth, tileHeight, tiles[k]);
      });
      const { data, stride } = await session.run(tiles[0], tiles[1], tileWidth, tileHeight);
      const across = weightsOf(tileWidth, margin, [c > 0, c < columns.length - 1]);
      const down = weightsOf(tileHeight, margin, [r > 0, r < rows.length - 1]);
      const [outWidth, outHeight] = [tileWidth / stride, tileHeight / stride];
      for (let y = 0; y < Math.min(tileHeight, height - top); y++) {
        for (let x = 0; x < Math.min(tileWidth, width - left); x++) {
          const weight = down[y] * across[x];
          if (weight === 0) continue;
          const at = (top + y) * width + left + x;
          weights[at] += weight;
          for (let k = 0; k < channels; k++) {
            const plane = k * outWidth * outHeight;
            const value =
              stride === 1
                ? data[plane + y * outWidth + x]
                : sampleAt(
                    data,
                    plane,
                    outWidth,
                    outHeight,
                    (x + 0.5) / stride - 0.5,
                    (y + 0.5) / stride - 0.5,
                  );
            sum[k * width * height + at] += weight * value;
          }
        }
      }
    }
  }
  for (let k = 0; k < channels; k++)
    for (let i = 0; i < weights.length; i++) sum[k * weights.length + i] /= Math.max(weights[i], 1e-9);
  return { width, height, data: sum };
}

function weightsOf(size: number, margin: number, goesOn: readonly [boolean, boolean]): Float64Array {
  return Float64Array.from({ length: size }, (_, at) => tileWeight(at, size, margin, goesOn));
}

/**
 * The card's bands of a date, averaged over cells and normalized. What one date hides is shown as the other has it: an edge of
 * cloud that one date alone shows looks like the edge of a roof. A cell is of pixels that both dates show, else of
 * those that one does, else the mean.
 */
function modelPlanes(
  { inputs, normalization }: ModelCard,
  own: DateBlock,
  other: DateBlock,
  size: Frame,
  cell: number,
  look: SceneLook,
): ModelPlanes {
  const { slack } = size;
  const width = Math.max(1, Math.floor((size.width - 2 * slack) / cell));
  const height = Math.max(1, Math.floor((size.height - 2 * slack) / cell));
  const data = new Float32Array(inputs.bands.length * width * height);
  const placeOf = ({ bands }: DateBlock, role: BandRole) => bands.indexOf(role) * size.width * size.height;
  inputs.bands.forEach((role, b) => {
    const [ownPlane, otherPlane] = [placeOf(own, role), placeOf(other, role)];
    const levels = normalization.kind === 'levels';
    const dark = levels ? (look.dark[role] ?? 0) : 0;
    const scale = levels ? Math.max(look.high[role] ?? 1, 1e-6) : 1;
    const [mean, std] = [normalization.mean[b], normalization.std[b]];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let [anySum, anyCount, bothSum, bothCount] = [0, 0, 0, 0];
        for (let dy = 0; dy < cell; dy++) {
          const row = (slack + y * cell + dy) * size.width + slack + x * cell;
          for (let at = row; at < row + cell; at++) {
            const mine = own.usable[at] === 1;
            const theirs = other.usable[at] === 1;
            if (!mine && !theirs) continue;
            const value = mine ? own.stack[ownPlane + at] : other.stack[otherPlane + at];
            anySum += value;
            anyCount++;
            if (!mine || !theirs) continue;
            bothSum += value;
            bothCount++;
          }
        }
        const average = bothCount > 0 ? bothSum / bothCount : anySum / anyCount;
        const value = anyCount === 0 ? mean : (average - dark) / scale;
        data[(b * height + y) * width + x] = (value - mean) / std;
      }
    }
  });
  return { width, height, data };
}

/** A tile out of planes; what lies beyond them is what lies at their edge. */
function cutTile(
  { width, height, data }: ModelPlanes,
  bands: number,
  left: number,
  top: number,
  tileWidth: number,
  tileHeight: number,
  out: Float32Array,
): void {
  const inside = Math.max(0, Math.min(tileWidth, width - left));
  for (let b = 0; b < bands; b++) {
    for (let y = 0; y < tileHeight; y++) {
      const row = (b * height + Math.min(height - 1, top + y)) * width;
      const to = (b * tileHeight + y) * tileWidth;
      out.set(data.subarray(row + left, row + left + inside), to);
      out.fill(data[row + width - 1], to + inside, to + tileWidth);
    }
  }
}

/** Bilinear between the pixels' centres, px of the plane that begins at `plane`; held at its edges. */
export function sampleAt(
  data: Float32Array,
  plane: number,
  width: number,
  height: number,
  x: number,
  y: number,
): number {
  const cx = Math.min(width - 1, Math.max(0, x));
  const cy = Math.min(height - 1, Math.max(0, y));
  const [x0, y0] = [Math.floor(cx), Math.floor(cy)];
  const [x1, y1] = [Math.min(width - 1, x0 + 1), Math.min(height - 1, y0 + 1)];
  const [fx, fy] = [cx - x0, cy - y0];
  const upper = data[plane + y0 * width + x0] * (1 - fx) + data[plane + y0 * width + x1] * fx;
  const lower = data[plane + y1 * width + x0] * (1 - fx) + data[plane + y1 * width + x1] * fx;
  return upper * (1 - fy) + lower * fy;
}
