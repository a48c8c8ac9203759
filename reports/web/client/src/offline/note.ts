import { h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { moment } from '../kit/numbers.js';

/** Says that what is shown is not from just now, and how old it is; null where it is. */
export function keptNote(keptAt: Date | null): HTMLElement | null {
  if (keptAt === null) return null;
  const words = t();
  const minutes = Math.max(0, Math.round((Date.now() - keptAt.getTime()) / 60_000));
  const age =
    minutes < 60 ? words.minutesAgo(String(minutes)) : words.hoursAgo(String(Math.round(minutes / 60)));
  return h('p', { class: 'notice', role: 'status' }, words.keptNote(moment(keptAt.toISOString()), age));
}
