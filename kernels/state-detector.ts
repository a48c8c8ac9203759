import type { Backend, Plane } from './backend.js';
import { BAND_ROLES, type BandRole } from './bands.js';
import { coreWidth } from './bodies.js';
import { createBuildings, markBuildings } from './building-judge.js';
import { BUILDINGS, buildingHalo } from './buildings.js';
import { indexOfByte } from './bytes.js';
import { shapeCandidates } from './candidates.js';
import { CHANGE_CLASSES, type ChangeClassName, UNUSABLE } from './classes.js';
import { calibrated } from './confidence.js';
import { dropSmooth } from './crowns.js';
import {
  CELL_SIDES,
  type DateBlock,
  type Detector,
  type DetectorKind,
  type DetectorOptions,
  type SceneColour,
  type SceneLook,
} from './detector.js';
import { growEdges, peelEdges } from './edges.js';
import {
  type StateConstants,
  type StatePlanes,
  stateChangeKernel,
  supportConstants,
  supportKernel,
} from './states.js';
import {
  type BrightnessConstants,
  columnMeanKernel,
  combineKernel,
  gradientKernel,
  rowMeanKernel,
  type TextureConstants,
} from './texture.js';
import { createFeatureSweep, createStateSweep } from './wasm/state-sweep.js';
import { growWoods, joinTrees } from './woods.js';

const VISIBLE = ['blue', 'green', 'red'] as const;
/** Half-width of the window over which edges count as built texture, metres and px. */
const TEXTURE_METRES = 6;
const MOST_TEXTURE_PX = 8;
/** Coarsest pixels that show the outline of a house and the crowns of a wood, metres. */
const COARSEST_OUTLINE = 5;
/**
 * With near infrared ground is judged on pixels of about so many metres, or on coarser ones as they are. In finer ones a tree is light and shadow, which no
 * index tells from a lawn and a pond (figures: docs/quality.md, finer pixels).
 */
const JUDGED_METRES = 2;
/** From this pixel size on, metres, no building's shadow fills a pixel. */
const NO_SHADOWS = 8;
/** px that texture and support reach, as a multiple of 8. */
const TEXTURE_HALO = 16;
/** Scaled vegetation index of the scene's dense vegetation. */
const DENSE_VEGETATION = 0.8;

