import { type Html, html } from '../shared/html.js';
import type { Lang } from '../shared/lang.js';
import { decimal, mu, NONE, prose, relativeChange, share, signedMu, signedProse } from '../shared/numbers.js';
import { areaWords, observedWords } from './summary.js';
import type { ComparisonSums, MonthSums } from './sums.js';
import { type AreaKey, observedShare } from './tally.js';
import { areaName, className, type Words } from './words.js';

interface Figure {
  readonly name: string;
  readonly value: string;
  readonly notes: readonly string[];
}

const STATES_SHOWN: readonly AreaKey[] = ['built', 'water', 'forest_green'];

/** The six numbers of a comparison a director looks for. Each carries the observed share. */
export function comparisonFigures(sums: ComparisonSums, lang: Lang, words: Words): Html {
  const { whole, wholeStates, comparison } = sums;
  const observed = observedWords(whole.observed, words);
  const blind = observedShare(whole.observed) === 0;
  const confirmed = sums.ranked.filter((p) => p.state === 'confirmed').length;
  const count = (name: string, sum: { readonly count: number; readonly areaM2: number }, extra: string[]) =>
    blind && sum.count === 0
      ? { name, value: NONE, notes: [words.noObservation] }
      : {
          name,
          value: words.unitPatch(decimal(sum.count)),
          notes: [areaWords(sum.areaM2, words), ...extra, observed],
        };
  const building = className('building_new', lang);
  return figures([
    count(words.keyPatches, whole.total, confirmed > 0 ? [words.confirmedOf(decimal(confirmed))] : []),
    comparison.notComputed.includes('building_new')
      ? { name: building, value: NONE, notes: [words.notComputed] }
      : count(building, whole.classes.building_new, []),
    ...STATES_SHOWN.map((key): Figure => {
      const name = words.keyNet(areaName(key, lang));
      if (!wholeStates.areas)
        return { name, value: NONE, notes: [blind ? words.noObservation : words.noRecord] };
      if (!sums.computed.includes(key)) return { name, value: NONE, notes: [words.notComputed] };
      const [before, after] = wholeStates.areas[key];
      const percent = relativeChange(before, after);
      const change = `${signedMu(after - before)} ${words.muUnit}${percent === null ? '' : ` · ${percent}`}`;
      return {
        name,
        value: signedProse(after - before),
        notes: [change, observedWords(wholeStates.observed, words)],
      };
    }),
    seen(whole.observed, words.keyObservedNote, words),
  ]);
}

/** The numbers of a month that has nothing to compare with. */
export function monthFigures(sums: MonthSums, lang: Lang, words: Words): Html {
  const { areas, observed } = sums.wholeStates;
  return figures([
    ...STATES_SHOWN.map((key): Figure => {
      const name = areaName(key, lang);
      if (!areas) return { name, value: NONE, notes: [observed ? words.noObservation : words.noRecord] };
      if (!sums.computed.includes(key)) return { name, value: NONE, notes: [words.notComputed] };
      return {
        name,
        value: prose(areas[key][0]),
        notes: [`${mu(areas[key][0])} ${words.muUnit}`, observedWords(observed, words)],
      };
    }),
    seen(observed, words.keyObservedMonth, words),
  ]);
}

function seen(observed: MonthSums['wholeStates']['observed'], note: string, words: Words): Figure {
  const value = observedShare(observed);
  return { name: words.keyObserved, value: value === null ? words.noRecord : share(value), notes: [note] };
}

function figures(list: readonly Figure[]): Html {
  return html`<dl class="figures">${list.map(
    (f) =>
      html`<div><dt>${f.name}</dt><dd>${f.value}</dd>${f.notes.map((n) => html`<dd class="sub">${n}</dd>`)}</div>`,
  )}</dl>`;
}
