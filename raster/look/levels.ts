import type { Backend } from '../../kernels/backend.js';
import type { BandRole } from '../../kernels/bands.js';
import { cellFactor } from '../../kernels/buildings.js';
import type { DateBlock, SceneColour, SceneLook } from '../../kernels/detector.js';
import { createFeatures, vegetationPlanes } from '../../kernels/state-detector.js';
import { STEP_REACH, stepsOf } from '../../kernels/steps.js';
import type { LinearMap } from '../warp/resample.js';
import { robustSpread } from './normalize.js';
import { LOOK_SIZE } from './windows.js';

/** Share of the darkest percentile that is taken for path signal: not all of it, shadows are not black. */
const DARK_SHARE = 0.9;
/** Bounds of the vegetation yardstick: a scene without vegetation must not make grass of concrete. */
const VEGETATION = { ndvi: [0.35, 0.85], greenness: [0.06, 0.4] } as const;
/** Least texture of built ground, as a share of the scene's brightness: the texture of fields must not become the yardstick. */
const LEAST_EDGE = 0.3;
/** Least noise, as a share of bright ground: no two looks agree better than the calibration of good sensors. */
const LEAST_NOISE = 0.01;
/** Pixels a statistic is measured on: more would not move a percentile. */
const SAMPLES = 60_000;

/**
 * Measures the scene's own levels on the sample windows of both dates (already aligned and normalized), so that
 * thresholds hold for digital numbers of any scale. `surfaceReflectance` scenes carry no path signal.
 */
export async function measureLevels(
  before: readonly DateBlock[],
  after: readonly DateBlock[],
  options: {
    backend: Backend;
    resolution: number;
    surfaceReflectance: boolean;
    /** How the first scene of each date was normalized: before and after. */
    normalization: readonly Readonly<Partial<Record<BandRole, LinearMap>>>[];
  },
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
    noise[role] = Math.max(noiseOf(before, after, b), LEAST_NOISE * (high[role] ?? 1));
  });
  const texture = await measureTexture(blocks, { dark, high }, options);
  return { dark, high, noise, ...texture, ...colours(before, after, options) };
}

/** Both dates' own colours, where there are all of red, green and blue. */
function colours(
  before: readonly DateBlock[],
  after: readonly DateBlock[],
  { resolution, normalization }: Pick<Parameters<typeof measureLevels>[2], 'resolution' | 'normalization'>,
): Pick<SceneLook, 'colour'> {
  const [red, green, blue] = (['red', 'green', 'blue'] as const).map((role) => before[0].bands.indexOf(role));
  if (red < 0 || green < 0 || blue < 0) return {};
  const factor = cellFactor(resolution);
  const measure = (date: readonly DateBlock[], map: (typeof normalization)[number]): SceneColour => {
    const maps = { red: inverse(map.red), green: inverse(map.green), blue: inverse(map.blue) };
    const saturation: number[] = [];
    const brightness: number[] = [];
    const step = Math.floor(stepFor(date) / factor ** 2) | 1;
    for (const block of date) {
      for (const cell of usableCells(block, factor, step)) {
        const own = ([b, { gain, offset }]: readonly [number, LinearMap]) =>
          gain * cellMean(block, b, cell, factor) + offset;
        const values = (
          [
            [red, maps.red],
            [green, maps.green],
            [blue, maps.blue],
          ] as const
        ).map(own);
        const most = Math.max(...values, 1e-6);
        saturation.push((most - Math.max(0, Math.min(...values))) / most);
        brightness.push(most);
      }
    }
    const at = (values: readonly number[], share: number) =>
      percentile(Float64Array.from(values).sort(), share);
    return {
      maps,
      saturation: at(saturation, 0.5),
      greyest: at(saturation, 0.1),
      brightness: at(brightness, 0.5),
    };
  };
  return { colour: { before: measure(before, normalization[0]), after: measure(after, normalization[1]) } };
}

function inverse({ gain, offset }: LinearMap = { gain: 1, offset: 0 }): LinearMap {
  return { gain: 1 / gain, offset: -offset / gain };
}

/** First px of every `step`-th cell of a look window whose first and last px are usable. */
function usableCells({ usable }: DateBlock, factor: number, step: number): number[] {
  const cells: number[] = [];
  const across = Math.floor(LOOK_SIZE / factor);
  for (let cell = 0; cell < across * across; cell += step) {
    const at = Math.floor(cell / across) * factor * LOOK_SIZE + (cell % across) * factor;
    const last = at + (factor - 1) * (LOOK_SIZE + 1);
    if ((usable[at] & usable[last]) === 1) cells.push(at);
  }
  return cells;
}

