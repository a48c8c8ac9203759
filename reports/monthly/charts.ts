import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { CHANGE_CLASSES, type ChangeClassName } from '../../kernels/classes.js';
import { type Html, raw } from './html.js';
import type { Lang, TrendPoint } from './input.js';
import { cut, ems } from './labels.js';
import { share } from './numbers.js';
import { FONTS } from './style.js';
import { observedCell } from './tables.js';
import type { ClassRow } from './tally.js';
import { classColour, className, type Words } from './words.js';

echarts.use([BarChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** CSS pixels. */
const WIDTH = 960;
const INK = '#24323d';
const GRID_LINE = '#e1e5e8';

const NAME_SIZE = 12;
/** Longest name beside a bar, in ems. */
const NAME_EMS = 14;

type Option = Parameters<ReturnType<typeof echarts.init>['setOption']>[0];

/** A chart as an inline SVG. */
function draw(option: Option, height: number): Html {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: FONTS, color: INK }, ...option });
    return raw(inline(chart.renderToSVGString()));
  } finally {
    chart.dispose();
  }
}

/**
 * Makes the library's stand-alone SVG document a part of a page: no namespaces, no fixed size, no hover rules, and
 * no class names counted over all charts drawn before (the same report is the same bytes).
 */
function inline(svg: string): string {
  return svg
    .replace(/\sxmlns(:\w+)?="[^"]*"/g, '')
    .replace(/\secmeta_\w+="[^"]*"/g, '')
    .replace(/<style[^>]*>[\s\S]*?<\/style>/g, '')
    .replace(/\sclass="zr[^"]*"/g, '')
    .replace(/^<svg width="\d+" height="(\d+)"/, `<svg class="chart" role="img" viewBox="0 0 ${WIDTH} $1"`);
}

const valueAxis = {
  type: 'value' as const,
  axisLabel: { fontSize: 11, hideOverlap: true, color: INK },
  splitLine: { lineStyle: { color: GRID_LINE } },
  splitNumber: 4,
};

function placeAxis(names: readonly string[]) {
  return {
    type: 'category' as const,
    data: [...names],
    inverse: true,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: '#8a959d' } },
    axisLabel: { fontSize: NAME_SIZE, color: INK, interval: 0 },
  };
}

/** The names beside the bars, each with the observed share of its place: no bar stands without it. */
function barNames(rows: readonly ClassRow[], names: readonly string[], words: Words): string[] {
  return rows.map((r, i) => `${cut(names[i], NAME_EMS)} ${observedCell(r.observed, words)}`);
}

/** Px that the longest name needs, with its distance to the axis. */
function room(names: readonly string[]): number {
  return 14 + Math.ceil(NAME_SIZE * Math.max(...names.map(ems)));
}

function legend(names: readonly string[]) {
  return {
    bottom: 0,
    itemWidth: 12,
    itemHeight: 12,
    itemGap: 16,
    data: [...names],
    textStyle: { fontSize: 12, color: INK },
  };
}

/** Area by class, stacked, a bar a place. `rows` without the total. Null where there is nothing to draw. */
export function classChart(
  rows: readonly ClassRow[],
  names: readonly string[],
  lang: Lang,
  words: Words,
): Html | null {
  const present = CHANGE_CLASSES.filter((c) => rows.some((r) => r.classes[c.name].areaM2 > 0));
  if (present.length === 0) return null;
  const labels = barNames(rows, names, words);
  const option: Option = {
    grid: { left: room(labels), right: 30, top: 8, bottom: 62 },
    legend: legend(present.map((c) => c[lang])),
    xAxis: valueAxis,
    yAxis: placeAxis(labels),
    series: present.map((c) => ({
      type: 'bar',
      name: c[lang],
      stack: 'area',
      barMaxWidth: 16,
      itemStyle: { color: c.colour },
      data: rows.map((r) => Math.round(r.classes[c.name].areaM2)),
    })),
  };
  return draw(option, 76 + rows.length * 26);
}

const THEMES = [
  { key: 'themeBuilding', gain: 'building_new', loss: 'building_removed' },
  { key: 'themeWater', gain: 'water_gain', loss: 'water_loss' },
  { key: 'themeForest', gain: 'forest_gain', loss: 'forest_loss' },
] as const satisfies readonly {
  readonly key: keyof Words;
  readonly gain: ChangeClassName;
  readonly loss: ChangeClassName;
}[];

