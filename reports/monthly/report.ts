import { CHANGE_CLASSES } from '../../kernels/classes.js';
import { dateWords, instantWords } from '../shared/dates.js';
import { type Html, html, raw } from '../shared/html.js';
import { decimal, share } from '../shared/numbers.js';
import { classChart, gainsChart } from './charts.js';
import { chipCards, rankChips } from './chips.js';
import { lifeTable, monthsTable, rankTable } from './figure-tables.js';
import { comparisonFigures, monthFigures } from './figures.js';
import type { MonthStates, ReportInput } from './input.js';
import { leadsSection } from './leads-section.js';
import { drawClassMap, drawMap, type MapContent } from './map.js';
import { methodLines } from './method.js';
import { changeByPlace, changeOfWhole, statesByPlace, statesOfWhole } from './state-tables.js';
import { STYLE } from './style.js';
import { areaWords, closingLines, comparisonSummary, firstMonthSummary, observedWords } from './summary.js';
import { type ComparisonSums, type MonthSums, sumComparison, sumMonth } from './sums.js';
import { classTable, isLow, patchList } from './tables.js';
import { LOW_OBSERVED } from './tally.js';
import { trendSection } from './trend-charts.js';
import { placeName, type Words, wordsOf } from './words.js';

interface Section {
  readonly title: string;
  readonly body: Html;
  /** Begins a printed page. */
  readonly page?: boolean;
}

/**
 * The monthly report as one self-contained HTML document: images, drawings and style are inside, nothing is loaded.
 * Pure: the same input gives the same bytes.
 */
export function renderReport(input: ReportInput): string {
  const words = wordsOf(input.lang);
  const sums = input.comparisons.map((c) => sumComparison(c, input.subdistricts));
  const month = dateWords(input.month, input.lang);
  const first = sums.length === 0 ? (input.firstMonth ?? null) : null;
  const firstSums = first && sumMonth(first, input.subdistricts);
  const trend = trendSection(input.trend ?? [], input.lang, words);
  const leads = leadsSection(input, words);
  const sections: Section[] = [
    { title: words.summary, body: summarySection(input, sums, first, firstSums, words) },
    ...sums.map((s, i) => ({
      title: words.againstLong[s.comparison.against],
      body: comparisonSection(input, s, i, words),
      page: i > 0,
    })),
    ...(first && firstSums
      ? [{ title: words.stateTable, body: monthSection(input, first, firstSums, words) }]
      : []),
    ...(trend ? [{ title: words.trend, body: trend }] : []),
    ...(leads ? [{ title: words.leadsTitle, body: leads }] : []),
  ];
  const doc = html`<!doctype html>
<html lang="${words.htmlLang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${fileTitle(input, words)}</title><style>${raw(STYLE)}</style></head>
<body><main>
${heading(input, sums, first, month, words)}
${sections.map((s, i) => html`<section><h2${s.page && html` class="page"`}>${ordinal(i, input.lang)}${s.title}</h2>${s.body}</section>`)}
${footer(input, ordinal(sections.length, input.lang), words)}
</main></body></html>
`;
  return doc.markup;
}

function fileTitle({ district, month, since, lang }: ReportInput, words: Words): string {
  if (since === undefined) return words.fileTitle(district, dateWords(month, lang));
  return words.fileTitlePeriod(district, dateWords(since, lang), dateWords(month, lang));
}

function ordinal(index: number, lang: ReportInput['lang']): string {
  return lang === 'zh' ? `${'一二三四五六七八九十'[index]}、` : `${index + 1}. `;
}

