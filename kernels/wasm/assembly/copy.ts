/** Copies `rows` rows of `length` bytes; rows lie `fromStride` and `toStride` bytes apart. The two do not overlap. */
export function copyRows(from: usize, to: usize, length: usize, rows: i32, fromStride: usize, toStride: usize): void {
  for (let row = 0; row < rows; row++) {
    let at: usize = 0;
    for (; at + 16 <= length; at += 16) v128.store(to + at, v128.load(from + at));
    for (; at < length; at++) store<u8>(to + at, load<u8>(from + at));
    from += fromStride;
    to += toStride;
  }
}
