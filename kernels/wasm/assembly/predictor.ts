/**
 * Interleaved pixels to planes, and on the way the sums of horizontal differencing (TIFF 6.0 section 14): every sample is
 * the sum of the stored ones of its band to its left, modulo its width.
 */

/** `rows` rows of `width` pixels of `bands` samples at `from` become planes `plane` samples apart at `to`. */
// @ts-ignore: decorator
@inline
function apart<T>(from: usize, to: usize, width: i32, rows: i32, bands: i32, plane: i32, differenced: bool): void {
  const size = <usize>sizeof<T>();
  for (let row = 0; row < rows; row++) {
    for (let band = 0; band < bands; band++) {
      let at = from + <usize>(row * width * bands + band) * size;
      let out = to + <usize>(band * plane + row * width) * size;
      const step = <usize>bands * size;
      const end = out + <usize>width * size;
      let sum: u32 = 0;
      while (out < end) {
        const value = <u32>load<T>(at);
        sum = differenced ? sum + value : value;
        store<T>(out, <T>sum);
        at += step;
        out += size;
      }
    }
  }
}

/** Four bands of 16 bits, eight pixels at once; `width` is a multiple of 8. */
// @ts-ignore: decorator
@inline
function four(from: usize, to: usize, width: i32, rows: i32, plane: i32, differenced: bool): void {
  const apart = <usize>plane << 1;
  for (let row = 0; row < rows; row++) {
    let carry = i16x8.splat(0);
    let out = to + (<usize>(row * width) << 1);
    const end = out + (<usize>width << 1);
    while (out < end) {
      let a = v128.load(from);
      let b = v128.load(from, 16);
      let c = v128.load(from, 32);
      let d = v128.load(from, 48);
      if (differenced) {
        a = sums(a, carry);
        b = sums(b, second(a));
        c = sums(c, second(b));
        d = sums(d, second(c));
        carry = second(d);
      }
      // two pixels of four bands each, to four pixels of two bands, to eight of one
      const ab01 = v128.shuffle<u16>(a, b, 0, 4, 8, 12, 1, 5, 9, 13);
      const ab23 = v128.shuffle<u16>(a, b, 2, 6, 10, 14, 3, 7, 11, 15);
      const cd01 = v128.shuffle<u16>(c, d, 0, 4, 8, 12, 1, 5, 9, 13);
      const cd23 = v128.shuffle<u16>(c, d, 2, 6, 10, 14, 3, 7, 11, 15);
      v128.store(out, v128.shuffle<u64>(ab01, cd01, 0, 2));
      v128.store(out + apart, v128.shuffle<u64>(ab01, cd01, 1, 3));
      v128.store(out + 2 * apart, v128.shuffle<u64>(ab23, cd23, 0, 2));
      v128.store(out + 3 * apart, v128.shuffle<u64>(ab23, cd23, 1, 3));
      from += 64;
      out += 16;
    }
  }
}

/** Two pixels of differences as sums, `carry` the pixel before them in both halves. */
// @ts-ignore: decorator
@inline
function sums(pair: v128, carry: v128): v128 {
  const zero = i16x8.splat(0);
  return i16x8.add(i16x8.add(pair, v128.shuffle<u64>(zero, pair, 0, 2)), carry);
}

/** The second of two pixels in both halves. */
// @ts-ignore: decorator
@inline
function second(pair: v128): v128 {
  return v128.shuffle<u64>(pair, pair, 1, 1);
}

export function apart8(from: usize, to: usize, width: i32, rows: i32, bands: i32, plane: i32, differenced: bool): void {
  apart<u8>(from, to, width, rows, bands, plane, differenced);
}

export function apart16(from: usize, to: usize, width: i32, rows: i32, bands: i32, plane: i32, differenced: bool): void {
  if (bands == 4 && width % 8 == 0) {
    if (differenced) four(from, to, width, rows, plane, true);
    else four(from, to, width, rows, plane, false);
  } else apart<u16>(from, to, width, rows, bands, plane, differenced);
}

export function apart32(from: usize, to: usize, width: i32, rows: i32, bands: i32, plane: i32, differenced: bool): void {
  apart<u32>(from, to, width, rows, bands, plane, differenced);
}
