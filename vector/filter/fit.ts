import { CHANGE_CLASSES, type ChangeClassName } from '../../kernels/classes.js';
import { fitLogistic } from './logistic.js';
import { type Judgeable, SEASON, TRAITS, type Trait } from './traits.js';

/** A verdict of people on a patch: right where they confirmed it, false where they rejected it. */
export interface Verdict {
  readonly patch: Judgeable;
  readonly right: boolean;
}

/** Log odds that a patch is right: the intercept, and a coefficient for each trait of mean 0 and spread 1. */
export interface Model {
  readonly intercept: number;
  readonly traits: readonly {
    readonly name: string;
    readonly mean: number;
    readonly spread: number;
    readonly weight: number;
  }[];
}

/** What cross-validation says of a threshold, on verdicts that the model judging them had not seen. */
export interface Figures {
  /** How it was parted: by months, or by square kilometres. */
  readonly parted: 'month' | 'ground';
  readonly rejectedHeld: number;
  readonly confirmedHeld: number;
}

/** What is known of one class. */
export interface ClassFilter {
  readonly class: ChangeClassName;
  readonly confirmed: number;
  readonly rejected: number;
  /** A chance to be right below it is taken for a false alarm; null: this class is left alone. */
  readonly threshold: number | null;
  /** Why it is left alone. */
  readonly why: 'few' | 'unclear' | null;
  readonly figures: readonly Figures[];
  readonly model: Model | null;
  /** Evened-out traits of rejected patches, in the order of the model: what a false alarm is like. */
  readonly examples: readonly (readonly number[])[];
}

/** Fewer verdicts of a class, or of one outcome, teach nothing of it. */
const LEAST_OF_CLASS = 20;
const LEAST_OF_OUTCOME = 6;
/** The newest so many are taken: the city, the sensor and the detector change. */
const MOST_VERDICTS = 1000;
const MOST_EXAMPLES = 300;
/** Fewer months with verdicts tell nothing of the season. */
const MONTHS_OF_SEASON = 6;
const FOLDS = 5;
/** Strengths of the ridge that are tried: 50 verdicts bear a strong one. */
const RIDGES = [30, 10, 3, 1];
const THRESHOLDS = [0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05];
/** A true find that is held back costs as much as so many visits for nothing. */
const COST_OF_LOSS = 4;
/** Share of the confirmed ones that may be lost in cross-validation; some of them were confirmed by mistake. */
const MOST_LOST = 0.1;
/** Least held back in cross-validation, and how likely chance alone may hold back as many false ones among them. */
const LEAST_HELD = 5;
const BY_CHANCE = 0.01;

/** A filter for each class, from verdicts in any order. */
export function fitFilter(verdicts: readonly Verdict[]): ClassFilter[] {
  return CHANGE_CLASSES.flatMap(({ name }) => {
    const own = verdicts
      .filter(({ patch }) => patch.class === name)
      .sort(newestFirst)
      .slice(0, MOST_VERDICTS);
    return own.length === 0 ? [] : [fitClass(name, own)];
  });
}

/** By month and number, so that the same verdicts give the same filter to the last bit. */
function newestFirst({ patch: a }: Verdict, { patch: b }: Verdict): number {
  if (a.month !== b.month) return a.month < b.month ? 1 : -1;
  return a.number < b.number ? -1 : 1;
}

function fitClass(name: ChangeClassName, verdicts: readonly Verdict[]): ClassFilter {
  const confirmed = verdicts.filter(({ right }) => right).length;
  const rejected = verdicts.length - confirmed;
  const alone = (why: 'few' | 'unclear', figures: readonly Figures[] = []): ClassFilter => ({
    class: name,
    confirmed,
    rejected,
    threshold: null,
    why,
    figures,
    model: null,
    examples: [],
  });
  if (verdicts.length < LEAST_OF_CLASS || Math.min(confirmed, rejected) < LEAST_OF_OUTCOME)
    return alone('few');
  const months = new Set(verdicts.map(({ patch }) => patch.month));
  const traits = months.size >= MONTHS_OF_SEASON ? [...TRAITS, ...SEASON] : TRAITS;
  const byGround = foldsBy(verdicts, ({ ground }) => ground);
  const byMonth = foldsBy(verdicts, ({ month }) => month);
  const ridge = bestRidge(verdicts, traits, byGround);
  const parted = [
    { parted: 'ground' as const, chances: crossValidated(verdicts, traits, ridge, byGround) },
    { parted: 'month' as const, chances: crossValidated(verdicts, traits, ridge, byMonth) },
  ];
  const tried = THRESHOLDS.map((threshold) => ({
    threshold,
    figures: parted.map(({ parted: by, chances }): Figures => {
      const held = verdicts.filter((_, k) => chances[k] < threshold);
      const confirmedHeld = held.filter(({ right }) => right).length;
      return { parted: by, rejectedHeld: held.length - confirmedHeld, confirmedHeld };
    }),
  }));
  const gain = ({ figures }: { readonly figures: readonly Figures[] }) =>
    Math.min(...figures.map((one) => one.rejectedHeld - COST_OF_LOSS * one.confirmedHeld));
  const clear = tried
    .filter(({ figures }) => figures.every((one) => isClear(one, confirmed, rejected)))
    .sort((a, b) => gain(b) - gain(a));
  if (clear.length === 0) return alone('unclear', tried.sort((a, b) => gain(b) - gain(a))[0].figures);
  const model = fitModel(verdicts, traits, ridge);
  return {
    class: name,
    confirmed,
    rejected,
    threshold: clear[0].threshold,
    why: null,
    figures: clear[0].figures,
    model,
    examples: verdicts
      .filter(({ right }) => !right)
      .slice(0, MOST_EXAMPLES)
      .map(({ patch }) => evened(model, patch).map((value) => Math.round(100 * value) / 100)),
  };
}

