import { type ClassFilter, chanceOf, evened } from './fit.js';
import { type Judgeable, SEASON, TRAITS } from './traits.js';

/** What a filter has made of a patch; stored with it. */
export interface Filtering {
  /** The filter's number. */
  readonly filter: number;
  /** How likely the patch is right, 0-1. */
  readonly chance: number;
  /** Taken for a false alarm: it is kept, but not confirmed, and its lead waits on the watch list. */
  readonly held: boolean;
  /** Why it is held back; empty where it is not. */
  readonly zh: string;
  readonly en: string;
}

/** A fitted filter as it is stored. */
export interface FalseAlarmFilter {
  readonly id: number;
  readonly classes: readonly ClassFilter[];
  /** Share of a month's patches of a class that may be held back at most, 0-1. */
  readonly mostShare: number;
  /** From this confidence on a patch is never held back, 0-1. */
  readonly sureConfidence: number;
}

/** A patch to be judged, and by which filter; null where none judges its month. */
export interface Asked {
  readonly patch: Judgeable;
  readonly filter: FalseAlarmFilter | null;
  /** Its lead has been sent: people decide. */
  readonly sent: boolean;
  /** Not dismissed: it counts among the month's patches. */
  readonly standing: boolean;
}

/** A trait that moves the log odds by less is not named. */
const LEAST_SAID = 0.2;
const MOST_SAID = 3;
const SEASONAL = new Set(SEASON.map(({ name }) => name));
const WORDS = new Map(TRAITS.map((trait) => [trait.name, trait]));
const MONTHS_EN =
  'January February March April May June July August September October November December'.split(' ');

/**
 * Judges all patches of one class first seen in one month together, because no more than a share of them may be held back:
 * the least likely ones. Answers by number; null where no filter judges the patch.
 */
export function judgeMonth(asked: readonly Asked[]): Map<string, Filtering | null> {
  const standing = asked.filter((one) => one.standing).length;
  const wanted = asked
    .flatMap(({ patch, filter, sent, standing: stands }) => {
      const known = filter?.classes.find((one) => one.class === patch.class);
      if (filter === null || !known?.model || known.threshold === null || !stands) return [];
      const chance = chanceOf(known.model, patch);
      return [{ patch, filter, known, chance, sent, threshold: known.threshold }];
    })
    .sort((a, b) => a.chance - b.chance || (a.patch.number < b.patch.number ? -1 : 1));
  const answers = new Map<string, Filtering | null>(asked.map(({ patch }) => [patch.number, null]));
  let held = 0;
  for (const { patch, filter, known, chance, sent, threshold } of wanted) {
    const holds =
      !sent &&
      chance < threshold &&
      patch.confidence < filter.sureConfidence &&
      held + 1 <= filter.mostShare * standing;
    if (holds) held++;
    const words = holds ? explain(known, patch) : { zh: '', en: '' };
    const rounded = Math.round(1e4 * chance) / 1e4;
    answers.set(patch.number, { filter: filter.id, chance: rounded, held: holds, ...words });
  }
  return answers;
}

/**
 * In words: how many patches rejected before are alike in what speaks against this one, and what that is. The traits that lower
 * the log odds most are named; alike is what lies on the same side in each of them.
 */
function explain({ model, examples, rejected }: ClassFilter, patch: Judgeable): Pick<Filtering, 'zh' | 'en'> {
  if (model === null) return { zh: '', en: '' };
  const values = evened(model, patch);
  const against = model.traits
    .map(({ name, weight }, k) => ({ name, k, moved: weight * values[k] }))
    .filter(({ moved }) => moved < -LEAST_SAID)
    .sort((a, b) => a.moved - b.moved);
  const named = against.filter(({ name }) => !SEASONAL.has(name)).slice(0, MOST_SAID);
  const side = (k: number) => (values[k] < 0 ? 'low' : 'high');
  const alike = examples.filter((example) =>
    named.every(({ k }) => Math.sign(example[k]) === Math.sign(values[k])),
  ).length;
  const month = Number(patch.month.slice(5, 7));
  const seasonal = against.some(({ name }) => SEASONAL.has(name));
  const said = named.flatMap(({ name, k }) => WORDS.get(name)?.[side(k)] ?? []);
  const zh = [...said.map((words) => words.zh), ...(seasonal ? [`${month} 月`] : [])].join('、');
  const en = [...said.map((words) => words.en), ...(seasonal ? [`in ${MONTHS_EN[month - 1]}`] : [])].join(
    ', ',
  );
  const count = alike > 0 ? alike : rejected;
  return {
    zh: `与此前 ${count} 个核查不属实的图斑相似${zh === '' ? '' : `：${zh}`}`,
    en: `like ${count} earlier ${count === 1 ? 'one that was' : 'ones that were'} rejected${en === '' ? '' : `: ${en}`}`,
  };
}
