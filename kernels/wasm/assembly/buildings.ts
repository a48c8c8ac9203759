import { repeatEnds } from './features';
import { pack } from './vectors';

/**
 * Evidence of buildings: the mathematics of kernels/buildings.ts, a row at a time. Planes of floats have the room of
 * `features` beside their rows. Masks are bytes, 0 or 255, with at least 16 bytes of zeros on both sides of a row and two
 * rows of zeros above and below the plane, so that nothing lies beyond it.
 */

/** As `shadeKernel`: a row of cells. `bands`: addresses of red, green and blue, each `factor` rows `pitch` apart; `maps`: their gains over factor², then offsets. */
export function shadeRow(
  bands: usize,
  pitch: usize,
  factor: i32,
  across: i32,
  maps: usize,
  saturation: usize,
  blueness: usize,
  brightness: usize,
): void {
  const step = <usize>factor << 2;
  for (let c: usize = 0; c < <usize>across; c++) {
    const at = c * step;
    const red = cellSum(load<usize>(bands) + at, pitch, factor) * load<f32>(maps) + load<f32>(maps, 12);
    const green = cellSum(load<usize>(bands, 4) + at, pitch, factor) * load<f32>(maps, 4) + load<f32>(maps, 16);
    const blue = cellSum(load<usize>(bands, 8) + at, pitch, factor) * load<f32>(maps, 8) + load<f32>(maps, 20);
    const ground = max<f32>(red, green);
    const most = max<f32>(max<f32>(ground, blue), <f32>0.000001);
    const o = c << 2;
    store<f32>(saturation + o, (most - max<f32>(min<f32>(min<f32>(red, green), blue), 0)) / most);
    store<f32>(blueness + o, (blue - ground) / most);
    store<f32>(brightness + o, most);
  }
  repeatEnds(saturation, across, 1);
  repeatEnds(blueness, across, 1);
  repeatEnds(brightness, across, 1);
}

// @ts-ignore: decorator
@inline
function cellSum(at: usize, pitch: usize, factor: i32): f32 {
  let sum: f32 = 0;
  for (let y = 0; y < factor; y++) {
    const row = at + <usize>y * pitch;
    for (let x: usize = 0; x < <usize>factor; x++) sum += load<f32>(row + (x << 2));
  }
  return sum;
}

/** As `evidenceKernel`: a row of cells, as bytes of confidence and of core. `levels`: grey, left, blue, lit, edge. */
export function evidenceRow(
  grey: usize,
  blueness: usize,
  brightness: usize,
  otherGrey: usize,
  otherBlueness: usize,
  gradient: usize,
  levels: usize,
  across: i32,
  confidence: usize,
  core: usize,
): void {
  const most = v128.load32_splat(levels);
  const left = v128.load32_splat(levels, 4);
  const blue = v128.load32_splat(levels, 8);
  const lit = v128.load32_splat(levels, 12);
  const edge = v128.load32_splat(levels, 16);
  const one = f32x4.splat(1);
  const half = f32x4.splat(64);
  const more = f32x4.splat(63);
  for (let c: usize = 0; c < <usize>across; c += 4) {
    const x = c << 2;
    const g = v128.load(grey + x);
    const b = v128.load(blueness + x);
    const isGrey = v128.and(f32x4.lt(g, most), f32x4.lt(g, f32x4.mul(left, v128.load(otherGrey + x))));
    let sure = v128.and(isGrey, f32x4.add(half, f32x4.mul(more, f32x4.sub(one, f32x4.div(g, most)))));
    const blues = f32x4.pmin(one, f32x4.sub(f32x4.div(b, blue), one));
    const painted = f32x4.add(half, f32x4.mul(more, blues));
    sure = f32x4.pmax(sure, v128.and(f32x4.gt(b, blue), painted));
    const is = v128.andnot(
      f32x4.gt(v128.load(brightness + x), lit),
      f32x4.gt(v128.load(otherBlueness + x), blue),
    );
    const found = i32x4.trunc_sat_f32x4_s(v128.and(is, sure));
    const open = v128.and(i32x4.gt_s(found, i32x4.splat(0)), f32x4.lt(v128.load(gradient + x), edge));
    store<u32>(confidence + c, pack(found));
    store<u32>(core + c, pack(v128.and(open, i32x4.splat(255))));
  }
  clearTail(confidence, across);
  clearTail(core, across);
}

