import { type App, atDesk } from '../app.js';
import { address, ask, send } from '../kit/api.js';
import { classTag } from '../kit/classes.js';
import { type Child, h } from '../kit/dom.js';
import { named, t } from '../kit/lang.js';
import { area, count, percent } from '../kit/numbers.js';
import { type CompareSide, RunComparison } from '../kit/shapes.js';
import { deed, table } from '../kit/widgets.js';
import { notesOf, shifts } from './table.js';

/** A draft beside what is published, and the two ways on. */
export async function comparison(app: App, id: string, done: () => void): Promise<HTMLElement> {
  const words = t();
  const found = await ask(`/api/runs/${encodeURIComponent(id)}/comparison`, RunComparison);
  const { draft, published, numbers, leads } = found;
  const then = (work: () => Promise<void>) => async () => {
    await work();
    done();
  };
  const url = (what: string) => `/api/runs/${encodeURIComponent(id)}/${what}`;
  return h(
    'section',
    { class: 'card', 'aria-label': words.comparison },
    h('h2', {}, words.comparison),
    h('p', {}, published === null ? words.nothingPublished : words.publishedIs(published.run.id)),
    h(
      'div',
      { class: 'tiles' },
      tile(words.numbersKept, numbers.kept),
      tile(words.numbersNew, numbers.new),
      tile(words.numbersGone, numbers.gone),
      tile(words.leadsMade, leads.made),
      tile(words.leadsChanged, leads.changed),
    ),
    patchTable(app, draft, published),
    areaTable(draft, published),
    qualityTable(draft, published),
    placeTable(app, words.newPatches, found.new, draft),
    placeTable(app, words.gonePatches, found.gone, draft),
    atDesk(app.user) &&
      h(
        'div',
        { class: 'buttons' },
        deed(
          words.publish,
          then(() =>
            send(url('publish'), { method: 'POST', json: { instead_of: published?.run.id ?? null } }),
          ),
          'primary',
        ),
        deed(words.discard, async () => {
          if (!confirm(words.discardSure)) return;
          await then(() => send(url('discard'), { method: 'POST' }))();
        }),
      ),
  );
}

function tile(label: string, value: number): HTMLElement {
  return h(
    'div',
    { class: 'tile' },
    h('span', { class: 'value' }, count(value)),
    h('span', { class: 'label' }, label),
  );
}

/** Patches by class and state, before and after. */
function patchTable({ meta }: App, draft: CompareSide, published: CompareSide | null): HTMLElement {
  const words = t();
  const keys = meta.classes.flatMap(({ name }) =>
    Object.keys(words.states).map((state) => ({ name, state })),
  );
  const of = (side: CompareSide | null, name: string, state: string) =>
    side?.patches.find((one) => one.class === name && one.state === state);
  const cells = (one: { count: number; area_m2: number } | undefined): Child =>
    one === undefined ? '—' : `${count(one.count)} · ${area(one.area_m2)}`;
  return table(
    words.totalPatches,
    [words.class, words.state, words.asPublished, words.asDraft],
    keys
      .filter(({ name, state }) => of(draft, name, state) ?? of(published, name, state))
      .map(({ name, state }) => [
        classTag(meta, name),
        named(words.states, state),
        cells(of(published, name, state)),
        cells(of(draft, name, state)),
      ]),
  );
}

/** Land states of the whole district on what was usable, hectares; never without their usable share. */
function areaTable(draft: CompareSide, published: CompareSide | null): HTMLElement {
  const words = t();
  const states = Object.entries(words.landStates);
  const hectares = (side: CompareSide, name: string) =>
    (side.areas.reduce((sum, { states: own }) => sum + (own[name] ?? 0), 0) / 10_000).toFixed(1);
  const row = (label: string, side: CompareSide): Child[] => [
    label,
    ...states.map(([name]) => hectares(side, name)),
    usableOf(side),
  ];
  return table(
    words.landAreas,
    [words.landAreas, ...states.map(([, text]) => `${text} (ha)`), words.usable],
    [...(published === null ? [] : [row(words.asPublished, published)]), row(words.asDraft, draft)],
  );
}

function usableOf({ areas }: CompareSide): string {
  const sum = (pick: (one: CompareSide['areas'][number]) => number) =>
    areas.reduce((total, one) => total + pick(one), 0);
  const total = sum(({ total_m2 }) => total_m2);
  return total > 0 ? percent(sum(({ usable_m2 }) => usable_m2) / total, 1) : '—';
}

function qualityTable(draft: CompareSide, published: CompareSide | null): HTMLElement {
  const words = t();
  const row = (label: string, { run }: CompareSide): Child[] => [
    label,
    shifts(run),
    run.summary?.scenes?.map(({ scene, invariant_fraction }) =>
      h('div', {}, `${scene} ${invariant_fraction === undefined ? '—' : percent(invariant_fraction)}`),
    ),
    notesOf(run).map((text) => h('div', {}, text)),
  ];
  return table(
    words.quality,
    [words.quality, words.alignment, words.invariant, words.notes],
    [...(published === null ? [] : [row(words.asPublished, published)]), row(words.asDraft, draft)],
  );
}

/** Patches that come or go, with the place of each on the map. */
function placeTable(
  { meta }: App,
  title: string,
  patches: RunComparison['new'],
  { run: { month, against } }: CompareSide,
): Child {
  const words = t();
  if (patches.length === 0) return null;
  return h(
    'details',
    {},
    h('summary', {}, title),
    table(
      title,
      [words.class, words.subdistrict, words.area, words.position],
      patches.map(({ class: name, subdistrict, area_m2, centroid: [lon, lat] }) => [
        classTag(meta, name),
        subdistrict ?? words.outside,
        area(area_m2),
        h(
          'a',
          { href: address('/map', { month, against, lon, lat, z: 17, mode: 'swipe' }) },
          `${lon.toFixed(5)}, ${lat.toFixed(5)}`,
        ),
      ]),
    ),
  );
}
