import type { KernelSource } from './backend.js';
import type { Thread } from './indices.js';
import { normalizedDifference, ramp } from './maths.js';

/**
 * Baked into the state kernel. `at…` is where a band's plane begins in the stack, `dark…` its dark level; a band that a
 * scene lacks has `has… = 0` and stands for nothing. Levels are those of the scene (SceneLook), so that digital numbers of
 * any scale can be judged.
 */
export interface StateConstants {
  readonly bandCount: number;
  readonly length: number;
  readonly hasColour: number;
  readonly hasNdvi: number;
  readonly hasWater: number;
  readonly atBlue: number;
  readonly atGreen: number;
  readonly atRed: number;
  readonly atNir: number;
  readonly atVisible: number;
  readonly atInfrared: number;
  readonly darkBlue: number;
  readonly darkGreen: number;
  readonly darkRed: number;
  readonly darkNir: number;
  readonly darkVisible: number;
  readonly darkInfrared: number;
  /** What the vegetation index is multiplied by, so that the scene's dense vegetation is 0.8. */
  readonly vegetationScale: number;
  readonly brightness: number;
  readonly canopy: number;
  readonly nirHigh: number;
  readonly infraredHigh: number;
  readonly edge: number;
  /** Mean squared difference, in noise², at which magnitude is 0.5. */
  readonly energyHalf: number;
}

/** A band over its dark level. */
export function over(value: number, dark: number): number {
  return Math.max(value - dark, 0);
}

/** Vegetation 0-1 from the scaled index. */
export function vegetationScore(index: number): number {
  return ramp(index, 0.22, 0.42);
}

/**
 * Sunlit 0-1, from brightness against the scene's median and near infrared against its bright ground: in a cast shadow
 * both are low, and what lies there cannot be judged from one look.
 */
export function litScore(brightness: number, infrared: number): number {
  return ramp((brightness + infrared) / 2, 0.22, 0.4);
}

/**
 * Forest 0-1: dense, sunlit vegetation as dark in the visible as the scene's own canopy (which shades itself; grass and
 * crops do not). `brightness` is the local mean over the canopy's.
 */
export function forestScore(index: number, brightness: number, infrared: number): number {
  return ramp(index, 0.48, 0.64) * (1 - ramp(brightness, 1.3, 1.65)) * ramp(infrared, 0.35, 0.55);
}

/**
 * Water 0-1 from NDWI (McFeeters 1996) or MNDWI (Xu 2006) over dark levels: dark in the infrared against bright ground,
 * not black in the visible, as cast shadow is, and smooth, as shadow between buildings is not.
 */
export function waterScore(
  visible: number,
  infrared: number,
  infraredHigh: number,
  brightness: number,
  edge: number,
): number {
  return (
    ramp(normalizedDifference(visible, infrared), 0.05, 0.35) *
    (1 - ramp(infrared / infraredHigh, 0.25, 0.5)) *
    ramp(brightness, 0.15, 0.35) *
    (1 - ramp(edge, 0.25, 0.55))
  );
}

/** Bare soil 0-1: red well over blue, and smooth (roofs and streets are neither so red nor so smooth). */
export function soilScore(red: number, blue: number, edge: number): number {
  return ramp(normalizedDifference(red, blue), 0.18, 0.34) * (1 - ramp(edge, 0.7, 1.3));
}

/** Edges or brightness of roofs 0-1: edge density against built ground, brightness against the scene. */
export function roofScore(brightness: number, edge: number): number {
  return Math.max(ramp(edge, 0.25, 0.6), ramp(brightness, 1.6, 2.4));
}

/**
 * State and change of a pixel from both dates' stacks and features. Every change is a crossing with
 * margin: surely there after, surely not before, and both looks in the sun.
 * Packed: ((((class·2 + bare)·8 + stateBefore)·8 + stateAfter)·128 + confidence)·128 + magnitude, below 2^24 and so
 * exact in f32. States: 1 built, 2 water, 3 forest, 4 other vegetation, 5 other. Magnitude is z²/(z²+h) of the mean
 * squared difference in units of the scene's own noise; h is where unchanged ground comes once in a hundred, so that
 * 0.5 says "changed" at that level. `levels` holds 1/noise a band.
 */
