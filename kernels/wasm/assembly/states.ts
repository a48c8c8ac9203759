import { difference, pack } from './vectors';

/**
 * States of two dates and the change between them: the mathematics of `stateChangeKernel` and `supportKernel`
 * (kernels/states.ts), a row at a time, four pixels at once. Names are the kernel's. What only some pixels need is skipped
 * where none of four needs it.
 */

/** Scores of four pixels of a date, 16 bytes each. */
const V: usize = 0;
const E: usize = 16;
const INDEX: usize = 32;
const GREEN: usize = 48;
const LIT: usize = 64;
const FOREST: usize = 80;
const RATIO: usize = 96;
const WATER: usize = 112;
const HARD: usize = 128;
const SOIL: usize = 144;
const BUILT: usize = 160;
/** Sum of both infrared bands as shares of bright ground. */
const INFRARED: usize = 176;
/** Mean brightness. */
const MEAN: usize = 192;
const SCORES: usize = 208;

/** Levels of the scene, floats in this order; `PER_…` are what is multiplied by. */
const DARK_BLUE: usize = 0;
const DARK_GREEN: usize = 4;
const DARK_RED: usize = 8;
const DARK_NIR: usize = 12;
const DARK_VISIBLE: usize = 16;
const DARK_INFRARED: usize = 20;
const VEGETATION_SCALE: usize = 24;
const PER_BRIGHTNESS: usize = 28;
const PER_CANOPY: usize = 32;
const PER_NIR: usize = 36;
const PER_INFRARED: usize = 40;
const PER_EDGE: usize = 44;
const ENERGY_HALF: usize = 48;
/** A date's own colours: gains of red, green and blue, offsets, and 1 minus the least saturation of soil. */
const OWN_BEFORE: usize = 52;
const OWN_AFTER: usize = 80;

/** What the bands allow, as bits. */
const COLOUR: i32 = 1;
const NDVI: i32 = 2;
const WATERS: i32 = 4;
const DARK_WATER: i32 = 8;
const OUTLINED: i32 = 16;
const OWN: i32 = 32;

// @ts-ignore: decorator
@inline
function ramp(value: v128, low: f32, high: f32): v128 {
  const share = f32x4.mul(f32x4.sub(value, f32x4.splat(low)), f32x4.splat(<f32>1 / (high - low)));
  return f32x4.pmin(f32x4.splat(1), f32x4.pmax(f32x4.splat(0), share));
}

/** A band of four pixels over its dark level. */
// @ts-ignore: decorator
@inline
function over(at: usize, levels: usize, dark: usize): v128 {
  return f32x4.pmax(f32x4.splat(0), f32x4.sub(v128.load(at), v128.load32_splat(levels + dark)));
}

// @ts-ignore: decorator
@inline
function rest(share: v128): v128 {
  return f32x4.sub(f32x4.splat(1), share);
}

// @ts-ignore: decorator
@inline
function positive(value: v128): v128 {
  return f32x4.gt(value, f32x4.splat(0));
}

// @ts-ignore: decorator
@inline
function half(value: v128): v128 {
  return f32x4.ge(value, f32x4.splat(0.5));
}

// @ts-ignore: decorator
@inline
function scaled(at: usize, levels: usize, level: usize): v128 {
  return f32x4.mul(v128.load(at), v128.load32_splat(levels + level));
}

/** A share as whole 128ths, 127 at most. */
// @ts-ignore: decorator
@inline
function steps(share: v128): v128 {
  return i32x4.min_s(i32x4.splat(127), i32x4.trunc_sat_f32x4_s(f32x4.mul(share, f32x4.splat(128))));
}

// @ts-ignore: decorator
@inline
function product(a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
  return f32x4.mul(f32x4.mul(f32x4.mul(f32x4.mul(a, b), c), d), e);
}

/**
 * Scores of the four pixels whose bands stand at the addresses in `bands` (blue, green, red, nir, visible, infrared) + x,
 * and whose brightness, edge density and mean brightness stand at the three addresses after these.
 */
