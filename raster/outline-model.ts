/**
 * What is told of the outline of a region between two dates, `now` and `then`: of a building that came these are after
 * and before, of one that went before and after.
 */
export interface Outline {
  /** Share of the region's pixels that have it all around them, 0-1: the ragged seams that a shift leaves have few. */
  readonly core: number;
  /** Sharpness of the rim now, over that of the inside: relative steps of brightness (kernels/steps.ts). */
  readonly sharp: number;
  /** Natural logarithm of the rim's sharpness then over now. */
  readonly faded: number;
  /** Share of the rim beside which a shadow lies now where none lay then. */
  readonly shaded: number;
  /** Mean size of the logarithm of brightness inside over that 3 px outside the rim, now, where no shadow lies. */
  readonly contrast: number;
  /** The size of its mean with its sign, then: what differed from its surroundings already was something else. */
  readonly contrastThen: number;
}

export type OutlineModel = Readonly<Record<keyof Outline | 'intercept', number>>;

/** Added to both sharpnesses before their ratio is taken: below it there is no outline. */
export const NO_OUTLINE = 0.05;

/**
 * Logistic regression, fitted by `node dist/bench/quality/fit.js` on the worlds of seeds 5003, 5011 and 5023 (docs/quality.md):
 * signs and order of size say what each is worth.
 */
export const OUTLINE_MODEL: OutlineModel = {
  intercept: -6.54,
  core: 5.77,
  sharp: -2.23,
  faded: -1.54,
  shaded: 5.93,
  contrast: 1.45,
  contrastThen: 0.98,
};

/** How likely a building stands now in the region and did not then, 0-1. */
export function chanceOfBuilding(outline: Outline, model: OutlineModel = OUTLINE_MODEL): number {
  let sum = model.intercept;
  for (const name of OUTLINE_NAMES) sum += model[name] * outline[name];
  return 1 / (1 + Math.exp(-sum));
}

export const OUTLINE_NAMES: readonly (keyof Outline)[] = [
  'core',
  'sharp',
  'faded',
  'shaded',
  'contrast',
  'contrastThen',
];
