/**
 * A zlib stream (RFC 1950, 1951) of bytes that are mostly long runs of one value, as differences of smooth rasters are: runs
 * and single bytes, and Huffman codes made for every 48,000 of them. It looks for no other repetition, which in such
 * bytes costs most of the time and finds next to nothing.
 */

/** Tokens of a block: a byte (0-255), or 256 + how much longer than 3 a repetition of the byte before is. */
const MOST_TOKENS: usize = 49_152;
const SHORTEST: i32 = 3;
const LONGEST: i32 = 258;
/** Tokens that one step of 16 bytes and the run before it may add. */
const MARGIN: usize = 64;

const END: i32 = 256;
const SYMBOLS: i32 = 286;
const LONGEST_CODE: i32 = 15;

// what lies in the working room
const COUNTS: usize = 0; // u32[512], by token
const OTHERS: usize = 2048; // u32[256], counts of bytes to be added to those
const WEIGHTS: usize = 3072; // u32[2 * 288], by node of the tree: symbols first
const PARENTS: usize = 5376; // u16[2 * 288]
const ORDER: usize = 6528; // u16[288], symbols by weight
const LENGTHS: usize = 7104; // u8[2 * 288], depths of nodes; the first are the symbols' code lengths
const CODES: usize = 7680; // u32[512], by token: how many bits, and the bits themselves from the ninth on
const STARTS: usize = 9728; // u32[16], by code length
const TOKENS: usize = 9792; // u16[MOST_TOKENS + MARGIN + …]

// of the stream being written; nothing is kept from one call to the next
let target: usize = 0;
let bits: u64 = 0;
let held: i32 = 0;
/** The code of the block's end: it has no token. */
let endCode: u32 = 0;

/** Up to 56 bits, the lowest first; whole bytes are written out without asking whether there are any. */
// @ts-ignore: decorator
@inline
function putLong(value: u64, count: i32): void {
  bits |= value << held;
  held += count;
  store<u64>(target, bits);
  target += <usize>(held >> 3);
  bits >>= held & ~7;
  held &= 7;
}

// @ts-ignore: decorator
@inline
function put(value: u32, count: i32): void {
  putLong(value, count);
}

// @ts-ignore: decorator
@inline
function count(work: usize, token: i32): void {
  const at = work + COUNTS + (<usize>token << 2);
  store<u32>(at, load<u32>(at) + 1);
}

// @ts-ignore: decorator
@inline
function symbolOf(token: i32): i32 {
  if (token < 256) return token;
  const more = token - 256;
  if (more < 8) return 257 + more;
  if (more === 255) return 285;
  const extra = extraOf(token);
  return 257 + (extra << 2) + (more >> extra);
}

/** Bits that follow a token's symbol and say which of its lengths it is. */
// @ts-ignore: decorator
@inline
function extraOf(token: i32): i32 {
  const more = token - 256;
  return more < 8 || more === 255 ? 0 : 29 - clz(more);
}

/** Tokens for `run` more of the byte `value`; where the next token goes. */
function repeat(work: usize, to: usize, run: i32, value: i32): usize {
  while (run >= SHORTEST) {
    let length = min(run, LONGEST);
    // never leave a rest that is too short to be a repetition
    if (run > LONGEST && run - LONGEST < SHORTEST) length = LONGEST - SHORTEST;
    const token = 256 + length - SHORTEST;
    store<u16>(to, <u16>token);
    count(work, token);
    to += 2;
    run -= length;
  }
  for (; run > 0; run--) {
    store<u16>(to, <u16>value);
    count(work, value);
    to += 2;
  }
  return to;
}

/**
 * @param work room of 110 KiB
 * @param out room for an eighth more than `length` bytes and 4 KiB
 * @returns bytes written. The 16 bytes after the input are read, and never used.
 */
