import type { BandRole } from '../../kernels/bands.js';
import type { DateBlock } from '../../kernels/detector.js';
import { NO_SHIFT, type Shift } from '../warp/net.js';
import { correlate, peakOf, together } from './phase.js';
import { LOOK_SIZE } from './windows.js';

/** Co-registration of one scene onto the reference. */
export interface Alignment {
  /** What is applied, grid px; zero where it is not reliable or not significant. */
  readonly shift: Shift;
  readonly reliable: boolean;
  /** Windows that agreed, of those tried. */
  readonly agreeing: number;
  readonly tried: number;
}

/** Largest shift sought, px. */
export const MOST_SHIFT = 24;
/** Least height of the peak of all windows together, in sigmas. */
const LEAST_STRENGTH = 8;
/** Windows agree when their own peaks lie this near it, px. */
const AGREEMENT = 0.75;
/** Least share of the windows that must. */
const LEAST_AGREEING = 0.25;
/** Least share of a window's pixels that must be usable in both dates. */
const LEAST_USABLE = 0.6;
/** A shift below this is not worth a resampling, px. */
const LEAST_SHIFT = 0.1;

/**
 * One shift from many windows, by phase correlation of gradient images (edges stay while grey values and shadows change).
 * All windows together say where to look, each with a bounded say; those whose own peak lies there give the place, weighted by
 * strength. Not reliable where nothing stands out of the windows together, or fewer than a quarter of them, and two, agree.
 */
export function align(fixed: readonly DateBlock[], moved: readonly DateBlock[]): Alignment {
  const correlations = fixed.flatMap((block, k) => {
    const other = moved[k];
    if (sharedShare(block, other) < LEAST_USABLE) return [];
    return correlate(gradient(block), gradient(other)) ?? [];
  });
  const tried = fixed.length;
  const none: Alignment = { shift: NO_SHIFT, reliable: false, agreeing: 0, tried };
  const centre = peakOf(together(correlations), MOST_SHIFT);
  if (centre === null || centre.strength < LEAST_STRENGTH) return none;
  const agreeing = correlations.flatMap((correlation) => {
    const peak = peakOf(correlation, MOST_SHIFT);
    return peak !== null && Math.hypot(peak.dx - centre.dx, peak.dy - centre.dy) <= AGREEMENT ? [peak] : [];
  });
  const least = Math.min(correlations.length, Math.max(2, LEAST_AGREEING * correlations.length));
  if (agreeing.length < least) return { ...none, agreeing: agreeing.length };
  const weight = agreeing.reduce((sum, p) => sum + p.strength, 0);
  const dx = agreeing.reduce((sum, p) => sum + p.dx * p.strength, 0) / weight;
  const dy = agreeing.reduce((sum, p) => sum + p.dy * p.strength, 0) / weight;
  const shift = Math.hypot(dx, dy) < LEAST_SHIFT ? NO_SHIFT : { dx, dy };
  return { shift, reliable: true, agreeing: agreeing.length, tried };
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