function heading(
  input: ReportInput,
  sums: readonly ComparisonSums[],
  first: MonthStates | null,
  month: string,
  words: Words,
): Html {
  const { lang } = input;
  const period = input.since === undefined ? null : words.monthsFromTo(dateWords(input.since, lang), month);
  const names = (list: readonly string[]) =>
    list.length > 0 ? list.join(words.listSeparator) : words.unknown;
  const fact = (name: string, values: readonly string[]) =>
    html`<dt>${name}</dt><dd>${values.map((v, i) => html`${i > 0 && html`<br>`}${v}`)}</dd>`;
  const dates = sums.map(({ comparison: c }) =>
    words.comparedDates(words.against[c.against], dateWords(c.before, lang), dateWords(c.after, lang)),
  );
  const sensors = sums.map(({ comparison: c }) => {
    const text = words.sensorsOf(names(c.sensors.before), names(c.sensors.after));
    return sums.length > 1 ? `${words.against[c.against]}${words.colon}${text}` : text;
  });
  return html`<header class="top"><h1><span>${input.district}</span> ${period === null ? words.title : words.titlePeriod}</h1><dl class="facts">${period === null ? fact(words.month, [month]) : fact(words.period, [period])}${dates.length > 0 && fact(words.compared, dates)}${fact(words.sensors, first ? [names(first.sensors)] : sensors.length > 0 ? sensors : [words.unknown])}${fact(words.generated, [instantWords(input.generatedAt, lang, input.timeZone ?? 'Asia/Shanghai')])}</dl>${input.synthetic && html`<p class="warn">${words.synthetic}</p>`}</header>`;
}

function summarySection(
  input: ReportInput,
  sums: readonly ComparisonSums[],
  first: MonthStates | null,
  firstSums: MonthSums | null,
  words: Words,
): Html {
  const { district, lang } = input;
  const list = (sentences: readonly string[]) =>
    html`<ul class="summary">${sentences.map((s) => html`<li>${s}</li>`)}</ul>`;
  const blocks = sums.map(
    (s) =>
      html`${list(comparisonSummary(s, district, lang, words))}${notes(s.comparison.notes, words)}<h3>${words.keyFigures}${words.inBrackets(words.against[s.comparison.against])}</h3>${comparisonFigures(s, lang, words)}`,
  );
  if (first && firstSums) {
    blocks.push(
      html`${list(firstMonthSummary(first, firstSums, district, lang, words))}${notes(first.notes, words)}<h3>${words.keyFigures}</h3>${monthFigures(firstSums, lang, words)}`,
    );
  }
  const closing = closingLines(input, words);
  return html`${blocks.length > 0 ? blocks : list([words.sumNothing])}${closing.length > 0 && list(closing)}`;
}

function notes(list: readonly string[], words: Words): Html | null {
  if (list.length === 0) return null;
  return html`<div class="warn"><b>${words.notes}</b><ul class="summary">${list.map((n) => html`<li>${n}</li>`)}</ul></div>`;
}

function comparisonSection(input: ReportInput, sums: ComparisonSums, index: number, words: Words): Html {
  const { lang, subdistricts } = input;
  const { comparison: c, ranked, places, whole } = sums;
  const id = `c${index + 1}`;
  const chips = rankChips(c.chips, ranked);
  const names = places.map((r) => placeName(r.place, words, places.length === 1));
  const content = {
    id,
    lang,
    words,
    grid: c.map?.grid ?? c.grid,
    jpeg: c.map?.jpeg ?? null,
    subdistricts,
    patches: ranked,
    patchCrs: c.grid.crs,
    ranks: new Map(chips.map((chip) => [chip.patch.number, chip.rank])),
  };
  const legend = CHANGE_CLASSES.filter((k) => whole.classes[k.name].count > 0).map(
    (k) =>
      html`<li><span class="dot" style="background:${k.colour}"></span>${k[lang]} ${decimal(whole.classes[k.name].count)}</li>`,
  );
  const byClass = classChart(places, names, lang, words);
  const gains = gainsChart(places, names, lang, words);
  const caption = c.map ? words.mapCaption(dateWords(c.after, lang)) : words.mapNoImage;
  return html`<h3>${words.mapTitle}</h3><div class="drawing">${drawMap(content)}</div><ul class="legend">${legend}${borderKey(input, words)}</ul><p class="note">${caption}${ranked.length > 0 && words.mapCaptionMarks}</p>
${classMaps(content, sums, words)}
<h3>${words.classTable}</h3><p class="note">${words.classTableUnits}</p>${classTable([...places, whole], c.notComputed, lang, words)}<p class="note">${words.roundingNote}${lowNote([...places, whole], words)}</p>
${lifeTable(sums, lang, words)}
${monthsTable(sums, lang, words)}
${rankTable(sums, lang, words)}
${(byClass || gains) && html`<h3>${words.charts}</h3>`}${byClass && html`<p class="note">${words.chartClasses}</p><div class="drawing">${byClass}</div>`}${gains && html`<p class="note">${words.chartGains}</p><div class="drawing">${gains}</div>`}
<h3>${words.stateTable}</h3><p class="note">${words.stateNote}</p>${stateTables(input, sums, words)}
${chips.length > 0 && html`<h3>${words.chipsTitle}</h3><p class="note">${words.chipsNote(decimal(chips.length))}</p>${chipCards(chips, c, lang, words)}`}
${ranked.length > 0 && html`<h3>${words.listTitle}</h3>${patchList(ranked, lang, words)}`}`;
}

