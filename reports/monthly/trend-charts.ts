import { CHANGE_CLASSES, STATES } from '../../kernels/classes.js';
import { FONTS } from '../shared/fonts.js';
import { type Html, html } from '../shared/html.js';
import type { Lang } from '../shared/lang.js';
import { decimal, mu, NONE, share, squareMetres } from '../shared/numbers.js';
import { draw, INK, legend, type Option, valueAxis, WIDTH } from './chart.js';
import type { TrendPoint } from './input.js';
import { isLow, observedCell } from './tables.js';
import { type AreaKey, LOW_OBSERVED, observedShare } from './tally.js';
import { isDrawn, trendArea, trendClass, trendKeys } from './trend.js';
import { areaName, type Words } from './words.js';

/** Months of the calendar that are drawn as a column each; longer trends label some. */
const LABELLED = 14;
/** Colours of land states in the trend, near those of the classes that change them. */
const STATE_COLOURS: Readonly<Record<AreaKey, string>> = {
  built: '#b2182b',
  water: '#2166ac',
  forest: '#1a7a3c',
  green: '#7fbc41',
  forest_green: '#4d9221',
  other: '#8c6d1f',
};

/** Charts and table of all stored months; null where there is but one. */
export function trendSection(trend: readonly TrendPoint[], lang: Lang, words: Words): Html | null {
  if (trend.length < 2) return null;
  const drawing = (note: string, chart: Html | null) =>
    chart && html`<p class="note">${note}</p><div class="drawing">${chart}</div>`;
  const gaps = gapList(trend, words);
  return html`${drawing(words.chartTrend, trendChart(trend, lang, words))}
${drawing(words.chartTrendCounts, countChart(trend, lang, words))}
${drawing(words.chartTrendStates, stateChart(trend, lang, words))}
${gaps.length > 0 && html`<p class="note">${words.trendGaps(gaps.join(words.listSeparator), share(LOW_OBSERVED))}</p>`}
<h3>${words.trendTable}</h3><p class="note">${words.trendTableUnits}</p>${trendTable(trend, lang, words)}${trend.some((p) => isLow(p.observed)) && html`<p class="note">${words.lowNote(share(LOW_OBSERVED))}</p>`}`;
}

/** Months the lines leave out, each with its reason. */
export function gapList(trend: readonly TrendPoint[], words: Words): string[] {
  return trend
    .filter((point) => !isDrawn(point))
    .map((point) => {
      const seen = observedShare(point.observed);
      return seen === null ? words.trendNotStored(point.month) : words.trendLow(point.month, share(seen));
    });
}

/** A month with the share that was seen under it: a cloudy month's low bar is no quiet month. */
function monthAxis(trend: readonly TrendPoint[]) {
  return {
    type: 'category' as const,
    data: trend.map((p) => {
      const seen = observedShare(p.observed);
      return `${p.month}\n${seen === null ? NONE : share(seen)}`;
    }),
    axisTick: { show: false },
    axisLabel: {
      fontSize: 10,
      color: INK,
      lineHeight: 14,
      interval: trend.length > LABELLED ? ('auto' as const) : 0,
    },
  };
}

/** Patch area by class a month, stacked. */
function trendChart(trend: readonly TrendPoint[], lang: Lang, words: Words): Html | null {
  const present = presentClasses(trend);
  if (present.length === 0) return null;
  return draw(
    {
      grid: { left: 70, right: 16, top: 12, bottom: 84 },
      legend: legend(present.map((c) => c[lang])),
      xAxis: monthAxis(trend),
      yAxis: { ...valueAxis, name: words.unitM2 },
      series: present.map((c) => ({
        type: 'bar',
        name: c[lang],
        stack: 'area',
        barMaxWidth: 34,
        itemStyle: { color: c.colour },
        data: trend.map((p) => Math.round(trendClass(p, c.name)?.areaM2 ?? 0)),
      })),
    },
    280,
  );
}

/** Patches by class a month, a line a class with gaps. */
function countChart(trend: readonly TrendPoint[], lang: Lang, words: Words): Html | null {
  const present = presentClasses(trend);
  if (present.length === 0) return null;
  return draw(
    {
      grid: { left: 50, right: 16, top: 12, bottom: 84 },
      legend: legend(present.map((c) => c[lang])),
      xAxis: monthAxis(trend),
      yAxis: { ...valueAxis, minInterval: 1, name: words.patchCount },
      series: present.flatMap((c) =>
        lines(
          c[lang],
          c.colour,
          trend.map((p) => (isDrawn(p) ? (trendClass(p, c.name)?.count ?? null) : null)),
        ),
      ),
    },
    260,
  );
}

function presentClasses(trend: readonly TrendPoint[]) {
  return CHANGE_CLASSES.filter((c) => trend.some((p) => (trendClass(p, c.name)?.count ?? 0) > 0));
}