function score(bands: usize, x: usize, levels: usize, has: i32, out: usize): void {
  const zero = f32x4.splat(0);
  const blueAt = load<usize>(bands) + x;
  const redAt = load<usize>(bands, 8) + x;
  const v = scaled(load<usize>(bands, 24) + x, levels, PER_BRIGHTNESS);
  const e = scaled(load<usize>(bands, 28) + x, levels, PER_EDGE);
  v128.store(out, v, V);
  v128.store(out, e, E);
  let index = zero;
  let forest = zero;
  let sun = v;
  if (has & NDVI) {
    const nir = over(load<usize>(bands, 12) + x, levels, DARK_NIR);
    index = f32x4.mul(
      difference(nir, over(redAt, levels, DARK_RED)),
      v128.load32_splat(levels + VEGETATION_SCALE),
    );
    sun = f32x4.mul(nir, v128.load32_splat(levels + PER_NIR));
    const dense = ramp(index, 0.48, 0.64);
    if (v128.any_true(positive(dense))) {
      const shade = scaled(load<usize>(bands, 32) + x, levels, PER_CANOPY);
      forest = f32x4.mul(dense, f32x4.mul(rest(ramp(shade, 1.3, 1.65)), ramp(sun, 0.35, 0.55)));
    }
  } else if (has & COLOUR) {
    const leaf = f32x4.mul(f32x4.splat(2), over(load<usize>(bands, 4) + x, levels, DARK_GREEN));
    const other = f32x4.add(over(blueAt, levels, DARK_BLUE), over(redAt, levels, DARK_RED));
    index = f32x4.mul(difference(leaf, other), v128.load32_splat(levels + VEGETATION_SCALE));
  }
  const green = ramp(index, 0.22, 0.42);
  const lit = ramp(f32x4.mul(f32x4.add(v, sun), f32x4.splat(0.5)), 0.22, 0.4);
  v128.store(out, v128.load(load<usize>(bands, 32) + x), MEAN);
  v128.store(out, index, INDEX);
  v128.store(out, forest, FOREST);
  v128.store(out, green, GREEN);
  v128.store(out, lit, LIT);
  let ratio = zero;
  let water = zero;
  if (has & WATERS) {
    const infrared = over(load<usize>(bands, 20) + x, levels, DARK_INFRARED);
    ratio = difference(over(load<usize>(bands, 16) + x, levels, DARK_VISIBLE), infrared);
    const wet = ramp(ratio, 0.05, 0.35);
    if (v128.any_true(positive(wet))) {
      const share = f32x4.mul(infrared, v128.load32_splat(levels + PER_INFRARED));
      const open = f32x4.mul(
        f32x4.mul(rest(ramp(share, 0.25, 0.5)), ramp(v, 0.15, 0.35)),
        rest(ramp(e, 0.25, 0.55)),
      );
      water = f32x4.mul(wet, open);
    }
    if (has & DARK_WATER) {
      const long = f32x4.mul(infrared, v128.load32_splat(levels + PER_INFRARED));
      water = f32x4.pmax(water, f32x4.mul(rest(ramp(sun, 0.35, 0.65)), rest(ramp(long, 0.35, 0.65))));
      v128.store(out, f32x4.add(sun, long), INFRARED);
    }
  }
  v128.store(out, ratio, RATIO);
  v128.store(out, water, WATER);
  const hard = f32x4.mul(f32x4.mul(rest(green), rest(water)), lit);
  let soil = zero;
  let built = hard;
  // soil counts as a share of hard ground only
  if (has & COLOUR && v128.any_true(positive(hard))) {
    const brown = ramp(difference(over(redAt, levels, DARK_RED), over(blueAt, levels, DARK_BLUE)), 0.18, 0.34);
    soil = f32x4.mul(brown, rest(ramp(e, 0.7, 1.3)));
    built = f32x4.mul(hard, rest(soil));
  }
  if (!(has & NDVI)) built = f32x4.mul(built, ramp(e, 0.35, 0.9));
  v128.store(out, hard, HARD);
  v128.store(out, soil, SOIL);
  v128.store(out, built, BUILT);
}

