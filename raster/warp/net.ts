import { type Affine, apply, invert } from '../affine.js';
import { type Crs, sameCrs, transformer } from '../crs.js';
import type { Grid, Window } from '../grid.js';

/** Largest distance in source px between an interpolated and the exact coordinate; gdalwarp's own default. */
export const MAX_NET_ERROR = 0.125;

/** Spacing in target px that the net starts from, and below which exactness is not sought further. */
const FIRST_SPACING = 128;
const LEAST_SPACING = 4;

/**
 * Sparse net of exact source coordinates over a window of the target grid. Node (i, j) stands at target px
 * (window.x + i·spacing, window.y + j·spacing), at the pixel CENTRE lattice; u, v are source px (corner frame).
 */
export interface ControlNet {
  readonly window: Window;
  readonly spacing: number;
  readonly columns: number;
  readonly rows: number;
  readonly u: Float64Array;
  readonly v: Float64Array;
}

/** How one raster lies in the world: its px to CRS transform. */
export interface Placement {
  readonly crs: Crs;
  readonly transform: Affine;
}

/** How far the source's content is to be moved, in target px (x right, y down): the co-registration shift. */
export interface Shift {
  readonly dx: number;
  readonly dy: number;
  /** Where one shift for all does not fit: then dx and dy are its value in the middle. */
  readonly field?: ShiftField;
}

/**
 * A shift that changes smoothly over the grid: polynomials in place, a target px (corner frame) from `centre` in units
 * of `reach` px. Coefficients of 1, s, t (affine) and s², st, t² (quadratic).
 */
export interface ShiftField {
  readonly centre: readonly [x: number, y: number];
  readonly reach: number;
  readonly dx: readonly number[];
  readonly dy: readonly number[];
}

/** 1, s, t, s², st, t² at a target px. */
export function termsAt({ centre, reach }: Pick<ShiftField, 'centre' | 'reach'>, x: number, y: number) {
  const s = (x - centre[0]) / reach;
  const t = (y - centre[1]) / reach;
  return [1, s, t, s * s, s * t, t * t] as const;
}

/** The shift at a target px (corner frame). */
export function shiftAt({ dx, dy, field }: Shift, x: number, y: number): { dx: number; dy: number } {
  if (field === undefined) return { dx, dy };
  const terms = termsAt(field, x, y);
  const at = (coefficients: readonly number[]) =>
    coefficients.reduce((sum, value, k) => sum + value * terms[k], 0);
  return { dx: at(field.dx), dy: at(field.dy) };
}

export const NO_SHIFT: Shift = { dx: 0, dy: 0 };

/** A shift of a grid's px in its cells of `cell` px a side. */
export function shiftInCells({ dx, dy, field }: Shift, cell: number): Shift {
  const scaled = (values: readonly number[]) => values.map((value) => value / cell);
  const moved = { dx: dx / cell, dy: dy / cell };
  if (field === undefined) return moved;
  const [x, y] = field.centre;
  return {
    ...moved,
    field: {
      centre: [x / cell, y / cell],
      reach: field.reach / cell,
      dx: scaled(field.dx),
      dy: scaled(field.dy),
    },
  };
}

/**
 * Exact map from target px (corner frame) to source px (corner frame); [NaN, NaN] where there is none.
 * The shift is folded in, so that one resampling does both.
 */
export function exactMap(
  grid: Grid,
  source: Placement,
  shift: Shift = NO_SHIFT,
): (col: number, row: number) => readonly [number, number] {
  const toSource = invert(source.transform);
  const reproject = transformer(grid.crs, source.crs);
  return (col, row) => {
    const { dx, dy } = shiftAt(shift, col, row);
    const [x, y] = apply(grid.transform, col - dx, row - dy);
    const [sx, sy] = reproject(x, y);
    return apply(toSource, sx, sy);
  };
}

/**
 * Builds the net: halves the spacing until, at the middle of every cell and of its edges, bilinear interpolation is
 * within MAX_NET_ERROR of the exact coordinate (the approximation of GDAL's approximating transformer).
 */