export const stateChangeKernel: KernelSource = {
  name: 'state_change',
  kernel: function kernel(
    this: Thread<StateConstants>,
    before: number[],
    after: number[],
    featuresBefore: number[],
    featuresAfter: number[],
    levels: number[],
  ) {
    const i = this.thread.x;
    // feature stacks hold brightness, edge density and mean brightness
    const atEdge = i + this.constants.length;
    const atMean = atEdge + this.constants.length;
    const vb = featuresBefore[i] / this.constants.brightness;
    const va = featuresAfter[i] / this.constants.brightness;
    const eb = featuresBefore[atEdge] / this.constants.edge;
    const ea = featuresAfter[atEdge] / this.constants.edge;
    const redBefore = over(before[i + this.constants.atRed], this.constants.darkRed);
    const redAfter = over(after[i + this.constants.atRed], this.constants.darkRed);
    const nirBefore = over(before[i + this.constants.atNir], this.constants.darkNir);
    const nirAfter = over(after[i + this.constants.atNir], this.constants.darkNir);

    let indexBefore = 0;
    let indexAfter = 0;
    let soilBefore = 0;
    let soilAfter = 0;
    let litBefore = ramp(vb, 0.22, 0.4);
    let litAfter = ramp(va, 0.22, 0.4);
    if (this.constants.hasColour > 0.5) {
      const blueBefore = over(before[i + this.constants.atBlue], this.constants.darkBlue);
      const blueAfter = over(after[i + this.constants.atBlue], this.constants.darkBlue);
      // greenness, excess green (Woebbecke 1995) as a ratio: vegetation where there is no near infrared
      const leafBefore = over(before[i + this.constants.atGreen], this.constants.darkGreen);
      const leafAfter = over(after[i + this.constants.atGreen], this.constants.darkGreen);
      indexBefore =
        normalizedDifference(2 * leafBefore, redBefore + blueBefore) * this.constants.vegetationScale;
      indexAfter = normalizedDifference(2 * leafAfter, redAfter + blueAfter) * this.constants.vegetationScale;
      soilBefore = soilScore(redBefore, blueBefore, eb);
      soilAfter = soilScore(redAfter, blueAfter, ea);
    }
    if (this.constants.hasNdvi > 0.5) {
      indexBefore = normalizedDifference(nirBefore, redBefore) * this.constants.vegetationScale;
      indexAfter = normalizedDifference(nirAfter, redAfter) * this.constants.vegetationScale;
      litBefore = litScore(vb, nirBefore / this.constants.nirHigh);
      litAfter = litScore(va, nirAfter / this.constants.nirHigh);
    }
    const greenBefore = vegetationScore(indexBefore);
    const greenAfter = vegetationScore(indexAfter);

    let waterBefore = 0;
    let waterAfter = 0;
    let turned = 0;
    if (this.constants.hasWater > 0.5) {
      const visibleBefore = over(before[i + this.constants.atVisible], this.constants.darkVisible);
      const visibleAfter = over(after[i + this.constants.atVisible], this.constants.darkVisible);
      const infraredBefore = over(before[i + this.constants.atInfrared], this.constants.darkInfrared);
      const infraredAfter = over(after[i + this.constants.atInfrared], this.constants.darkInfrared);
      waterBefore = waterScore(visibleBefore, infraredBefore, this.constants.infraredHigh, vb, eb);
      waterAfter = waterScore(visibleAfter, infraredAfter, this.constants.infraredHigh, va, ea);
      // shadow dims all bands alike and keeps their ratio; water comes and goes with it
      turned = ramp(
        Math.abs(
          normalizedDifference(visibleAfter, infraredAfter) -
            normalizedDifference(visibleBefore, infraredBefore),
        ),
        0.25,
        0.5,
      );
    }

    let forestBefore = 0;
    let forestAfter = 0;
    if (this.constants.hasNdvi > 0.5) {
      forestBefore = forestScore(
        indexBefore,
        featuresBefore[atMean] / this.constants.canopy,
        nirBefore / this.constants.nirHigh,
      );
      forestAfter = forestScore(
        indexAfter,
        featuresAfter[atMean] / this.constants.canopy,
        nirAfter / this.constants.nirHigh,
      );
    }
    // hard ground: neither vegetation nor water, in the sun
    const hardBefore = (1 - greenBefore) * (1 - waterBefore) * litBefore;
    const hardAfter = (1 - greenAfter) * (1 - waterAfter) * litAfter;
    // without near infrared dry ground looks like concrete: only edges tell them apart
    let structureBefore = ramp(eb, 0.35, 0.9);
    let structureAfter = ramp(ea, 0.35, 0.9);
    if (this.constants.hasNdvi > 0.5) {
      structureBefore = 1;
      structureAfter = 1;
    }
    const builtBefore = hardBefore * (1 - soilBefore) * structureBefore;
    const builtAfter = hardAfter * (1 - soilAfter) * structureAfter;

    let energy = 0;
    for (let k = 0; k < this.constants.bandCount; k++) {
      const z = (after[i + k * this.constants.length] - before[i + k * this.constants.length]) * levels[k];
      energy += z * z;
    }
    energy = energy / this.constants.bandCount;
    const magnitude = energy / (energy + this.constants.energyHalf);

    const changed = ramp(magnitude, 0.15, 0.4);
    const roofAfter = builtAfter * roofScore(va, ea);
    const roofBefore = builtBefore * roofScore(vb, eb);
    // nobody builds on open water within a month, nor floods a house: that is glint, or a shadow on the shore
    const buildingNew = roofAfter * litBefore * (1 - builtBefore) * (1 - waterBefore) * changed;
    const buildingGone = roofBefore * litAfter * (1 - builtAfter) * (1 - waterAfter) * changed;
    const waterGain = waterAfter * (1 - waterBefore) * turned * changed;
    const waterLoss = waterBefore * (1 - waterAfter) * turned * litAfter * changed;
    const drop = ramp(indexBefore - indexAfter, 0.12, 0.25);
    const rise = ramp(indexAfter - indexBefore, 0.12, 0.25);
    const forestGain = forestAfter * (1 - forestBefore) * rise * litBefore * changed;
    const forestLoss = forestBefore * (1 - forestAfter) * drop * litAfter * changed;
    const bareAfter = hardAfter * Math.max(soilAfter, 1 - roofScore(va, ea));
    const earthwork =
      greenBefore * litBefore * (1 - forestBefore) * bareAfter * drop * changed * this.constants.hasNdvi;

    let code = 0;
    let confidence = 0;
    let bare = 0;
    if (earthwork >= 0.5) {
      code = 3;
      confidence = earthwork;
    }
    if (forestGain >= 0.5) {
      code = 6;
      confidence = forestGain;
    }
    if (forestLoss >= 0.5) {
      code = 7;
      confidence = forestLoss;
      bare = Math.floor(bareAfter + 0.5);
    }
    if (waterGain >= 0.5) {
      code = 4;
      confidence = waterGain;
      bare = 0;
    }
    if (waterLoss >= 0.5) {
      code = 5;
      confidence = waterLoss;
      bare = Math.floor(bareAfter + 0.5);
    }
    if (buildingGone >= 0.5) {
      code = 2;
      confidence = buildingGone;
      bare = 0;
    }
    if (buildingNew >= 0.5) {
      code = 1;
      confidence = buildingNew;
      bare = 0;
    }

    let stateBefore = 5;
    if (greenBefore >= 0.5) {
      stateBefore = 4;
    }
    if (forestBefore >= 0.5) {
      stateBefore = 3;
    }
    if (waterBefore >= 0.5) {
      stateBefore = 2;
    }
    if (builtBefore >= 0.5) {
      stateBefore = 1;
    }
    let stateAfter = 5;
    if (greenAfter >= 0.5) {
      stateAfter = 4;
    }
    if (forestAfter >= 0.5) {
      stateAfter = 3;
    }
    if (waterAfter >= 0.5) {
      stateAfter = 2;
    }
    if (builtAfter >= 0.5) {
      stateAfter = 1;
    }
    const c = Math.min(127, Math.floor(confidence * 128));
    const m = Math.min(127, Math.floor(magnitude * 128));
    return ((((code * 2 + bare) * 8 + stateBefore) * 8 + stateAfter) * 128 + c) * 128 + m;
  },
  functions: [
    normalizedDifference,
    ramp,
    over,
    vegetationScore,
    litScore,
    forestScore,
    waterScore,
    soilScore,
    roofScore,
  ],
};

