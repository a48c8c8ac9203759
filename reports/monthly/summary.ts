import { CHANGE_CLASSES } from '../../kernels/classes.js';
import { dateWords } from '../shared/dates.js';
import type { Lang } from '../shared/lang.js';
import { decimal, mu, prose, relativeChange, share } from '../shared/numbers.js';
import type { Comparison, MonthStates, ReportInput, TrendPoint } from './input.js';
import { type ComparisonSums, type MonthSums, sumMonth } from './sums.js';
import { isLow } from './tables.js';
import { type AreaKey, type Observed, observedShare, type StateRow } from './tally.js';
import { isDrawn } from './trend.js';
import { areaName, className, type Words } from './words.js';

/** Places named in one sentence; the tables have all. */
const NAMED = 3;
const STATES_TOLD: readonly AreaKey[] = ['built', 'water', 'forest_green'];

/** All sentences of the report, in its order. */
export function summaryLines(input: ReportInput, sums: readonly ComparisonSums[], words: Words): string[] {
  const { district, lang, firstMonth, subdistricts } = input;
  const lines = sums.flatMap((s) => comparisonSummary(s, district, lang, words));
  if (sums.length === 0 && firstMonth) {
    lines.push(...firstMonthSummary(firstMonth, sumMonth(firstMonth, subdistricts), district, lang, words));
  }
  if (lines.length === 0) lines.push(words.sumNothing);
  return [...lines, ...closingLines(input, words)];
}

/** What stands under no single comparison: the months before, the leads. */
export function closingLines(input: ReportInput, words: Words): string[] {
  return [...trendSentences(input.trend ?? [], words), ...leadSentences(input, words)];
}

/** Months before that make a mean worth telling. */
const LEAST_MONTHS = 2;

function trendSentences(trend: readonly TrendPoint[], words: Words): string[] {
  const count = (point: TrendPoint) => (point.classes ?? []).reduce((total, c) => total + c.count, 0);
  const own = trend.at(-1);
  const before = trend.slice(0, -1).filter((point) => isDrawn(point) && point.classes !== null);
  if (!own || own.classes === null || !isDrawn(own) || before.length < LEAST_MONTHS) return [];
  const mean = before.reduce((total, point) => total + count(point), 0) / before.length;
  return [words.sumTrend(decimal(before.length), decimal(mean, 1), decimal(count(own)))];
}

function leadSentences({ leads, lang }: ReportInput, words: Words): string[] {
  if (!leads) return [];
  const { from, to, figures } = leads.own;
  const span = words.monthsFromTo(dateWords(from, lang), dateWords(to, lang));
  if (figures.total === 0) return [words.sumNoLeads(span)];
  const { sent, visited, overdue, confirmed, rejected, notFound } = figures.all;
  const sentences = [
    words.sumLeads(span, decimal(figures.total), decimal(sent), decimal(visited), decimal(overdue)),
  ];
  if (confirmed + rejected + notFound > 0) {
    sentences.push(words.sumVerdicts(decimal(confirmed), decimal(rejected), decimal(notFound)));
  }
  return sentences;
}

/** A few plain sentences a comparison, every number of them from the same sums as the tables. */
export function comparisonSummary(
  sums: ComparisonSums,
  district: string,
  lang: Lang,
  words: Words,
): string[] {
  const { comparison, ranked, whole } = sums;
  const against = words.against[comparison.against];
  const dates = `${dateWords(comparison.before, lang)} → ${dateWords(comparison.after, lang)}`;
  const seen = observedShare(whole.observed);
  if (seen === 0 && ranked.length === 0) {
    return [words.sumUnseen(district, against, dates), ...missingMonths(comparison, words)];
  }
  const observed = observedWords(whole.observed, words);
  const sentences =
    ranked.length === 0
      ? [words.sumNoPatches(district, against, dates, observed)]
      : [
          words.sumPatches(
            district,
            against,
            dates,
            decimal(ranked.length),
            areaWords(whole.total.areaM2, words),
            observed,
          ),
          ...patchSentences(sums, lang, words),
        ];
  return [...sentences, ...stateSentences(sums, lang, words), ...cautions(sums, lang, words)];
}

