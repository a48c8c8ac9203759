import { type App, atDesk } from '../app.js';
import { address } from '../kit/api.js';
import { fill, h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { count, metres } from '../kit/numbers.js';
import { keep } from '../kit/router.js';
import { Lead, LeadDetail, page } from '../kit/shapes.js';
import { choice, failure } from '../kit/widgets.js';
import { askOrKept } from '../offline/kept.js';
import { keptNote } from '../offline/note.js';
import { deskBar } from './desk.js';
import { importForm } from './import.js';
import { dueText, leadTags } from './words.js';

const Leads = page(Lead);
const LIMIT = 30;
const FILTERS = ['month', 'disposition', 'status', 'subdistrict', 'overdue'] as const;

/** The list, next due first; at the desk leads can be selected and assigned together. */
export function leadList(app: App, query: URLSearchParams): HTMLElement {
  const words = t();
  const filter = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? '']));
  if (!query.has('disposition')) filter.disposition = 'sent';
  const selected = new Set<string>();
  const total = h('strong', { role: 'status' });
  const items = h('ul', { class: 'lead-list' });
  const foot = h('div', {});
  const note = h('div', {});
  const desk = atDesk(app.user) ? deskBar(selected, () => void load(null)) : null;
  let turn = 0;

  const load = async (cursor: string | null) => {
    const mine = ++turn;
    try {
      const url = address('/api/leads', { ...filter, sort: 'due', limit: LIMIT, cursor });
      const { value: found, keptAt } = await askOrKept(url, Leads);
      if (mine !== turn) return;
      if (keptAt === null && app.user.role === 'officer') void keepAll(found.items);
      if (cursor === null) {
        fill(note, keptNote(keptAt));
        items.replaceChildren();
        selected.clear();
      }
      if (found.total !== null && found.total !== undefined)
        total.textContent = words.leadCount(count(found.total));
      for (const lead of found.items) items.append(row(app, lead, desk && tick(lead.number)));
      const { next } = found;
      fill(
        foot,
        items.childElementCount === 0 && h('p', { class: 'hint' }, words.empty),
        next && h('button', { type: 'button', on: { click: () => void load(next) } }, words.more),
      );
      desk?.changed();
    } catch (error) {
      if (mine === turn)
        fill(
          foot,
          failure(error, () => void load(cursor)),
        );
    }
  };
  const tick = (number: string) => {
    const box = h('input', { type: 'checkbox', 'aria-label': words.selectLead(number) });
    box.addEventListener('change', () => {
      if (box.checked) selected.add(number);
      else selected.delete(number);
      desk?.changed();
    });
    return box;
  };
  const set = (name: (typeof FILTERS)[number]) => (value: string) => {
    filter[name] = value;
    // without a disposition the address would mean the usual one again
    keep(address('/leads', { ...filter, disposition: filter.disposition || 'all' }));
    void load(null);
  };
  if (filter.disposition === 'all') filter.disposition = '';
  void load(null);
  return h(
    'div',
    { class: 'leads' },
    filters(app, filter, set),
    note,
    h('p', {}, total),
    desk?.element,
    desk && importForm(() => void load(null)),
    items,
    foot,
  );
}

/** Reads all of an officer's leads while there is a signal, so that they open where there is none. */
async function keepAll(leads: readonly Lead[]): Promise<void> {
  try {
    for (const { number } of leads) await askOrKept(`/api/leads/${encodeURIComponent(number)}`, LeadDetail);
  } catch {
    // the signal is gone again, or a lead is no longer this officer's: opening it will say so
  }
}

type Setter = (name: (typeof FILTERS)[number]) => (value: string) => void;

function filters({ meta, user }: App, filter: Readonly<Record<string, string>>, set: Setter): HTMLElement {
  const words = t();
  const options = (table: Readonly<Record<string, string>>) => [
    { value: '', text: words.all },
    ...Object.entries(table).map(([value, text]) => ({ value, text })),
  ];
  const places = meta.subdistricts.filter(
    ({ code }) => user.role !== 'officer' || user.subdistricts.includes(code),
  );
  const overdue = h('input', { type: 'checkbox', checked: filter.overdue === 'true' });
  overdue.addEventListener('change', () => set('overdue')(overdue.checked ? 'true' : ''));
  return h(
    'div',
    { class: 'row lead-filters' },
    choice(words.state, options(words.statuses), filter.status, set('status')).element,
    choice(words.disposition, options(words.dispositions), filter.disposition, set('disposition')).element,
    places.length > 1 &&
      choice(
        words.subdistrict,
        [{ value: '', text: words.all }, ...places.map(({ code, name }) => ({ value: code, text: name }))],
        filter.subdistrict,
        set('subdistrict'),
      ).element,
    h('label', { class: 'tick' }, overdue, words.overdueOnly),
  );
}

function row(app: App, lead: Lead, tick: HTMLElement | null): HTMLElement {
  const words = t();
  const subdistrict = lead.subdistrict ?? words.outside;
  const near = lead.address && lead.address.text + words.near(metres(lead.address.distanceM));
  const area = `${count(Math.round(lead.area_m2))} m²`;
  return h(
    'li',
    { class: 'lead-row' },
    tick,
    h(
      'a',
      { href: `/leads/${encodeURIComponent(lead.number)}` },
      leadTags(app, lead),
      h('span', { class: 'place-line' }, near ?? subdistrict),
      h(
        'span',
        { class: 'line-2' },
        near ? `${subdistrict} · ${area}` : area,
        lead.team !== null && ` · ${lead.team}`,
      ),
      dueText(lead),
      h('span', { class: 'number' }, lead.number),
    ),
  );
}
