/**
 * Bilinear resampling of source windows, a row of a cell of the map at a time, four pixels at once. Coordinates are those of the
 * warp kernels (kernels/warp.ts): computed once for all bands. Where the sources of four pixels stand beside each other,
 * as they nearly always do at about equal resolution, whole vectors are loaded instead of single samples.
 */

/** Layout of a map: `HEAD` numbers, then `CELL` a cell (kernels/warp.ts). */
const HEAD: i32 = 6;
const CELL: i32 = 8;

/** Four samples from `at` on as floats; of bytes eight are read. */
// @ts-ignore: decorator
@inline
function four<T>(at: usize): v128 {
  if (isFloat<T>()) return v128.load(at);
  if (sizeof<T>() == 1) return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(v128.load_ext<u8>(at)));
  return f32x4.convert_i32x4_s(isSigned<T>() ? v128.load_ext<i16>(at) : v128.load_ext<u16>(at));
}

/** One pixel, its four neighbours looked up alone; past the last column and row the pixel itself stands for them. */
function one<T>(
  samples: usize,
  u: f32,
  v: f32,
  lastColumn: f32,
  lastRow: f32,
  stride: usize,
  plane: usize,
  bands: i32,
  out: usize,
  outPlane: usize,
): void {
  u = max<f32>(0, min<f32>(u, lastColumn));
  v = max<f32>(0, min<f32>(v, lastRow));
  const left = floor(u);
  const top = floor(v);
  const s = u - left;
  const t = v - top;
  const w3 = s * t;
  const w1 = s - w3;
  const w2 = t - w3;
  const w0 = <f32>1 - s - w2;
  const right = left < lastColumn ? <usize>sizeof<T>() : 0;
  const below = top < lastRow ? stride : 0;
  let at = samples + <usize>(<i32>top) * stride + <usize>(<i32>left) * sizeof<T>();
  for (let b = 0; b < bands; b++) {
    store<f32>(
      out,
      <f32>load<T>(at) * w0 +
        <f32>load<T>(at + right) * w1 +
        (<f32>load<T>(at + below) * w2 + <f32>load<T>(at + below + right) * w3),
    );
    at += plane;
    out += outPlane;
  }
}

/** Pixels for which `from + step * k` stays below `limit`, about; many where it does not move towards it. */
// @ts-ignore: decorator
@inline
function reach(from: f32, step: f32, low: f32, high: f32): f32 {
  if (step > 0) return (high - from) / step;
  return step < 0 ? (low - from) / step : 4096;
}

/**
 * `length` pixels of a cell's row `inCell`: band b of pixel x at `out + b * outPlane + 4 * x`, with room for 3 px more. Samples
 * are `stride` and `plane` bytes apart.
 */
export function warpSpan<T>(
  samples: usize,
  stride: usize,
  plane: usize,
  bands: i32,
  map: usize,
  cell: usize,
  inCell: f32,
  length: i32,
  out: usize,
  outPlane: usize,
): void {
  const size = <usize>sizeof<T>();
  const lastColumn = load<f32>(map, 16);
  const lastRow = load<f32>(map, 20);
  const lanes = f32x4(0, 1, 2, 3);
  const unit = f32x4.splat(1);
  const u0 = load<f32>(cell) + load<f32>(cell, 8) * inCell;
  const du = load<f32>(cell, 4) + load<f32>(cell, 12) * inCell;
  const v0 = load<f32>(cell, 16) + load<f32>(cell, 24) * inCell;
  const dv = load<f32>(cell, 20) + load<f32>(cell, 28) * inCell;
  // how the places between the sources move from a pixel to the next, where those stand beside each other
  const drift = du - 1;
  const driftU = f32x4.splat(drift);
  const driftV = f32x4.splat(dv);
  let x = 0;
  while (x < length) {
    const u = u0 + du * <f32>x;
    const v = v0 + dv * <f32>x;
    const left = floor(u);
    const top = floor(v);
    let run = 0;
    if (left >= 0 && top >= 0 && top < lastRow) {
      // as far as columns follow each other in one row of the source, and the vectors stay inside it
      let far = min<f32>(<f32>(length - x), lastColumn - left - 4);
      far = min(far, reach(u - left, drift, 0, 1));
      far = min(far, reach(v - top, dv, 0, 1));
      run = <i32>max<f32>(1, ceil(far));
      // a pixel of rounding either way does no harm: weights at the seam of two sources agree
      if (lastColumn - left < 5) run = 0;
    }
    const target = out + (<usize>x << 2);
    if (run == 0) {
      one<T>(samples, u, v, lastColumn, lastRow, stride, plane, bands, target, outPlane);
      x++;
      continue;
    }
    const s0 = f32x4.splat(u - left);
    const t0 = f32x4.splat(v - top);
    const start = samples + <usize>(<i32>top) * stride + <usize>(<i32>left) * size;
    let steps = lanes;
    // the last four may run on beyond: the next run writes over them
    for (let k: usize = 0; k < <usize>run; k += 4) {
      const s = f32x4.add(s0, f32x4.mul(driftU, steps));
      const t = f32x4.add(t0, f32x4.mul(driftV, steps));
      steps = f32x4.add(steps, f32x4.splat(4));
      const w3 = f32x4.mul(s, t);
      const w1 = f32x4.sub(s, w3);
      const w2 = f32x4.sub(t, w3);
      const w0 = f32x4.sub(f32x4.sub(unit, s), w2);
      let source = start + k * size;
      let to = target + (k << 2);
      for (let b = 0; b < bands; b++) {
        v128.store(
          to,
          f32x4.add(
            f32x4.add(f32x4.mul(four<T>(source), w0), f32x4.mul(four<T>(source + size), w1)),
            f32x4.add(
              f32x4.mul(four<T>(source + stride), w2),
              f32x4.mul(four<T>(source + stride + size), w3),
            ),
          ),
        );
        source += plane;
        to += outPlane;
      }
    }
    x += run;
  }
}