export function controlNet(
  grid: Grid,
  window: Window,
  source: Placement,
  shift: Shift = NO_SHIFT,
): ControlNet {
  const map = exactMap(grid, source, shift);
  // one CRS, and no more than an affine shift: the map is affine and a single cell is exact
  const linear = sameCrs(grid.crs, source.crs) && (shift.field?.dx.length ?? 0) <= 3;
  let spacing = linear ? Math.max(window.width, window.height, 1) : FIRST_SPACING;
  for (;;) {
    const net = sample(map, window, spacing);
    if (linear || spacing <= LEAST_SPACING || netError(net, map) <= MAX_NET_ERROR) return net;
    spacing /= 2;
  }
}

type ExactMap = ReturnType<typeof exactMap>;

function sample(map: ExactMap, window: Window, spacing: number): ControlNet {
  const columns = Math.max(2, Math.ceil((window.width - 1) / spacing) + 1);
  const rows = Math.max(2, Math.ceil((window.height - 1) / spacing) + 1);
  const u = new Float64Array(columns * rows);
  const v = new Float64Array(columns * rows);
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      const [a, b] = map(window.x + i * spacing + 0.5, window.y + j * spacing + 0.5);
      u[j * columns + i] = a;
      v[j * columns + i] = b;
    }
  }
  return { window, spacing, columns, rows, u, v };
}

/** Largest interpolation error in source px over cell middles and edge middles; unmappable points do not count. */
export function netError(net: ControlNet, map: ExactMap): number {
  const half = net.spacing / 2;
  let worst = 0;
  for (let j = 0; j < net.rows - 1; j++) {
    for (let i = 0; i < net.columns - 1; i++) {
      for (const [di, dj] of PROBES) {
        const x = i * net.spacing + di * half;
        const y = j * net.spacing + dj * half;
        const [u, v] = netAt(net, x, y);
        const [eu, ev] = map(net.window.x + x + 0.5, net.window.y + y + 0.5);
        const error = Math.hypot(u - eu, v - ev);
        if (error > worst) worst = error;
      }
    }
  }
  return worst;
}

const PROBES = [
  [1, 1],
  [1, 0],
  [0, 1],
] as const;

/** Interpolated source px of the target px centre (x, y), counted from the window's upper left pixel. */
export function netAt(net: ControlNet, x: number, y: number): readonly [number, number] {
  const i = Math.min(net.columns - 2, Math.floor(x / net.spacing));
  const j = Math.min(net.rows - 2, Math.floor(y / net.spacing));
  const s = x / net.spacing - i;
  const t = y / net.spacing - j;
  const k = j * net.columns + i;
  const lerp = (a: Float64Array) =>
    (a[k] * (1 - s) + a[k + 1] * s) * (1 - t) +
    (a[k + net.columns] * (1 - s) + a[k + net.columns + 1] * s) * t;
  return [lerp(net.u), lerp(net.v)];
}

/** Bounding box of the net in source px, or null where no node can be mapped. */
export function netExtent(
  net: ControlNet,
): { minU: number; minV: number; maxU: number; maxV: number } | null {
  let minU = Number.POSITIVE_INFINITY;
  let minV = Number.POSITIVE_INFINITY;
  let maxU = Number.NEGATIVE_INFINITY;
  let maxV = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < net.u.length; k++) {
    const u = net.u[k];
    const v = net.v[k];
    if (Number.isNaN(u) || Number.isNaN(v)) continue;
    if (u < minU) minU = u;
    if (u > maxU) maxU = u;
    if (v < minV) minV = v;
    if (v > maxV) maxV = v;
  }
  return minU <= maxU ? { minU, minV, maxU, maxV } : null;
}

/** Mean step in source px of one target px: above 1 the target is coarser than the source. */
export function netScale(net: ControlNet): number {
  const last = net.columns * net.rows - 1;
  const width = Math.hypot(net.u[net.columns - 1] - net.u[0], net.v[net.columns - 1] - net.v[0]);
  const height = Math.hypot(net.u[last] - net.u[net.columns - 1], net.v[last] - net.v[net.columns - 1]);
  const scale = Math.sqrt(
    (width / ((net.columns - 1) * net.spacing)) * (height / ((net.rows - 1) * net.spacing)),
  );
  return Number.isFinite(scale) && scale > 0 ? scale : 1;
}