export function deflateRuns(from: usize, length: usize, work: usize, out: usize): usize {
  store<u16>(out, 0x0178);
  target = out + 2;
  bits = 0;
  held = 0;
  const end = from + length;
  const full = work + TOKENS + 2 * MOST_TOKENS;
  let to = work + TOKENS;
  memory.fill(work + COUNTS, 0, WEIGHTS - COUNTS);
  let at = from;
  let run: i32 = 0;
  if (length > 0) {
    const first: i32 = load<u8>(at++);
    store<u16>(to, <u16>first);
    count(work, first);
    to += 2;
  }
  while (at < end) {
    const here = v128.load(at);
    const left = end - at;
    const step = <i32>min<usize>(left, 16);
    const all: i32 = (1 << step) - 1;
    const same = i8x16.bitmask(i8x16.eq(here, v128.load(at - 1))) & all;
    if (same === all) {
      run += step;
      at += step;
      // a block of tokens must hold what a run becomes
      if (run >= LONGEST * 32) {
        to = repeat(work, to, LONGEST * 31, 0);
        run -= LONGEST * 31;
      }
    } else if (step === 16 && (same & (same >> 1) & (same >> 2)) === 0) {
      // no repetition within: what leads goes on with the run before, what trails may begin one
      const leading = ctz(~same);
      run += leading;
      if (run > 0) {
        to = repeat(work, to, run, load<u8>(at - 1));
        run = 0;
      }
      const trailing = clz(~(same << 16));
      const bytes = v128.load(at + leading);
      v128.store(to, i16x8.extend_low_i8x16_u(bytes));
      v128.store(to + 16, i16x8.extend_high_i8x16_u(bytes));
      // neighbours are often alike: with counts of their own the second need not wait for the first's
      let i = leading;
      for (; i + 1 < 16 - trailing; i += 2) {
        count(work, load<u8>(at + i));
        count(work + (OTHERS - COUNTS), load<u8>(at + i + 1));
      }
      if (i < 16 - trailing) count(work, load<u8>(at + i));
      to += <usize>(16 - trailing - leading) << 1;
      run = trailing;
      at += 16;
    } else {
      let i: i32 = 0;
      while (i < step) {
        // bytes that repeat the one before, then those that do not
        const equal = ctz(~(same >> i));
        if (equal > 0) {
          const got = min(equal, step - i);
          run += got;
          i += got;
          if (i === step) break;
        }
        if (run > 0) {
          to = repeat(work, to, run, load<u8>(at + i - 1));
          run = 0;
        }
        const value: i32 = load<u8>(at + i);
        store<u16>(to, <u16>value);
        count(work, value);
        to += 2;
        i++;
      }
      at += step;
    }
    if (to >= full) {
      writeBlock(work, to, 0);
      to = work + TOKENS;
      memory.fill(work + COUNTS, 0, WEIGHTS - COUNTS);
    }
  }
  if (run > 0) to = repeat(work, to, run, load<u8>(end - 1));
  writeBlock(work, to, 1);
  for (; held > 0; held -= 8, bits >>= 8) store<u8>(target++, <u8>bits);
  store<u32>(target, bswap(adler32(from, length)));
  return target + 4 - out;
}

/** One block with codes of its own. */
function writeBlock(work: usize, end: usize, last: u32): void {
  makeLengths(work);
  makeCodes(work);
  // dynamic codes; 286 symbols, one distance; lengths as they are, four bits each: the symbols 0 to 15 of the code for lengths
  put(last | (2 << 1), 3);
  put((SYMBOLS - 257) | (0 << 5) | (15 << 10), 14);
  // in the order 16 17 18 0 8 7 9 6 10 5 11 4 12 3 13 2 14 1 15
  for (let i = 0; i < 19; i++) put(i < 3 ? 0 : 4, 3);
  for (let i = 0; i < SYMBOLS; i++) putLength(load<u8>(work + LENGTHS + i));
  putLength(1);
  let at = work + TOKENS;
  // two at a time: a token has 21 bits at most
  for (; at + 2 < end; at += 4) {
    const first = load<u32>(work + CODES + (<usize>load<u16>(at) << 2));
    const second = load<u32>(work + CODES + (<usize>load<u16>(at + 2) << 2));
    const length = <i32>(first & 255);
    putLong((<u64>(first >> 8)) | ((<u64>(second >> 8)) << length), length + <i32>(second & 255));
  }
  for (; at < end; at += 2) {
    const code = load<u32>(work + CODES + (<usize>load<u16>(at) << 2));
    put(code >> 8, <i32>(code & 255));
  }
  put(endCode >> 8, <i32>(endCode & 255));
}

