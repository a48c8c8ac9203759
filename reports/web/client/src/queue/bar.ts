import { fill, h } from '../kit/dom.js';
import { named, t } from '../kit/lang.js';
import { count } from '../kit/numbers.js';
import { discard, flush, type QueueState, sendAgain, watchQueue } from './sender.js';
import type { Entry } from './store.js';

let stop: (() => void) | null = null;

/** What is still on this device and not with the server, and why; hidden while there is nothing. */
export function queueBar(): HTMLElement {
  const bar = h('aside', {
    class: 'queue',
    hidden: true,
    'aria-live': 'polite',
    'aria-label': t().queueTitle,
  });
  let open = false;
  stop?.();
  stop = watchQueue((state) => {
    bar.hidden = state.entries.length === 0;
    if (!bar.hidden) draw(state);
  });
  const draw = (state: QueueState) => {
    const words = t();
    const refused = state.entries.filter((entry) => entry.refused !== null);
    fill(
      bar,
      h(
        'p',
        {},
        h('strong', {}, words.queueWaiting(count(state.entries.length))),
        ' ',
        reason(state),
        refused.length > 0 && h('b', { class: 'problem' }, ` ${words.queueRefused(count(refused.length))}`),
      ),
      state.halt === 'signed-out'
        ? h(
            'button',
            { type: 'button', on: { click: () => dispatchEvent(new Event('tuban:sign-in')) } },
            words.signIn,
          )
        : h('button', { type: 'button', on: { click: flush } }, words.retry),
      h(
        'button',
        {
          type: 'button',
          'aria-expanded': String(open),
          on: {
            click: () => {
              open = !open;
              draw(state);
            },
          },
        },
        open ? words.close : words.queueShow,
      ),
      open && h('ul', {}, state.entries.map(line)),
    );
  };
  return bar;
}

function reason({ halt, sending }: QueueState): string {
  const words = t();
  if (halt === 'signed-out') return words.queueSignedOut;
  if (halt === 'offline') return words.queueOffline;
  return sending ? words.queueSending : '';
}

function line(entry: Entry): HTMLElement {
  const words = t();
  const { step } = entry.fields;
  const what =
    entry.kind === 'photo' ? words.photo : named(words.steps, typeof step === 'string' ? step : '');
  return h(
    'li',
    {},
    h('span', {}, `${entry.lead} · ${what} · ${entry.by}`),
    entry.refused !== null && h('span', { class: 'problem' }, entry.refused),
    entry.refused !== null &&
      h('button', { type: 'button', on: { click: () => void sendAgain(entry) } }, words.queueRetry),
    entry.refused !== null &&
      h(
        'button',
        {
          type: 'button',
          on: {
            click: () => {
              if (confirm(words.queueDiscardSure)) void discard(entry.id);
            },
          },
        },
        words.queueDiscard,
      ),
  );
}
