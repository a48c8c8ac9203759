import type { App } from '../app.js';
import { send } from '../kit/api.js';
import { h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { choice, deed } from '../kit/widgets.js';

/** Asks for a run; kept back unless somebody wants it published at once. */
export function startForm({ meta }: App): HTMLElement {
  const words = t();
  const month = h('input', { type: 'month', required: true, value: meta.months.at(-1)?.month ?? '' });
  const against = choice(
    words.reportAgainst,
    [
      { value: '', text: words.bothAgainst },
      { value: 'mom', text: words.againstLong.mom },
      { value: 'yoy', text: words.againstLong.yoy },
    ],
    '',
  );
  const hold = h('input', { type: 'checkbox' });
  const hint = h('p', { class: 'hint', hidden: true }, words.holdHint);
  hold.addEventListener('change', () => {
    hint.hidden = !hold.checked;
  });
  return h(
    'section',
    { class: 'card', 'aria-label': words.runAsk },
    h(
      'div',
      { class: 'row' },
      h('label', { class: 'field' }, h('span', {}, words.month), month),
      against.element,
      h('label', { class: 'tick' }, hold, words.hold),
      deed(
        words.startRun,
        () =>
          send('/api/runs', {
            method: 'POST',
            json: {
              month: month.value,
              hold: hold.checked,
              ...(against.select.value === '' ? {} : { against: [against.select.value] }),
            },
          }),
        'primary',
      ),
    ),
    hint,
  );
}
