import type { Plane } from './backend.js';
import { BAND_ROLES, type BandRole } from './bands.js';
import { CHANGE_CLASSES, type ChangeClassName, UNUSABLE } from './classes.js';
import type { DateBlock, Detection, Detector, DetectorKind, DetectorOptions, SceneLook } from './detector.js';
import { type StateConstants, stateChangeKernel, supportConstants, supportKernel } from './states.js';
import { columnMeanKernel, combineKernel, gradientKernel, rowMeanKernel } from './texture.js';

const VISIBLE = ['blue', 'green', 'red'] as const;
/** Half-width of the window over which edges count as built texture, metres and px. */
const TEXTURE_METRES = 6;
const MOST_TEXTURE_PX = 8;
/** Scaled vegetation index of the scene's dense vegetation. */
const DENSE_VEGETATION = 0.8;

/** The built-in mathematics: states of both dates from indices and texture, change where they cross. */
export const stateDetector: DetectorKind = {
  name: 'states',
  halo: MOST_TEXTURE_PX + 2,
  needsLook: true,
  stages: (backend) => ({ mask: 'typescript', texture: backend, states: backend }),
  bandsUsed: (bands) => BAND_ROLES.filter((role) => bands.has(role)),
  computable,
  create,
};

function computable(bands: ReadonlySet<BandRole>): ReturnType<DetectorKind['computable']> {
  const visible = VISIBLE.some((role) => bands.has(role));
  const infrared = bands.has('nir') || bands.has('swir1');
  const ndvi = bands.has('nir') && bands.has('red');
  const missing: Partial<Record<ChangeClassName, string>> = {};
  const classes: ChangeClassName[] = [];
  for (const { name } of CHANGE_CLASSES) {
    const reason = name.startsWith('building')
      ? visible && (ndvi || vegetationPlanes(bands) !== null)
        ? null
        : 'needs red and nir, or red, green and blue'
      : name.startsWith('water')
        ? visible && infrared
          ? null
          : 'needs nir or swir1, and one visible band'
        : ndvi
          ? null
          : 'needs red and nir';
    if (reason === null) classes.push(name);
    else missing[name] = reason;
  }
  return { classes, missing };
}

/** The bands of the vegetation index, or null where neither form is possible. */
export function vegetationPlanes(bands: ReadonlySet<BandRole>): readonly BandRole[] | null {
  if (bands.has('nir') && bands.has('red')) return ['nir', 'red'];
  return VISIBLE.every((role) => bands.has(role)) ? ['green', 'red', 'blue'] : null;
}

/** Visible and infrared band of the water index: NDWI, or MNDWI where there is swir. */
export function waterPlanes(bands: ReadonlySet<BandRole>): readonly [BandRole, BandRole] | null {
  const visible = (['green', 'red', 'blue'] as const).find((role) => bands.has(role));
  const infrared = (['swir1', 'nir'] as const).find((role) => bands.has(role));
  return visible && infrared ? [visible, infrared] : null;
}

/** Half-width in px of the texture window at a resolution in metres. */
export function textureRadius(resolution: number): number {
  return Math.min(MOST_TEXTURE_PX, Math.max(1, Math.round(TEXTURE_METRES / resolution)));
}

function create(options: DetectorOptions): Detector {
  const { backend, look, width, height } = options;
  if (look === null) throw new Error('the states detector needs a look at the scenes');
  const length = width * height;
  const features = createFeatures(options, look.dark);
  // reused from block to block: fresh ones would pile up faster than they are collected
  const featurePlanes = [new Float32Array(3 * length), new Float32Array(3 * length)] as const;
  const bands = BAND_ROLES.filter((role) => options.bands.has(role));
  const change = backend.compile(
    stateChangeKernel,
    length,
    stateConstants(bands, length, look) as unknown as Record<string, number>,
  );
  const support = backend.compile(supportKernel, length, supportConstants(width, height));
  const levels = Float32Array.from(bands, (role) => 1 / Math.max(look.noise[role] ?? 1, 1e-6));
  const wanted = new Uint8Array(8);
  for (const { code, name } of CHANGE_CLASSES) if (options.classes.has(name)) wanted[code] = 1;
  return {
    async detect(before, after) {
      calm(before, look, length);
      calm(after, look, length);
      const first = await features(before.stack, featurePlanes[0]);
      const second = await features(after.stack, featurePlanes[1]);
      const packed = await support.run([
        await change.run([before.stack, after.stack, first, second, levels]),
      ]);
      return unpack(packed, before.usable, after.usable, wanted);
    },
  };
}

/**
 * Compiles the feature kernels; the look uses them too, so that its yardsticks are in the same units. The result holds
 * three planes: brightness over dark, density of its edges, and its local mean.
 */