/** Whether what a threshold holds back is clearly more than chance, and worth what it loses. */
function isClear({ rejectedHeld, confirmedHeld }: Figures, confirmed: number, rejected: number): boolean {
  const held = rejectedHeld + confirmedHeld;
  if (held < LEAST_HELD || rejectedHeld <= COST_OF_LOSS * confirmedHeld) return false;
  if (confirmedHeld > MOST_LOST * confirmed) return false;
  return atLeastByChance(rejectedHeld, held, rejected / (rejected + confirmed)) < BY_CHANCE;
}

/** The chance of `count` or more hits in `tries` of chance `each` (binomial upper tail). */
export function atLeastByChance(count: number, tries: number, each: number): number {
  let sum = 0;
  let logChoose = 0;
  for (let k = 0; k <= tries; k++) {
    if (k > 0) logChoose += Math.log((tries - k + 1) / k);
    if (k >= count) sum += Math.exp(logChoose + k * Math.log(each) + (tries - k) * Math.log(1 - each));
  }
  return Math.min(1, sum);
}

/** Parts verdicts into at most FOLDS folds without parting what has the same key: large keys first, to the smallest fold. */
function foldsBy(verdicts: readonly Verdict[], keyOf: (patch: Judgeable) => string): number[] {
  const sizes = new Map<string, number>();
  for (const { patch } of verdicts) sizes.set(keyOf(patch), (sizes.get(keyOf(patch)) ?? 0) + 1);
  const filled = new Array<number>(Math.min(FOLDS, sizes.size)).fill(0);
  const foldOf = new Map<string, number>();
  for (const [key, size] of [...sizes].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))) {
    const fold = filled.indexOf(Math.min(...filled));
    filled[fold] += size;
    foldOf.set(key, fold);
  }
  return verdicts.map(({ patch }) => foldOf.get(keyOf(patch)) ?? 0);
}

/** The chance of each verdict's patch to be right, by a model that has seen no verdict of its fold. One fold alone proves nothing: all are even. */
function crossValidated(
  verdicts: readonly Verdict[],
  traits: readonly Trait[],
  ridge: number,
  folds: readonly number[],
): number[] {
  const chances = new Array<number>(verdicts.length).fill(0.5);
  const count = Math.max(...folds) + 1;
  if (count < 2) return chances;
  for (let fold = 0; fold < count; fold++) {
    const model = fitModel(
      verdicts.filter((_, k) => folds[k] !== fold),
      traits,
      ridge,
    );
    verdicts.forEach(({ patch }, k) => {
      if (folds[k] === fold) chances[k] = chanceOf(model, patch);
    });
  }
  return chances;
}

/** The ridge under which unseen verdicts are the likeliest; of equals the strongest. */
function bestRidge(verdicts: readonly Verdict[], traits: readonly Trait[], folds: readonly number[]): number {
  const surprise = (ridge: number) =>
    crossValidated(verdicts, traits, ridge, folds).reduce(
      (sum, chance, k) => sum - Math.log(Math.max(1e-6, verdicts[k].right ? chance : 1 - chance)),
      0,
    );
  const tried = RIDGES.map((ridge) => ({ ridge, surprise: surprise(ridge) }));
  return tried.reduce((best, one) => (one.surprise < best.surprise - 1e-9 ? one : best)).ridge;
}

function fitModel(verdicts: readonly Verdict[], traits: readonly Trait[], ridge: number): Model {
  const columns = traits.flatMap((trait) => {
    const known = verdicts.flatMap(({ patch }) => trait.value(patch) ?? []);
    const mean = known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
    const spread = Math.sqrt(
      known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, known.length),
    );
    // what is the same everywhere, or hardly ever known, tells nothing
    return spread < 1e-6 || known.length < verdicts.length / 2 ? [] : [{ name: trait.name, mean, spread }];
  });
  const empty: Model = { intercept: 0, traits: columns.map((column) => ({ ...column, weight: 0 })) };
  const [intercept, ...weights] = fitLogistic(
    verdicts.map(({ patch }) => evened(empty, patch)),
    verdicts.map(({ right }) => Number(right)),
    ridge,
  );
  return { intercept, traits: columns.map((column, k) => ({ ...column, weight: weights[k] })) };
}

const BY_NAME = new Map([...TRAITS, ...SEASON].map((trait) => [trait.name, trait]));

/** A patch's traits by the model's means and spreads, 3 spreads off at most; 0 where a trait is not known. */
export function evened(model: Model, patch: Judgeable): number[] {
  return model.traits.map(({ name, mean, spread }) => {
    const value = BY_NAME.get(name)?.value(patch) ?? null;
    return value === null ? 0 : Math.max(-3, Math.min(3, (value - mean) / spread));
  });
}

/** How likely a patch is right, 0-1. */
export function chanceOf(model: Model, patch: Judgeable): number {
  const values = evened(model, patch);
  const sum = model.traits.reduce((total, { weight }, k) => total + weight * values[k], model.intercept);
  return 1 / (1 + Math.exp(-sum));
}