/** Where a cell's numbers lie. */
// @ts-ignore: decorator
@inline
export function cellAt(map: usize, across: i32, row: i32, column: i32): usize {
  return map + (<usize>(HEAD + (row * across + column) * CELL) << 2);
}

/** 1 or 0 a pixel of row `y`: whether it lies inside the image. */
export function insideRow(map: usize, spacing: i32, across: i32, y: i32, width: i32, out: usize): void {
  const cellRow = y / spacing;
  const inCell = <f32>(y - cellRow * spacing);
  let cell = map + (<usize>(HEAD + cellRow * across * CELL) << 2);
  for (let from = 0; from < width; from += spacing, cell += CELL << 2) {
    const u0 = load<f32>(cell) + load<f32>(cell, 8) * inCell;
    const du = load<f32>(cell, 4) + load<f32>(cell, 12) * inCell;
    const v0 = load<f32>(cell, 16) + load<f32>(cell, 24) * inCell;
    const dv = load<f32>(cell, 20) + load<f32>(cell, 28) * inCell;
    const to = min(width, from + spacing);
    for (let x = from; x < to; x++) {
      const u = u0 + du * <f32>(x - from);
      const v = v0 + dv * <f32>(x - from);
      const inside =
        u >= load<f32>(map) && u < load<f32>(map, 4) && v >= load<f32>(map, 8) && v < load<f32>(map, 12);
      store<u8>(out + <usize>x, <u8>inside);
    }
  }
}

/** value × gain + offset of a row of floats, to another place or in place. */
export function mapRow(from: usize, to: usize, width: i32, gain: f32, offset: f32): void {
  const g = f32x4.splat(gain);
  const o = f32x4.splat(offset);
  const end = from + (<usize>width << 2);
  for (; from + 16 <= end; from += 16, to += 16) {
    v128.store(to, f32x4.add(f32x4.mul(v128.load(from), g), o));
  }
  for (; from < end; from += 4, to += 4) store<f32>(to, load<f32>(from) * gain + offset);
}

/** Least share of bilinear weight on valid pixels for an output pixel to be valid (kernels/warp.ts). */
const LEAST_WEIGHT: f32 = 0.5;

/**
 * A row as `warpSpan` makes it, of a window some of whose pixels hold no data: `valid` has a byte each, rows `validStride`
 * apart, 1 where there is data. Sets `inside` to 0 where too little of it is.
 */