/** A code's bits go out from the highest: of four equal ones, the number turned round. */
// @ts-ignore: decorator
@inline
function putLength(length: i32): void {
  put(reversed(length, 4), 4);
}

function reversed(code: u32, count: i32): u32 {
  let turned: u32 = 0;
  for (let i = 0; i < count; i++) {
    turned = (turned << 1) | (code & 1);
    code >>= 1;
  }
  return turned;
}

function countOf(work: usize, token: i32): u32 {
  const place = <usize>token << 2;
  return load<u32>(work + COUNTS + place) + (token < 256 ? load<u32>(work + OTHERS + place) : 0);
}

/** Code lengths of the symbols by Huffman's method, none longer than 15: weights are halved until that is so. */
function makeLengths(work: usize): void {
  const weights = work + WEIGHTS;
  memory.fill(weights, 0, 4 * 288);
  for (let token = 0; token < 512; token++) {
    const at = weights + (<usize>symbolOf(token) << 2);
    store<u32>(at, load<u32>(at) + countOf(work, token));
  }
  store<u32>(weights + (<usize>END << 2), 1);
  // two symbols at least, or it would be no code
  store<u32>(weights, load<u32>(weights) + 1);
  while (longestOf(work) > LONGEST_CODE) {
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      const at = weights + (<usize>symbol << 2);
      const weight = load<u32>(at);
      store<u32>(at, (weight >> 1) + (weight & 1));
    }
  }
}

/** Sets the depths of the tree that the weights make; the largest of them. */
function longestOf(work: usize): i32 {
  const weights = work + WEIGHTS;
  const order = work + ORDER;
  const parents = work + PARENTS;
  const lengths = work + LENGTHS;
  memory.fill(lengths, 0, 576);
  let used: i32 = 0;
  for (let symbol = 0; symbol < SYMBOLS; symbol++) {
    const weight = load<u32>(weights + (<usize>symbol << 2));
    if (weight === 0) continue;
    let place = used++;
    for (; place > 0; place--) {
      const before: usize = load<u16>(order + (<usize>(place - 1) << 1));
      if (load<u32>(weights + (before << 2)) <= weight) break;
      store<u16>(order + (<usize>place << 1), <u16>before);
    }
    store<u16>(order + (<usize>place << 1), <u16>symbol);
  }
  // nodes from 288 on come with growing weights, so the two lightest are always the first of two queues
  let leaf: i32 = 0;
  let node: i32 = 288;
  let made: i32 = 288;
  for (; made < 288 + used - 1; made++) {
    let sum: u32 = 0;
    for (let half = 0; half < 2; half++) {
      let light: usize = leaf < used ? load<u16>(order + (<usize>leaf << 1)) : 0;
      if (leaf < used && (node >= made || load<u32>(weights + (light << 2)) <= load<u32>(weights + (<usize>node << 2)))) leaf++;
      else {
        light = <usize>node;
        node++;
      }
      sum += load<u32>(weights + (light << 2));
      store<u16>(parents + (light << 1), <u16>made);
    }
    store<u32>(weights + (<usize>made << 2), sum);
  }
  let longest: i32 = 0;
  for (let inner = made - 2; inner >= 288; inner--) {
    store<u8>(lengths + inner, load<u8>(lengths + <usize>load<u16>(parents + (<usize>inner << 1))) + 1);
  }
  for (let i = 0; i < used; i++) {
    const symbol: usize = load<u16>(order + (<usize>i << 1));
    const depth: i32 = load<u8>(lengths + <usize>load<u16>(parents + (symbol << 1))) + 1;
    store<u8>(lengths + symbol, <u8>depth);
    longest = max(longest, depth);
  }
  return longest;
}