/** States of four pixels as bytes. */
// @ts-ignore: decorator
@inline
function states(scores: usize): u32 {
  let state = v128.bitselect(i32x4.splat(5), i32x4.splat(6), half(v128.load(scores, LIT)));
  state = v128.bitselect(i32x4.splat(4), state, half(v128.load(scores, GREEN)));
  state = v128.bitselect(i32x4.splat(3), state, half(v128.load(scores, FOREST)));
  state = v128.bitselect(i32x4.splat(2), state, half(v128.load(scores, WATER)));
  state = v128.bitselect(i32x4.splat(1), state, half(v128.load(scores, BUILT)));
  return pack(state);
}

// @ts-ignore: decorator
@inline
function roofness(scores: usize): v128 {
  return f32x4.pmax(ramp(v128.load(scores, E), 0.25, 0.6), ramp(v128.load(scores, V), 1.6, 2.4));
}

// @ts-ignore: decorator
@inline
function outside(value: v128, low: v128, high: v128, times: f32): v128 {
  const noise = f32x4.splat(0.05);
  const factor = f32x4.splat(times);
  const own = f32x4.add(value, noise);
  return v128.or(
    f32x4.gt(own, f32x4.mul(factor, f32x4.add(high, noise))),
    f32x4.gt(f32x4.add(low, noise), f32x4.mul(factor, own)),
  );
}

/** As the kernel's helper: which of four pixels are as coloured as soil and not blue. */
// @ts-ignore: decorator
@inline
function soilColoured(bands: usize, x: usize, own: usize): v128 {
  const red = mapped(load<usize>(bands, 8) + x, own, own + 12);
  const green = mapped(load<usize>(bands, 4) + x, own + 4, own + 16);
  const blue = mapped(load<usize>(bands) + x, own + 8, own + 20);
  const ground = f32x4.pmax(red, green);
  const left = f32x4.mul(f32x4.pmax(ground, blue), v128.load32_splat(own, 24));
  return v128.and(
    f32x4.gt(left, f32x4.pmin(f32x4.pmin(red, green), blue)),
    f32x4.gt(f32x4.mul(f32x4.splat(1.1), ground), blue),
  );
}

// @ts-ignore: decorator
@inline
function mapped(at: usize, gain: usize, offset: usize): v128 {
  return f32x4.add(f32x4.mul(v128.load(at), v128.load32_splat(gain)), v128.load32_splat(offset));
}

/** Least brightness of the 3 × 3 around four pixels at `x` of the middle row. */
// @ts-ignore: decorator
@inline
function least3(rows: usize, radius: i32, x: usize, per: v128): v128 {
  let least = f32x4.splat(f32.MAX_VALUE);
  for (let k = radius - 1; k <= radius + 1; k++) {
    const at = load<usize>(rows + (<usize>k << 2)) + x;
    least = f32x4.pmin(least, f32x4.pmin(v128.load(at), f32x4.pmin(v128.load(at - 4), v128.load(at + 4))));
  }
  return f32x4.mul(least, per);
}

/** Greatest brightness of the 3 × 3. */
// @ts-ignore: decorator
@inline
function most3(rows: usize, radius: i32, x: usize, per: v128): v128 {
  let most = f32x4.splat(0);
  for (let k = radius - 1; k <= radius + 1; k++) {
    const at = load<usize>(rows + (<usize>k << 2)) + x;
    most = f32x4.pmax(most, f32x4.pmax(v128.load(at), f32x4.pmax(v128.load(at - 4), v128.load(at + 4))));
  }
  return f32x4.mul(most, per);
}

