import type { App } from '../app.js';
import { classTag } from '../kit/classes.js';
import { h } from '../kit/dom.js';
import { named, t } from '../kit/lang.js';
import { count, daysUntil } from '../kit/numbers.js';
import type { Lead } from '../kit/shapes.js';
import { badge } from '../kit/widgets.js';

/** Whether somebody still has to go there. */
export function isOpen({ status }: Pick<Lead, 'status'>): boolean {
  return status === 'new' || status === 'assigned';
}

/** The day a visit is due and how far off that is; red when past and the visit still open. */
export function dueText(lead: Pick<Lead, 'due' | 'status'>): HTMLElement | null {
  if (lead.due === null) return null;
  const words = t();
  if (!isOpen(lead)) return h('span', { class: 'due' }, lead.due);
  const days = daysUntil(lead.due);
  const kind = days < 0 ? 'due-past' : days <= 2 ? 'due-soon' : '';
  const left =
    days < 0 ? words.overdueBy(count(-days)) : days === 0 ? words.dueToday : words.dueIn(count(days));
  return h('span', { class: `due ${kind}` }, `${lead.due} · ${left}`);
}

export function leadTags({ meta }: App, lead: Lead): HTMLElement {
  const words = t();
  return h(
    'p',
    { class: 'tags' },
    classTag(meta, lead.class),
    badge(named(words.statuses, lead.status), lead.status),
    lead.disposition !== 'sent' && badge(named(words.dispositions, lead.disposition), lead.disposition),
    lead.priority === 'high' && badge(`${words.priority} ${words.priorities.high}`, 'high'),
  );
}