function cellMean({ stack, usable }: DateBlock, band: number, at: number, factor: number): number {
  const start = band * usable.length + at;
  let sum = 0;
  for (let y = 0; y < factor; y++) for (let x = 0; x < factor; x++) sum += stack[start + y * LOOK_SIZE + x];
  return sum / (factor * factor);
}

/** Every how many-th pixel is looked at; a prime-like odd step, so that no column pattern is hit. */
function stepFor(blocks: readonly DateBlock[]): number {
  const pixels = blocks.reduce((sum, block) => sum + block.usable.length, 0);
  return Math.max(1, 2 * Math.floor(pixels / SAMPLES / 2) + 1);
}

/** Sorted values of a band over usable pixels. */
function usableValues(blocks: readonly DateBlock[], b: number): Float64Array {
  const values: number[] = [];
  const step = stepFor(blocks);
  for (const { stack, usable } of blocks) {
    for (let i = 0; i < usable.length; i += step)
      if (usable[i] === 1) values.push(stack[b * usable.length + i]);
  }
  return Float64Array.from(values).sort();
}

/** Of sorted values; 0 where there are none. */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

function noiseOf(before: readonly DateBlock[], after: readonly DateBlock[], b: number): number {
  const differences: number[] = [];
  const step = stepFor(before);
  before.forEach(({ stack, usable }, k) => {
    const other = after[k];
    for (let i = 0; i < usable.length; i += step) {
      const at = b * usable.length + i;
      if ((usable[i] & other.usable[i]) === 1) differences.push(other.stack[at] - stack[at]);
    }
  });
  return robustSpread(Float64Array.from(differences));
}

async function measureTexture(
  blocks: readonly DateBlock[],
  levels: Pick<SceneLook, 'dark' | 'high'>,
  options: { backend: Backend; resolution: number },
): Promise<Pick<SceneLook, 'brightness' | 'canopy' | 'crowns' | 'vegetation' | 'edge'>> {
  const { dark } = levels;
  const bands = new Set(blocks[0].bands);
  const length = LOOK_SIZE * LOOK_SIZE;
  const features = createFeatures({ ...options, width: LOOK_SIZE, height: LOOK_SIZE, bands }, dark);
  const samples: {
    index: number;
    bright: number;
    edge: number;
    mean: number;
    i: number;
    stepAt: (i: number) => number;
  }[] = [];
  const step = stepFor(blocks);
  for (const block of blocks) {
    if (!block.usable.includes(1)) continue;
    const planes = await features(block.stack);
    const stepAt = stepsOf(block, levels, LOOK_SIZE);
    for (let i = 0; i < length; i += step) {
      if (block.usable[i] === 0) continue;
      samples.push({
        index: vegetationAt(block, i, dark),
        bright: planes[i],
        edge: planes[length + i],
        mean: planes[2 * length + i],
        i,
        stepAt,
      });
    }
  }
  const bounds = bands.has('nir') && bands.has('red') ? VEGETATION.ndvi : VEGETATION.greenness;
  const at = (list: typeof samples, key: 'index' | 'bright' | 'edge' | 'mean', share: number) =>
    percentile(Float64Array.from(list, (sample) => sample[key]).sort(), share);
  const vegetation = Math.min(bounds[1], Math.max(bounds[0], at(samples, 'index', 0.98)));
  const brightness = Math.max(1e-6, at(samples, 'bright', 0.5));
  // yardsticks of a kind of ground that the scene hardly has are taken from all of it
  const enough = (list: typeof samples) => (list.length >= 100 ? list : samples);
  const open = enough(samples.filter((sample) => sample.index < 0.3 * vegetation));
  const dense = enough(samples.filter((sample) => sample.index > 0.85 * vegetation));
  const canopy = Math.max(1e-6, at(dense, 'mean', 0.25));
  const woods = dense === samples ? [] : dense.filter(({ mean, i }) => mean <= canopy && isInside(i));
  const steps = woods.map(({ stepAt, i }) => stepAt(i));
  return {
    vegetation,
    brightness,
    canopy,
    crowns: percentile(Float64Array.from(steps).sort(), 0.5),
    edge: Math.max(LEAST_EDGE * brightness, at(open, 'edge', 0.75)),
  };
}

/** Whether all that a step is told from lies in the window. */
function isInside(i: number): boolean {
  const within = (at: number) => at >= STEP_REACH && at < LOOK_SIZE - STEP_REACH;
  return within(i % LOOK_SIZE) && within(Math.floor(i / LOOK_SIZE));
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
