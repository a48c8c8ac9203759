import type { BandRole } from '../../kernels/bands.js';
import type { DateBlock } from '../../kernels/detector.js';
import type { Window } from '../grid.js';
import { NO_SHIFT, type Shift, type ShiftField, shiftAt } from '../warp/net.js';
import { asShift, fitField, type WindowShift } from './field.js';
import { type Correlation, correlate, peakOf, together } from './phase.js';
import { LOOK_SIZE } from './windows.js';

/** Co-registration of one scene onto the reference. */
export interface Alignment {
  /** What is applied, grid px; zero where it is not reliable or not significant. */
  readonly shift: Shift;
  readonly reliable: boolean;
  /** Windows that agreed, of those tried. */
  readonly agreeing: number;
  readonly tried: number;
  /** Windows that surely show another shift not far off: noise lies anywhere, so these say that one shift does not fit. */
  readonly contradicting: number;
  /** RMS distance of the agreeing windows to what is applied, px; null where none says. */
  readonly residual: number | null;
  /** What the same windows would be off with one shift for all, px RMS; null where one shift is applied. */
  readonly residualOfShift: number | null;
}

/** The reference itself, or a scene that is to be left where it is. */
export const UNMOVED: Alignment = {
  shift: NO_SHIFT,
  reliable: true,
  agreeing: 0,
  tried: 0,
  contradicting: 0,
  residual: null,
  residualOfShift: null,
};

/** Largest shift sought, px. */
export const MOST_SHIFT = 24;
/** Least height of the peak of all windows together, in sigmas. */
const LEAST_STRENGTH = 8;
/** Windows agree when their own peaks lie this near it, px. */
const AGREEMENT = 0.75;
/** Least share of the windows that must. */
const LEAST_AGREEING = 0.15;
/** Least share of a window's pixels that must be usable in both dates. */
const LEAST_USABLE = 0.6;
/** What is found stays when looking again would move no window by so much, px; after so many looks it is taken as it is. */
const SETTLED = 0.05;
const MOST_ROUNDS = 4;
/** Least height of a window's own peak to contradict, sigmas, and how far from the common shift it may lie, px. */
const HEARD = 8;
const NEARBY = 6;
/** A shift below this is not worth a resampling, px. */
const LEAST_SHIFT = 0.1;

/** Residual from which pixels of the dates cannot be held against one another one by one, px. */
const MOST_RESIDUAL = 0.6;
/** Tolerance of pixels finer than this many metres is 2 px, of coarser ones 1 px: their sensors know where they are. */
const FINE_METRES = 5;

/**
 * How much misregistration must be reckoned with, in px of what is judged (`cell` px of `resolution` metres each): 0 where windows agree; 1 where
 * they agree but roughly; as much as a georeference alone may be wrong where they do not, or where several surely show another shift.
 */
export function toleranceOf(alignment: Alignment, resolution: number, cell = 1): number {
  const { reliable, agreeing, contradicting, residual } = alignment;
  const doubtful = !reliable || (contradicting >= 3 && contradicting > agreeing / 2);
  if (doubtful) return Math.ceil((resolution <= FINE_METRES ? 2 : 1) / cell);
  return (residual ?? 0) / cell > MOST_RESIDUAL ? 1 : 0;
}

/** Reads the sample windows of the scene that is aligned, moved. */
export type ReadMoved = (shift: Shift) => Promise<readonly DateBlock[]>;

/**
 * One shift from many windows, by phase correlation of gradient images (edges stay while grey values and shadows change).
 * All windows together say where to look, each with a bounded say; those whose own peak lies there give the place, weighted by
 * strength. Not reliable where nothing stands out of the windows together, or too few of them agree: about one in six, and two.
 * Where the windows' own peaks follow a field that one shift does not explain, the field is taken instead (field.ts).
 *
 * What is found is applied and looked at again until it stays: windows that lie on one another show the rest best.
 */
export async function align(
  fixed: readonly DateBlock[],
  read: ReadMoved,
  windows: readonly Window[],
): Promise<Alignment> {
  const edges = fixed.map(gradient);
  let shift = NO_SHIFT;
  for (let round = 1; ; round++) {
    const seen = look(fixed, edges, await read(shift), windows, shift);
    const found = judge(seen, fixed.length, windows);
    if (!found.reliable) {
      // windows a few px apart hardly show the same: where all together point somewhere they are asked again there
      const { centre } = seen;
      if (round > 1 || centre === null || centre.strength < LEAST_STRENGTH) return found;
      shift = { dx: centre.dx, dy: centre.dy };
      continue;
    }
    const rest = Math.max(...windows.map((w) => distance(...bothAt(found.shift, shift, middleOf(w)))));
    shift = found.shift;
    if (rest < SETTLED || round === MOST_ROUNDS) {
      const small = shift.field === undefined && Math.hypot(shift.dx, shift.dy) < LEAST_SHIFT;
      return small ? { ...found, shift: NO_SHIFT } : found;
    }
  }
}

const middleOf = ({ x, y, width, height }: Window) => [x + width / 2, y + height / 2] as const;

const bothAt = (a: Shift, b: Shift, [x, y]: readonly [number, number]) =>
  [shiftAt(a, x, y), shiftAt(b, x, y)] as const;

interface Seen {
  /** Windows' own peaks, as whole shifts. */
  readonly peaks: readonly WindowShift[];
  /** Peak of all windows together, likewise. */
  readonly centre: (Shift & { readonly strength: number }) | null;
  /** Windows with enough pixels in both dates. */
  readonly count: number;
}

