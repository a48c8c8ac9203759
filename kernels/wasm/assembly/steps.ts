/**
 * Tiles of measures given in whole steps of 1/steps, on their way into a float32 GeoTIFF: halved for the overview, and
 * brought into the bytes of the floating point predictor (Adobe Photoshop TIFF technical note 3).
 */

const SIDE: i32 = 512;

/** The mean of each four pixels, halves up. */
export function halveTile(tile: usize, half: usize): void {
  for (let y = 0; y < SIDE / 2; y++) {
    const upper = tile + <usize>(2 * y * SIDE);
    const lower = upper + SIDE;
    const out = half + <usize>((y * SIDE) / 2);
    for (let x: usize = 0; x < <usize>SIDE; x += 32) {
      v128.store(out + (x >> 1), i8x16.narrow_i16x8_u(fours(upper + x, lower + x), fours(upper + x + 16, lower + x + 16)));
    }
  }
}

// @ts-ignore: decorator
@inline
function fours(upper: usize, lower: usize): v128 {
  const sum = i16x8.add(
    i16x8.extadd_pairwise_i8x16_u(v128.load(upper)),
    i16x8.extadd_pairwise_i8x16_u(v128.load(lower)),
  );
  return i16x8.shr_u(i16x8.add(sum, i16x8.splat(2)), 2);
}

/** Four floats' bits of step / steps, of the four bytes in the lanes' low bytes. */
// @ts-ignore: decorator
@inline
function floats(words: v128, share: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(words), share);
}

/**
 * The predictor's bytes of a tile into `out` (4 × 512² bytes, zeroed once before its first use: the two low bytes of
 * these floats are 0 and never written but for the one where their planes begin). `row`: room for 16 + 1024 + 16 bytes.
 */
export function predictTile(tile: usize, share: f32, row: usize, out: usize): void {
  const shares = f32x4.splat(share);
  v128.store(row, i8x16.splat(0));
  const high = row + 16;
  const low = high + SIDE;
  // after the two planes comes a plane of zeros, whose first difference is against the last byte before it
  v128.store(low + SIDE, i8x16.splat(0));
  for (let y = 0; y < SIDE; y++) {
    const from = tile + <usize>(y * SIDE);
    for (let x: usize = 0; x < <usize>SIDE; x += 16) {
      const bytes = v128.load(from + x);
      const first = i16x8.extend_low_i8x16_u(bytes);
      const last = i16x8.extend_high_i8x16_u(bytes);
      const a = floats(i32x4.extend_low_i16x8_u(first), shares);
      const b = floats(i32x4.extend_high_i16x8_u(first), shares);
      const c = floats(i32x4.extend_low_i16x8_u(last), shares);
      const d = floats(i32x4.extend_high_i16x8_u(last), shares);
      const ab = v128.shuffle<u16>(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
      const cd = v128.shuffle<u16>(c, d, 1, 3, 5, 7, 9, 11, 13, 15);
      v128.store(high + x, v128.shuffle<u8>(ab, cd, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31));
      v128.store(low + x, v128.shuffle<u8>(ab, cd, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30));
    }
    const to = out + <usize>(4 * y * SIDE);
    for (let i: usize = 0; i < <usize>(2 * SIDE); i += 16) {
      v128.store(to + i, i8x16.sub(v128.load(high + i), v128.load(high + i - 1)));
    }
    store<u8>(to + <usize>(2 * SIDE), <u8>(0 - <i32>load<u8>(low + SIDE - 1)));
  }
}
