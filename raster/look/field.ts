import { type Shift, type ShiftField, shiftAt, termsAt } from '../warp/net.js';

/** What one window says: its middle in grid px, how far `moved` must be moved there, px, and how surely. */
export interface WindowShift {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly strength: number;
}

/** A shift that changes over the grid, and what speaks for it. */
export interface FittedField {
  readonly field: ShiftField;
  /** Windows it explains. */
  readonly agreeing: readonly WindowShift[];
  /** RMS of those windows, each against a fit of all others: of the field, and of one shift for all. */
  readonly rms: number;
  readonly rmsOfShift: number;
}

/** Windows agree with a field when their own shift lies this near it, px; while it is sought, wider. */
const AGREEMENT = 0.75;
const SEEKING = [3, 1.5, AGREEMENT] as const;
/** Least height of a window's own peak to be heard at all, sigmas. */
const LEAST_STRENGTH = 6;
/** Least share of the windows a field must explain, and their least number by the terms of an axis. */
const LEAST_AGREEING = 0.5;
const LEAST_BY_TERMS: Readonly<Record<number, number>> = { 3: 6, 6: 11 };
/** A richer field must take so much off the error of windows it was not fitted to: to this share of it, and px. */
const LEAST_FALL = 0.6;
const LEAST_GAIN = 0.15;
/** Steepest change of the shift that is sought, px a px: beyond it no window shows one shift. */
const STEEPEST = 0.015;

/** Terms an axis: one shift, affine, quadratic. */
const TERMS = [1, 3, 6] as const;

/**
 * A field of low order over the windows' own shifts, or null where one shift does as well. Affine consensus over triples of
 * windows (Fischler and Bolles, 1981, all triples instead of random ones), then least squares over those that agree. A richer order is taken
 * only where it clearly lowers the error of each window against a fit of the others.
 */
export function fitField(
  windows: readonly WindowShift[],
  frame: Pick<ShiftField, 'centre' | 'reach'>,
): FittedField | null {
  const heard = windows.filter(({ strength }) => strength >= LEAST_STRENGTH);
  const enough = (found: readonly WindowShift[], terms: number) =>
    found.length >= Math.max(LEAST_BY_TERMS[terms], LEAST_AGREEING * windows.length);
  let best: FittedField | null = null;
  let simpler = 1;
  const start = affineConsensus(heard, frame);
  if (start === null) return null;
  for (const terms of TERMS.slice(1)) {
    const field = refine(start, heard, terms);
    const agreeing = field === null ? [] : near(field, heard, AGREEMENT);
    if (field === null || !enough(agreeing, terms)) continue;
    const rms = leftOutRms(agreeing, frame, terms);
    const before = leftOutRms(agreeing, frame, simpler);
    if (!(rms < LEAST_FALL * before && before - rms > LEAST_GAIN)) continue;
    best = { field, agreeing, rms, rmsOfShift: leftOutRms(agreeing, frame, 1) };
    simpler = terms;
  }
  return best;
}

/** The field through three windows that most windows agree with. */
function affineConsensus(
  windows: readonly WindowShift[],
  frame: Pick<ShiftField, 'centre' | 'reach'>,
): ShiftField | null {
  let best: ShiftField | null = null;
  let most = 0;
  for (let a = 0; a < windows.length; a++)
    for (let b = a + 1; b < windows.length; b++)
      for (let c = b + 1; c < windows.length; c++) {
        const field = leastSquares([windows[a], windows[b], windows[c]], frame, 3);
        if (field === null || !isGentle(field)) continue;
        // as many as agree, and how well
        let score = 0;
        for (const own of windows) score += Math.max(0, 1 - (distance(field, own) / SEEKING[1]) ** 2);
        if (score > most) [best, most] = [field, score];
      }
  return best;
}

function refine(start: ShiftField, windows: readonly WindowShift[], terms: number): ShiftField | null {
  let field: ShiftField | null = start;
  for (const reach of SEEKING) {
    if (field === null) return null;
    field = leastSquares(near(field, windows, reach), start, terms);
  }
  return field !== null && isGentle(field) ? field : null;
}

function near(field: ShiftField, windows: readonly WindowShift[], reach: number): WindowShift[] {
  return windows.filter((own) => distance(field, own) <= reach);
}

function distance(field: ShiftField, own: WindowShift): number {
  const at = shiftAt(asShift(field), own.x, own.y);
  return Math.hypot(at.dx - own.dx, at.dy - own.dy);
}

/** The field as a shift: its value at the middle, and the field. */
export function asShift(field: ShiftField): Shift {
  return { dx: field.dx[0], dy: field.dy[0], field };
}

function isGentle({ dx, dy, reach }: ShiftField): boolean {
  const steep = ([, s = 0, t = 0, ss = 0, st = 0, tt = 0]: readonly number[]) =>
    Math.hypot(s, t) + 2 * Math.hypot(ss, st, tt);
  return Math.max(steep(dx), steep(dy)) <= STEEPEST * reach;
}

/** RMS distance of each window to a fit of all the others, px. */
function leftOutRms(
  windows: readonly WindowShift[],
  frame: Pick<ShiftField, 'centre' | 'reach'>,
  terms: number,
): number {
  let sum = 0;
  for (const own of windows) {
    const field = leastSquares(
      windows.filter((other) => other !== own),
      frame,
      terms,
    );
    if (field === null) return Number.POSITIVE_INFINITY;
    sum += distance(field, own) ** 2;
  }
  return Math.sqrt(sum / windows.length);
}

/** Null where the windows do not determine it. */
function leastSquares(
  windows: readonly WindowShift[],
  { centre, reach }: Pick<ShiftField, 'centre' | 'reach'>,
  terms: number,
): ShiftField | null {
  if (windows.length < terms) return null;
  const normal = Array.from({ length: terms }, () => new Float64Array(terms + 2));
  for (const { x, y, dx, dy } of windows) {
    const p = termsAt({ centre, reach }, x, y);
    for (let i = 0; i < terms; i++) {
      for (let j = 0; j < terms; j++) normal[i][j] += p[i] * p[j];
      normal[i][terms] += p[i] * dx;
      normal[i][terms + 1] += p[i] * dy;
    }
  }
  // Gauss and Jordan, with pivots
  for (let k = 0; k < terms; k++) {
    let pivot = k;
    for (let i = k + 1; i < terms; i++) if (Math.abs(normal[i][k]) > Math.abs(normal[pivot][k])) pivot = i;
    [normal[k], normal[pivot]] = [normal[pivot], normal[k]];
    if (Math.abs(normal[k][k]) < 1e-6) return null;
    for (let i = 0; i < terms; i++) {
      if (i === k) continue;
      const factor = normal[i][k] / normal[k][k];
      for (let j = k; j < terms + 2; j++) normal[i][j] -= factor * normal[k][j];
    }
  }
  const solved = (column: number) => normal.map((row, k) => row[column] / row[k]);
  return { centre, reach, dx: solved(terms), dy: solved(terms + 1) };
}
