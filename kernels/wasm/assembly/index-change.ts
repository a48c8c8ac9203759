import { difference, pack } from './vectors';
import { cellAt, insideRow, mapRow, warpSpan } from './warp';

/**
 * Plain index differencing from source pixels to class: the mathematics of `indexChangeKernel` (kernels/indices.ts),
 * cell by cell and row by row: both dates are resampled into rows that stay in the processor's cache, then judged.
 */

/** Three bands a date in `rows`, six rows of `room` bytes, to `width` bytes each. `wanted` has bit c set for class c. */
function judgeRow(
  rows: usize,
  room: usize,
  width: i32,
  wanted: i32,
  code: usize,
  confidence: usize,
  magnitude: usize,
): void {
  const forest = i32x4.splat(wanted & 128 ? 7 : 0);
  const loss = i32x4.splat(wanted & 32 ? 5 : 0);
  const gain = i32x4.splat(wanted & 16 ? 4 : 0);
  const zero = f32x4.splat(0);
  for (let x = 0; x < width; x += 4) {
    const green1 = v128.load(rows);
    const red1 = v128.load(rows + room);
    const nir1 = v128.load(rows + 2 * room);
    const green2 = v128.load(rows + 3 * room);
    const red2 = v128.load(rows + 4 * room);
    const nir2 = v128.load(rows + 5 * room);
    rows += 16;
    const ndvi1 = difference(nir1, red1);
    const ndwi1 = difference(green1, nir1);
    const ndwi2 = difference(green2, nir2);
    const fell = f32x4.sub(ndvi1, difference(nir2, red2));
    const dry2 = f32x4.lt(ndwi2, zero);
    const isForestLoss = v128.and(
      v128.and(f32x4.gt(ndvi1, f32x4.splat(0.5)), f32x4.gt(fell, f32x4.splat(0.2))),
      dry2,
    );
    const isWaterLoss = v128.and(f32x4.gt(ndwi1, f32x4.splat(0.1)), dry2);
    const isWaterGain = v128.and(f32x4.gt(ndwi2, f32x4.splat(0.1)), f32x4.lt(ndwi1, zero));
    let found = v128.and(forest, isForestLoss);
    found = v128.bitselect(loss, found, isWaterLoss);
    found = v128.bitselect(gain, found, isWaterGain);
    const half = f32x4.mul(
      f32x4.pmax(f32x4.abs(fell), f32x4.abs(f32x4.sub(ndwi2, ndwi1))),
      f32x4.splat(64),
    );
    const much = i32x4.min_s(i32x4.splat(127), i32x4.trunc_sat_f32x4_s(half));
    const sure = v128.and(much, i32x4.ne(found, i32x4.splat(0)));
    const o = <usize>x;
    const left = width - x;
    put(code + o, pack(found), left);
    put(confidence + o, pack(sure), left);
    put(magnitude + o, pack(much), left);
  }
}

/** Four bytes, or the first `count` of them: what lies behind a cell may be done already. */
// @ts-ignore: decorator
@inline
function put(to: usize, bytes: u32, count: i32): void {
  if (count >= 4) store<u32>(to, bytes);
  else for (; count > 0; count--, bytes >>= 8) store<u8>(to++, <u8>bytes);
}

/** 255, sure of nothing, where a pixel of the row lies outside. */
function cutRow(inside: usize, width: i32, code: usize, confidence: usize, magnitude: usize): void {
  for (let x: usize = 0; x < <usize>width; x++) {
    if (load<u8>(inside + x)) continue;
    store<u8>(code + x, 255);
    store<u8>(confidence + x, 0);
    store<u8>(magnitude + x, 0);
  }
}

/**
 * A block of width × height px. Windows hold green, red and nir, planes and rows so many bytes apart, with room for 16
 * bytes behind. `gains`: gain and offset of the three bands before, then after. `rows`: room for six rows of width + 4
 * floats and `width` bytes. `edges`: whether the block may reach beyond an image. Not inlined: only the sample type in use
 * is then compiled to machine code.
 */
function sweep<T>(
  before: usize,
  mapBefore: usize,
  after: usize,
  mapAfter: usize,
  gains: usize,
  width: i32,
  height: i32,
  spacing: i32,
  across: i32,
  strideBefore: usize,
  planeBefore: usize,
  strideAfter: usize,
  planeAfter: usize,
  wanted: i32,
  rows: usize,
  code: usize,
  confidence: usize,
  magnitude: usize,
  edges: bool,
): void {
  const room = (<usize>spacing + 4) << 2;
  // cell by cell, so that what neighbouring rows read stays in a core's own cache
  for (let top = 0; top < height; top += spacing) {
    for (let left = 0; left < width; left += spacing) {
      const cellBefore = cellAt(mapBefore, across, top / spacing, left / spacing);
      const cellAfter = cellAt(mapAfter, across, top / spacing, left / spacing);
      const length = min(width - left, spacing);
      const bottom = min(height - top, spacing);
      for (let y = 0; y < bottom; y++) {
        warpSpan<T>(before, strideBefore, planeBefore, 3, mapBefore, cellBefore, <f32>y, length, rows, room);
        warpSpan<T>(after, strideAfter, planeAfter, 3, mapAfter, cellAfter, <f32>y, length, rows + 3 * room, room);
        for (let k: usize = 0; k < 6; k++) {
          const gain = load<f32>(gains + (k << 3));
          const offset = load<f32>(gains + (k << 3), 4);
          if (gain != 1 || offset != 0) mapRow(rows + k * room, rows + k * room, length, gain, offset);
        }
        const o = <usize>((top + y) * width + left);
        judgeRow(rows, room, length, wanted, code + o, confidence + o, magnitude + o);
      }
    }
  }
  if (!edges) return;
  const inside = rows + 6 * room;
  for (let y = 0; y < height; y++) {
    const o = <usize>(y * width);
    insideRow(mapBefore, spacing, across, y, width, inside);
    cutRow(inside, width, code + o, confidence + o, magnitude + o);
    insideRow(mapAfter, spacing, across, y, width, inside);
    cutRow(inside, width, code + o, confidence + o, magnitude + o);
  }
}

/** `type`: 0 bytes, 1 unsigned and 2 signed words, 3 floats. */
export function indexChange(
  type: i32,
  before: usize,
  mapBefore: usize,
  after: usize,
  mapAfter: usize,
  gains: usize,
  width: i32,
  height: i32,
  spacing: i32,
  across: i32,
  strideBefore: usize,
  planeBefore: usize,
  strideAfter: usize,
  planeAfter: usize,
  wanted: i32,
  rows: usize,
  code: usize,
  confidence: usize,
  magnitude: usize,
  edges: bool,
): void {
  if (type == 0) {
    sweep<u8>(before, mapBefore, after, mapAfter, gains, width, height, spacing, across, strideBefore, planeBefore, strideAfter, planeAfter, wanted, rows, code, confidence, magnitude, edges);
  } else if (type == 1) {
    sweep<u16>(before, mapBefore, after, mapAfter, gains, width, height, spacing, across, strideBefore, planeBefore, strideAfter, planeAfter, wanted, rows, code, confidence, magnitude, edges);
  } else if (type == 2) {
    sweep<i16>(before, mapBefore, after, mapAfter, gains, width, height, spacing, across, strideBefore, planeBefore, strideAfter, planeAfter, wanted, rows, code, confidence, magnitude, edges);
  } else {
    sweep<f32>(before, mapBefore, after, mapAfter, gains, width, height, spacing, across, strideBefore, planeBefore, strideAfter, planeAfter, wanted, rows, code, confidence, magnitude, edges);
  }
}
