import { codeOfState } from '../kernels/classes.js';

/**
 * What the land is covered with, and its mean surface reflectance in blue, green, red, nir. Magnitudes follow common
 * spectral libraries (USGS, ECOSTRESS) for sunlit horizontal surfaces; within-cover variance comes with the texture.
 */
const REFLECTANCE = {
  asphalt: [0.082, 0.092, 0.1, 0.125],
  paving: [0.155, 0.172, 0.188, 0.218],
  roof_concrete: [0.18, 0.2, 0.218, 0.248],
  roof_bright: [0.31, 0.33, 0.345, 0.365],
  roof_dark: [0.078, 0.086, 0.094, 0.112],
  roof_red: [0.09, 0.118, 0.205, 0.285],
  roof_blue: [0.235, 0.215, 0.16, 0.235],
  forest: [0.03, 0.052, 0.034, 0.335],
  grass: [0.042, 0.078, 0.06, 0.335],
  tree: [0.033, 0.057, 0.04, 0.31],
  shrub: [0.04, 0.07, 0.053, 0.29],
  bare: [0.098, 0.132, 0.188, 0.262],
  wet_soil: [0.055, 0.074, 0.105, 0.15],
  rubble: [0.165, 0.185, 0.208, 0.245],
  mud: [0.098, 0.12, 0.142, 0.17],
  reservoir: [0.05, 0.058, 0.034, 0.018],
  river: [0.058, 0.075, 0.066, 0.036],
  pond: [0.05, 0.068, 0.052, 0.032],
  glint: [0.14, 0.148, 0.13, 0.12],
  crop_bare: [0.092, 0.12, 0.155, 0.225],
  crop_young: [0.065, 0.098, 0.1, 0.255],
  crop_full: [0.036, 0.078, 0.046, 0.385],
  crop_stubble: [0.09, 0.125, 0.15, 0.26],
  container: [0.12, 0.11, 0.13, 0.17],
  tent: [0.42, 0.44, 0.45, 0.46],
  blue_shed: [0.24, 0.21, 0.15, 0.235],
  planting: [0.07, 0.095, 0.1, 0.25],
  grove: [0.032, 0.055, 0.037, 0.32],
} as const;

export type Cover = keyof typeof REFLECTANCE;

export const COVERS = Object.keys(REFLECTANCE) as Cover[];

/** Index of each cover, for typed arrays. */
export const COVER = Object.fromEntries(COVERS.map((name, i) => [name, i])) as Readonly<
  Record<Cover, number>
>;

/** Reflectance by cover index and band (4 a cover). */
export const COVER_REFLECTANCE = Float64Array.from(COVERS.flatMap((name) => REFLECTANCE[name]));

export const BUILT = codeOfState('built');
export const WATER = codeOfState('water');
export const FOREST = codeOfState('forest');
export const GREEN = codeOfState('green');
export const OTHER = codeOfState('other');

/** How a cover varies: share of tone between objects, of fine and of coarse texture, and the size of these in metres. */
export interface Grain {
  readonly tone: number;
  readonly fine: number;
  readonly fineM: number;
  readonly coarse: number;
  readonly coarseM: number;
}

const grains: Readonly<Record<'roof' | 'ground' | 'soil' | 'crown' | 'lawn' | 'water' | 'street', Grain>> = {
  roof: { tone: 0.36, fine: 0.24, fineM: 3.5, coarse: 0.1, coarseM: 11 },
  ground: { tone: 0.2, fine: 0.25, fineM: 4, coarse: 0.25, coarseM: 18 },
  soil: { tone: 0.22, fine: 0.2, fineM: 3, coarse: 0.3, coarseM: 14 },
  crown: { tone: 0, fine: 0.5, fineM: 6.5, coarse: 0.26, coarseM: 45 },
  lawn: { tone: 0.1, fine: 0.14, fineM: 3, coarse: 0.24, coarseM: 24 },
  water: { tone: 0.08, fine: 0.06, fineM: 5, coarse: 0.14, coarseM: 90 },
  street: { tone: 0.08, fine: 0.14, fineM: 3, coarse: 0.2, coarseM: 60 },
};

const GRAIN_OF: Readonly<Record<Cover, Grain>> = {
  asphalt: grains.street,
  paving: grains.ground,
  roof_concrete: grains.roof,
  roof_bright: grains.roof,
  roof_dark: grains.roof,
  roof_red: grains.roof,
  roof_blue: grains.roof,
  forest: grains.crown,
  grass: grains.lawn,
  tree: grains.crown,
  shrub: grains.crown,
  bare: grains.soil,
  wet_soil: grains.soil,
  rubble: grains.soil,
  mud: grains.soil,
  reservoir: grains.water,
  river: grains.water,
  pond: grains.water,
  glint: { ...grains.water, fine: 0.5, coarse: 0.6, coarseM: 30 },
  crop_bare: grains.soil,
  crop_young: grains.lawn,
  crop_full: grains.lawn,
  crop_stubble: grains.lawn,
  container: { ...grains.roof, tone: 0.9 },
  tent: grains.roof,
  blue_shed: grains.roof,
  planting: grains.lawn,
  grove: grains.crown,
};

export const COVER_GRAIN: readonly Grain[] = COVERS.map((name) => GRAIN_OF[name]);