/** Gains to the right, losses to the left, a panel a theme, each on its own scale: forest would dwarf the rest. */
export function gainsChart(
  rows: readonly ClassRow[],
  names: readonly string[],
  lang: Lang,
  words: Words,
): Html | null {
  const limits = THEMES.map((t) =>
    Math.max(0, ...rows.flatMap((r) => [r.classes[t.gain].areaM2, r.classes[t.loss].areaM2])),
  ).map((most) => (most > 0 ? niceCeiling(most) : 0));
  if (limits.every((limit) => limit === 0)) return null;
  const labels = barNames(rows, names, words);
  const start = room(labels);
  const gap = 22;
  const width = (WIDTH - start - 24 - gap * (THEMES.length - 1)) / THEMES.length;
  const left = (i: number) => start + i * (width + gap);
  const classes = THEMES.flatMap((t) => [t.gain, t.loss]);
  const option: Option = {
    title: THEMES.map((t, i) => ({
      text: words[t.key],
      left: left(i) + width / 2,
      top: 0,
      textAlign: 'center',
      textStyle: { fontSize: 13, fontWeight: 'bold', color: INK, fontFamily: FONTS },
    })),
    legend: legend(classes.map((c) => className(c, lang))),
    grid: THEMES.map((_, i) => ({ left: left(i), width, top: 26, bottom: 62 })),
    xAxis: limits.map((most, i) => ({
      ...valueAxis,
      gridIndex: i,
      // a theme without any change keeps an empty panel
      min: -(most || 1),
      max: most || 1,
      interval: most || 1,
      axisLabel: {
        ...valueAxis.axisLabel,
        show: most > 0,
        formatter: (v: number) => Math.abs(v).toLocaleString('en-US'),
        alignMinLabel: 'left' as const,
        alignMaxLabel: 'right' as const,
      },
    })),
    yAxis: THEMES.map((_, i) => {
      const axis = placeAxis(labels);
      return {
        ...axis,
        gridIndex: i,
        axisLine: { ...axis.axisLine, onZero: i > 0 },
        axisLabel: { ...axis.axisLabel, show: i === 0 },
      };
    }),
    series: THEMES.flatMap((t, i) =>
      ([t.gain, t.loss] as const).map((name) => ({
        type: 'bar' as const,
        name: className(name, lang),
        stack: `theme${i}`,
        xAxisIndex: i,
        yAxisIndex: i,
        barMaxWidth: 14,
        itemStyle: { color: classColour(name) },
        data: rows.map((r) => Math.round(r.classes[name].areaM2) * (name === t.gain ? 1 : -1)),
      })),
    ),
  };
  return draw(option, 96 + rows.length * 24);
}

/** Area by class a month, the observed share under each month: a cloudy month's low bar is no quiet month. */
export function trendChart(trend: readonly TrendPoint[], lang: Lang): Html | null {
  const areaOf = (point: TrendPoint, name: ChangeClassName) =>
    point.classes.filter((c) => c.class === name).reduce((sum, c) => sum + c.areaM2, 0);
  const present = CHANGE_CLASSES.filter((c) => trend.some((p) => areaOf(p, c.name) > 0));
  if (trend.length < 2 || present.length === 0) return null;
  const option: Option = {
    grid: { left: 70, right: 16, top: 12, bottom: 84 },
    legend: legend(present.map((c) => c[lang])),
    xAxis: {
      type: 'category',
      data: trend.map((p) => `${p.month}\n${share(p.observedShare)}`),
      axisTick: { show: false },
      axisLabel: { fontSize: 11, color: INK, lineHeight: 15, interval: 0 },
    },
    yAxis: valueAxis,
    series: present.map((c) => ({
      type: 'bar',
      name: c[lang],
      stack: 'area',
      barMaxWidth: 34,
      itemStyle: { color: c.colour },
      data: trend.map((p) => Math.round(areaOf(p, c.name))),
    })),
  };
  return draw(option, 280);
}

/** The least 1, 2, 2.5 or 5 times a power of ten that is not below `value`. */
export function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const digit = [1, 2, 2.5, 5, 10].find((d) => d * power >= value * (1 - 1e-12)) ?? 10;
  return digit * power;
}
