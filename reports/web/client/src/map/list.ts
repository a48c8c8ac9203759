import { address, ask } from '../kit/api.js';
import { classTag } from '../kit/classes.js';
import { fill, h } from '../kit/dom.js';
import { named, t } from '../kit/lang.js';
import { count, percent } from '../kit/numbers.js';
import { type Meta, Patch, page } from '../kit/shapes.js';
import { badge, choice, failure } from '../kit/widgets.js';
import { filterQuery, type MapState } from './filter.js';

const Patches = page(Patch);
const LIMIT = 50;

export interface PatchList {
  readonly element: HTMLElement;
  update(state: MapState): void;
}

/** The patches that the filters leave, a page at a time: the way to them without a mouse. */
export function patchList(
  meta: Meta,
  first: MapState,
  deeds: { readonly pick: (patch: Patch) => void; readonly sort: (sort: string) => void },
): PatchList {
  const words = t();
  const total = h('strong', { role: 'status' });
  const items = h('ul', { class: 'patch-list' });
  const foot = h('div', {});
  const order = choice(
    words.sort,
    Object.entries(words.sorts).map(([value, text]) => ({ value, text })),
    first.sort,
    deeds.sort,
  );
  /** Only the newest question's answer is shown. */
  let turn = 0;
  let asked = '';

  const load = async (state: MapState, cursor: string | null) => {
    const mine = ++turn;
    const url = address('/api/patches', { ...filterQuery(state), sort: state.sort, limit: LIMIT, cursor });
    try {
      const found = await ask(url, Patches);
      if (mine !== turn) return;
      if (cursor === null) items.replaceChildren();
      if (found.total !== null && found.total !== undefined)
        total.textContent = words.patchCount(count(found.total));
      for (const patch of found.items) items.append(item(meta, patch, deeds.pick));
      const { next } = found;
      fill(
        foot,
        items.childElementCount === 0 && h('p', { class: 'hint' }, words.empty),
        next && h('button', { type: 'button', on: { click: () => void load(state, next) } }, words.more),
      );
    } catch (error) {
      if (mine === turn)
        fill(
          foot,
          failure(error, () => void load(state, cursor)),
        );
    }
  };
  const update = (state: MapState) => {
    const question = JSON.stringify([filterQuery(state), state.sort]);
    if (question === asked) return;
    asked = question;
    void load(state, null);
  };
  update(first);
  return {
    element: h(
      'section',
      { class: 'found' },
      h('div', { class: 'found-head' }, total, order.element),
      items,
      foot,
    ),
    update,
  };
}

function item(meta: Meta, patch: Patch, pick: (patch: Patch) => void): HTMLElement {
  const words = t();
  return h(
    'li',
    {},
    h(
      'button',
      { type: 'button', on: { click: () => pick(patch) } },
      h(
        'span',
        { class: 'line-1' },
        classTag(meta, patch.class),
        badge(named(words.states, patch.state), patch.state),
      ),
      h(
        'span',
        { class: 'line-2' },
        `${patch.subdistrict ?? words.outside} · ${count(Math.round(patch.area_m2))} m² · ${percent(patch.confidence)}`,
      ),
      h('span', { class: 'number' }, patch.number),
    ),
  );
}
