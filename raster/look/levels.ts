import type { Backend } from '../../kernels/backend.js';
import type { BandRole } from '../../kernels/bands.js';
import type { DateBlock, SceneLook } from '../../kernels/detector.js';
import { createFeatures, vegetationPlanes } from '../../kernels/state-detector.js';
import { robustSpread } from './normalize.js';
import { LOOK_SIZE } from './windows.js';

/** Share of the darkest percentile that is taken for path signal: not all of it, shadows are not black. */
const DARK_SHARE = 0.9;
/** Bounds of the vegetation yardstick: a scene without vegetation must not make grass of concrete. */
const VEGETATION = { ndvi: [0.35, 0.85], greenness: [0.06, 0.4] } as const;

/**
 * Measures the scene's own levels on the sample windows of both dates (already aligned and normalized), so that
 * thresholds hold for digital numbers of any scale. `surfaceReflectance` scenes carry no path signal.
 */
export async function measureLevels(
  before: readonly DateBlock[],
  after: readonly DateBlock[],
  options: { backend: Backend; resolution: number; surfaceReflectance: boolean },
): Promise<SceneLook> {
  const bands = before[0].bands;
  const blocks = [...before, ...after];
  const dark: Partial<Record<BandRole, number>> = {};
  const high: Partial<Record<BandRole, number>> = {};
  const noise: Partial<Record<BandRole, number>> = {};
  bands.forEach((role, b) => {
    const values = usableValues(blocks, b);
    dark[role] = options.surfaceReflectance ? 0 : Math.max(0, percentile(values, 0.005)) * DARK_SHARE;
    high[role] = Math.max(percentile(values, 0.9) - (dark[role] ?? 0), 1e-6);
    noise[role] = noiseOf(before, after, b) || high[role] || 1;
  });
  const texture = await measureTexture(blocks, dark, options);
  return { dark, high, noise, ...texture };
}

/** Sorted values of a band over usable pixels. */
function usableValues(blocks: readonly DateBlock[], b: number): Float64Array {
  const values: number[] = [];
  for (const { stack, usable } of blocks) {
    for (let i = 0; i < usable.length; i += 5) if (usable[i] === 1) values.push(stack[b * usable.length + i]);
  }
  return Float64Array.from(values).sort();
}

/** Of sorted values; 0 where there are none. */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

function noiseOf(before: readonly DateBlock[], after: readonly DateBlock[], b: number): number {
  const differences: number[] = [];
  before.forEach(({ stack, usable }, k) => {
    const other = after[k];
    for (let i = 0; i < usable.length; i += 5) {
      const at = b * usable.length + i;
      if ((usable[i] & other.usable[i]) === 1) differences.push(other.stack[at] - stack[at]);
    }
  });
  return robustSpread(Float64Array.from(differences));
}

async function measureTexture(
  blocks: readonly DateBlock[],
  dark: SceneLook['dark'],
  options: { backend: Backend; resolution: number },
): Promise<Pick<SceneLook, 'brightness' | 'vegetation' | 'edge'>> {
  const bands = new Set(blocks[0].bands);
  const size = { width: LOOK_SIZE, height: LOOK_SIZE };
  const features = createFeatures({ ...options, ...size, bands }, dark);
  const indices: number[] = [];
  const samples: { index: number; bright: number; edge: number }[] = [];
  for (const block of blocks) {
    const { bright, edges } = await features(block.stack);
    for (let i = 0; i < block.usable.length; i += 7) {
      if (block.usable[i] === 0) continue;
      const index = vegetationAt(block, i, dark);
      indices.push(index);
      samples.push({ index, bright: bright[i], edge: edges[i] });
    }
  }
  const bounds = bands.has('nir') && bands.has('red') ? VEGETATION.ndvi : VEGETATION.greenness;
  const dense = percentile(Float64Array.from(indices).sort(), 0.98);
  const vegetation = Math.min(bounds[1], Math.max(bounds[0], dense));
  const open = samples.filter((sample) => sample.index < 0.3 * vegetation);
  const ground = open.length >= 100 ? open : samples;
  return {
    vegetation,
    brightness: Math.max(1e-6, percentile(Float64Array.from(samples, (s) => s.bright).sort(), 0.5)),
    edge: Math.max(1e-6, percentile(Float64Array.from(ground, (s) => s.edge).sort(), 0.75)),
  };
}

function vegetationAt(block: DateBlock, i: number, dark: SceneLook['dark']): number {
  const planes = vegetationPlanes(new Set(block.bands));
  if (planes === null) return 0;
  const value = (role: BandRole) =>
    Math.max(0, block.stack[block.bands.indexOf(role) * block.usable.length + i] - (dark[role] ?? 0));
  const [p, q, r] = planes;
  const first = r === undefined ? value(p) : 2 * value(p);
  const second = value(q) + (r === undefined ? 0 : value(r));
  return first + second > 0 ? (first - second) / (first + second) : 0;
}
