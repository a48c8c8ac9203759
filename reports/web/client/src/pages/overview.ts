import type { App, View } from '../app.js';
import { address, ask } from '../kit/api.js';
import { classColour, className } from '../kit/classes.js';
import { type Child, h } from '../kit/dom.js';
import { lang, t } from '../kit/lang.js';
import { count, monthName } from '../kit/numbers.js';
import { go } from '../kit/router.js';
import { type Figures, type Meta, Overview } from '../kit/shapes.js';
import { choice, into, table } from '../kit/widgets.js';
import { densityMap } from '../overview/density.js';

/** A command centre's screen asks again by itself. */
const AGAIN_MS = 60_000;

const sum = (parts: readonly number[]) => parts.reduce((a, b) => a + b, 0);
const patchCount = ({ patches }: Figures) => sum(Object.values(patches).map(({ count }) => count));
const leadCount = ({ leads }: Figures) => sum(Object.values(leads));
const openCount = ({ leads }: Figures) => (leads.new ?? 0) + (leads.assigned ?? 0);

export function overviewPage({ meta }: App, _path: readonly string[], query: URLSearchParams): View {
  const words = t();
  if (meta.months.length === 0) {
    return { title: words.nav.overview, element: h('p', { class: 'message' }, words.noMonths) };
  }
  const asked = query.get('month') ?? '';
  const newest = meta.months.findLast(({ mom, yoy }) => mom || yoy) ?? meta.months[0];
  const month = meta.months.some((one) => one.month === asked) ? asked : newest.month;
  const figures = h('div', {}, h('p', { class: 'message' }, words.loading));
  const density = densityMap(meta);
  const draw = () =>
    into(figures, async () => {
      const overview = await ask(address('/api/overview', { month }), Overview);
      density.show(overview.density);
      return content(meta, overview);
    });
  void draw();
  const timer = setInterval(() => void draw(), AGAIN_MS);
  const months = choice(
    words.month,
    meta.months.map((one) => ({ value: one.month, text: monthName(one.month) })).toReversed(),
    month,
    (next) => go(address('/overview', { month: next })),
  );
  return {
    title: words.nav.overview,
    element: h(
      'div',
      { class: 'overview' },
      h(
        'header',
        { class: 'row' },
        h('h1', {}, words.overviewOf(meta.district[lang()], monthName(month))),
        months.element,
      ),
      figures,
      h('section', { class: 'card density' }, h('h2', {}, words.density), density.element),
    ),
    leave: () => {
      clearInterval(timer);
      density.remove();
    },
  };
}

function content(meta: Meta, overview: Overview): Child {
  const words = t();
  const { totals, subdistricts, alerts } = overview;
  return [
    h(
      'div',
      { class: 'tiles' },
      tile(words.totalPatches, count(patchCount(totals))),
      tile(words.totalLeads, count(leadCount(totals))),
      tile(words.openLeads, count(openCount(totals))),
      tile(words.overdueLeads, count(totals.overdue), totals.overdue > 0 ? '#b3261e' : undefined),
      ...meta.classes
        .filter(({ name }) => (totals.patches[name]?.count ?? 0) > 0)
        .map(({ name }) =>
          tile(className(meta, name), count(totals.patches[name].count), classColour(meta, name)),
        ),
    ),
    h(
      'section',
      { class: 'card alerts' },
      h('h2', {}, words.alerts),
      alerts.length === 0
        ? h('p', { class: 'hint' }, words.noAlerts)
        : h(
            'ul',
            {},
            alerts.map((alert) => h('li', {}, alert[lang()])),
          ),
    ),
    h('section', { class: 'card' }, h('h2', {}, words.bySubdistrict), bars(meta, overview)),
    h(
      'section',
      { class: 'card' },
      table(
        words.bySubdistrict,
        [words.subdistrict, words.totalPatches, words.totalLeads, words.openLeads, words.overdueLeads],
        subdistricts.map((place) => [
          place.name,
          count(patchCount(place)),
          count(leadCount(place)),
          count(openCount(place)),
          count(place.overdue),
        ]),
      ),
    ),
  ];
}

function tile(label: string, value: string, colour?: string): HTMLElement {
  return h(
    'div',
    { class: 'tile', style: colour ? { 'border-top-color': colour } : {} },
    h('span', { class: 'value' }, value),
    h('span', { class: 'label' }, label),
  );
}

/** Patches of each subdistrict as one bar of its classes; the longest is the largest of all. */
function bars(meta: Meta, { subdistricts }: Overview): HTMLElement {
  const most = Math.max(1, ...subdistricts.map(patchCount));
  return h(
    'ul',
    { class: 'bars' },
    subdistricts
      .toSorted((a, b) => patchCount(b) - patchCount(a))
      .map((place) =>
        h(
          'li',
          {},
          h('span', { class: 'bar-name' }, place.name),
          h(
            'span',
            { class: 'bar-track', role: 'img', 'aria-label': `${place.name} ${patchCount(place)}` },
            meta.classes.map(({ name, color }) => {
              const found = place.patches[name]?.count ?? 0;
              if (found === 0) return null;
              const style = { width: `${(found / most) * 100}%`, 'background-color': color };
              return h('i', { title: `${className(meta, name)} ${found}`, style });
            }),
          ),
          h('span', { class: 'bar-value' }, count(patchCount(place))),
        ),
      ),
  );
}