/** The built-in mathematics: states of both dates from indices and texture, change where they cross. */
export const stateDetector: DetectorKind = {
  name: 'states',
  cell: (bands, resolution) =>
    bands.has('nir') && bands.has('red') ? nearestCell(resolution, JUDGED_METRES) : 1,
  halo: (resolution) => Math.max(TEXTURE_HALO, buildingHalo(resolution)),
  needsLook: true,
  knowsStates: true,
  outlines: (bands, resolution) => (isOutlined(bands, resolution) ? 'judge' : 'none'),
  bandsUsed: (bands) => BAND_ROLES.filter((role) => bands.has(role)),
  computable,
  chance: (bands, resolution) => {
    if (vegetationPlanes(bands)?.length === 3) return (_, { confidence }) => confidence;
    const way = isOutlined(bands, resolution) ? 'outlined' : 'coarse';
    return (name, evidence) => calibrated(way, name, evidence);
  },
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

/** The side of a cell, px, whose size is nearest to `metres`, as a ratio. */
function nearestCell(resolution: number, metres: number): number {
  const off = (cell: number) => Math.abs(Math.log((cell * resolution) / metres));
  return CELL_SIDES.reduce<number>((best, cell) => (off(cell) < off(best) ? cell : best), 1);
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

/**
 * True where a sweep written for the processor (wasm/) takes the place of the kernels: it is some fifteen times as fast as
 * they are on the same backend (docs/performance.md).
 */
function sweeps(backend: Backend): boolean {
  return backend.name === 'webasm';
}

function create(options: DetectorOptions): Detector {
  const { backend, look, width, height, classes } = options;
  if (look === null) throw new Error('the states detector needs a look at the scenes');
  const length = width * height;
  const bands = BAND_ROLES.filter((role) => options.bands.has(role));
  const constants = stateConstants(bands, options, look);
  const noise = Float32Array.from(bands, (role) => 1 / Math.max(look.noise[role] ?? 1, 1e-6));
  // without near infrared, buildings are judged by colour alone
  const buildings =
    look.colour &&
    vegetationPlanes(options.bands)?.length === 3 &&
    (classes.has('building_new') || classes.has('building_removed'))
      ? createBuildings({ ...options, colour: look.colour })
      : null;
  const isWanted = (name: ChangeClassName) => {
    if (!name.startsWith('building')) return classes.has(name);
    if (buildings !== null) return false;
    // a candidate may be either
    return classes.has(name) || (constants.outlined > 0 && classes.has('building_removed'));
  };
  const wanted = CHANGE_CLASSES.flatMap(({ code, name }) => (isWanted(name) ? [code] : []));
  const texture = featureConstants(options, look.dark);
  const core = coreWidth(options.resolution);
  const where = backend.name;
  const judge = sweeps(backend)
    ? createStateSweep(constants, texture, noise, wanted)
    : createKernels(backend, constants, texture, noise, wanted);
  return {
    stages: { texture: where, states: where, ...(buildings && { buildings: where }) },
    async detect(before, after) {
      calm(before, look, length);
      calm(after, look, length);
      const detection = await judge(before.stack, after.stack);
      if (buildings !== null) {
        markBuildings(detection, await buildings(before.stack, after.stack), width, classes);
      }
      blank(detection, before.usable);
      blank(detection, after.usable);
      if (constants.outlined > 0) dropSmooth(detection, width, before, after, look, classes);
      growEdges(detection, width, texture.radius, core);
      if (constants.outlined > 0) growWoods(detection, width, before, after, core);
      peelEdges(detection, width, texture.radius, before, after, core);
      if (constants.outlined > 0) joinTrees(detection, width, core);
      if (constants.outlined > 0) shapeCandidates(detection, width, after, look);
      return detection;
    },
  };
}

/** The kernels, one after the other over whole planes. The detection is overwritten by the next call. */
function createKernels(
  backend: Backend,
  constants: StateConstants,
  texture: TextureConstants & BrightnessConstants,
  noise: Float32Array,
  wanted: readonly number[],
): (before: Plane, after: Plane) => Promise<StatePlanes> {
  const { width, height } = texture;
  const length = width * height;
  const features = featureKernels(backend, texture);
  // reused from block to block: fresh ones would pile up faster than they are collected
  const planes = [new Float32Array(3 * length), new Float32Array(3 * length)] as const;
  const change = backend.compile(stateChangeKernel, length, { ...constants });
  const support = backend.compile(supportKernel, length, supportConstants(width, height));
  const detection = emptyDetection(length);
  const isWanted = new Uint8Array(CHANGE_CLASSES.length + 1);
  for (const code of wanted) isWanted[code] = 1;
  return async (before, after) => {
    await features(before, planes[0]);
    await features(after, planes[1]);
    const packed = await change.run([before, after, planes[0], planes[1], noise]);
    unpack(await support.run([packed]), detection, isWanted);
    return detection;
  };
}

/**
 * Makes ready what computes the features; the look uses it too, so that its yardsticks are in the same units. The result
 * holds three planes: brightness over dark, density of its edges, and its local mean.
 */
export function createFeatures(
  options: Omit<DetectorOptions, 'look' | 'classes'>,
  dark: SceneLook['dark'],
): (stack: Plane, out?: Plane) => Promise<Plane> {
  const { backend, width, height } = options;
  const constants = featureConstants(options, dark);
  const fill = sweeps(backend) ? createFeatureSweep(constants) : featureKernels(backend, constants);
  return async (stack, features = new Float32Array(3 * width * height)) => {
    await fill(stack, features);
    return features;
  };
}

function featureKernels(
  backend: Backend,
  constants: TextureConstants & BrightnessConstants,
): (stack: Plane, out: Plane) => Promise<void> {
  const length = constants.width * constants.height;
  const baked = { ...constants };
  const combine = backend.compile(combineKernel, length, baked);
  const gradient = backend.compile(gradientKernel, length, baked);
  const rows = backend.compile(rowMeanKernel, length, baked);
  const columns = backend.compile(columnMeanKernel, length, baked);
  const mean = async (plane: Plane) => columns.run([await rows.run([plane])]);
  return async (stack, out) => {
    const bright = await combine.run([stack]);
    out.set(bright);
    out.set(await mean(await gradient.run([bright])), length);
    out.set(await mean(bright), 2 * length);
  };
}

/** What the feature kernels and their sweep are made with. */
function featureConstants(
  { width, height, resolution, bands }: Omit<DetectorOptions, 'backend' | 'look' | 'classes'>,
  dark: SceneLook['dark'],
): TextureConstants & BrightnessConstants {
  const roles = BAND_ROLES.filter((role) => bands.has(role));
  const visible = VISIBLE.filter((role) => bands.has(role));
  // a scene without a visible band is judged by what it has
  const used = visible.length > 0 ? visible : roles.slice(0, 1);
  const at = (k: number) => roles.indexOf(used[Math.min(k, used.length - 1)]) * width * height;
  const weight = (k: number) => (k < used.length ? 1 / used.length : 0);
  return {
    width,
    height,
    radius: textureRadius(resolution),
    first: at(0),
    second: at(1),
    third: at(2),
    weight1: weight(0),
    weight2: weight(1),
    weight3: weight(2),
    offset: used.reduce((sum, role) => sum + (dark[role] ?? 0), 0) / used.length,
  };
}

/** 99th percentile of chi-square with n degrees of freedom (Wilson and Hilferty, 1931). */
export function chiSquare99(n: number): number {
  return n * (1 - 2 / (9 * n) + 2.326_348 * Math.sqrt(2 / (9 * n))) ** 3;
}

/** Without near infrared buildings are judged by colour, and in coarse pixels they have no outline. */
function isOutlined(bands: ReadonlySet<BandRole>, resolution: number): boolean {
  return bands.has('red') && bands.has('nir') && resolution <= COARSEST_OUTLINE;
}

function stateConstants(
  bands: readonly BandRole[],
  { width, height, resolution }: DetectorOptions,
  look: SceneLook,
): StateConstants {
  const length = width * height;
  const set = new Set(bands);
  const at = (role: BandRole) => Math.max(0, bands.indexOf(role)) * length;
  const dark = (role: BandRole) => look.dark[role] ?? 0;
  const has = (...roles: BandRole[]) => (roles.every((role) => set.has(role)) ? 1 : 0);
  const [visible, infrared] = waterPlanes(set) ?? ['green', 'nir'];
  return {
    bandCount: bands.length,
    length,
    width,
    height,
    radius: textureRadius(resolution),
    hasColour: has('blue', 'green', 'red'),
    hasNdvi: has('nir', 'red'),
    hasWater: waterPlanes(set) === null ? 0 : 1,
    outlined: isOutlined(set, resolution) ? 1 : 0,
    hasDarkWater: resolution >= NO_SHADOWS && infrared === 'swir1' && has('nir', 'red') === 1 ? 1 : 0,
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
    ...ownColours(look.colour),
    energyHalf: chiSquare99(bands.length) / bands.length,
  };
}

type OwnColours = Pick<StateConstants, 'hasOwn' | 'soilBefore' | 'soilAfter'> &
  Pick<StateConstants, Extract<keyof StateConstants, `${'gain' | 'offset'}${string}`>>;

function ownColours(colour: SceneLook['colour']): OwnColours {
  const none = { gain: 1, offset: 0 };
  const plain: SceneColour = {
    maps: { red: none, green: none, blue: none },
    saturation: 0,
    greyest: 0,
    brightness: 0,
  };
  const { before, after } = colour ?? { before: plain, after: plain };
  const soil = ({ greyest }: SceneColour) => Math.max(BUILDINGS.soil, greyest);
  return {
    hasOwn: colour ? 1 : 0,
    soilBefore: soil(before),
    soilAfter: soil(after),
    gainRedBefore: before.maps.red.gain,
    gainGreenBefore: before.maps.green.gain,
    gainBlueBefore: before.maps.blue.gain,
    offsetRedBefore: before.maps.red.offset,
    offsetGreenBefore: before.maps.green.offset,
    offsetBlueBefore: before.maps.blue.offset,
    gainRedAfter: after.maps.red.gain,
    gainGreenAfter: after.maps.green.gain,
    gainBlueAfter: after.maps.blue.gain,
    offsetRedAfter: after.maps.red.offset,
    offsetGreenAfter: after.maps.green.offset,
    offsetBlueAfter: after.maps.blue.offset,
  };
}

/** Unusable pixels take the scene's dark level, so that the border of a cloud or of the image is no wilder than need be. */
function calm({ bands, stack, usable }: DateBlock, look: SceneLook, length: number): void {
  for (let i = indexOfByte(usable, 0); i >= 0; i = indexOfByte(usable, 0, i)) {
    const end = endOfRun(usable, i);
    bands.forEach((role, b) => {
      stack.fill((look.dark[role] ?? 0) + look.brightness, b * length + i, b * length + end);
    });
    i = end;
  }
}

/** Where the run of unusable pixels that begins at `i` ends. */
function endOfRun(usable: Uint8Array, i: number): number {
  const end = indexOfByte(usable, 1, i);
  return end < 0 ? usable.length : end;
}

function emptyDetection(length: number): StatePlanes {
  const plane = () => new Uint8Array(length);
  return {
    code: plane(),
    confidence: plane(),
    magnitude: plane(),
    stateBefore: plane(),
    stateAfter: plane(),
    bare: plane(),
  };
}

function unpack(packed: Plane, detection: StatePlanes, wanted: Uint8Array): void {
  const { code, confidence, magnitude, stateBefore, stateAfter, bare } = detection;
  for (let i = 0; i < packed.length; i++) {
    const value = packed[i] | 0;
    const found = value >> 21;
    const keep = wanted[found];
    magnitude[i] = value & 127;
    stateAfter[i] = (value >> 14) & 7;
    stateBefore[i] = (value >> 17) & 7;
    code[i] = found * keep;
    confidence[i] = ((value >> 7) & 127) * keep;
    bare[i] = ((value >> 20) & 1) * keep;
  }
}

/** Nothing is said of pixels that a date does not show. */
function blank(detection: StatePlanes, usable: Uint8Array): void {
  const { code, confidence, magnitude, stateBefore, stateAfter, bare } = detection;
  for (let i = indexOfByte(usable, 0); i >= 0; i = indexOfByte(usable, 0, i)) {
    const end = endOfRun(usable, i);
    code.fill(UNUSABLE, i, end);
    for (const plane of [confidence, magnitude, stateBefore, stateAfter, bare]) plane.fill(0, i, end);
    i = end;
  }
}
