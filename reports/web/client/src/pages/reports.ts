import type { App, View } from '../app.js';
import { address, ask, download } from '../kit/api.js';
import { h } from '../kit/dom.js';
import { lang, t } from '../kit/lang.js';
import { monthName, percent } from '../kit/numbers.js';
import { go } from '../kit/router.js';
import { choice, deed, into } from '../kit/widgets.js';
import { type Wanted, wantedOf } from '../reports/choose.js';
import { comparisonCharts } from '../reports/places.js';
import { Report } from '../reports/shapes.js';
import { trendCharts } from '../reports/trend.js';

const FORMATS = ['html', 'pdf', 'xlsx', 'json'] as const;

/** A month, two months or a period: charts of it, and its report in every format; below the months there are. */
export function reportsPage({ meta }: App, _path: readonly string[], query: URLSearchParams): View {
  const words = t();
  if (meta.months.length === 0) {
    return { title: words.nav.reports, element: h('p', { class: 'message' }, words.noMonths) };
  }
  const wanted = wantedOf(query, meta);
  const charts = h('div', {}, h('p', { class: 'message' }, words.loading));
  void into(charts, async () => {
    const report = await ask(address('/api/report', { ...wanted, format: 'json', lang: lang() }), Report);
    return [
      ...report.comparisons.map((one) => comparisonCharts(meta, report, one)),
      report.trend.length > 1 && trendCharts(meta, report.trend),
    ];
  });
  return {
    title: words.nav.reports,
    element: h(
      'div',
      { class: 'column wide' },
      h('h1', {}, words.nav.reports),
      chooser(meta, wanted),
      charts,
      h('h2', {}, words.reportMonth),
      monthCards(meta),
    ),
  };
}

function chooser(meta: App['meta'], wanted: Wanted): HTMLElement {
  const words = t();
  const all = meta.months.map(({ month }) => ({ value: month, text: monthName(month) })).toReversed();
  const change = (part: Partial<Wanted>) => go(address('/reports', { ...wanted, ...part }));
  const earlier = all.filter(({ value }) => value < wanted.month);
  const month = choice(words.month, all, wanted.month, (value) => change({ month: value }));
  const against = choice(
    words.reportAgainst,
    [
      { value: '', text: words.reportAgainstAll },
      { value: 'mom', text: words.againstLong.mom },
      { value: 'yoy', text: words.againstLong.yoy },
      ...earlier,
    ],
    wanted.against,
    (value) => change({ against: value, since: '' }),
  );
  const since = choice(words.reportSince, [{ value: '', text: '—' }, ...earlier], wanted.since, (value) =>
    change({ since: value, against: '' }),
  );
  const language = choice(
    words.reportLang,
    [
      { value: 'zh', text: '中文' },
      { value: 'en', text: 'English' },
    ],
    lang(),
  );
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, words.reportCustom),
    h('div', { class: 'row' }, month.element, against.element, since.element, language.element),
    downloads(() => ({ ...wanted, lang: language.select.value })),
  );
}

/** A button a format; a report takes a while to make. */
function downloads(wanted: () => Wanted & { readonly lang: string }): HTMLElement {
  const words = t();
  const told = h('span', { role: 'status', class: 'ok' });
  return h(
    'div',
    { class: 'buttons' },
    FORMATS.map((format) =>
      deed(words.reportFormats[format], async () => {
        told.textContent = words.reportMaking;
        try {
          const asked = wanted();
          await download(address('/api/report', { ...asked, format }), `report-${asked.month}.${format}`);
        } finally {
          told.textContent = '';
        }
      }),
    ),
    told,
  );
}

function monthCards(meta: App['meta']): HTMLElement {
  const words = t();
  const run = meta.months.filter(({ mom, yoy }) => mom || yoy).toReversed();
  return h(
    'ul',
    { class: 'cards' },
    run.map(({ month, mom, yoy, usable, patches }) =>
      h(
        'li',
        { class: 'card' },
        h('h3', {}, h('a', { href: address('/reports', { month }) }, monthName(month))),
        h(
          'p',
          { class: 'hint' },
          [
            // no number without how much was seen
            usable === null
              ? ''
              : `${words.patchCount(String(patches))}（${words.seenShare(percent(usable))}）`,
            mom ? words.against.mom : '',
            yoy ? words.against.yoy : '',
          ]
            .filter((part) => part !== '')
            .join(' · '),
        ),
        downloads(() => ({ month, against: '', since: '', lang: lang() })),
      ),
    ),
  );
}
