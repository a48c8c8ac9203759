import type { KernelSource } from './backend.js';
import type { Thread } from './indices.js';
import { normalizedDifference, ramp } from './maths.js';

/**
 * Baked into the state kernel. Offsets are where a plane begins in the stack; a missing band has `has… = 0`.
 * Levels are those of the scene (SceneLook), so that digital numbers of any scale can be judged.
 */
export interface StateConstants {
  readonly bandCount: number;
  readonly length: number;
  /** Vegetation index (p-q)/(p+q): nir and red, or 2·green and red+blue where there is no nir. */
  readonly vegetation1: number;
  readonly vegetation2: number;
  readonly vegetation3: number;
  readonly hasNir: number;
  readonly vegetationDark1: number;
  readonly vegetationDark2: number;
  readonly vegetationDark3: number;
  readonly vegetationScale: number;
  readonly hasVegetation: number;
  readonly hasWater: number;
  readonly waterVisible: number;
  readonly waterInfrared: number;
  readonly waterVisibleDark: number;
  readonly waterInfraredDark: number;
  readonly infraredHigh: number;
  readonly brightness: number;
  readonly edge: number;
}

/** Vegetation index of (p, q) over their dark levels, scaled so that the scene's dense vegetation is 0.8. */
export function vegetationIndex(
  a: number,
  b: number,
  c: number,
  darkA: number,
  darkB: number,
  darkC: number,
  hasNir: number,
  scale: number,
): number {
  let p = Math.max(a - darkA, 0);
  let q = Math.max(b - darkB, 0);
  if (hasNir < 0.5) {
    // greenness of a colour image: 2·green against red + blue (excess green, Woebbecke 1995, as a ratio)
    p = 2 * p;
    q = q + Math.max(c - darkC, 0);
  }
  return normalizedDifference(p, q) * scale;
}

/** Vegetation 0-1 from the scaled index. */
export function vegetationScore(index: number): number {
  return ramp(index, 0.2, 0.45);
}

/** Forest 0-1: dense vegetation that is darker than the scene (canopy shades itself; grass and crops do not). */
export function forestScore(index: number, brightness: number, reference: number): number {
  return ramp(index, 0.45, 0.65) * (1 - ramp(brightness, 0.75 * reference, 1.15 * reference));
}

/** Water 0-1 from NDWI or MNDWI over dark levels, dark in the infrared against the scene's bright ground. */
export function waterScore(visible: number, infrared: number, infraredHigh: number): number {
  return (
    ramp(normalizedDifference(visible, infrared), 0.0, 0.3) *
    (1 - ramp(infrared, 0.25 * infraredHigh, 0.5 * infraredHigh))
  );
}

/** Built-up 0-1: texture of edges where there is neither vegetation nor water. */
export function builtScore(vegetation: number, water: number, edge: number, reference: number): number {
  return (1 - vegetation) * (1 - water) * ramp(edge, 0.6 * reference, 1.4 * reference);
}

/**
 * State and change of a pixel from both dates' stacks, brightness and edge density.
 * Packed: ((((class·2 + bare)·8 + stateBefore)·8 + stateAfter)·128 + confidence)·128 + magnitude, below 2^24 and so
 * exact in f32. States: 1 built, 2 water, 3 forest, 4 other vegetation, 5 other. Magnitude is z²/(z²+9) of the mean
 * squared difference in units of the scene's own noise: 0.5 at three sigma.
 * `levels` holds 1/noise a band.
 */
