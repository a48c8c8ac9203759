import { auditLog } from '../admin/audit.js';
import { registers } from '../admin/registers.js';
import { users } from '../admin/users.js';
import type { App, View } from '../app.js';
import { h } from '../kit/dom.js';
import { t } from '../kit/lang.js';

export function adminPage({ meta }: App): View {
  const words = t();
  return {
    title: words.nav.admin,
    element: h(
      'div',
      { class: 'column wide' },
      h('h1', {}, words.nav.admin),
      h('h2', {}, words.users),
      users(meta),
      h('h2', {}, words.registers),
      registers(),
      h('h2', {}, words.audit),
      auditLog(),
    ),
  };
}