/** Canonical codes of the lengths (RFC 1951, 3.2.2), laid out by token with the bits that follow. */
function makeCodes(work: usize): void {
  const starts = work + STARTS;
  const lengths = work + LENGTHS;
  const symbols = work + WEIGHTS;
  memory.fill(starts, 0, 64);
  for (let symbol = 0; symbol < SYMBOLS; symbol++) {
    const at = starts + (<usize>load<u8>(lengths + symbol) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  let next: u32 = 0;
  let before: u32 = 0;
  for (let length = 1; length <= LONGEST_CODE; length++) {
    next = (next + before) << 1;
    before = load<u32>(starts + (<usize>length << 2));
    store<u32>(starts + (<usize>length << 2), next);
  }
  // by symbol, in the place of the weights, which are done with
  for (let symbol = 0; symbol < SYMBOLS; symbol++) {
    const length: i32 = load<u8>(lengths + symbol);
    if (length === 0) continue;
    const at = starts + (<usize>length << 2);
    const code = load<u32>(at);
    store<u32>(at, code + 1);
    store<u32>(symbols + (<usize>symbol << 2), reversed(code, length));
  }
  for (let token = 0; token < 512; token++) {
    const symbol = symbolOf(token);
    let length: i32 = load<u8>(lengths + symbol);
    if (length === 0) continue;
    let code = load<u32>(symbols + (<usize>symbol << 2));
    if (token >= 256) {
      const extra = extraOf(token);
      code |= (<u32>(token - 256) & ((1 << extra) - 1)) << length;
      // and the only distance, whose code is one bit 0
      length += extra + 1;
    }
    store<u32>(work + CODES + (<usize>token << 2), (code << 8) | <u32>length);
  }
  endCode = (load<u32>(symbols + (<usize>END << 2)) << 8) | <u32>load<u8>(lengths + END);
}

const BASE: u32 = 65_521;
/** Bytes whose sums 32 bits hold. */
const SPAN: usize = 4096;

/** The checksum of RFC 1950: sums of the bytes and of these sums. */
function adler32(from: usize, length: usize): u32 {
  const upper = i16x8(16, 15, 14, 13, 12, 11, 10, 9);
  const lower = i16x8(8, 7, 6, 5, 4, 3, 2, 1);
  let a: u32 = 1;
  let b: u32 = 0;
  let at = from;
  const end = from + length;
  while (end - at >= 16) {
    const stop = at + (min(end - at, SPAN) & ~15);
    let sums = i32x4.splat(0);
    let before = i32x4.splat(0);
    let weighted = i32x4.splat(0);
    b += a * <u32>(stop - at);
    for (; at < stop; at += 16) {
      const bytes = v128.load(at);
      before = i32x4.add(before, sums);
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes)));
      weighted = i32x4.add(weighted, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(bytes), upper));
      weighted = i32x4.add(weighted, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(bytes), lower));
    }
    b = (b + 16 * total(before) + total(weighted)) % BASE;
    a = (a + total(sums)) % BASE;
  }
  for (; at < end; at++) {
    a = (a + <u32>load<u8>(at)) % BASE;
    b = (b + a) % BASE;
  }
  return (b << 16) | a;
}

// @ts-ignore: decorator
@inline
function total(lanes: v128): u32 {
  return (
    i32x4.extract_lane(lanes, 0) +
    i32x4.extract_lane(lanes, 1) +
    i32x4.extract_lane(lanes, 2) +
    i32x4.extract_lane(lanes, 3)
  );
}