function maskedRow<T>(
  samples: usize,
  stride: usize,
  plane: usize,
  bands: i32,
  valid: usize,
  validStride: usize,
  map: usize,
  spacing: i32,
  across: i32,
  y: i32,
  width: i32,
  out: usize,
  outPlane: usize,
  inside: usize,
): void {
  const lastColumn = load<f32>(map, 16);
  const lastRow = load<f32>(map, 20);
  const cellRow = y / spacing;
  const inCell = <f32>(y - cellRow * spacing);
  let cell = map + (<usize>(HEAD + cellRow * across * CELL) << 2);
  for (let from = 0; from < width; from += spacing, cell += CELL << 2) {
    const u0 = load<f32>(cell) + load<f32>(cell, 8) * inCell;
    const du = load<f32>(cell, 4) + load<f32>(cell, 12) * inCell;
    const v0 = load<f32>(cell, 16) + load<f32>(cell, 24) * inCell;
    const dv = load<f32>(cell, 20) + load<f32>(cell, 28) * inCell;
    const to = min(width, from + spacing);
    for (let x = from; x < to; x++) {
      let target = out + (<usize>x << 2);
      const mark = inside + <usize>x;
      const at = <f32>(x - from);
      const u = max<f32>(0, min<f32>(u0 + du * at, lastColumn));
      const v = max<f32>(0, min<f32>(v0 + dv * at, lastRow));
      const left = floor(u);
      const top = floor(v);
      const s = u - left;
      const t = v - top;
      const right: usize = left < lastColumn ? 1 : 0;
      const below: usize = top < lastRow ? 1 : 0;
      const known = valid + <usize>(<i32>top) * validStride + <usize>(<i32>left);
      let w0 = (<f32>1 - s) * (<f32>1 - t) * <f32>load<u8>(known);
      let w1 = s * (<f32>1 - t) * <f32>load<u8>(known + right);
      let w2 = (<f32>1 - s) * t * <f32>load<u8>(known + below * validStride);
      let w3 = s * t * <f32>load<u8>(known + below * validStride + right);
      const sum = w0 + w1 + w2 + w3;
      if (!load<u8>(mark) || sum < LEAST_WEIGHT) {
        store<u8>(mark, 0);
        for (let b = 0; b < bands; b++, target += outPlane) store<f32>(target, 0);
        continue;
      }
      const share = <f32>1 / sum;
      w0 *= share;
      w1 *= share;
      w2 *= share;
      w3 *= share;
      const nextColumn = right * sizeof<T>();
      const nextRow = below * stride;
      let source = samples + <usize>(<i32>top) * stride + <usize>(<i32>left) * sizeof<T>();
      for (let b = 0; b < bands; b++) {
        // a weight of 0 must not let NaN of an invalid pixel through
        let value: f32 = 0;
        if (w0 > 0) value += <f32>load<T>(source) * w0;
        if (w1 > 0) value += <f32>load<T>(source + nextColumn) * w1;
        if (w2 > 0) value += <f32>load<T>(source + nextRow) * w2;
        if (w3 > 0) value += <f32>load<T>(source + nextRow + nextColumn) * w3;
        store<f32>(target, value);
        source += plane;
        target += outPlane;
      }
    }
  }
}

function planes<T>(
  samples: usize,
  stride: usize,
  plane: usize,
  bands: i32,
  valid: usize,
  validStride: usize,
  map: usize,
  spacing: i32,
  across: i32,
  width: i32,
  height: i32,
  gains: usize,
  rows: usize,
  out: usize,
  inside: usize,
): void {
  const room = (<usize>width + 4) << 2;
  const outPlane = <usize>(width * height) << 2;
  for (let y = 0; y < height; y++) insideRow(map, spacing, across, y, width, inside + <usize>(y * width));
  if (valid) {
    for (let y = 0; y < height; y++) {
      const marks = inside + <usize>(y * width);
      maskedRow<T>(samples, stride, plane, bands, valid, validStride, map, spacing, across, y, width, rows, room, marks);
      mapRows(rows, room, bands, gains, width, out + (<usize>(y * width) << 2), outPlane);
    }
    return;
  }
  // cell by cell, so that what neighbouring rows read stays in a core's own cache
  for (let top = 0; top < height; top += spacing) {
    for (let left = 0; left < width; left += spacing) {
      const cell = cellAt(map, across, top / spacing, left / spacing);
      const length = min(width - left, spacing);
      const bottom = min(height - top, spacing);
      for (let y = 0; y < bottom; y++) {
        warpSpan<T>(samples, stride, plane, bands, map, cell, <f32>y, length, rows, room);
        mapRows(rows, room, bands, gains, length, out + (<usize>((top + y) * width + left) << 2), outPlane);
      }
    }
  }
}

/** Gain and offset of each band, from rows `room` bytes apart to planes. */
function mapRows(rows: usize, room: usize, bands: i32, gains: usize, width: i32, out: usize, outPlane: usize): void {
  for (let b = 0; b < bands; b++) {
    mapRow(rows, out, width, load<f32>(gains), load<f32>(gains, 4));
    rows += room;
    out += outPlane;
    gains += 8;
  }
}

/**
 * All bands of a block of width × height px: planes of floats at `out`, gain and offset of each band applied, and a byte a
 * pixel at `inside`, 1 where it lies on data. Samples are `stride` and `plane` bytes apart, of `type` 0 bytes, 1 unsigned
 * and 2 signed words, 3 floats, with room for 16 bytes behind; `valid` is 0 where all of them are data. `rows`: room for
 * `bands` rows of width + 4 floats.
 */
export function warp(
  type: i32,
  samples: usize,
  stride: usize,
  plane: usize,
  bands: i32,
  valid: usize,
  validStride: usize,
  map: usize,
  spacing: i32,
  across: i32,
  width: i32,
  height: i32,
  gains: usize,
  rows: usize,
  out: usize,
  inside: usize,
): void {
  if (type == 0) {
    planes<u8>(samples, stride, plane, bands, valid, validStride, map, spacing, across, width, height, gains, rows, out, inside);
  } else if (type == 1) {
    planes<u16>(samples, stride, plane, bands, valid, validStride, map, spacing, across, width, height, gains, rows, out, inside);
  } else if (type == 2) {
    planes<i16>(samples, stride, plane, bands, valid, validStride, map, spacing, across, width, height, gains, rows, out, inside);
  } else {
    planes<f32>(samples, stride, plane, bands, valid, validStride, map, spacing, across, width, height, gains, rows, out, inside);
  }
}
