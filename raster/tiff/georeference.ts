import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { type Affine, compose, determinant, translation } from '../affine.js';
import type { Directory } from './directory.js';

const PIXEL_IS_POINT = 2;

/**
 * px to CRS units after OGC 19-008r4 section 7: a scale and one tiepoint, or a matrix. Null where the file has neither,
 * several tiepoints without a scale (ground control points, no affine), or a transform that is singular.
 * A scale's second value is a length: rows go south whatever its sign, as GDAL has it.
 */
export function transformOf(directory: Directory): Affine | null {
  const { pixelScale, tiepoints, transformation: m, geoKeys } = directory;
  const [sx, sy] = pixelScale;
  let transform: Affine | null = null;
  if (sx && sy && tiepoints.length >= 6) {
    const [column, row, , x, y] = tiepoints;
    transform = [sx, 0, x - column * sx, 0, -Math.abs(sy), y + row * Math.abs(sy)];
  } else if (m.length >= 16) {
    transform = [m[0], m[1], m[3], m[4], m[5], m[7]];
  }
  if (!transform || !isUsable(transform)) return null;
  // the coordinates of a point pixel are those of its centre
  return geoKeys?.GTRasterTypeGeoKey === PIXEL_IS_POINT
    ? compose(transform, translation(-0.5, -0.5))
    : transform;
}

function isUsable(transform: Affine): boolean {
  return transform.every(Number.isFinite) && determinant(transform) !== 0;
}

/**
 * A world file beside the image (`.tfw`, `.tifw`, `.wld`): six lines a, d, b, e, and x, y of the first pixel's CENTRE.
 * Null where there is none that can be used.
 */
export async function worldFile(path: string): Promise<Affine | null> {
  const stem = path.slice(0, path.length - extname(path).length);
  for (const extension of ['.tfw', '.TFW', '.tifw', '.wld']) {
    const text = await readFile(stem + extension, 'latin1').catch(() => null);
    if (text === null) continue;
    const numbers = text
      .slice(0, 4096)
      .trim()
      .split(/\s+/)
      .slice(0, 6)
      .map((line) => Number(line.replace(',', '.')));
    const [a, d, b, e, x, y] = numbers;
    const centred: Affine = [a, b, x, d, e, y];
    if (numbers.length === 6 && isUsable(centred)) return compose(centred, translation(-0.5, -0.5));
  }
  return null;
}
