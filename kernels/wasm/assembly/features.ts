/**
 * Features of a date (kernels/texture.ts), a row at a time, four pixels at once. Rows of floats have `PAD` floats of room
 * on both sides, where their ends are repeated. Rings hold the last rows of a plane: row y stands in slot y % slots.
 */

/** Floats; as many as the widest window reaches beyond a row, and a vector. */
export const PAD: usize = 16;
/** Widest half-width of a window over brightness. */
const MOST_RADIUS: i32 = 8;

/** Repeats the ends of a row of floats, `times` places on both sides. */
// @ts-ignore: decorator
@inline
export function repeatEnds(row: usize, width: i32, times: i32): void {
  const first = load<f32>(row);
  const end = row + (<usize>width << 2);
  const last = load<f32>(end - 4);
  for (let k: usize = 0; k < <usize>times; k++) {
    store<f32>(row - ((k + 1) << 2), first);
    store<f32>(end + (k << 2), last);
  }
}

/** As `combineKernel`: weighted sum of three bands' rows minus an offset, not below 0. `weights`: three, and the offset. */
export function brighten(first: usize, second: usize, third: usize, weights: usize, width: i32, out: usize): void {
  const a = v128.load32_splat(weights);
  const b = v128.load32_splat(weights, 4);
  const c = v128.load32_splat(weights, 8);
  const offset = v128.load32_splat(weights, 12);
  const bytes = <usize>width << 2;
  for (let x: usize = 0; x < bytes; x += 16) {
    const sum = f32x4.add(
      f32x4.add(f32x4.mul(a, v128.load(first + x)), f32x4.mul(b, v128.load(second + x))),
      f32x4.mul(c, v128.load(third + x)),
    );
    v128.store(out + x, f32x4.pmax(f32x4.splat(0), f32x4.sub(sum, offset)));
  }
  repeatEnds(out, width, MOST_RADIUS);
}

/** As `gradientKernel`, from the rows above, here and below. */
export function gradient(up: usize, middle: usize, down: usize, width: i32, out: usize): void {
  const two = f32x4.splat(2);
  const bytes = <usize>width << 2;
  for (let x: usize = 0; x < bytes; x += 16) {
    const upLeft = v128.load(up + x - 4);
    const upRight = v128.load(up + x + 4);
    const downLeft = v128.load(down + x - 4);
    const downRight = v128.load(down + x + 4);
    const across = f32x4.sub(v128.load(middle + x + 4), v128.load(middle + x - 4));
    const along = f32x4.sub(v128.load(down + x), v128.load(up + x));
    const rising = f32x4.sub(downRight, upLeft);
    const falling = f32x4.sub(upRight, downLeft);
    const dx = f32x4.add(f32x4.add(rising, falling), f32x4.mul(two, across));
    const dy = f32x4.add(f32x4.sub(rising, falling), f32x4.mul(two, along));
    const square = f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy));
    v128.store(out + x, f32x4.mul(f32x4.sqrt(square), f32x4.splat(0.125)));
  }
}

/**
 * As `columnMeanKernel` of `rowMeanKernel`: box means of row `y` of the plane in a ring. `sums`: a row for the columns'
 * sums; `table`: room for the addresses of the window's rows.
 */
export function boxMean(
  ring: usize,
  slots: i32,
  pitch: usize,
  y: i32,
  height: i32,
  radius: i32,
  width: i32,
  sums: usize,
  table: usize,
  out: usize,
): void {
  const side = 2 * radius + 1;
  for (let k = 0; k < side; k++) {
    const row = max(0, min(height - 1, y + k - radius));
    store<usize>(table + (<usize>k << 2), ring + <usize>(row % slots) * pitch);
  }
  const bytes = <usize>width << 2;
  for (let x: usize = 0; x < bytes; x += 16) {
    let sum = v128.load(load<usize>(table) + x);
    for (let k = 1; k < side; k++) sum = f32x4.add(sum, v128.load(load<usize>(table + (<usize>k << 2)) + x));
    v128.store(sums + x, sum);
  }
  repeatEnds(sums, width, radius);
  const share = f32x4.splat(<f32>1 / <f32>(side * side));
  const left = sums - (<usize>radius << 2);
  for (let x: usize = 0; x < bytes; x += 16) {
    let sum = v128.load(left + x);
    for (let k = 1; k < side; k++) sum = f32x4.add(sum, v128.load(left + x + (<usize>k << 2)));
    v128.store(out + x, f32x4.mul(sum, share));
  }
}
