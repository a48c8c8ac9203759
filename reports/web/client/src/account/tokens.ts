import { ask, send } from '../kit/api.js';
import { fill, h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { moment } from '../kit/numbers.js';
import { NewToken, Tokens } from '../kit/shapes.js';
import { deed, field, into, table } from '../kit/widgets.js';

const DAYS = 90;

/** One's own API tokens: those there are, a new one whose text is shown this once, and taking one back. */
export function tokens(user: string): HTMLElement {
  const words = t();
  const list = h('div', {});
  const made = h('div', { 'aria-live': 'polite' });
  const label = field(words.tokenLabel, { maxlength: 100, placeholder: 'QGIS' });
  const days = field(words.tokenDays, { type: 'number', min: 1, max: 366, value: DAYS });
  const draw = () =>
    void into(list, async () => {
      const { items } = await ask('/api/tokens', Tokens);
      // an administrator is told of everybody's; here are one's own
      const own = items.filter((one) => one.user === user);
      if (own.length === 0) return h('p', { class: 'hint' }, words.noTokens);
      return table(
        words.tokens,
        [words.tokenLabel, words.tokenMade, words.tokenEnds, words.actions],
        own.map((one) => [
          one.label,
          moment(one.created_at),
          moment(one.expires_at),
          deed(words.tokenRevoke, async () => {
            if (!confirm(words.tokenRevokeSure(one.label))) return;
            await send(`/api/tokens/${encodeURIComponent(one.id)}`, { method: 'DELETE' });
            draw();
          }),
        ]),
      );
    });
  draw();
  return h(
    'div',
    { class: 'card' },
    h('p', { class: 'hint' }, words.tokenHint),
    list,
    h(
      'div',
      { class: 'row' },
      label.element,
      days.element,
      deed(
        words.tokenMake,
        async () => {
          const json = { label: label.input.value.trim(), days: Number(days.input.value) };
          const { token } = await ask('/api/tokens', NewToken, { method: 'POST', json });
          fill(made, shown(token));
          label.input.value = '';
          draw();
        },
        'primary',
      ),
    ),
    made,
  );
}

function shown(token: string): HTMLElement {
  const words = t();
  const told = h('span', { role: 'status', class: 'ok' });
  return h(
    'div',
    { class: 'notice stack' },
    h('p', {}, words.tokenOnce),
    h('code', { class: 'token' }, token),
    h(
      'div',
      { class: 'buttons' },
      deed(words.copy, async () => {
        await navigator.clipboard.writeText(token);
        told.textContent = words.copied;
      }),
      told,
    ),
  );
}