/** What windows that were moved by `applied` say. */
function look(
  fixed: readonly DateBlock[],
  edges: readonly Float32Array[],
  moved: readonly DateBlock[],
  windows: readonly Window[],
  applied: Shift,
): Seen {
  const correlations: Correlation[] = [];
  const peaks: WindowShift[] = [];
  fixed.forEach((block, k) => {
    if (sharedShare(block, moved[k]) < LEAST_USABLE) return;
    const correlation = correlate(edges[k], gradient(moved[k]));
    if (correlation === null) return;
    correlations.push(correlation);
    const peak = peakOf(correlation, MOST_SHIFT);
    const [x, y] = middleOf(windows[k]);
    const known = shiftAt(applied, x, y);
    if (peak !== null)
      peaks.push({ x, y, dx: peak.dx + known.dx, dy: peak.dy + known.dy, strength: peak.strength });
  });
  const peak = peakOf(together(correlations), MOST_SHIFT);
  const { dx, dy } = applied;
  const centre = peak && { dx: peak.dx + dx, dy: peak.dy + dy, strength: peak.strength };
  return { peaks, centre, count: correlations.length };
}

function judge({ peaks, centre, count }: Seen, tried: number, windows: readonly Window[]): Alignment {
  const fitted = fitField(peaks, frameOf(windows));
  if (fitted !== null) {
    const { field, agreeing, rms, rmsOfShift } = fitted;
    const found = { agreeing: agreeing.length, tried, contradicting: 0 };
    return { shift: asShift(field), reliable: true, ...found, residual: rms, residualOfShift: rmsOfShift };
  }
  const none = {
    shift: NO_SHIFT,
    reliable: false,
    tried,
    contradicting: 0,
    residual: null,
    residualOfShift: null,
  };
  if (centre === null || centre.strength < LEAST_STRENGTH) return { ...none, agreeing: 0 };
  const shift = commonShift(peaks, centre);
  const within = (of: Shift) => peaks.filter((peak) => distance(peak, of) <= AGREEMENT);
  const [agreeing, about] = [within(shift), within(centre)];
  const least = Math.min(count, Math.max(2, LEAST_AGREEING * count));
  const most = Math.max(agreeing.length, about.length);
  if (agreeing.length === 0 || most < least) return { ...none, agreeing: most };
  const squares = agreeing.reduce((sum, peak) => sum + distance(peak, shift) ** 2, 0);
  const residual = Math.sqrt(squares / agreeing.length);
  const contradicting = peaks.filter((peak) => {
    const off = distance(peak, shift);
    return peak.strength >= HEARD && off > 2 * AGREEMENT && off <= NEARBY;
  }).length;
  return { ...none, shift, reliable: true, agreeing: agreeing.length, contradicting, residual };
}

/** Mean of the peaks about `centre` by strength, those farther off counting less (Tukey's biweight). */
function commonShift(peaks: readonly WindowShift[], centre: Shift): Shift {
  let { dx, dy } = centre;
  for (let round = 0; round < 5; round++) {
    let [sum, x, y] = [0, 0, 0];
    for (const peak of peaks) {
      const off = Math.min(1, distance(peak, { dx, dy }) / (2 * AGREEMENT));
      const weight = peak.strength * (1 - off * off) ** 2;
      sum += weight;
      x += weight * peak.dx;
      y += weight * peak.dy;
    }
    if (sum > 0) [dx, dy] = [x / sum, y / sum];
  }
  return { dx, dy };
}

function distance(a: Shift, b: Shift): number {
  return Math.hypot(a.dx - b.dx, a.dy - b.dy);
}

/** Where the windows lie, for a field over them: their middle, and half the way across. */
export function frameOf(windows: readonly Window[]): Pick<ShiftField, 'centre' | 'reach'> {
  const along = (from: (w: Window) => number, to: (w: Window) => number) => {
    const first = Math.min(...windows.map(from));
    const last = Math.max(...windows.map(to));
    return [(first + last) / 2, (last - first) / 2] as const;
  };
  const [x, across] = along(
    (w) => w.x,
    (w) => w.x + w.width,
  );
  const [y, down] = along(
    (w) => w.y,
    (w) => w.y + w.height,
  );
  return { centre: [x, y], reach: Math.max(across, down, 1) };
}

function sharedShare(a: DateBlock, b: DateBlock): number {
  let shared = 0;
  for (let i = 0; i < a.usable.length; i++) shared += a.usable[i] & b.usable[i];
  return shared / a.usable.length;
}

/** Gradient magnitude of the mean of all bands; 0 beside unusable pixels. */
function gradient(block: DateBlock): Float32Array {
  const n = LOOK_SIZE;
  const length = n * n;
  const mean = new Float32Array(length);
  block.bands.forEach((_role: BandRole, b) => {
    for (let i = 0; i < length; i++) mean[i] += block.stack[b * length + i];
  });
  const out = new Float32Array(length);
  const { usable } = block;
  for (let y = 1; y < n - 1; y++) {
    for (let x = 1; x < n - 1; x++) {
      const i = y * n + x;
      if ((usable[i - 1] & usable[i + 1] & usable[i - n] & usable[i + n]) === 0) continue;
      const dx = mean[i + 1] - mean[i - 1];
      const dy = mean[i + n] - mean[i - n];
      out[i] = Math.sqrt(dx * dx + dy * dy);
    }
  }
  return out;
}