export const stateChangeKernel: KernelSource = {
  name: 'state_change',
  kernel: function kernel(
    this: Thread<StateConstants>,
    before: number[],
    after: number[],
    brightBefore: number[],
    brightAfter: number[],
    edgeBefore: number[],
    edgeAfter: number[],
    levels: number[],
  ) {
    const i = this.thread.x;
    let vb = 0;
    let va = 0;
    if (this.constants.hasVegetation > 0.5) {
      vb = vegetationIndex(
        before[i + this.constants.vegetation1],
        before[i + this.constants.vegetation2],
        before[i + this.constants.vegetation3],
        this.constants.vegetationDark1,
        this.constants.vegetationDark2,
        this.constants.vegetationDark3,
        this.constants.hasNir,
        this.constants.vegetationScale,
      );
      va = vegetationIndex(
        after[i + this.constants.vegetation1],
        after[i + this.constants.vegetation2],
        after[i + this.constants.vegetation3],
        this.constants.vegetationDark1,
        this.constants.vegetationDark2,
        this.constants.vegetationDark3,
        this.constants.hasNir,
        this.constants.vegetationScale,
      );
    }
    let wb = 0;
    let wa = 0;
    if (this.constants.hasWater > 0.5) {
      wb = waterScore(
        Math.max(before[i + this.constants.waterVisible] - this.constants.waterVisibleDark, 0),
        Math.max(before[i + this.constants.waterInfrared] - this.constants.waterInfraredDark, 0),
        this.constants.infraredHigh,
      );
      wa = waterScore(
        Math.max(after[i + this.constants.waterVisible] - this.constants.waterVisibleDark, 0),
        Math.max(after[i + this.constants.waterInfrared] - this.constants.waterInfraredDark, 0),
        this.constants.infraredHigh,
      );
    }
    const greenBefore = vegetationScore(vb);
    const greenAfter = vegetationScore(va);
    let forestBefore = 0;
    let forestAfter = 0;
    if (this.constants.hasNir > 0.5) {
      forestBefore = forestScore(vb, brightBefore[i], this.constants.brightness) * (1 - wb);
      forestAfter = forestScore(va, brightAfter[i], this.constants.brightness) * (1 - wa);
    }
    const builtBefore = builtScore(greenBefore, wb, edgeBefore[i], this.constants.edge);
    const builtAfter = builtScore(greenAfter, wa, edgeAfter[i], this.constants.edge);

    let energy = 0;
    for (let k = 0; k < this.constants.bandCount; k++) {
      const z = (after[i + k * this.constants.length] - before[i + k * this.constants.length]) * levels[k];
      energy += z * z;
    }
    energy = energy / this.constants.bandCount;
    const magnitude = energy / (energy + 9);

    // each score is a crossing with margin: surely there after, surely not before
    const changed = ramp(magnitude, 0.2, 0.5);
    const buildingNew = builtAfter * (1 - builtBefore) * changed;
    const buildingGone =
      builtBefore *
      (1 - builtAfter) *
      changed *
      (1 - ramp(brightAfter[i], 1.2 * this.constants.brightness, 2.5 * this.constants.brightness) * 0.5);
    const waterGain = wa * (1 - wb) * changed;
    const waterLoss = wb * (1 - wa) * changed;
    const drop = ramp(vb - va, 0.1, 0.25);
    const rise = ramp(va - vb, 0.1, 0.25);
    const forestGain = forestAfter * (1 - forestBefore) * rise * changed;
    const forestLoss = forestBefore * (1 - forestAfter) * drop * changed;
    const bareAfter = (1 - greenAfter) * (1 - wa) * (1 - builtAfter);
    const earthwork = greenBefore * (1 - forestBefore) * bareAfter * drop * changed * this.constants.hasNir;

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
      bare = 0;
      if (bareAfter >= 0.5) {
        bare = 1;
      }
    }
    if (waterGain >= 0.5) {
      code = 4;
      confidence = waterGain;
      bare = 0;
    }
    if (waterLoss >= 0.5) {
      code = 5;
      confidence = waterLoss;
      bare = 0;
      if (bareAfter >= 0.5) {
        bare = 1;
      }
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
    if (wb >= 0.5) {
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
    if (wa >= 0.5) {
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
    vegetationIndex,
    vegetationScore,
    forestScore,
    waterScore,
    builtScore,
  ],
};
