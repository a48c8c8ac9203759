import { z } from 'zod';
import type { View } from '../app.js';
import { address, ask, send } from '../kit/api.js';
import { h } from '../kit/dom.js';
import { named, t } from '../kit/lang.js';
import { here } from '../kit/router.js';
import { field, said } from '../kit/widgets.js';

/** What the server says of the ways to sign in. */
const SignIns = z.object({
  sign_ins: z
    .object({
      oidc: z.object({ label: z.string(), sign_in: z.string(), sign_out: z.string().nullable() }).nullable(),
    })
    .default({ oidc: null }),
});

/** Why the unified identity's answer came to nothing stands in the address it came back to. */
const TROUBLE = 'sign-in';

export function signInPage(entered: () => Promise<void>): View {
  const words = t();
  const name = field(words.signInName, { name: 'username', autocomplete: 'username', required: true });
  const password = field(words.signInPassword, {
    name: 'password',
    type: 'password',
    autocomplete: 'current-password',
    required: true,
  });
  const trouble = here().query.get(TROUBLE);
  const problem = h('p', { class: 'problem', role: 'alert' });
  if (trouble !== null) problem.textContent = named(words.signInTrouble, trouble);
  const button = h('button', { type: 'submit', class: 'primary' }, words.signIn);
  const others = h('div', { class: 'buttons' });
  const form = h(
    'form',
    { class: 'sign-in card' },
    h('h1', {}, words.product),
    h('p', { class: 'hint' }, words.tagline),
    name.element,
    password.element,
    button,
    others,
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
  void offerUnified(others);
  return { title: words.signIn, element: form };
}

/** Buttons of the city's unified identity, where the server knows one; without an answer local accounts stay. */
async function offerUnified(others: HTMLElement): Promise<void> {
  const { oidc } = (await ask('/api/session', SignIns).catch(() => null))?.sign_ins ?? { oidc: null };
  if (oidc === null) return;
  const { label, sign_in, sign_out } = oidc;
  const words = t();
  const leave = (url: string) => ({ type: 'button', on: { click: () => location.assign(url) } });
  const { path, query } = here();
  query.delete(TROUBLE);
  const back = address(path, Object.fromEntries(query));
  others.append(h('button', leave(address(sign_in, { back })), words.unifiedSignIn(label)));
  if (sign_out !== null) others.append(h('button', leave(sign_out), words.unifiedSignOut(label)));
}