function patchSentences(sums: ComparisonSums, lang: Lang, words: Words): string[] {
  const { whole, places } = sums;
  const items = (parts: readonly string[]) => parts.join(words.itemSeparator);
  const classes = CHANGE_CLASSES.filter((c) => whole.classes[c.name].count > 0).map((c) => {
    const sum = whole.classes[c.name];
    return words.sumClass(c[lang], decimal(sum.count), areaWords(sum.areaM2, words));
  });
  const confirmed = sums.ranked.filter((p) => p.state === 'confirmed').length;
  const inside = places.filter((r) => r.place.kind === 'subdistrict');
  const most = inside
    .filter((r) => r.total.count > 0)
    .sort((a, b) => b.total.areaM2 - a.total.areaM2)
    .slice(0, NAMED)
    .map((r) => words.sumPlace(r.place.name, decimal(r.total.count), areaWords(r.total.areaM2, words)));
  const none = inside.filter((r) => r.total.count === 0 && observedShare(r.observed) !== 0);
  const sentences = [words.sumClasses(items(classes))];
  if (confirmed > 0) {
    sentences.push(words.sumConfirmed(decimal(confirmed), decimal(sums.ranked.length - confirmed)));
  }
  if (most.length > 0 && inside.length > 1) sentences.push(words.sumPlaces(items(most)));
  if (none.length > 0 && inside.length > 1) {
    sentences.push(words.sumNoPatchPlaces(none.map((r) => r.place.name).join(words.listSeparator)));
  }
  return sentences;
}

function stateSentences(sums: ComparisonSums, lang: Lang, words: Words): string[] {
  const { areas, observed } = sums.wholeStates;
  if (!areas) return [];
  const parts = STATES_TOLD.filter((key) => sums.computed.includes(key)).map((key) => {
    const [before, after] = areas[key];
    const name = areaName(key, lang);
    const net = after - before;
    if (Math.round(net) === 0) return words.sumSame(name);
    const size = Math.abs(net);
    const percent = relativeChange(before, after);
    const area = percent === null ? areaWords(size, words) : words.areaShare(prose(size), mu(size), percent);
    return (net > 0 ? words.sumGain : words.sumLoss)(name, area);
  });
  if (parts.length === 0) return [];
  return [words.sumStates(parts.join(words.itemSeparator), observedWords(observed, words))];
}

/** What keeps the numbers from being the whole truth. */
function cautions(sums: ComparisonSums, lang: Lang, words: Words): string[] {
  const { comparison } = sums;
  const sentences = sightCautions(sums.states, words);
  sentences.push(...missingMonths(comparison, words));
  if (comparison.months && comparison.areas.length === 0) sentences.push(words.sumNoStates);
  if (comparison.notComputed.length > 0) {
    const names = comparison.notComputed.map((name) => className(name, lang));
    sentences.push(words.sumNotComputed(names.join(words.listSeparator)));
  }
  const dismissed = comparison.patches.length - sums.ranked.length;
  const held = sums.ranked.filter(({ filtering }) => filtering?.held).length;
  if (held > 0) sentences.push(words.sumHeld(decimal(held)));
  if (dismissed > 0) sentences.push(words.sumDismissed(decimal(dismissed)));
  return sentences;
}

function missingMonths({ months }: Comparison, words: Words): string[] {
  const missing = (months ?? []).filter((m) => m.before === null).map((m) => m.month);
  return missing.length > 0 ? [words.sumMissingMonths(missing.join(words.listSeparator))] : [];
}

function sightCautions(rows: readonly StateRow[], words: Words): string[] {
  const inside = rows.filter((r) => r.place.kind === 'subdistrict');
  const blind = inside.filter((r) => observedShare(r.observed) === 0);
  const low = inside.filter((r) => isLow(r.observed) && observedShare(r.observed) !== 0);
  const sentences: string[] = [];
  if (low.length > 0) {
    const names = low.map((r) => words.sumLowPlace(r.place.name, share(observedShare(r.observed) ?? 0)));
    sentences.push(words.sumLow(names.join(words.listSeparator)));
  }
  if (blind.length > 0) {
    sentences.push(words.sumBlind(blind.map((r) => r.place.name).join(words.listSeparator)));
  }
  return sentences;
}

/** A first month: what there is, and that there is nothing to compare with. */
export function firstMonthSummary(
  month: MonthStates,
  sums: MonthSums,
  district: string,
  lang: Lang,
  words: Words,
): string[] {
  const { areas, observed } = sums.wholeStates;
  const seen = observedWords(observed, words);
  const sentences = [words.sumFirst(district, dateWords(month.date, lang), seen)];
  const usable = observed?.usableM2 ?? 0;
  if (areas && usable > 0) {
    const parts = STATES_TOLD.filter((key) => sums.computed.includes(key)).map((key) => {
      const [area] = areas[key];
      const part = words.ofObserved(share(area / usable));
      return words.sumFirstState(areaName(key, lang), words.areaShare(prose(area), mu(area), part));
    });
    if (parts.length > 0) sentences.push(words.sumFirstStates(parts.join(words.itemSeparator)));
  }
  return [...sentences, ...sightCautions(sums.states, words)];
}

/** `观测占比 97.2%`, or that nobody recorded it. */
export function observedWords(observed: Observed, words: Words): string {
  const value = observedShare(observed);
  return value === null ? words.observedUnknown : words.observed(share(value));
}

/** An area in running text with its 亩. */
export function areaWords(m2: number, words: Words): string {
  return words.areaBoth(prose(m2), mu(m2));
}
