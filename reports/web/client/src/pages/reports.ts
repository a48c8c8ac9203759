import type { App, View } from '../app.js';
import { address, download } from '../kit/api.js';
import { h } from '../kit/dom.js';
import { lang, t } from '../kit/lang.js';
import { monthName, percent } from '../kit/numbers.js';
import { choice, deed } from '../kit/widgets.js';

const FORMATS = ['html', 'pdf', 'xlsx', 'json'] as const;

interface Wanted {
  readonly month: string;
  readonly against: string;
  readonly since: string;
  readonly format: string;
  readonly lang: string;
}

async function make(wanted: Wanted, told: HTMLElement): Promise<void> {
  told.textContent = t().reportMaking;
  try {
    await download(address('/api/report', { ...wanted }), `report-${wanted.month}.${wanted.format}`);
  } finally {
    told.textContent = '';
  }
}

export function reportsPage({ meta }: App): View {
  const words = t();
  const told = h('p', { role: 'status', class: 'ok' });
  const run = meta.months.filter(({ mom, yoy }) => mom || yoy).toReversed();
  return {
    title: words.nav.reports,
    element: h(
      'div',
      { class: 'column' },
      h('h1', {}, words.nav.reports),
      told,
      run.length === 0 && h('p', { class: 'message' }, words.noMonths),
      run.length > 0 && custom(meta, told),
      h('h2', {}, words.reportMonth),
      h(
        'ul',
        { class: 'cards' },
        run.map(({ month, mom, yoy, usable, patches }) =>
          h(
            'li',
            { class: 'card' },
            h('h3', {}, monthName(month)),
            h(
              'p',
              { class: 'hint' },
              [
                words.patchCount(String(patches)),
                mom ? words.against.mom : '',
                yoy ? words.against.yoy : '',
                usable === null ? '' : words.lookUsable(percent(usable)),
              ]
                .filter((part) => part !== '')
                .join(' · '),
            ),
            h(
              'div',
              { class: 'buttons' },
              FORMATS.map((format) =>
                deed(words.reportFormats[format], () =>
                  make({ month, against: '', since: '', format, lang: lang() }, told),
                ),
              ),
            ),
          ),
        ),
      ),
    ),
  };
}

function custom(meta: App['meta'], told: HTMLElement): HTMLElement {
  const words = t();
  const all = meta.months.map(({ month }) => ({ value: month, text: monthName(month) })).toReversed();
  const month = choice(words.month, all, all[0]?.value ?? '');
  const against = choice(
    words.reportAgainst,
    [
      { value: '', text: words.reportAgainstAll },
      { value: 'mom', text: words.againstLong.mom },
      { value: 'yoy', text: words.againstLong.yoy },
      ...all,
    ],
    '',
  );
  const since = choice(words.reportSince, [{ value: '', text: '—' }, ...all], '');
  const format = choice(
    words.exportFormat,
    FORMATS.map((value) => ({ value, text: words.reportFormats[value] })),
    'pdf',
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
    h(
      'div',
      { class: 'row' },
      month.element,
      against.element,
      since.element,
      format.element,
      language.element,
    ),
    deed(
      words.reportMake,
      () =>
        make(
          {
            month: month.select.value,
            against: against.select.value,
            since: since.select.value,
            format: format.select.value,
            lang: language.select.value,
          },
          told,
        ),
      'primary',
    ),
  );
}