/** Zeros where a vector reaches beyond the row. */
// @ts-ignore: decorator
@inline
function clearTail(row: usize, across: i32): void {
  v128.store(row + <usize>across, i8x16.splat(0));
}

// @ts-ignore: decorator
@inline
function cross(at: usize, pitch: usize, all: boolean): v128 {
  const a = v128.load(at);
  const b = v128.load(at - 1);
  const c = v128.load(at + 1);
  const d = v128.load(at - pitch);
  const e = v128.load(at + pitch);
  return all
    ? v128.and(v128.and(v128.and(a, b), v128.and(c, d)), e)
    : v128.or(v128.or(v128.or(a, b), v128.or(c, d)), e);
}

/** As `crossKernel` with `least` 5: what is core in the whole cross. */
export function erode(mask: usize, pitch: usize, across: i32, down: i32, out: usize): void {
  for (let y: usize = 0; y < <usize>down; y++) {
    const row = y * pitch;
    for (let x: usize = 0; x < <usize>across; x += 16) v128.store(out + row + x, cross(mask + row + x, pitch, true));
    clearTail(out + row, across);
  }
}

/** As `crossKernel` with `least` 1. */
export function dilate(mask: usize, pitch: usize, across: i32, down: i32, out: usize): void {
  for (let y: usize = 0; y < <usize>down; y++) {
    const row = y * pitch;
    for (let x: usize = 0; x < <usize>across; x += 16) v128.store(out + row + x, cross(mask + row + x, pitch, false));
    clearTail(out + row, across);
  }
}

/** As `growKernel`, into where `confidence` is not 0. */
export function grow(mask: usize, confidence: usize, pitch: usize, across: i32, down: i32, out: usize): void {
  for (let y: usize = 0; y < <usize>down; y++) {
    const row = y * pitch;
    for (let x: usize = 0; x < <usize>across; x += 16) {
      const at = mask + row + x;
      const own = v128.load(at);
      const room = v128.andnot(i8x16.ne(v128.load(confidence + row + x), i8x16.splat(0)), own);
      if (!v128.any_true(room)) {
        v128.store(out + row + x, own);
        continue;
      }
      let near = i8x16.splat(0);
      let clash = i8x16.splat(0);
      for (let k = 0; k < 4; k++) {
        const step: usize = k == 0 ? 1 : k == 1 ? pitch : k == 2 ? pitch + 1 : pitch - 1;
        const ahead = v128.load(at + step);
        const behind = v128.load(at - step);
        near = v128.or(near, v128.or(ahead, behind));
        clash = v128.or(clash, v128.and(ahead, v128.or(behind, v128.load(at - 2 * step))));
        clash = v128.or(clash, v128.and(behind, v128.or(ahead, v128.load(at + 2 * step))));
      }
      v128.store(out + row + x, v128.or(own, v128.andnot(v128.and(near, room), clash)));
    }
    clearTail(out + row, across);
  }
}

/** As `majorityKernel`. */
export function majority(mask: usize, pitch: usize, across: i32, down: i32, out: usize): void {
  for (let y: usize = 0; y < <usize>down; y++) {
    const row = y * pitch;
    for (let x: usize = 0; x < <usize>across; x += 16) {
      // 255 is -1: the count, negated
      let count = i8x16.splat(0);
      for (let k = 0; k < 3; k++) {
        const at = mask + row + x + <usize>k * pitch - pitch;
        count = i8x16.add(count, i8x16.add(v128.load(at), i8x16.add(v128.load(at - 1), v128.load(at + 1))));
      }
      v128.store(out + row + x, i8x16.le_s(count, i8x16.splat(-5)));
    }
    clearTail(out + row, across);
  }
}

/** Confidence where the mask is, at least a half; 0 elsewhere. `out` is a plane without room. */
export function marks(mask: usize, confidence: usize, pitch: usize, across: i32, down: i32, out: usize): void {
  for (let y: usize = 0; y < <usize>down; y++) {
    const row = y * pitch;
    // rows follow each other: what a vector writes too far, the next row writes over
    for (let x: usize = 0; x < <usize>across; x += 16) {
      const sure = i8x16.max_u(i8x16.splat(64), v128.load(confidence + row + x));
      v128.store(out + y * <usize>across + x, v128.and(v128.load(mask + row + x), sure));
    }
  }
}
