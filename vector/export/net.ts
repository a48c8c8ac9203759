import type { Point } from '../../raster/affine.js';
import { type Crs, transformer } from '../../raster/crs.js';

/** Side of a cell of the net, metres; for degrees, about as much. */
const CELL_METRES = 512;
const CELL_DEGREES = 0.005;

/** How far a cell may be off the exact answer where it is tried, in units of the target: 0.1 mm, or as many degrees. */
const MOST_ERROR_METRES = 1e-4;
const MOST_ERROR_DEGREES = 1e-9;

/** A biquadratic polynomial for x and for y in place -1 … 1 within the cell, or null where it is not exact enough. */
interface Cell {
  readonly x: Float64Array | null;
  readonly y: Float64Array;
}

/** Maps a point into `at[0]` and `at[1]`. */
export type PointMapper = (x: number, y: number, at: Float64Array) => void;

/**
 * Maps points of one CRS to another as `transformer` does, many points quickly: exact answers on a net of 3 × 3 nodes a
 * cell of half a kilometre, between them the biquadratic polynomial through the nodes, which is some nanometres off for
 * any projection in use. Each cell is tried at four places off its nodes when it is first met, and where it is off by
 * more than 0.1 mm all its points are mapped exactly. Cells no point falls in are never made.
 */
export function netMapper(from: Crs, to: Crs): PointMapper {
  const exact = transformer(from, to);
  const side = from.kind === 'geographic' ? CELL_DEGREES : CELL_METRES / from.metresPerUnit;
  const mostError = to.kind === 'geographic' ? MOST_ERROR_DEGREES : MOST_ERROR_METRES / to.metresPerUnit;
  const cells = new Map<number, Map<number, Cell>>();
  let column = Number.NaN;
  let row = Number.NaN;
  let cell: Cell = OUTSIDE;

  const find = (i: number, j: number): Cell => {
    const own = cells.get(j) ?? new Map<number, Cell>();
    cells.set(j, own);
    const made = own.get(i) ?? fitCell(exact, (i + 0.5) * side, (j + 0.5) * side, side / 2, mostError);
    own.set(i, made);
    return made;
  };

  return (x, y, at) => {
    const i = Math.floor(x / side);
    const j = Math.floor(y / side);
    // the points of a patch mostly share a cell
    if (i !== column || j !== row) {
      cell = Number.isFinite(i) && Number.isFinite(j) ? find(i, j) : OUTSIDE;
      column = i;
      row = j;
    }
    if (cell.x === null) {
      const point = exact(x, y);
      at[0] = point[0];
      at[1] = point[1];
      return;
    }
    const u = (2 * x) / side - 2 * i - 1;
    const v = (2 * y) / side - 2 * j - 1;
    at[0] = evaluate(cell.x, u, v);
    at[1] = evaluate(cell.y, u, v);
  };
}

const OUTSIDE: Cell = { x: null, y: new Float64Array(9) };

/** Places off the nodes, where the polynomial is about the farthest off. */
const TRIED = [-0.58, 0.58] as const;

/** The polynomial of a cell around (x, y), in units of the source, checked against the exact answers. */
function fitCell(
  exact: (x: number, y: number) => Point,
  x: number,
  y: number,
  half: number,
  mostError: number,
): Cell {
  const nodes: Point[] = [];
  for (let j = -1; j <= 1; j++) for (let i = -1; i <= 1; i++) nodes.push(exact(x + i * half, y + j * half));
  const cell = {
    x: coefficients(nodes.map((node) => node[0])),
    y: coefficients(nodes.map((node) => node[1])),
  };
  for (const v of TRIED) {
    for (const u of TRIED) {
      const [ex, ey] = exact(x + u * half, y + v * half);
      const error = Math.hypot(evaluate(cell.x, u, v) - ex, evaluate(cell.y, u, v) - ey);
      // not `>`: NaN is no good answer either
      if (!(error <= mostError)) return OUTSIDE;
    }
  }
  return cell;
}

/** Coefficients of 1, u, u², v, uv, u²v, v², uv², u²v² of the polynomial through values at u, v of -1, 0, 1 (u first). */
function coefficients(values: readonly number[]): Float64Array {
  const result = new Float64Array(9);
  const rows = [0, 3, 6].map((k) => quadratic(values[k], values[k + 1], values[k + 2]));
  for (let i = 0; i < 3; i++) {
    const column = quadratic(rows[0][i], rows[1][i], rows[2][i]);
    for (let j = 0; j < 3; j++) result[3 * j + i] = column[j];
  }
  return result;
}

/** Coefficients of 1, t, t² of the parabola through values at -1, 0, 1. */
function quadratic(before: number, middle: number, after: number): readonly [number, number, number] {
  return [middle, (after - before) / 2, (after + before) / 2 - middle];
}

function evaluate(c: Float64Array, u: number, v: number): number {
  return (
    c[0] + u * (c[1] + u * c[2]) + v * (c[3] + u * (c[4] + u * c[5]) + v * (c[6] + u * (c[7] + u * c[8])))
  );
}
