import { send } from '../kit/api.js';
import { h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { deed, field } from '../kit/widgets.js';

/** Changes one's own password; every session of the user ends, this one too. */
export function passwordForm(name: string, changed: () => void): HTMLElement {
  const words = t();
  const old = field(words.oldPassword, { type: 'password', autocomplete: 'current-password' });
  const next = field(words.nextPassword, {
    type: 'password',
    autocomplete: 'new-password',
    placeholder: words.passwordHint,
  });
  const again = field(words.againPassword, { type: 'password', autocomplete: 'new-password' });
  return h(
    'form',
    { class: 'card', on: { submit: (event) => event.preventDefault() } },
    // password managers want to know whose it is
    h('input', { type: 'text', autocomplete: 'username', value: name, hidden: true, readonly: true }),
    h('p', { class: 'hint' }, words.passwordEnds),
    h('div', { class: 'row' }, old.element, next.element, again.element),
    deed(
      words.changePassword,
      async () => {
        if (next.input.value !== again.input.value) throw new Error(words.passwordsDiffer);
        const json = { old: old.input.value, new: next.input.value };
        await send('/api/session/password', { method: 'POST', json });
        changed();
      },
      'primary',
    ),
  );
}
