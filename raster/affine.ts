/**
 * Affine transforms of the plane as readonly tuples, in the order of STAC `proj:transform` and rasterio:
 * `x = a*col + b*row + c`, `y = d*col + e*row + f`. Pixel (0, 0) is the upper left CORNER of the first
 * pixel; its centre is (0.5, 0.5).
 */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** A point as [x, y] in whatever frame the function names. */
export type Point = readonly [x: number, y: number];

/** Maps (col, row) in px to CRS coordinates. */
export function apply(t: Affine, col: number, row: number): Point {
  return [t[0] * col + t[1] * row + t[2], t[3] * col + t[4] * row + t[5]];
}

/** Signed area of one pixel in CRS units², negative for north-up images. */
export function determinant(t: Affine): number {
  return t[0] * t[4] - t[1] * t[3];
}

/** @throws RangeError where the transform is singular. */
export function invert(t: Affine): Affine {
  const det = determinant(t);
  if (!Number.isFinite(det) || det === 0) throw new RangeError('the affine transform is singular');
  const [a, b, c, d, e, f] = t;
  return [e / det, -b / det, (b * f - c * e) / det, -d / det, a / det, (c * d - a * f) / det];
}

/** `compose(outer, inner)` maps a point through `inner`, then through `outer`. */
export function compose(outer: Affine, inner: Affine): Affine {
  const [a, b, c, d, e, f] = outer;
  const [g, h, i, j, k, l] = inner;
  return [a * g + b * j, a * h + b * k, a * i + b * l + c, d * g + e * j, d * h + e * k, d * i + e * l + f];
}

export function translation(dx: number, dy: number): Affine {
  return [1, 0, dx, 0, 1, dy];
}

/** Side lengths of a pixel in CRS units: the lengths of the images of its two edges. */
export function pixelSize(t: Affine): readonly [width: number, height: number] {
  return [Math.hypot(t[0], t[3]), Math.hypot(t[1], t[4])];
}
