/** What sweeps do with four pixels at once. */

/** (a-b)/(a+b) in [-1, 1], 0 where the sum is not positive. */
// @ts-ignore: decorator
@inline
export function difference(a: v128, b: v128): v128 {
  const sum = f32x4.add(a, b);
  const ratio = f32x4.div(f32x4.sub(a, b), sum);
  const cut = f32x4.pmin(f32x4.splat(1), f32x4.pmax(f32x4.splat(-1), ratio));
  return v128.and(cut, f32x4.gt(sum, f32x4.splat(0)));
}

/** Four numbers of 0-255 as four bytes. */
// @ts-ignore: decorator
@inline
export function pack(lanes: v128): u32 {
  const words = i16x8.narrow_i32x4_u(lanes, lanes);
  return i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0);
}
