import type { KernelSource } from './backend.js';
import type { Thread } from './indices.js';
import { inlined } from './inline.js';
import { normalizedDifference, ramp } from './maths.js';

/**
 * Baked into the state kernel. `at…` is where a band's plane begins in the stack, `dark…` its dark level; a band that a
 * scene lacks has `has… = 0` and stands for nothing. Levels are those of the scene (SceneLook), so that digital numbers of
 * any scale can be judged.
 */
export interface StateConstants {
  readonly bandCount: number;
  readonly length: number;
  readonly width: number;
  readonly height: number;
  /** Half-width of the window a building's shadow is looked for in, px. */
  readonly radius: number;
  readonly hasColour: number;
  readonly hasNdvi: number;
  readonly hasWater: number;
  /** Pixels fine enough for outlines, and near infrared: then buildings are candidates, judged by raster/rims.ts. */
  readonly outlined: number;
  /** Near and short-wave infrared, in pixels that no building's shadow fills: water is what is dark in both. */
  readonly hasDarkWater: number;
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
  /** Dates' own colours (SceneColour), and the least saturation of soil in them; not known where `hasOwn` is 0. */
  readonly hasOwn: number;
  readonly soilBefore: number;
  readonly soilAfter: number;
  readonly gainRedBefore: number;
  readonly gainGreenBefore: number;
  readonly gainBlueBefore: number;
  readonly offsetRedBefore: number;
  readonly offsetGreenBefore: number;
  readonly offsetBlueBefore: number;
  readonly gainRedAfter: number;
  readonly gainGreenAfter: number;
  readonly gainBlueAfter: number;
  readonly offsetRedAfter: number;
  readonly offsetGreenAfter: number;
  readonly offsetBlueAfter: number;
  /** Mean squared difference, in noise², at which magnitude is 0.5. */
  readonly energyHalf: number;
}

