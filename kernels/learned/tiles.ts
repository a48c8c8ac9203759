/** Where a tile lies in a plane of the model's px, and how much each of its pixels is worth. */
export interface Tile {
  readonly x: number;
  readonly y: number;
}

/**
 * The least side of equal tiles, as few of them as cover a length with `overlap` px in common and none over about `most`: a multiple
 * of `multiple`.
 */
export function tileSize(length: number, most: number, overlap: number, multiple: number): number {
  const longest = Math.max(most, 2 * overlap);
  const count = Math.max(1, Math.ceil((length - overlap) / (longest - overlap)));
  return Math.ceil((length + (count - 1) * overlap) / count / multiple) * multiple;
}

/**
 * Where tiles of `size` begin that cover a length with at least `overlap` px in common, on multiples of `multiple`: the last may
 * reach beyond the end.
 */
export function tileStarts(length: number, size: number, overlap: number, multiple: number): number[] {
  const step = Math.max(multiple, Math.floor((size - overlap) / multiple) * multiple);
  const starts = [0];
  while (starts[starts.length - 1] + size < length) starts.push(starts[starts.length - 1] + step);
  return starts;
}

/**
 * What a tile's pixel counts along one axis, 0-1: nothing within half of the margin of a side where another tile goes on, all
 * from one and a half margins on, and on a line between, so that two tiles fade into one another.
 */
export function tileWeight(
  at: number,
  size: number,
  margin: number,
  goesOn: readonly [boolean, boolean],
): number {
  const ramp = (distance: number) =>
    Math.min(1, Math.max(0, (distance + 0.5 - margin / 2) / Math.max(1, margin)));
  return Math.min(goesOn[0] ? ramp(at) : 1, goesOn[1] ? ramp(size - 1 - at) : 1);
}
