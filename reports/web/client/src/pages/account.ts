import { passwordForm } from '../account/password.js';
import { tokens } from '../account/tokens.js';
import type { App, View } from '../app.js';
import { h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { facts } from '../kit/widgets.js';

/** What concerns the user alone: who they are here, their password, their API tokens. */
export function accountPage({ user, meta }: App): View {
  const words = t();
  const places = meta.subdistricts.filter(({ code }) => user.subdistricts.includes(code));
  return {
    title: words.nav.account,
    element: h(
      'div',
      { class: 'column' },
      h('h1', {}, words.nav.account),
      facts([
        [words.signInName, user.name],
        [words.role, words.roles[user.role]],
        [words.subdistricts, user.role === 'officer' && places.map(({ name }) => name).join('、')],
      ]),
      h('h2', {}, words.changePassword),
      passwordForm(user.name, () => dispatchEvent(new Event('tuban:password'))),
      h('h2', {}, words.tokens),
      tokens(user.name),
    ),
  };
}