/** What is said of the pixels of a block, a byte each (kernels/detector.ts tells of what). */
export interface StatePlanes {
  readonly code: Uint8Array;
  readonly confidence: Uint8Array;
  readonly magnitude: Uint8Array;
  readonly stateBefore: Uint8Array;
  readonly stateAfter: Uint8Array;
  readonly bare: Uint8Array;
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
 * Sunlit 0-1, from the mean of brightness against the scene's median and near infrared against its bright ground: in a
 * cast shadow both are low, and what lies there cannot be judged from one look.
 */
export function litScore(light: number): number {
  return ramp(light, 0.22, 0.4);
}

/** Dense vegetation 0-1 from the scaled index. */
export function denseScore(index: number): number {
  return ramp(index, 0.48, 0.64);
}

/**
 * Forest 0-1, as a share of dense vegetation: sunlit, and as dark in the visible as the scene's own canopy (which shades
 * itself; grass and crops do not). `brightness` is the local mean over the canopy's.
 */
export function canopyScore(brightness: number, infrared: number): number {
  return (1 - ramp(brightness, 1.3, 1.65)) * ramp(infrared, 0.35, 0.55);
}

/** Water 0-1 from NDWI (McFeeters 1996) or MNDWI (Xu 2006) over dark levels. */
export function wetScore(ratio: number): number {
  return ramp(ratio, 0.05, 0.35);
}

/**
 * Open water 0-1, as a share of what is wet: dark in the infrared against bright ground (`infrared` is the share of it),
 * not black in the visible, as cast shadow is, and smooth, as shadow between buildings is not.
 */
export function openScore(infrared: number, brightness: number, edge: number): number {
  return (1 - ramp(infrared, 0.25, 0.5)) * ramp(brightness, 0.15, 0.35) * (1 - ramp(edge, 0.25, 0.55));
}

/**
 * More water than land 0-1, from both infrared bands as shares of bright ground. Flood water is turbid, and mixed with
 * what stands in it: its index need not pass any fixed line, but both bands fall below half of what land sends back.
 */
export function darkScore(nearInfrared: number, infrared: number): number {
  return (1 - ramp(nearInfrared, 0.35, 0.65)) * (1 - ramp(infrared, 0.35, 0.65));
}

/** Both infrared bands together fell or rose by more than a season makes them, 0-1; a little is added against noise. */
export function infraredStep(before: number, after: number): number {
  return ramp(Math.max((before + 0.1) / (after + 0.1), (after + 0.1) / (before + 0.1)), 1.35, 1.8);
}

/** Red over blue 0-1, from their normalized difference. */
export function brownScore(ratio: number): number {
  return ramp(ratio, 0.18, 0.34);
}

/** Bare soil 0-1, as a share of what is brown: smooth (roofs and streets are neither so red nor so smooth). */
export function smoothScore(edge: number): number {
  return 1 - ramp(edge, 0.7, 1.3);
}

/** Hard ground 0-1: neither vegetation nor water, in the sun. */
export function hardScore(green: number, water: number, lit: number): number {
  return (1 - green) * (1 - water) * lit;
}

/** Without near infrared dry ground looks like concrete: only edges tell them apart. */
export function structureScore(edge: number): number {
  return ramp(edge, 0.35, 0.9);
}

/** Edges or brightness of roofs 0-1: edge density against built ground, brightness against the scene. */
export function roofScore(brightness: number, edge: number): number {
  return Math.max(ramp(edge, 0.25, 0.6), ramp(brightness, 1.6, 2.4));
}

/** Bare ground 0-1: hard, and soil or at least no roof. */
export function bareScore(hard: number, soil: number, roof: number): number {
  return hard * Math.max(soil, 1 - roof);
}

/**
 * State of a date: 1 built, 2 water, 3 forest, 4 other vegetation, the first of them that is surely there; else 5 other where the sun shines, and 6
 * in a shadow (SHADE).
 */
export function stateCode(green: number, forest: number, water: number, built: number, lit: number): number {
  return built >= 0.5 ? 1 : water >= 0.5 ? 2 : forest >= 0.5 ? 3 : green >= 0.5 ? 4 : lit >= 0.5 ? 5 : 6;
}

/**
 * Magnitude 0-1: z²/(z²+h) of the mean squared difference in units of the scene's own noise; h is where unchanged ground
 * comes once in a hundred, so that 0.5 says "changed" at that level.
 */
export function magnitudeOf(energy: number, half: number): number {
  return energy / (energy + half);
}

/** How far a magnitude lets a class change at all, 0-1. */
export function changedScore(magnitude: number): number {
  return ramp(magnitude, 0.15, 0.4);
}

/** As `changedScore`, for what a light or a season changes too: three times the energy that unchanged ground has once in a hundred. */
export function surelyChangedScore(magnitude: number): number {
  return ramp(magnitude, 0.6, 0.9);
}

/**
 * Building new, with the other look being the one before. Nobody builds on open water within
 * a month, nor floods a house: that is glint, or a shadow on the shore.
 */
export function buildingTurn(
  roof: number,
  otherLit: number,
  otherBuilt: number,
  otherWater: number,
  changed: number,
): number {
  return roof * otherLit * (1 - otherBuilt) * (1 - otherWater) * changed;
}

/**
 * Hard ground that turned into other hard ground: a building on what was paved or cleared, a new roof, a demolished
 * house, a field ploughed. A pixel cannot tell these apart; the outline of its region does (raster/rims.ts).
 */
export function rebuiltTurn(hardBefore: number, hardAfter: number, changed: number): number {
  return hardBefore * hardAfter * changed;
}

/**
 * Dry land 0-1, from the scaled vegetation index: soil, concrete and plants send back more near infrared than red. Glint,
 * foam and haze over water are flat or fall.
 */
export function landScore(index: number): number {
  return ramp(index, -0.02, 0.06);
}

/**
 * Building gone: what stands in its place is hard ground still, rubble or a cleared lot. `otherHard` is of the look after.
 * Grass where a roof was is a year's work, and on farmland every harvested field is one.
 */
export function demolitionTurn(roof: number, otherHard: number, changed: number): number {
  return roof * otherHard * changed;
}

/**
 * Above 0 where a brightness is `times` brighter than all the 3 × 3 around it in the other look, or darker: what a pixel of
 * misregistration cannot make. `low` and `high` are of the 3 × 3; all relative to the scene's median, 0.05 of which is noise.
 */
export function outside(value: number, low: number, high: number, times: number): number {
  return Math.max(value + 0.05 - times * (high + 0.05), low + 0.05 - times * (value + 0.05));
}

/**
 * Above 0 where a surface is as coloured as soil, (max - min) / max over `soil`, and not by being blue, which no ground is:
 * blue over the larger of red and green by less than a tenth.
 */
export function soilColoured(red: number, green: number, blue: number, soil: number): number {
  return Math.min(
    Math.max(Math.max(red, green), blue) * (1 - soil) - Math.min(Math.min(red, green), blue),
    1.1 * Math.max(red, green) - blue,
  );
}

/** From the size of the water index's change: shadow dims all bands alike and keeps their ratio; water comes and goes with it. */
export function turnedScore(step: number): number {
  return ramp(step, 0.25, 0.5);
}

/**
 * Water gained, with the other look being the one before, or lost. `lit` is how far the other look is sunlit: in a building's shadow a pond is as
 * black as the ground beside it, and would come and go with the sun.
 */
export function waterTurn(
  water: number,
  otherWater: number,
  turned: number,
  lit: number,
  changed: number,
): number {
  return water * (1 - otherWater) * turned * lit * changed;
}

/** Rise or drop of the vegetation index that says more than a season does. */
export function stepScore(step: number): number {
  return ramp(step, 0.12, 0.25);
}

/**
 * Crowns closed 0-1, from the local brightness before over that after, or gone, from their inverse: grass that becomes forest hardly
 * changes its index, nor does forest that becomes grass, but a canopy shades itself.
 */
export function closedScore(darker: number): number {
  return ramp(darker, 1.15, 1.4);
}

/** Forest gained, with the other look being the one before, or lost. */
export function forestTurn(
  forest: number,
  otherForest: number,
  step: number,
  otherLit: number,
  changed: number,
): number {
  return forest * (1 - otherForest) * step * otherLit * changed;
}

/** Vegetation that is no forest turned into bare ground. */
export function earthworkTurn(
  green: number,
  lit: number,
  forest: number,
  bareAfter: number,
  drop: number,
  changed: number,
): number {
  return green * lit * (1 - forest) * bareAfter * drop * changed;
}

/**
 * State and change of a pixel from both dates' stacks and features. Every change is a crossing with
 * margin: surely there after, surely not before, and both looks in the sun.
 * Packed: ((((class·2 + bare)·8 + stateBefore)·8 + stateAfter)·128 + confidence)·128 + magnitude, below 2^24 and so
 * exact in f32. `levels` holds 1/noise a band. What few pixels need stands under an `if`: where none of the pixels that are
 * computed together needs it, it is not computed.
 */
export const stateChangeKernel: KernelSource = inlined({
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

    let indexBefore = 0;
    let indexAfter = 0;
    let forestBefore = 0;
    let forestAfter = 0;
    // sunlit by brightness alone, where there is no near infrared
    let sunBefore = vb;
    let sunAfter = va;
    if (this.constants.hasNdvi > 0.5) {
      const redBefore = over(before[i + this.constants.atRed], this.constants.darkRed);
      const redAfter = over(after[i + this.constants.atRed], this.constants.darkRed);
      const nirBefore = over(before[i + this.constants.atNir], this.constants.darkNir);
      const nirAfter = over(after[i + this.constants.atNir], this.constants.darkNir);
      indexBefore = normalizedDifference(nirBefore, redBefore) * this.constants.vegetationScale;
      indexAfter = normalizedDifference(nirAfter, redAfter) * this.constants.vegetationScale;
      sunBefore = nirBefore / this.constants.nirHigh;
      sunAfter = nirAfter / this.constants.nirHigh;
      const denseBefore = denseScore(indexBefore);
      if (denseBefore > 0) {
        const shade = featuresBefore[atMean] / this.constants.canopy;
        forestBefore = denseBefore * canopyScore(shade, sunBefore);
      }
      const denseAfter = denseScore(indexAfter);
      if (denseAfter > 0) {
        const shade = featuresAfter[atMean] / this.constants.canopy;
        forestAfter = denseAfter * canopyScore(shade, sunAfter);
      }
    } else if (this.constants.hasColour > 0.5) {
      const blueBefore = over(before[i + this.constants.atBlue], this.constants.darkBlue);
      const blueAfter = over(after[i + this.constants.atBlue], this.constants.darkBlue);
      // greenness, excess green (Woebbecke 1995) as a ratio: vegetation where there is no near infrared
      const leafBefore = 2 * over(before[i + this.constants.atGreen], this.constants.darkGreen);
      const leafAfter = 2 * over(after[i + this.constants.atGreen], this.constants.darkGreen);
      const otherBefore = blueBefore + over(before[i + this.constants.atRed], this.constants.darkRed);
      const otherAfter = blueAfter + over(after[i + this.constants.atRed], this.constants.darkRed);
      indexBefore = normalizedDifference(leafBefore, otherBefore) * this.constants.vegetationScale;
      indexAfter = normalizedDifference(leafAfter, otherAfter) * this.constants.vegetationScale;
    }
    const greenBefore = vegetationScore(indexBefore);
    const greenAfter = vegetationScore(indexAfter);
    const brightBefore = (vb + sunBefore) / 2;
    const brightAfter = (va + sunAfter) / 2;
    const litBefore = litScore(brightBefore);
    const litAfter = litScore(brightAfter);

    let waterBefore = 0;
    let waterAfter = 0;
    let ratioBefore = 0;
    let ratioAfter = 0;
    let dim = 0;
    if (this.constants.hasWater > 0.5) {
      const visibleBefore = over(before[i + this.constants.atVisible], this.constants.darkVisible);
      const visibleAfter = over(after[i + this.constants.atVisible], this.constants.darkVisible);
      const infraredBefore = over(before[i + this.constants.atInfrared], this.constants.darkInfrared);
      const infraredAfter = over(after[i + this.constants.atInfrared], this.constants.darkInfrared);
      ratioBefore = normalizedDifference(visibleBefore, infraredBefore);
      ratioAfter = normalizedDifference(visibleAfter, infraredAfter);
      const wetBefore = wetScore(ratioBefore);
      if (wetBefore > 0) {
        const share = infraredBefore / this.constants.infraredHigh;
        waterBefore = wetBefore * openScore(share, vb, eb);
      }
      const wetAfter = wetScore(ratioAfter);
      if (wetAfter > 0) {
        const share = infraredAfter / this.constants.infraredHigh;
        waterAfter = wetAfter * openScore(share, va, ea);
      }
      if (this.constants.hasDarkWater > 0.5) {
        const longBefore = infraredBefore / this.constants.infraredHigh;
        const longAfter = infraredAfter / this.constants.infraredHigh;
        waterBefore = Math.max(waterBefore, darkScore(sunBefore, longBefore));
        waterAfter = Math.max(waterAfter, darkScore(sunAfter, longAfter));
        const bothBefore = sunBefore + longBefore;
        const bothAfter = sunAfter + longAfter;
        dim = infraredStep(bothBefore, bothAfter);
      }
    }

    const hardBefore = hardScore(greenBefore, waterBefore, litBefore);
    const hardAfter = hardScore(greenAfter, waterAfter, litAfter);
    let soilBefore = 0;
    let soilAfter = 0;
    if (this.constants.hasColour > 0.5) {
      // soil counts as a share of hard ground only
      if (hardBefore > 0) {
        const red = over(before[i + this.constants.atRed], this.constants.darkRed);
        const blue = over(before[i + this.constants.atBlue], this.constants.darkBlue);
        const ratio = normalizedDifference(red, blue);
        soilBefore = brownScore(ratio) * smoothScore(eb);
      }
      if (hardAfter > 0) {
        const red = over(after[i + this.constants.atRed], this.constants.darkRed);
        const blue = over(after[i + this.constants.atBlue], this.constants.darkBlue);
        const ratio = normalizedDifference(red, blue);
        soilAfter = brownScore(ratio) * smoothScore(ea);
      }
    }
    let builtBefore = hardBefore * (1 - soilBefore);
    let builtAfter = hardAfter * (1 - soilAfter);
    if (this.constants.hasNdvi < 0.5) {
      builtBefore = builtBefore * structureScore(eb);
      builtAfter = builtAfter * structureScore(ea);
    }

    let energy = 0;
    for (let k = 0; k < this.constants.bandCount; k++) {
      const z = (after[i + k * this.constants.length] - before[i + k * this.constants.length]) * levels[k];
      energy += z * z;
    }
    energy = energy / this.constants.bandCount;
    const magnitude = magnitudeOf(energy, this.constants.energyHalf);
    const changed = changedScore(magnitude);

    let code = 0;
    let confidence = 0;
    let bare = 0;
    // a factor of every class, and each is one from a half on
    if (changed >= 0.5) {
      const roofnessAfter = roofScore(va, ea);
      const roofAfter = builtAfter * roofnessAfter;
      const roofBefore = builtBefore * roofScore(vb, eb);
      let buildingNew = buildingTurn(roofAfter, litBefore, builtBefore, waterBefore, changed);
      let buildingGone = demolitionTurn(roofBefore, hardAfter, changed);
      if (this.constants.hasOwn > 0.5 && buildingNew >= 0.5) {
        const ownRed =
          after[i + this.constants.atRed] * this.constants.gainRedAfter + this.constants.offsetRedAfter;
        const ownGreen =
          after[i + this.constants.atGreen] * this.constants.gainGreenAfter + this.constants.offsetGreenAfter;
        const ownBlue =
          after[i + this.constants.atBlue] * this.constants.gainBlueAfter + this.constants.offsetBlueAfter;
        if (soilColoured(ownRed, ownGreen, ownBlue, this.constants.soilAfter) > 0) {
          buildingNew = 0;
        }
      }
      if (this.constants.hasOwn > 0.5 && buildingGone >= 0.5) {
        const wasRed =
          before[i + this.constants.atRed] * this.constants.gainRedBefore + this.constants.offsetRedBefore;
        const wasGreen =
          before[i + this.constants.atGreen] * this.constants.gainGreenBefore +
          this.constants.offsetGreenBefore;
        const wasBlue =
          before[i + this.constants.atBlue] * this.constants.gainBlueBefore + this.constants.offsetBlueBefore;
        if (soilColoured(wasRed, wasGreen, wasBlue, this.constants.soilBefore) > 0) {
          buildingGone = 0;
        }
      }
      if (buildingGone >= 0.5) {
        const row = Math.floor(i / this.constants.width);
        const column = i - row * this.constants.width;
        // what a building that is gone leaves is a fifth brighter or darker than all around before, and the other way round
        let lowBefore = vb;
        let highBefore = vb;
        let lowAfter = va;
        let highAfter = va;
        for (let k = 0; k < 9; k++) {
          const dy = Math.floor(k / 3);
          const y = Math.min(Math.max(row + dy - 1, 0), this.constants.height - 1);
          const x = Math.min(Math.max(column + k - 3 * dy - 1, 0), this.constants.width - 1);
          const valueBefore = featuresBefore[y * this.constants.width + x] / this.constants.brightness;
          const valueAfter = featuresAfter[y * this.constants.width + x] / this.constants.brightness;
          lowBefore = Math.min(lowBefore, valueBefore);
          highBefore = Math.max(highBefore, valueBefore);
          lowAfter = Math.min(lowAfter, valueAfter);
          highAfter = Math.max(highAfter, valueAfter);
        }
        const went = outside(va, lowBefore, highBefore, 1.2);
        const back = outside(vb, lowAfter, highAfter, 1.2);
        if (went <= 0 || back <= 0) {
          buildingGone = 0;
        }
        if (buildingGone >= 0.5) {
          let darkest = va;
          for (let dy = 0; dy < 2 * this.constants.radius + 1; dy++) {
            const y = Math.min(Math.max(row + dy - this.constants.radius, 0), this.constants.height - 1);
            for (let dx = 0; dx < 2 * this.constants.radius + 1; dx++) {
              const x = Math.min(Math.max(column + dx - this.constants.radius, 0), this.constants.width - 1);
              darkest = Math.min(
                darkest,
                featuresAfter[y * this.constants.width + x] / this.constants.brightness,
              );
            }
          }
          // something still casts a shadow
          if (darkest < 0.3) {
            buildingGone = 0;
          }
        }
      }
      const bareAfter = bareScore(hardAfter, soilAfter, roofnessAfter);
      if (this.constants.hasNdvi > 0.5) {
        const fall = indexBefore - indexAfter;
        const drop = stepScore(fall);
        const climb = indexAfter - indexBefore;
        const rise = stepScore(climb);
        const earthwork = earthworkTurn(greenBefore, litBefore, forestBefore, bareAfter, drop, changed);
        if (earthwork >= 0.5) {
          code = 3;
          confidence = earthwork;
        }
        const darker = featuresBefore[atMean] / Math.max(featuresAfter[atMean], 0.000001);
        const grown = Math.max(rise, closedScore(darker));
        const forestGain = forestTurn(forestAfter, forestBefore, grown, litBefore, changed);
        if (forestGain >= 0.5) {
          code = 6;
          confidence = forestGain;
        }
        // by itself too: beside a bare clearing the mean alone would open what still stands
        const ownBrighter = va / Math.max(vb, 0.000001);
        const meanBrighter = featuresAfter[atMean] / Math.max(featuresBefore[atMean], 0.000001);
        const brighter = Math.min(ownBrighter, meanBrighter);
        const cut = Math.max(drop, closedScore(brighter));
        const forestLoss = forestTurn(forestBefore, forestAfter, cut, litAfter, changed);
        if (forestLoss >= 0.5) {
          code = 7;
          confidence = forestLoss;
          bare = Math.floor(bareAfter + 0.5);
        }
      }
      let land = 1;
      if (this.constants.hasNdvi > 0.5) {
        land = landScore(indexAfter);
      }
      if (this.constants.hasWater > 0.5) {
        const step = Math.abs(ratioAfter - ratioBefore);
        const turned = Math.max(turnedScore(step), dim);
        // in pixels that no building's shadow fills, what is dark is water or forest
        const told = Math.max(litBefore, this.constants.hasDarkWater);
        const waterGain = waterTurn(waterAfter, waterBefore, turned, told, changed);
        if (waterGain >= 0.5) {
          code = 4;
          confidence = waterGain;
          bare = 0;
        }
        const dry = litAfter * land;
        const waterLoss = waterTurn(waterBefore, waterAfter, turned, dry, changed);
        if (waterLoss >= 0.5) {
          code = 5;
          confidence = waterLoss;
          bare = Math.floor(bareAfter + 0.5);
        }
      }
      if (this.constants.outlined > 0.5) {
        const strong = surelyChangedScore(magnitude);
        const rebuilt = rebuiltTurn(hardBefore, hardAfter, strong);
        buildingNew = Math.max(buildingNew, Math.max(buildingGone, rebuilt));
      } else {
        if (buildingGone >= 0.5) {
          code = 2;
          confidence = buildingGone;
          bare = 0;
        }
      }
      if (buildingNew >= 0.5) {
        code = 1;
        confidence = buildingNew;
        bare = 0;
      }
    }

    const stateBefore = stateCode(greenBefore, forestBefore, waterBefore, builtBefore, litBefore);
    const stateAfter = stateCode(greenAfter, forestAfter, waterAfter, builtAfter, litAfter);
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
    denseScore,
    canopyScore,
    wetScore,
    openScore,
    darkScore,
    infraredStep,
    brownScore,
    smoothScore,
    hardScore,
    structureScore,
    roofScore,
    bareScore,
    stateCode,
    magnitudeOf,
    changedScore,
    surelyChangedScore,
    buildingTurn,
    rebuiltTurn,
    landScore,
    demolitionTurn,
    outside,
    soilColoured,
    turnedScore,
    waterTurn,
    stepScore,
    closedScore,
    forestTurn,
    earthworkTurn,
  ],
});

/** Least pixels of a 3 × 3 window, the middle one included, that must say the same: a corner of a building has four. */
export const LEAST_SUPPORT = 4;

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
