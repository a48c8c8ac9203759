import '../style/map.css';
import type { App, View } from '../app.js';
import { address } from '../kit/api.js';
import { h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { keep } from '../kit/router.js';
import type { PatchDetail } from '../kit/shapes.js';
import type { GlMap } from '../map/canvas.js';
import { patchCard } from '../map/card.js';
import { compareMap } from '../map/compare.js';
import { addressQuery, type MapState, readState } from '../map/filter.js';
import { patchList } from '../map/list.js';
import { exportForm, filterForm, timeStrip } from '../map/panel.js';
import { placeLabels } from '../map/places.js';

/** Whether list and map fit beside each other. */
const roomy = () => matchMedia('(min-width: 800px)').matches;

export async function mapPage(
  { meta }: App,
  _path: readonly string[],
  query: URLSearchParams,
): Promise<View> {
  const words = t();
  if (meta.months.length === 0) {
    return { title: words.nav.map, element: h('p', { class: 'message' }, words.noMonths) };
  }
  let state = readState(query, meta);
  let map: GlMap | null = null;
  const compare = compareMap(meta, state, await placeLabels(), (number) => open(number));
  const stripBox = h('div', { class: 'strip-box' });
  const filterBox = h('div', {});
  const cardBox = h('div', { class: 'card-box' });
  const list = patchList(meta, state, {
    pick: (patch) => {
      // on a phone the list would cover what was picked
      if (!roomy()) panel.open = false;
      open(patch.number);
      map?.flyTo({
        center: [...patch.centroid],
        zoom: Math.max(map.getZoom(), 16),
        offset: beside(),
        duration: 600,
      });
    },
    sort: (sort) => change({ sort }),
  });

  const remember = () => keep(address('/map', addressQuery(state)));
  const change = (part: Partial<MapState>) => {
    state = { ...state, ...part };
    const stored = meta.months.find(({ month }) => month === state.month);
    if (stored && !stored[state.against]) state = { ...state, against: stored.mom ? 'mom' : 'yoy' };
    compare.update(state);
    list.update(state);
    drawControls();
    remember();
  };
  const drawControls = () => {
    // the control a person is using must not lose the focus to its new self
    const at = focusedAt([stripBox, filterBox]);
    stripBox.replaceChildren(timeStrip(meta, state, change));
    filterBox.replaceChildren(filterForm(meta, state, change));
    at?.();
  };
  const open = (number: string) => {
    state = { ...state, patch: number };
    const card = patchCard(meta, number, { close, zoomTo });
    cardBox.replaceChildren(card);
    card.focus({ preventScroll: true });
    compare.update(state);
    remember();
  };
  const close = () => {
    state = { ...state, patch: null };
    cardBox.replaceChildren();
    compare.update(state);
    remember();
  };
  const zoomTo = (patch: PatchDetail) =>
    map?.flyTo({ center: [...patch.centroid], zoom: 18, offset: beside(), duration: 600 });

  /** Half of what the card covers, px: the patch comes to the middle of what is left. */
  const beside = (): [number, number] => (roomy() ? [-190, 0] : [0, -compare.element.clientHeight * 0.3]);

  drawControls();
  const panel = h(
    'details',
    { class: 'side', open: roomy() },
    h('summary', {}, words.showFilters),
    h(
      'div',
      { class: 'side-body' },
      filterBox,
      exportForm(() => state),
      list.element,
    ),
  );
  const element = h(
    'div',
    { class: 'map-page' },
    panel,
    h('div', { class: 'stage' }, stripBox, compare.element, cardBox),
  );
  // MapLibre measures its box, so the map is made once the page is shown
  const waiting = requestAnimationFrame(() => {
    map = compare.start();
    map.on('moveend', () => {
      const { lng, lat } = map?.getCenter() ?? { lng: 0, lat: 0 };
      state = { ...state, camera: { lon: lng, lat, zoom: map?.getZoom() ?? 0 } };
      remember();
    });
    if (state.patch !== null) open(state.patch);
  });
  return {
    title: words.nav.map,
    element,
    leave: () => {
      cancelAnimationFrame(waiting);
      compare.remove();
    },
  };
}

/** Remembers which control has the focus, by its place among its kind; the result gives it back. */
function focusedAt(boxes: readonly HTMLElement[]): (() => void) | null {
  const controls = (box: HTMLElement) => [...box.querySelectorAll<HTMLElement>('button, input, select')];
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement)) return null;
  for (const box of boxes) {
    const at = controls(box).indexOf(focused);
    if (at >= 0) return () => controls(box)[at]?.focus();
  }
  return null;
}
