/** Half-width in px of the square that must lie inside a body, at most and at least, and the metres that are enough. */
export const CORE = 2;
const LEAST_CORE = 1;
const CORE_METRES = 4;
/** Pixels that tell a mean. */
const ENOUGH = 1000;

/** Half-width in px of the square that must lie inside a body, at a resolution in metres: a pond of 30 m is one in pixels of 5 m too. */
export function coreWidth(resolution: number): number {
  return Math.min(CORE, Math.max(LEAST_CORE, Math.ceil(CORE_METRES / resolution)));
}

/** Bodies of a class in planes of `stride` px a row: what hangs together by its sides, but for specks that no square of `core` px each way fits into. */
export function bodiesOf(code: Uint8Array, value: number, stride: number, core = CORE): number[][] {
  const found: number[][] = [];
  // most blocks hold none
  let at = code.indexOf(value);
  if (at < 0) return found;
  const seen = new Uint8Array(code.length);
  for (; at >= 0; at = code.indexOf(value, at + 1)) {
    if (seen[at] === 1 || !isCore(code, at, stride, core)) continue;
    seen[at] = 1;
    const pixels: number[] = [];
    const stack = [at];
    for (let own = stack.pop(); own !== undefined; own = stack.pop()) {
      pixels.push(own);
      eachNeighbour(own, stride, code.length, (to) => {
        if (seen[to] === 1 || code[to] !== value) return;
        seen[to] = 1;
        stack.push(to);
      });
    }
    found.push(pixels);
  }
  return found;
}

/** Pixels of a body around which all of a square of `width` px each way is the body's; of a large one an even sample. */
export function coreOf(body: readonly number[], code: Uint8Array, stride: number, width = CORE): number[] {
  const every = Math.ceil(body.length / ENOUGH);
  const sample = body.filter((at, k) => k % every === 0 && isCore(code, at, stride, width));
  return sample.length > 0 ? sample : body.filter((at) => isCore(code, at, stride, width));
}

function isCore(code: Uint8Array, at: number, stride: number, core: number): boolean {
  const column = at % stride;
  if (column < core || column >= stride - core) return false;
  const first = at - core * stride;
  if (first < 0 || at + core * stride >= code.length) return false;
  for (let row = first; row <= at + core * stride; row += stride)
    for (let to = row - core; to <= row + core; to++) if (code[to] !== code[at]) return false;
  return true;
}

/** The four pixels beside one, but for what lies off the planes. */
export function eachNeighbour(at: number, stride: number, length: number, visit: (to: number) => void): void {
  const column = at % stride;
  if (at >= stride) visit(at - stride);
  if (column > 0) visit(at - 1);
  if (column < stride - 1) visit(at + 1);
  if (at + stride < length) visit(at + stride);
}
