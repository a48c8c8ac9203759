import { classColour, className } from '../kit/classes.js';
import { type Child, h, svg } from '../kit/dom.js';
import { named, t } from '../kit/lang.js';
import { area, count, monthName, percent } from '../kit/numbers.js';
import type { Meta } from '../kit/shapes.js';
import { table } from '../kit/widgets.js';
import { seen, type TrendMonth } from './shapes.js';

/** Colours told apart on white by people who see no red or green (Okabe and Ito, 2008). */
const STATES = [
  { name: 'built', colour: '#b2182b' },
  { name: 'forest', colour: '#006d4c' },
  { name: 'green', colour: '#8a9a00' },
  { name: 'water', colour: '#0072b2' },
  { name: 'other', colour: '#7a7a7a' },
] as const;

/** The drawing in its own units, as wide as twelve months need. */
const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [720, 240, 44, 24, 8];

/** Land states as shares of the ground seen, patches by class, and both as a table, month by month. */
export function trendCharts(meta: Meta, trend: readonly TrendMonth[]): HTMLElement {
  const words = t();
  return h(
    'section',
    { class: 'card', 'aria-label': words.trend },
    h('h2', {}, words.trend),
    h('p', { class: 'hint' }, words.trendHint),
    h('h3', {}, words.trendStates),
    wide(words.trendStates, stateLines(trend)),
    keys(STATES.map(({ name, colour }) => [named(words.reportStates, name), colour])),
    h('h3', {}, words.trendPatches),
    wide(words.trendPatches, patchColumns(meta, trend)),
    keys(
      meta.classes
        .filter(({ name }) => trend.some(({ classes }) => (classes?.[name]?.count ?? 0) > 0))
        .map(({ name, color }) => [className(meta, name), color]),
    ),
    h('details', {}, h('summary', {}, words.asTable), trendTable(meta, trend)),
  );
}

function wide(label: string, drawing: SVGElement): HTMLElement {
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label }, drawing);
}

function keys(rows: readonly (readonly [string, string])[]): HTMLElement {
  return h(
    'p',
    { class: 'tags' },
    rows.map(([text, colour]) =>
      h(
        'span',
        { class: 'class-tag' },
        h('i', { class: 'spot', style: { 'background-color': colour } }),
        text,
      ),
    ),
  );
}

const across = (i: number, of: number) => LEFT + ((i + 0.5) * (WIDTH - LEFT)) / Math.max(1, of);
const down = (share: number) => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);

function frame(label: string, trend: readonly TrendMonth[], ticks: readonly (readonly [number, string])[]) {
  // years of months have no room for every name
  const every = Math.ceil(trend.length / 12);
  return svg(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label, class: 'chart' },
    ...ticks.flatMap(([share, text]) => [
      svg('line', { x1: LEFT, x2: WIDTH, y1: down(share), y2: down(share), class: 'grid' }),
      svg('text', { x: LEFT - 6, y: down(share) + 4, 'text-anchor': 'end' }, text),
    ]),
    ...trend.flatMap(({ month }, i) =>
      i % every === 0
        ? [svg('text', { x: across(i, trend.length), y: HEIGHT - 6, 'text-anchor': 'middle' }, month)]
        : [],
    ),
  );
}

/** A line a state; months seen too little leave a gap. */
function stateLines(trend: readonly TrendMonth[]): SVGElement {
  const drawing = frame(
    t().trendStates,
    trend,
    [0, 0.25, 0.5, 0.75, 1].map((share) => [share, percent(share)]),
  );
  for (const { name, colour } of STATES) {
    const points = trend.map((month) => shareOf(month, name));
    const path = points
      .map((share, i) =>
        share === null
          ? ''
          : `${points[i - 1] == null ? 'M' : 'L'}${across(i, trend.length).toFixed(1)} ${down(share).toFixed(1)}`,
      )
      .join('');
    drawing.append(svg('path', { d: path, fill: 'none', stroke: colour, 'stroke-width': 2.5 }));
    for (const [i, share] of points.entries()) {
      if (share === null) continue;
      drawing.append(
        svg(
          'circle',
          { cx: across(i, trend.length), cy: down(share), r: 3.5, fill: colour },
          svg(
            'title',
            {},
            `${trend[i].month} ${named(t().reportStates, name)} ${shareText(trend[i], share)}`,
          ),
        ),
      );
    }
  }
  return drawing;
}

/** Share of a state on the ground seen; null where the month is not drawn. */
function shareOf({ drawn, observed, states }: TrendMonth, name: string): number | null {
  const own = states?.[name];
  return drawn && observed !== null && observed.usable_m2 > 0 && own ? own.m2 / observed.usable_m2 : null;
}

/** A share with how much of the ground it speaks of. */
function shareText(month: TrendMonth, share: number): string {
  return `${percent(share, 1)}（${t().seenShare(percent(seen(month) ?? 0))}）`;
}

function patchColumns(meta: Meta, trend: readonly TrendMonth[]): SVGElement {
  const areaOf = (month: TrendMonth, name: string) =>
    seen(month) === null ? 0 : (month.classes?.[name]?.area.m2 ?? 0);
  const sums = trend.map((month) => meta.classes.reduce((sum, { name }) => sum + areaOf(month, name), 0));
  const most = Math.max(1, ...sums);
  const drawing = frame(
    t().trendPatches,
    trend,
    [0, 0.5, 1].map((share) => [share, `${((share * most) / 10_000).toFixed(1)} ha`]),
  );
  const width = Math.min(40, (WIDTH - LEFT) / Math.max(1, trend.length) / 1.6);
  for (const [i, month] of trend.entries()) {
    let base = 0;
    for (const { name } of meta.classes) {
      const part = areaOf(month, name) / most;
      if (part === 0) continue;
      const [top, bottom] = [down(base + part), down(base)];
      base += part;
      drawing.append(
        svg(
          'rect',
          {
            x: across(i, trend.length) - width / 2,
            y: top,
            width,
            height: bottom - top,
            fill: classColour(meta, name),
          },
          svg('title', {}, `${month.month} ${className(meta, name)} ${patchText(month, name)}`),
        ),
      );
    }
  }
  return drawing;
}

function patchText(month: TrendMonth, name: string): string {
  const sum = month.classes?.[name];
  const share = seen(month);
  if (!sum || share === null) return '—';
  return `${count(sum.count)} · ${area(sum.area.m2)}（${t().seenShare(percent(share))}）`;
}

/** Every number beside how much was seen; of what was not seen there is none. */
function trendTable(meta: Meta, trend: readonly TrendMonth[]): HTMLElement {
  const words = t();
  const classes = meta.classes.filter(({ name }) => trend.some((one) => one.classes?.[name]));
  return table(
    words.trend,
    [
      words.month,
      words.seen,
      ...STATES.map(({ name }) => named(words.reportStates, name)),
      ...classes.map(({ name }) => className(meta, name)),
    ],
    trend.map((month): Child[] => {
      const share = seen(month);
      return [
        monthName(month.month),
        share === null ? words.notSeen : percent(share),
        ...STATES.map(({ name }) => {
          const own = share === null ? null : (month.states?.[name] ?? null);
          return own === null ? '—' : area(own.m2);
        }),
        ...classes.map(({ name }) => {
          const sum = share === null ? null : (month.classes?.[name] ?? null);
          return sum === null ? '—' : `${count(sum.count)} · ${area(sum.area.m2)}`;
        }),
      ];
    }),
  );
}
