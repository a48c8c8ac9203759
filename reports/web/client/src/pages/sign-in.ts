import type { View } from '../app.js';
import { send } from '../kit/api.js';
import { h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { field, said } from '../kit/widgets.js';

export function signInPage(entered: () => Promise<void>): View {
  const words = t();
  const name = field(words.signInName, { name: 'username', autocomplete: 'username', required: true });
  const password = field(words.signInPassword, {
    name: 'password',
    type: 'password',
    autocomplete: 'current-password',
    required: true,
  });
  const problem = h('p', { class: 'problem', role: 'alert' });
  const button = h('button', { type: 'submit', class: 'primary' }, words.signIn);
  const form = h(
    'form',
    { class: 'sign-in card' },
    h('h1', {}, words.product),
    h('p', { class: 'hint' }, words.tagline),
    name.element,
    password.element,
    button,
    problem,
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = '';
    try {
      const json = { name: name.input.value, password: password.input.value };
      await send('/api/session', { method: 'POST', json, quiet: true });
      await entered();
    } catch (error) {
      problem.textContent = said(error);
      password.input.select();
    } finally {
      button.disabled = false;
    }
  });
  return { title: words.signIn, element: form };
}