/** A small map a class, where there is more than one class: on the large one they lie over each other. */
function classMaps(content: MapContent, sums: ComparisonSums, words: Words): Html | null {
  const present = CHANGE_CLASSES.filter((k) => sums.whole.classes[k.name].count > 0);
  if (present.length < 2) return null;
  const card = (k: (typeof present)[number]) => {
    const { count, areaM2 } = sums.whole.classes[k.name];
    const caption = words.classMapCaption(k[content.lang], decimal(count), areaWords(areaM2, words));
    return html`<figure>${drawClassMap(content, k.name, caption)}<figcaption><span class="dot" style="background:${k.colour}"></span>${caption}</figcaption></figure>`;
  };
  return html`<h3>${words.classMaps}${words.inBrackets(observedWords(sums.whole.observed, words))}</h3><div class="maps">${present.map(card)}</div>`;
}

function stateTables(input: ReportInput, sums: ComparisonSums, words: Words): Html {
  if (sums.comparison.areas.length === 0) return html`<p class="note">${words.noRecord}</p>`;
  return html`<p class="note"><b>${words.stateTableDistrict}</b></p>${changeOfWhole(sums, input.lang, words)}<p class="note">${words.forestGreenNote}${words.sentenceGap}${words.flowNote}${lowNote(sums.states, words)}</p>
${changeByPlace(sums, input.lang, words)}`;
}

function monthSection(input: ReportInput, month: MonthStates, sums: MonthSums, words: Words): Html {
  const { lang, subdistricts } = input;
  const map = drawMap({
    id: 'first',
    lang,
    words: { ...words, mapTitle: words.mapTitleFirst },
    grid: month.map?.grid ?? month.grid,
    jpeg: month.map?.jpeg ?? null,
    subdistricts,
    patches: [],
    patchCrs: month.grid.crs,
    ranks: new Map(),
  });
  const places = statesByPlace(sums.states, sums.computed, lang, words);
  const caption = month.map ? words.mapCaptionFirst(dateWords(month.date, lang)) : words.mapNoImage;
  return html`<h3>${words.mapTitleFirst}</h3><div class="drawing">${map}</div><ul class="legend">${borderKey(input, words)}</ul><p class="note">${caption}</p>
<h3>${words.stateTableFirst}</h3><p class="note">${words.stateNoteFirst}</p>${statesOfWhole(sums.states, sums.computed, lang, words)}
${places && html`<h3>${words.stateTableFirstPlaces}</h3>${places}`}<p class="note">${words.forestGreenNote}${words.roundingNote}${lowNote(sums.states, words)}</p>`;
}

function borderKey(input: ReportInput, words: Words): Html | false {
  return input.subdistricts.length > 0 && html`<li><span class="border"></span>${words.legendBorder}</li>`;
}

function lowNote(rows: Parameters<typeof anyLow>[0], words: Words): string | null {
  return anyLow(rows) ? words.sentenceGap + words.lowNote(share(LOW_OBSERVED)) : null;
}

function anyLow(rows: readonly Pick<ComparisonSums['states'][number], 'observed'>[]): boolean {
  return rows.some((r) => isLow(r.observed));
}

function footer(input: ReportInput, number: string, words: Words): Html {
  const lines = methodLines(input, words);
  return html`<footer><h2>${number}${words.method}</h2><div class="bottom">${lines.map((line) => html`<p>${line}</p>`)}<p class="disclaimer">${words.disclaimer}</p></div></footer>`;
}
