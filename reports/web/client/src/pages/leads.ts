import type { App, View } from '../app.js';
import { h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { into } from '../kit/widgets.js';
import { leadDetail } from '../leads/detail.js';
import { leadList } from '../leads/list.js';
import { onDelivered } from '../queue/sender.js';

export function leadsPage(app: App, [number]: readonly string[], query: URLSearchParams): View {
  const words = t();
  if (number === undefined) {
    return {
      title: words.nav.leads,
      element: h('div', { class: 'column' }, h('h1', {}, words.nav.leads), leadList(app, query)),
    };
  }
  const element = h('div', { class: 'column' }, h('p', { class: 'message' }, words.loading));
  const draw = () => void into(element, () => leadDetail(app, number, draw));
  draw();
  const stop = onDelivered((lead) => {
    if (lead === number) draw();
  });
  return { title: `${words.lead} ${number}`, element, leave: stop };
}
