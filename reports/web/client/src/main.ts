import './style/base.css';
import './style/shell.css';
import './style/pages.css';
import { type App, type Page, type PageName, type View, visiblePages } from './app.js';
import { onSignedOut } from './kit/api.js';
import { h } from './kit/dom.js';
import { lang, setLang, t } from './kit/lang.js';
import { go, here, listen, onMove } from './kit/router.js';
import type { User } from './kit/shapes.js';
import { failure, spinner } from './kit/widgets.js';
import { forgetKept } from './offline/kept.js';
import { enter, keepShell } from './offline/session.js';
import { signInPage } from './pages/sign-in.js';
import { setSender } from './queue/sender.js';
import { shell } from './shell.js';

const PAGES: Readonly<Record<PageName, () => Promise<Page>>> = {
  map: async () => (await import('./pages/map.js')).mapPage,
  leads: async () => (await import('./pages/leads.js')).leadsPage,
  runs: async () => (await import('./pages/runs.js')).runsPage,
  reports: async () => (await import('./pages/reports.js')).reportsPage,
  overview: async () => (await import('./pages/overview.js')).overviewPage,
  account: async () => (await import('./pages/account.js')).accountPage,
  admin: async () => (await import('./pages/admin.js')).adminPage,
};

let app: App | null = null;
let view: View | null = null;
/** The page was opened without a signal, and shows what it kept. */
let offline = false;
/** Somebody was signed in, and no longer is. */
let ranOut = false;
/** Rises with every drawing: a page that comes late is not shown over a newer one. */
let turn = 0;

function show(next: View, user: User | null, page: PageName | null): void {
  view = next;
  document.title = `${next.title} · ${t().product}`;
  document.body.replaceChildren(
    ...shell(user, page, next.element, { switchLang, signOut: () => void signOut() }),
  );
}

function isPage(name: string): name is PageName {
  return name in PAGES;
}

async function draw(): Promise<void> {
  const mine = ++turn;
  view?.leave?.();
  view = null;
  if (app === null) {
    const { title, element } = signInPage(start);
    const said = ranOut && h('p', { class: 'notice sign-in-note', role: 'status' }, t().signedOut);
    show({ title, element: h('div', {}, said, element) }, null, null);
    return;
  }
  const { path, query } = here();
  const [first = '', ...rest] = path.split('/').filter((part) => part !== '');
  const name = first === '' ? (app.user.role === 'officer' ? 'leads' : 'map') : first;
  if (!isPage(name)) {
    show({ title: t().notFound, element: h('p', { class: 'message' }, t().notFound) }, app.user, null);
    return;
  }
  if (!visiblePages(app.user).includes(name)) {
    show({ title: t().nav[name], element: h('p', { class: 'message' }, t().notAllowed) }, app.user, null);
    return;
  }
  show({ title: t().nav[name], element: spinner() }, app.user, name);
  const next = await made(name, app, rest, query);
  if (mine === turn) show(next, app.user, name);
  else next.leave?.();
}

async function made(
  name: PageName,
  app: App,
  path: readonly string[],
  query: URLSearchParams,
): Promise<View> {
  try {
    const page = await PAGES[name]();
    return await page(app, path.map(decodeURIComponent), query);
  } catch (error) {
    return { title: t().nav[name], element: failure(error, () => void draw()) };
  }
}

/** Asks who this is, and draws the page or the sign-in. */
async function start(): Promise<void> {
  try {
    const entered = await enter();
    app = entered.app;
    offline = entered.keptAt !== null;
    ranOut = entered.ranOut;
    // without a signal it is tried, and waits
    setSender(app?.user.name ?? null);
    await draw();
  } catch (error) {
    show({ title: t().product, element: failure(error, () => void start()) }, null, null);
  }
}

/** What was kept for reading is not left to whoever holds the device next. */
async function signOut(): Promise<void> {
  await forgetKept();
  await start();
}

function switchLang(): void {
  setLang(lang() === 'zh' ? 'en' : 'zh');
  void draw();
}

setLang(lang());
listen();
onMove(() => void draw());
onSignedOut(() => {
  if (app === null) return;
  void forgetKept();
  ranOut = true;
  // what somebody is filling in stays; the queue says that the sign-in ran out, other pages go to the sign-in
  setSender(null);
  if (document.querySelector('[data-keep]')) return;
  app = null;
  void draw();
});
// a changed password has ended every session
addEventListener('tuban:password', () => void signOut());
addEventListener('tuban:sign-in', () => {
  app = null;
  go(location.pathname + location.search);
});
addEventListener('online', () => {
  // what somebody is filling in stays
  if (offline && !document.querySelector('[data-keep]')) void start();
});
keepShell();
void start();