/** Least brightness of the window around four pixels. */
function darkest(rows: usize, radius: i32, x: usize, per: v128): v128 {
  let least = f32x4.splat(f32.MAX_VALUE);
  for (let k = 0; k <= 2 * radius; k++) {
    const from = load<usize>(rows + (<usize>k << 2)) + x - (<usize>radius << 2);
    for (let j = 0; j <= 2 * radius; j++) least = f32x4.pmin(least, v128.load(from + (<usize>j << 2)));
  }
  return f32x4.mul(least, per);
}

/**
 * Classes of four pixels that changed, from both dates' scores, into the bytes at `o` of the planes. `rowsBefore`,
 * `rowsAfter`: addresses of the 2·radius+1 rows of brightness around theirs, which is in the middle; bands as `score` takes them.
 */
function judge(
  before: usize,
  after: usize,
  much: v128,
  changed: v128,
  has: i32,
  code: usize,
  confidence: usize,
  bare: usize,
  rowsBefore: usize,
  rowsAfter: usize,
  radius: i32,
  bandsBefore: usize,
  bandsAfter: usize,
  x: usize,
  levels: usize,
): void {
  const litBefore = v128.load(before, LIT);
  const litAfter = v128.load(after, LIT);
  const waterBefore = v128.load(before, WATER);
  const waterAfter = v128.load(after, WATER);
  const builtBefore = v128.load(before, BUILT);
  const builtAfter = v128.load(after, BUILT);
  const roofAfter = roofness(after);
  const bareAfter = f32x4.mul(v128.load(after, HARD), f32x4.pmax(v128.load(after, SOIL), rest(roofAfter)));
  const isBare = half(bareAfter);
  let found = i32x4.splat(0);
  let sure = f32x4.splat(0);
  let toBare = i32x4.splat(0);
  if (has & NDVI) {
    const greenBefore = v128.load(before, GREEN);
    const forestBefore = v128.load(before, FOREST);
    const forestAfter = v128.load(after, FOREST);
    const climb = f32x4.sub(v128.load(after, INDEX), v128.load(before, INDEX));
    const drop = ramp(f32x4.neg(climb), 0.12, 0.25);
    const rise = ramp(climb, 0.12, 0.25);
    const earthwork = f32x4.mul(product(greenBefore, litBefore, rest(forestBefore), bareAfter, drop), changed);
    let is = half(earthwork);
    found = v128.and(is, i32x4.splat(3));
    sure = v128.and(is, earthwork);
    const darker = f32x4.div(v128.load(before, MEAN), f32x4.pmax(v128.load(after, MEAN), f32x4.splat(0.000001)));
    const grown = f32x4.pmax(rise, ramp(darker, 1.15, 1.4));
    const forestGain = product(forestAfter, rest(forestBefore), grown, litBefore, changed);
    is = half(forestGain);
    found = v128.bitselect(i32x4.splat(6), found, is);
    sure = v128.bitselect(forestGain, sure, is);
    const ownBrighter = f32x4.div(v128.load(after, V), f32x4.pmax(v128.load(before, V), f32x4.splat(0.000001)));
    const meanBrighter = f32x4.div(v128.load(after, MEAN), f32x4.pmax(v128.load(before, MEAN), f32x4.splat(0.000001)));
    const brighter = f32x4.pmin(ownBrighter, meanBrighter);
    const cut = f32x4.pmax(drop, ramp(brighter, 1.15, 1.4));
    const forestLoss = product(forestBefore, rest(forestAfter), cut, litAfter, changed);
    is = half(forestLoss);
    found = v128.bitselect(i32x4.splat(7), found, is);
    sure = v128.bitselect(forestLoss, sure, is);
    toBare = v128.and(is, isBare);
  }
  if (has & WATERS) {
    let turned = ramp(f32x4.abs(f32x4.sub(v128.load(after, RATIO), v128.load(before, RATIO))), 0.25, 0.5);
    if (has & DARK_WATER) {
      const first = f32x4.add(v128.load(before, INFRARED), f32x4.splat(0.1));
      const second = f32x4.add(v128.load(after, INFRARED), f32x4.splat(0.1));
      const step = f32x4.pmax(f32x4.div(first, second), f32x4.div(second, first));
      turned = f32x4.pmax(turned, ramp(step, 1.35, 1.8));
    }
    const told = has & DARK_WATER ? f32x4.splat(1) : litBefore;
    const waterGain = product(waterAfter, rest(waterBefore), turned, told, changed);
    let is = half(waterGain);
    found = v128.bitselect(i32x4.splat(4), found, is);
    sure = v128.bitselect(waterGain, sure, is);
    toBare = v128.andnot(toBare, is);
    const dry = has & NDVI ? f32x4.mul(litAfter, ramp(v128.load(after, INDEX), -0.02, 0.06)) : litAfter;
    const waterLoss = product(waterBefore, rest(waterAfter), turned, dry, changed);
    is = half(waterLoss);
    found = v128.bitselect(i32x4.splat(5), found, is);
    sure = v128.bitselect(waterLoss, sure, is);
    toBare = v128.bitselect(isBare, toBare, is);
  }
  const roofBefore = f32x4.mul(builtBefore, roofness(before));
  const gone = f32x4.mul(f32x4.mul(roofBefore, v128.load(after, HARD)), changed);
  let isGone = half(gone);
  const come = product(f32x4.mul(builtAfter, roofAfter), litBefore, rest(builtBefore), rest(waterBefore), changed);
  let isNew = half(come);
  if (has & OWN) {
    if (v128.any_true(isNew)) isNew = v128.andnot(isNew, soilColoured(bandsAfter, x, levels + OWN_AFTER));
    if (v128.any_true(isGone)) isGone = v128.andnot(isGone, soilColoured(bandsBefore, x, levels + OWN_BEFORE));
  }
  if (v128.any_true(isGone)) {
    const per = v128.load32_splat(levels + PER_BRIGHTNESS);
    const after3 = outside(
      v128.load(after, V),
      least3(rowsBefore, radius, x, per),
      most3(rowsBefore, radius, x, per),
      1.2,
    );
    const before3 = outside(
      v128.load(before, V),
      least3(rowsAfter, radius, x, per),
      most3(rowsAfter, radius, x, per),
      1.2,
    );
    isGone = v128.and(isGone, v128.and(after3, before3));
    // something still casts a shadow
    if (v128.any_true(isGone)) {
      isGone = v128.and(isGone, f32x4.ge(darkest(rowsAfter, radius, x, per), f32x4.splat(0.3)));
    }
  }
  let is = isGone;
  let building = v128.and(isNew, come);
  if (has & OUTLINED) {
    const hard = f32x4.mul(v128.load(before, HARD), v128.load(after, HARD));
    const rebuilt = f32x4.mul(hard, ramp(much, 0.6, 0.9));
    building = f32x4.pmax(building, f32x4.pmax(v128.and(isGone, gone), rebuilt));
    isNew = half(building);
  } else {
    found = v128.bitselect(i32x4.splat(2), found, is);
    sure = v128.bitselect(gone, sure, is);
    toBare = v128.andnot(toBare, is);
  }
  is = isNew;
  found = v128.bitselect(i32x4.splat(1), found, is);
  sure = v128.bitselect(building, sure, is);
  toBare = v128.andnot(toBare, is);
  store<u32>(code, pack(found));
  store<u32>(confidence, pack(steps(sure)));
  store<u32>(bare, pack(v128.and(toBare, i32x4.splat(1))));
}

