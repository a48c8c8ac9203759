import { type PageName, visiblePages } from './app.js';
import { send } from './kit/api.js';
import { h } from './kit/dom.js';
import { t } from './kit/lang.js';
import type { User } from './kit/shapes.js';
import { queueBar } from './queue/bar.js';

interface Deeds {
  readonly switchLang: () => void;
  readonly signOut: () => void;
}

/** The frame around every page: brand, menu, who is signed in, what waits to be sent. */
export function shell(
  user: User | null,
  page: PageName | null,
  content: HTMLElement,
  deeds: Deeds,
): HTMLElement[] {
  const words = t();
  const tools = h(
    'div',
    { class: 'tools' },
    user &&
      h(
        'a',
        { class: 'who', href: '/account', title: words.nav.account },
        user.name,
        h('small', {}, words.roles[user.role]),
      ),
    h('button', { type: 'button', class: 'quiet', on: { click: deeds.switchLang } }, words.otherLang),
    user &&
      h(
        'button',
        {
          type: 'button',
          class: 'quiet',
          on: { click: () => void send('/api/session', { method: 'DELETE' }).finally(deeds.signOut) },
        },
        words.signOut,
      ),
  );
  const header = h(
    'header',
    { class: 'bar' },
    h('a', { class: 'brand', href: '/' }, words.product, h('small', {}, words.tagline)),
    user && menu(user, page),
    tools,
  );
  const main = h('main', { id: 'content', tabindex: -1, class: `page page-${page ?? 'plain'}` }, content);
  return [
    h('a', { class: 'skip', href: '#content', on: { click: () => main.focus() } }, words.skip),
    header,
    ...(user ? [queueBar()] : []),
    main,
  ];
}

function menu(user: User, page: PageName | null): HTMLElement {
  return h(
    'nav',
    { 'aria-label': t().navLabel },
    visiblePages(user)
      .filter((name) => name !== 'account')
      .map((name) =>
        h('a', { href: `/${name}`, 'aria-current': name === page ? 'page' : null }, t().nav[name]),
      ),
  );
}