/** A line between neighbouring months, and a thin dashed one over the gaps: what happened there nobody saw. */
function lines(name: string, colour: string, values: readonly (number | null)[]) {
  const data = [...values];
  const common = { type: 'line' as const, name, data, itemStyle: { color: colour } };
  return [
    {
      ...common,
      connectNulls: true,
      symbol: 'none',
      lineStyle: { width: 1, color: colour, type: 'dashed' as const, opacity: 0.55 },
    },
    {
      ...common,
      connectNulls: false,
      symbol: 'circle',
      symbolSize: 6,
      lineStyle: { width: 2, color: colour },
    },
  ];
}

/** Land states as shares of the ground seen, a panel a state on a scale of its own: water would be a flat line beside forest. */
function stateChart(trend: readonly TrendPoint[], lang: Lang, words: Words): Html | null {
  const computed = trendKeys(trend);
  const keys = STATES.map((s) => s.name).filter((name) => name !== 'other' && computed.includes(name));
  const drawn = trend.filter(isDrawn);
  if (keys.length === 0 || drawn.length === 0) return null;
  const width = (WIDTH - 16) / 2;
  const height = 150;
  const percent = (point: TrendPoint, key: AreaKey) => {
    const area = trendArea(point, key);
    const usable = point.observed?.usableM2 ?? 0;
    return isDrawn(point) && area !== null && usable > 0 ? (100 * area) / usable : null;
  };
  const left = (i: number) => (i % 2) * (width + 8) + 52;
  const top = (i: number) => Math.floor(i / 2) * (height + 62) + 28;
  const option: Option = {
    title: keys.map((key, i) => ({
      text: `${areaName(key, lang)} (%)`,
      left: left(i) + (width - 60) / 2,
      top: top(i) - 26,
      textAlign: 'center',
      textStyle: { fontSize: 13, fontWeight: 'bold', color: INK, fontFamily: FONTS },
    })),
    grid: keys.map((_, i) => ({ left: left(i), width: width - 60, top: top(i), height })),
    xAxis: keys.map((_, i) => ({
      ...monthAxis(trend),
      gridIndex: i,
      axisLine: { onZero: false },
      axisLabel: {
        fontSize: 10,
        color: INK,
        interval: trend.length > LABELLED / 2 ? ('auto' as const) : 0,
        formatter: (text: string) => text.split('\n')[0],
      },
    })),
    yAxis: keys.map((_, i) => ({ ...valueAxis, gridIndex: i, scale: true })),
    series: keys.flatMap((key, i) =>
      lines(
        areaName(key, lang),
        STATE_COLOURS[key],
        trend.map((p) => percent(p, key)),
      ).map((one) => ({ ...one, xAxisIndex: i, yAxisIndex: i })),
    ),
  };
  const chart = draw(option, Math.ceil(keys.length / 2) * (height + 62) + 4);
  return html`${chart}<p class="note">${trend
    .filter(isDrawn)
    .map((p) => `${p.month} ${words.observed(share(observedShare(p.observed) ?? 0))}`)
    .join(words.itemSeparator)}</p>`;
}

/** The numbers behind the lines, of the months that leave gaps too. */
function trendTable(trend: readonly TrendPoint[], lang: Lang, words: Words): Html {
  const keys = trendKeys(trend);
  const cell = (value: string | null, absent: string) =>
    value === null ? html`<td class="none">${absent}</td>` : html`<td>${value}</td>`;
  const patches = (p: TrendPoint) => {
    if (p.classes === null || observedShare(p.observed) === 0) return null;
    return {
      count: p.classes.reduce((total, c) => total + c.count, 0),
      areaM2: p.classes.reduce((total, c) => total + c.areaM2, 0),
    };
  };
  const row = (p: TrendPoint) => {
    if (p.observed === null) {
      return html`<tr><th class="text">${p.month}</th><td colspan="${keys.length + 4}" class="none">${words.noMonth}</td></tr>`;
    }
    if (observedShare(p.observed) === 0) {
      return html`<tr><th class="text">${p.month}</th><td>${observedCell(p.observed, words)}</td><td colspan="${keys.length + 3}" class="none">${words.noObservation}</td></tr>`;
    }
    const own = patches(p);
    const areas = keys.map((key) => {
      const area = trendArea(p, key);
      return cell(area === null ? null : squareMetres(area), words.notComputed);
    });
    return html`<tr><th class="text">${p.month}</th><td>${observedCell(p.observed, words)}</td>${areas}${cell(own && decimal(own.count), words.noMom)}${cell(own && squareMetres(own.areaM2), words.noMom)}${cell(own && mu(own.areaM2), words.noMom)}</tr>`;
  };
  return html`<div class="scroll"><table class="trend"><thead><tr><th class="text">${words.date}</th><th>${words.observedHead}</th>${keys.map((key) => html`<th>${areaName(key, lang)}</th>`)}<th>${words.trendPatches}</th><th>${words.trendPatchArea}</th><th>${words.patchMu}</th></tr></thead><tbody>${trend.map(row)}</tbody></table></div>`;
}
