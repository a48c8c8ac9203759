import { CHANGE_CLASSES, type ChangeClassName } from '../../kernels/classes.js';
import { FONTS } from '../shared/fonts.js';
import type { Html } from '../shared/html.js';
import { cut, ems } from '../shared/labels.js';
import type { Lang } from '../shared/lang.js';
import { draw, INK, legend, type Option, valueAxis, WIDTH } from './chart.js';
import { observedCell } from './tables.js';
import type { ClassRow } from './tally.js';
import { classColour, className, type Words } from './words.js';

const NAME_SIZE = 12;
/** Longest name beside a bar, in ems. */
const NAME_EMS = 14;

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

/** The least 1, 2, 2.5 or 5 times a power of ten that is not below `value`. */
export function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const digit = [1, 2, 2.5, 5, 10].find((d) => d * power >= value * (1 - 1e-12)) ?? 10;
  return digit * power;
}
