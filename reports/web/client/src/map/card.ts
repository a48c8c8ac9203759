import { ask } from '../kit/api.js';
import { classTag } from '../kit/classes.js';
import { type Child, h } from '../kit/dom.js';
import { lang, named, t } from '../kit/lang.js';
import { area, count, lonLat, percent } from '../kit/numbers.js';
import { type Meta, PatchDetail } from '../kit/shapes.js';
import { badge, deed, facts, into } from '../kit/widgets.js';

/** Before and after of a patch, as the server cuts them out of the month's scenes. */
export function chips(number: string, before: string | null, after: string | null): HTMLElement {
  const words = t();
  const folder = `/api/patches/${encodeURIComponent(number)}/chip`;
  const picture = (which: 'before' | 'after', date: string | null) => {
    const figure = h('figure', {});
    const image = h('img', {
      src: `${folder}/${which}.jpg`,
      alt: which === 'before' ? words.beforeImage : words.afterImage,
      loading: 'lazy',
      width: 320,
      height: 320,
    });
    const outline = h('img', { class: 'outline', src: `${folder}/outline.svg?lang=${lang()}`, alt: '' });
    outline.addEventListener('error', () => outline.remove());
    image.addEventListener('error', () => {
      outline.remove();
      image.replaceWith(h('span', { class: 'no-image' }, words.noImage));
    });
    figure.append(
      h('div', { class: 'ground' }, image, outline),
      h('figcaption', {}, `${words[which]} ${date ?? ''}`),
    );
    return figure;
  };
  const pair = h('div', { class: 'chips' }, picture('before', before), picture('after', after));
  const shown = h('input', {
    type: 'checkbox',
    checked: true,
    on: { change: () => pair.classList.toggle('bare', !shown.checked) },
  });
  return h('div', {}, pair, h('label', { class: 'tick' }, shown, words.showOutline));
}

/** The card of a patch; fetched when it is opened. */
export function patchCard(
  meta: Meta,
  number: string,
  deeds: { readonly close: () => void; readonly zoomTo: (patch: PatchDetail) => void },
): HTMLElement {
  const words = t();
  const body = h('div', {}, h('p', { class: 'message' }, words.loading));
  const card = h(
    'section',
    { class: 'patch-card', 'aria-label': words.patchCard, tabindex: -1 },
    h(
      'header',
      {},
      h('h2', {}, number),
      h(
        'button',
        { type: 'button', class: 'quiet', 'aria-label': words.close, on: { click: deeds.close } },
        '×',
      ),
    ),
    body,
  );
  card.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') deeds.close();
  });
  void into(body, async () => {
    const patch = await ask(`/api/patches/${encodeURIComponent(number)}`, PatchDetail);
    return content(meta, patch, deeds.zoomTo);
  });
  return card;
}

function content(meta: Meta, patch: PatchDetail, zoomTo: (patch: PatchDetail) => void): Child {
  const words = t();
  return [
    h(
      'p',
      { class: 'tags' },
      classTag(meta, patch.class),
      badge(named(words.states, patch.state), patch.state),
    ),
    chips(patch.number, patch.before, patch.after),
    facts([
      [words.subdistrict, patch.subdistrict ?? words.outside],
      [words.area, area(patch.area_m2)],
      [words.perimeter, `${count(Math.round(patch.perimeter_m))} m`],
      [words.confidence, percent(patch.confidence)],
      [words.model, patch.model],
      [words.decided, patch.decided],
      [words.toBare, patch.to_bare ? words.yes : null],
      [words.heldBack, heldLine(patch)],
      [words.position, lonLat(patch.centroid)],
      [words.lead, leadLine(patch)],
    ]),
    patch.looks.length > 0 && looks(patch),
    h(
      'p',
      { class: 'buttons' },
      h('button', { type: 'button', on: { click: () => zoomTo(patch) } }, words.zoomTo),
      copyButton(),
    ),
    h('p', { class: 'hint' }, words.notice),
  ];
}

/** Why a filter fitted from verdicts keeps it from being confirmed; null where none does. */
function heldLine({ filtering }: PatchDetail): string | null {
  return filtering?.held ? t().heldBackBy(filtering.filter, filtering[lang()]) : null;
}

function leadLine({ lead, number }: PatchDetail): Child {
  const words = t();
  if (!lead) return words.noLead;
  return [
    badge(named(words.dispositions, lead.disposition), lead.disposition),
    ' ',
    badge(named(words.statuses, lead.status), lead.status),
    ' ',
    h('a', { href: `/leads/${encodeURIComponent(number)}` }, words.openLead),
  ];
}

function looks(patch: PatchDetail): HTMLElement {
  const words = t();
  return h(
    'section',
    {},
    h('h3', {}, words.looks),
    h(
      'ul',
      { class: 'looks' },
      patch.looks.map((look) =>
        h(
          'li',
          {},
          `${named(words.lookKinds, look.kind)} ${look.before ?? ''} → ${look.after ?? ''} · ${look.usable > 0 ? words.lookUsable(percent(look.usable)) : words.lookUnseen}`,
          look.usable > 0 && look.holding !== null && ` · ${words.lookHolding(percent(look.holding))}`,
        ),
      ),
    ),
  );
}

function copyButton(): HTMLElement {
  const words = t();
  return deed(words.copyLink, async () => {
    await navigator.clipboard.writeText(location.href);
  });
}
