import { CHANGE_CLASSES } from '../../kernels/classes.js';
import { classChart, gainsChart, trendChart } from './charts.js';
import { chipCards, rankChips } from './chips.js';
import { dateWords, instantWords } from './dates.js';
import { comparisonFigures, monthFigures } from './figures.js';
import { type Html, html, raw } from './html.js';
import type { MonthStates, ReportInput } from './input.js';
import { drawMap } from './map.js';
import { decimal, share } from './numbers.js';
import { changeByPlace, changeOfWhole, statesByPlace, statesOfWhole } from './state-tables.js';
import { STYLE } from './style.js';
import { comparisonSummary, firstMonthSummary } from './summary.js';
import { type ComparisonSums, type MonthSums, sumComparison, sumMonth } from './sums.js';
import { classTable, isLow, LOW_OBSERVED, patchList, placeName } from './tables.js';
import { type Words, wordsOf } from './words.js';

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
  const trend = trendChart(input.trend ?? [], input.lang);
  const sections: Section[] = [
    { title: words.summary, body: summarySection(input, sums, first, firstSums, words) },
    ...sums.map((s, i) => ({
      title: words.againstLong[s.comparison.against],
      body: comparisonSection(input, s, words),
      page: i > 0,
    })),
    ...(first && firstSums
      ? [{ title: words.stateTable, body: monthSection(input, first, firstSums, words) }]
      : []),
    ...(trend
      ? [
          {
            title: words.trend,
            body: html`<p class="note">${words.chartTrend}</p><div class="drawing">${trend}</div>`,
          },
        ]
      : []),
  ];
  const doc = html`<!doctype html>
<html lang="${words.htmlLang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${words.fileTitle(input.district, month)}</title><style>${raw(STYLE)}</style></head>
<body><main>
${heading(input, sums, first, month, words)}
${sections.map((s, i) => html`<section><h2${s.page && html` class="page"`}>${ordinal(i, input.lang)}${s.title}</h2>${s.body}</section>`)}
${footer(input, sums, first, ordinal(sections.length, input.lang), words)}
</main></body></html>
`;
  return doc.markup;
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
  return html`<header class="top"><h1><span>${input.district}</span> ${words.title}</h1><dl class="facts">${fact(words.month, [month])}${dates.length > 0 && fact(words.compared, dates)}${fact(words.sensors, first ? [names(first.sensors)] : sensors.length > 0 ? sensors : [words.unknown])}${fact(words.generated, [instantWords(input.generatedAt, lang, input.timeZone ?? 'Asia/Shanghai')])}</dl>${input.synthetic && html`<p class="warn">${words.synthetic}</p>`}</header>`;
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
  return html`${blocks.length > 0 ? blocks : list([words.sumNothing])}`;
}

function notes(list: readonly string[], words: Words): Html | null {
  if (list.length === 0) return null;
  return html`<div class="warn"><b>${words.notes}</b><ul class="summary">${list.map((n) => html`<li>${n}</li>`)}</ul></div>`;
}

function comparisonSection(input: ReportInput, sums: ComparisonSums, words: Words): Html {
  const { lang, subdistricts } = input;
  const { comparison: c, ranked, places, whole } = sums;
  const id = c.against;
  const chips = rankChips(c.chips, ranked);
  const names = places.map((r) => placeName(r.place, words, places.length === 1));
  const map = drawMap({
    id,
    lang,
    words,
    grid: c.map?.grid ?? c.grid,
    jpeg: c.map?.jpeg ?? null,
    subdistricts,
    patches: ranked,
    patchCrs: c.grid.crs,
    ranks: new Map(chips.map((chip) => [chip.patch.number, chip.rank])),
  });
  const legend = CHANGE_CLASSES.filter((k) => whole.classes[k.name].count > 0).map(
    (k) =>
      html`<li><span class="dot" style="background:${k.colour}"></span>${k[lang]} ${decimal(whole.classes[k.name].count)}</li>`,
  );
  const byClass = classChart(places, names, lang, words);
  const gains = gainsChart(places, names, lang, words);
  const caption = c.map ? words.mapCaption(dateWords(c.after, lang)) : words.mapNoImage;
  return html`<h3>${words.mapTitle}</h3><div class="drawing">${map}</div><ul class="legend">${legend}${borderKey(input, words)}</ul><p class="note">${caption}${ranked.length > 0 && words.mapCaptionMarks}</p>
<h3>${words.classTable}</h3><p class="note">${words.classTableUnits}</p>${classTable([...places, whole], c.notComputed, lang, words)}<p class="note">${words.roundingNote}${lowNote([...places, whole], words)}</p>
${(byClass || gains) && html`<h3>${words.charts}</h3>`}${byClass && html`<p class="note">${words.chartClasses}</p><div class="drawing">${byClass}</div>`}${gains && html`<p class="note">${words.chartGains}</p><div class="drawing">${gains}</div>`}
<h3>${words.stateTable}</h3><p class="note">${words.stateNote}</p>${stateTables(input, sums, words)}
${chips.length > 0 && html`<h3>${words.chipsTitle}</h3><p class="note">${words.chipsNote(decimal(chips.length))}</p>${chipCards(chips, c, lang, words)}`}
${ranked.length > 0 && html`<h3>${words.listTitle}</h3>${patchList(ranked, lang, words)}`}`;
}

function stateTables(input: ReportInput, sums: ComparisonSums, words: Words): Html {
  if (sums.comparison.areas.length === 0) return html`<p class="note">${words.noRecord}</p>`;
  const places = changeByPlace(sums.states, sums.computed, input.lang, words);
  return html`<p class="note"><b>${words.stateTableDistrict}</b></p>${changeOfWhole(sums.states, sums.computed, input.lang, words)}
${places && html`<p class="note"><b>${words.stateTablePlaces}</b></p>${places}`}<p class="note">${words.forestGreenNote}${lowNote(sums.states, words)}</p>`;
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

function footer(
  input: ReportInput,
  sums: readonly ComparisonSums[],
  first: MonthStates | null,
  number: string,
  words: Words,
): Html {
  const grid = sums[0]?.comparison.grid ?? first?.grid;
  const minimum = sums.find((s) => s.comparison.minimumAreaM2)?.comparison.minimumAreaM2;
  return html`<footer><h2>${number}${words.method}</h2><div class="bottom">${grid && html`<p>${words.methodText(grid.crs.name, String(Number(grid.resolution.toPrecision(6))))}</p>`}${minimum && html`<p>${words.methodMmu(decimal(minimum.building), decimal(minimum.other))}</p>`}<p>${words.methodArea}</p><p>${words.methodLimits}</p>${input.synthetic && html`<p>${words.synthetic}</p>`}<p class="disclaimer">${words.disclaimer}</p></div></footer>`;
}
