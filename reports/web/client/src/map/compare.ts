import { h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { monthName } from '../kit/numbers.js';
import type { Meta } from '../kit/shapes.js';
import { type Canvas, createCanvas, type GlMap, type Label, lockViews } from './canvas.js';
import { beforeMonth, type MapState } from './filter.js';

/** The map of the month, and in the modes that compare a second one of the month before, on the same ground. */
export interface CompareMap {
  readonly element: HTMLElement;
  /** Called once the element is in the page. */
  start(): GlMap;
  update(state: MapState): void;
  remove(): void;
}

const STEP = 2;

export function compareMap(
  meta: Meta,
  first: MapState,
  labels: readonly Label[],
  picked: (number: string) => void,
): CompareMap {
  const words = t();
  let state = first;
  let share = 50;
  const afterBox = h('div', { class: 'gl' });
  const beforeBox = h('div', { class: 'gl' });
  const handle = h('div', {
    class: 'handle',
    role: 'slider',
    tabindex: 0,
    'aria-label': words.swipeHandle,
    'aria-valuemin': 0,
    'aria-valuemax': 100,
    'aria-orientation': 'horizontal',
  });
  const beforeTag = h('span', { class: 'image-tag image-tag-before' });
  const afterTag = h('span', { class: 'image-tag image-tag-after' });
  const beforePane = h('div', { class: 'pane pane-before', hidden: true }, beforeBox, beforeTag);
  const afterPane = h('div', { class: 'pane pane-after' }, afterBox, afterTag);
  const element = h(
    'div',
    { class: 'compare', role: 'region', 'aria-label': words.mapLabel },
    afterPane,
    beforePane,
    handle,
  );
  let after: Canvas | null = null;
  let before: Canvas | null = null;
  let unlock: (() => void) | null = null;

  const move = (next: number) => {
    share = Math.min(100, Math.max(0, next));
    element.style.setProperty('--swipe', `${share}%`);
    handle.setAttribute('aria-valuenow', String(Math.round(share)));
  };
  handle.addEventListener('pointerdown', (event) => {
    handle.setPointerCapture(event.pointerId);
    event.preventDefault();
    handle.focus();
  });
  handle.addEventListener('pointermove', (event) => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const box = element.getBoundingClientRect();
    move(((event.clientX - box.left) / box.width) * 100);
  });
  handle.addEventListener('keydown', (event) => {
    const to = { ArrowLeft: share - STEP, ArrowRight: share + STEP, Home: 0, End: 100 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    move(to);
  });
  move(share);

  const pickable = ({ map }: Canvas) => {
    map.on('click', (event) => {
      // a finger is no pixel: the nearest patch within 8 px counts
      const { x, y } = event.point;
      const [feature] = map.queryRenderedFeatures(
        [
          [x - 8, y - 8],
          [x + 8, y + 8],
        ],
        { layers: ['patch-fill', 'patch-casing'] },
      );
      const number: unknown = feature?.properties.number;
      if (typeof number === 'string') picked(number);
    });
    for (const type of ['mouseenter', 'mouseleave'] as const) {
      map.on(type, 'patch-fill', () => {
        map.getCanvas().style.cursor = type === 'mouseenter' ? 'pointer' : '';
      });
    }
  };

  /** Shows or takes away the second map, as the mode and the stored months want it. */
  const arrange = () => {
    const earlier = state.mode === 'single' ? null : beforeMonth(state, meta);
    const mode = earlier === null ? 'single' : state.mode;
    element.dataset.mode = mode;
    beforePane.hidden = mode === 'single';
    handle.hidden = mode !== 'swipe';
    afterTag.textContent = `${mode === 'single' ? '' : `${words.after} `}${monthName(state.month)}`;
    if (earlier === null || after === null) {
      unlock?.();
      before?.map.remove();
      before = null;
      unlock = null;
    } else {
      beforeTag.textContent = `${words.before} ${monthName(earlier)}`;
      if (before === null) {
        before = createCanvas(beforeBox, meta, state, earlier, [], false);
        pickable(before);
        unlock = lockViews(after.map, before.map);
      } else {
        before.setMonth(earlier);
      }
    }
    after?.map.resize();
    before?.map.resize();
    if (after && before) before.map.jumpTo({ center: after.map.getCenter(), zoom: after.map.getZoom() });
  };

  return {
    element,
    start: () => {
      after = createCanvas(afterBox, meta, state, state.month, labels, true);
      pickable(after);
      after.choose(state.patch);
      arrange();
      before?.choose(state.patch);
      return after.map;
    },
    update: (next) => {
      const moved = next.month !== state.month;
      state = next;
      if (moved) after?.setMonth(state.month);
      arrange();
      for (const canvas of [after, before]) {
        canvas?.setPatches(state);
        canvas?.choose(state.patch);
      }
    },
    remove: () => {
      unlock?.();
      before?.map.remove();
      after?.map.remove();
    },
  };
}