/**
 * A row of `width` px. `bandsBefore`, `bandsAfter`: addresses as `score` takes them; `rawBefore`, `rawAfter`: the first
 * of `count` bands' rows, `apart` bytes apart; `noise`: 1/noise a band, floats; `scores`: room for two dates. The six
 * planes take a byte a pixel from their addresses on, and up to three more. `rowsBefore`, `rowsAfter`, `radius`: as `judge`.
 */
export function stateRow(
  bandsBefore: usize,
  bandsAfter: usize,
  rawBefore: usize,
  rawAfter: usize,
  apart: usize,
  count: i32,
  noise: usize,
  levels: usize,
  has: i32,
  scores: usize,
  width: i32,
  code: usize,
  confidence: usize,
  magnitude: usize,
  stateBefore: usize,
  stateAfter: usize,
  bare: usize,
  rowsBefore: usize,
  rowsAfter: usize,
  radius: i32,
): void {
  const after = scores + SCORES;
  const share = f32x4.splat(<f32>1 / <f32>count);
  const energyHalf = v128.load32_splat(levels + ENERGY_HALF);
  for (let o: usize = 0; o < <usize>width; o += 4) {
    const x = o << 2;
    score(bandsBefore, x, levels, has, scores);
    score(bandsAfter, x, levels, has, after);
    store<u32>(stateBefore + o, states(scores));
    store<u32>(stateAfter + o, states(after));
    let energy = f32x4.splat(0);
    let at = x;
    for (let k: usize = 0; k < <usize>count; k++) {
      const step = f32x4.sub(v128.load(rawAfter + at), v128.load(rawBefore + at));
      const z = f32x4.mul(step, v128.load32_splat(noise + (k << 2)));
      energy = f32x4.add(energy, f32x4.mul(z, z));
      at += apart;
    }
    energy = f32x4.mul(energy, share);
    const much = f32x4.div(energy, f32x4.add(energy, energyHalf));
    store<u32>(magnitude + o, pack(steps(much)));
    const changed = ramp(much, 0.15, 0.4);
    // a factor of every class, and each is one from a half on
    if (v128.any_true(half(changed))) {
      judge(
        scores,
        after,
        much,
        changed,
        has,
        code + o,
        confidence + o,
        bare + o,
        rowsBefore,
        rowsAfter,
        radius,
        bandsBefore,
        bandsAfter,
        x,
        levels,
      );
    } else {
      store<u32>(code + o, 0);
      store<u32>(confidence + o, 0);
      store<u32>(bare + o, 0);
    }
  }
}