export function createFeatures(
  { backend, width, height, resolution, bands }: Omit<DetectorOptions, 'look' | 'classes'>,
  dark: SceneLook['dark'],
): (stack: Plane, out?: Plane) => Promise<Plane> {
  const length = width * height;
  const roles = BAND_ROLES.filter((role) => bands.has(role));
  const visible = VISIBLE.filter((role) => bands.has(role));
  // a scene without a visible band is judged by what it has
  const used = visible.length > 0 ? visible : roles.slice(0, 1);
  const at = (k: number) => roles.indexOf(used[Math.min(k, used.length - 1)]) * length;
  const weight = (k: number) => (k < used.length ? 1 / used.length : 0);
  const combine = backend.compile(combineKernel, length, {
    first: at(0),
    second: at(1),
    third: at(2),
    weight1: weight(0),
    weight2: weight(1),
    weight3: weight(2),
    offset: used.reduce((sum, role) => sum + (dark[role] ?? 0), 0) / used.length,
  });
  const texture = { width, height, radius: textureRadius(resolution) };
  const gradient = backend.compile(gradientKernel, length, texture);
  const rows = backend.compile(rowMeanKernel, length, texture);
  const columns = backend.compile(columnMeanKernel, length, texture);
  const mean = async (plane: Plane) => columns.run([await rows.run([plane])]);
  return async (stack, features = new Float32Array(3 * length)) => {
    const bright = await combine.run([stack]);
    features.set(bright);
    features.set(await mean(await gradient.run([bright])), length);
    features.set(await mean(bright), 2 * length);
    return features;
  };
}

/** 99th percentile of chi-square with n degrees of freedom (Wilson and Hilferty, 1931). */
export function chiSquare99(n: number): number {
  return n * (1 - 2 / (9 * n) + 2.326_348 * Math.sqrt(2 / (9 * n))) ** 3;
}

function stateConstants(bands: readonly BandRole[], length: number, look: SceneLook): StateConstants {
  const set = new Set(bands);
  const at = (role: BandRole) => Math.max(0, bands.indexOf(role)) * length;
  const dark = (role: BandRole) => look.dark[role] ?? 0;
  const has = (...roles: BandRole[]) => (roles.every((role) => set.has(role)) ? 1 : 0);
  const [visible, infrared] = waterPlanes(set) ?? ['green', 'nir'];
  return {
    bandCount: bands.length,
    length,
    hasColour: has('blue', 'green', 'red'),
    hasNdvi: has('nir', 'red'),
    hasWater: waterPlanes(set) === null ? 0 : 1,
    atBlue: at('blue'),
    atGreen: at('green'),
    atRed: at('red'),
    atNir: at('nir'),
    atVisible: at(visible),
    atInfrared: at(infrared),
    darkBlue: dark('blue'),
    darkGreen: dark('green'),
    darkRed: dark('red'),
    darkNir: dark('nir'),
    darkVisible: dark(visible),
    darkInfrared: dark(infrared),
    vegetationScale: DENSE_VEGETATION / look.vegetation,
    brightness: look.brightness,
    canopy: look.canopy,
    nirHigh: look.high.nir ?? 1,
    infraredHigh: look.high[infrared] ?? 1,
    edge: look.edge,
    energyHalf: chiSquare99(bands.length) / bands.length,
  };
}

/** Unusable pixels take the scene's dark level, so that the border of a cloud or of the image is no wilder than need be. */
function calm(date: DateBlock, look: SceneLook, length: number): void {
  if (!date.usable.includes(0)) return;
  date.bands.forEach((role, b) => {
    const value = (look.dark[role] ?? 0) + look.brightness;
    for (let i = 0; i < length; i++) if (date.usable[i] === 0) date.stack[b * length + i] = value;
  });
}

function unpack(
  packed: Plane,
  usableBefore: Uint8Array,
  usableAfter: Uint8Array,
  wanted: Uint8Array,
): Detection {
  const length = packed.length;
  const code = new Uint8Array(length);
  const confidence = new Uint8Array(length);
  const magnitude = new Uint8Array(length);
  const stateBefore = new Uint8Array(length);
  const stateAfter = new Uint8Array(length);
  const bare = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    if (usableBefore[i] === 0 || usableAfter[i] === 0) {
      code[i] = UNUSABLE;
      continue;
    }
    const value = packed[i] | 0;
    magnitude[i] = value & 127;
    stateAfter[i] = (value >> 14) & 7;
    stateBefore[i] = (value >> 17) & 7;
    const found = value >> 21;
    if (wanted[found] === 1) {
      code[i] = found;
      confidence[i] = (value >> 7) & 127;
      bare[i] = (value >> 20) & 1;
    }
  }
  return { code, confidence, magnitude, stateBefore, stateAfter, bare };
}