/** Least pixels of a 3 × 3 window, the middle one included, that must say the same: a corner of a building has four. */
const LEAST_SUPPORT = 4;

/**
 * Takes back the change of pixels that stand alone: fewer than four of the 3 × 3 around them have the class. Specks of two
 * or three pixels are what a turned shadow or a mixed pixel leaves; states and magnitude stay. Packed as in
 * `stateChangeKernel`; edges of the plane are repeated.
 */
export const supportKernel: KernelSource = {
  name: 'support',
  kernel: function kernel(
    this: Thread<{ width: number; height: number; support: number }>,
    packed: number[],
  ) {
    const value = packed[this.thread.x];
    const found = Math.floor(value / 2097152);
    let result = value;
    if (found > 0.5) {
      const width = this.constants.width;
      const row = Math.floor(this.thread.x / width);
      const column = this.thread.x - row * width;
      let count = 0;
      for (let k = 0; k < 9; k++) {
        const dy = Math.floor(k / 3);
        const y = Math.min(Math.max(row + dy - 1, 0), this.constants.height - 1);
        const x = Math.min(Math.max(column + k - 3 * dy - 1, 0), width - 1);
        if (Math.floor(packed[y * width + x] / 2097152) === found) {
          count += 1;
        }
      }
      if (count < this.constants.support) {
        const states = Math.floor((value - Math.floor(value / 1048576) * 1048576) / 16384);
        result = states * 16384 + (value - Math.floor(value / 128) * 128);
      }
    }
    return result;
  },
};

/** What `supportKernel` is compiled with. */
export function supportConstants(width: number, height: number): Record<string, number> {
  return { width, height, support: LEAST_SUPPORT };
}