/** Marks in the plane of what turned bare, while the codes around are still looked at. */
const LONELY: u8 = 128;

/**
 * After the last row: takes back the change of pixels with fewer than `least` of the 3 × 3 around them of their class, and
 * that of classes without their bit in `wanted`.
 */
export function support(
  width: i32,
  height: i32,
  least: i32,
  wanted: i32,
  code: usize,
  confidence: usize,
  bare: usize,
): void {
  const length = <usize>(width * height);
  let i: usize = 0;
  while (i < length) {
    if (i + 16 <= length && !v128.any_true(v128.load(code + i))) {
      i += 16;
      continue;
    }
    if (load<u8>(code + i) && supporters(code, i, width, height) < least) {
      store<u8>(bare + i, load<u8>(bare + i) | LONELY);
    }
    i++;
  }
  i = 0;
  while (i < length) {
    if (i + 16 <= length && !v128.any_true(v128.load(code + i))) {
      i += 16;
      continue;
    }
    const found = load<u8>(code + i);
    if (found && (load<u8>(bare + i) & LONELY || !((wanted >> found) & 1))) {
      store<u8>(code + i, 0);
      store<u8>(confidence + i, 0);
      store<u8>(bare + i, 0);
    }
    i++;
  }
}

/** Pixels of the 3 × 3 around pixel `i` that have its code, itself included; edges of the plane are repeated. */
function supporters(code: usize, i: usize, width: i32, height: i32): i32 {
  const found = load<u8>(code + i);
  const row = <i32>i / width;
  const column = <i32>i - row * width;
  const left = <usize>max(column - 1, 0);
  const middle = <usize>column;
  const right = <usize>min(column + 1, width - 1);
  let count = 0;
  for (let k = -1; k <= 1; k++) {
    const start = code + <usize>(max(0, min(height - 1, row + k)) * width);
    count += i32(load<u8>(start + left) == found);
    count += i32(load<u8>(start + middle) == found);
    count += i32(load<u8>(start + right) == found);
  }
  return count;
}
