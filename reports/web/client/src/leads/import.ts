import { ask } from '../kit/api.js';
import { fill, h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { count } from '../kit/numbers.js';
import { ImportedResults } from '../kit/shapes.js';
import { said } from '../kit/widgets.js';

/** Takes a table of visits back: all of it or nothing, and says row by row what is wrong with it. */
export function importForm(done: () => void): HTMLElement {
  const words = t();
  const told = h('div', { 'aria-live': 'polite' });
  const pick = h('input', { type: 'file', accept: '.csv,.xlsx,.json', 'aria-label': words.resultsFile });
  const button = h('button', { type: 'button', class: 'primary' }, words.resultsImport);
  button.addEventListener('click', async () => {
    const file = pick.files?.[0];
    if (file === undefined) return fill(told, h('p', { class: 'problem' }, words.resultsMissing));
    button.disabled = true;
    fill(told, h('p', { class: 'hint' }, words.loading));
    try {
      const form = new FormData();
      form.set('file', file, file.name);
      const found = await ask('/api/leads/results', ImportedResults, { method: 'POST', form });
      const text = words.resultsDone(count(found.done), count(found.unchanged));
      fill(told, h('p', { class: 'ok', role: 'status' }, text));
      pick.value = '';
      if (found.done > 0) done();
    } catch (error) {
      fill(told, refusal(said(error)));
    } finally {
      button.disabled = false;
    }
  });
  return h(
    'details',
    { class: 'card' },
    h('summary', {}, words.resultsTitle),
    h('p', { class: 'hint' }, words.resultsHint),
    h('div', { class: 'buttons' }, pick, button),
    told,
  );
}

/** The server's words; where they speak of rows, a line for each. */
function refusal(text: string): HTMLElement {
  const rows = text.split(/[:;] (?=row \d+: |and \d+ more rows)/);
  return h(
    'div',
    { class: 'problem', role: 'alert' },
    h('p', {}, t().resultsRefused),
    h(
      'ul',
      {},
      rows.map((row) => h('li', {}, row)),
    ),
  );
}
