import { address, download } from '../kit/api.js';
import { classTag } from '../kit/classes.js';
import { h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { monthName } from '../kit/numbers.js';
import type { Meta } from '../kit/shapes.js';
import { choice, deed, field, segments } from '../kit/widgets.js';
import { filterQuery, type MapState } from './filter.js';

type Change = (part: Partial<MapState>) => void;

/** Month, comparison and mode: the strip over the map. */
export function timeStrip(meta: Meta, state: MapState, change: Change): HTMLElement {
  const words = t();
  const months = meta.months.map(({ month }) => month);
  const at = months.indexOf(state.month);
  const stored = meta.months[at];
  const step = (by: number, label: string, sign: string) =>
    h(
      'button',
      {
        type: 'button',
        class: 'quiet',
        'aria-label': label,
        disabled: months[at + by] === undefined,
        on: { click: () => change({ month: months[at + by] ?? state.month }) },
      },
      sign,
    );
  const slider = h('input', {
    type: 'range',
    min: 0,
    max: Math.max(0, months.length - 1),
    step: 1,
    value: at,
    'aria-label': words.month,
    'aria-valuetext': monthName(state.month),
  });
  const label = h('output', { class: 'month' }, monthName(state.month));
  slider.addEventListener('input', () => {
    const month = months[Number(slider.value)] ?? state.month;
    label.textContent = monthName(month);
    slider.setAttribute('aria-valuetext', monthName(month));
  });
  slider.addEventListener('change', () => change({ month: months[Number(slider.value)] ?? state.month }));
  return h(
    'div',
    { class: 'strip' },
    h('div', { class: 'months' }, step(-1, words.earlier, '‹'), slider, step(1, words.later, '›'), label),
    segments(
      words.reportAgainst,
      [
        { value: 'mom', text: words.against.mom, disabled: !stored?.mom },
        { value: 'yoy', text: words.against.yoy, disabled: !stored?.yoy },
      ],
      state.against,
      (against) => change({ against: against === 'yoy' ? 'yoy' : 'mom' }),
    ),
    segments(
      words.compare,
      (['single', 'swipe', 'side'] as const).map((mode) => ({ value: mode, text: words.modes[mode] })),
      state.mode,
      (mode) => change({ mode: mode === 'swipe' || mode === 'side' ? mode : 'single' }),
    ),
  );
}

/** Filters and export. */
export function filterForm(meta: Meta, state: MapState, change: Change): HTMLElement {
  const words = t();
  const ticks = (
    legend: string,
    all: readonly { readonly value: string; readonly label: HTMLElement | string }[],
    chosen: readonly string[],
    changed: (values: string[]) => void,
  ) => {
    const boxes = all.map(({ value }) =>
      h('input', { type: 'checkbox', value, checked: chosen.includes(value) }),
    );
    const set = h(
      'fieldset',
      { class: 'ticks' },
      h('legend', {}, legend),
      all.map(({ label }, i) => h('label', {}, boxes[i], label)),
    );
    set.addEventListener('change', () =>
      changed(boxes.filter(({ checked }) => checked).map(({ value }) => value)),
    );
    return set;
  };
  const places = choice(
    words.subdistrict,
    [
      { value: '', text: words.all },
      ...meta.subdistricts.map(({ code, name }) => ({ value: code, text: name })),
    ],
    state.subdistrict,
    (subdistrict) => change({ subdistrict }),
  );
  const smallest = field(words.minArea, {
    type: 'number',
    min: 0,
    step: 50,
    value: state.minArea ?? '',
    inputmode: 'numeric',
  });
  smallest.input.addEventListener('change', () =>
    change({ minArea: smallest.input.value === '' ? null : Math.max(0, smallest.input.valueAsNumber || 0) }),
  );
  const surest = choice(
    words.minConfidence,
    ['', '0.5', '0.7', '0.8', '0.9'].map((value) => ({
      value,
      text: value === '' ? words.all : `${Number(value) * 100}%`,
    })),
    state.minConfidence === null ? '' : String(state.minConfidence),
    (value) => change({ minConfidence: value === '' ? null : Number(value) }),
  );
  return h(
    'form',
    { class: 'filters', 'aria-label': words.filters, on: { submit: (event) => event.preventDefault() } },
    ticks(
      words.class,
      meta.classes.map(({ name }) => ({ value: name, label: classTag(meta, name) })),
      state.classes,
      (classes) => change({ classes }),
    ),
    ticks(
      words.state,
      (['suspected', 'confirmed', 'dismissed'] as const).map((value) => ({
        value,
        label: h(
          'span',
          { class: `class-tag line-${value}` },
          h('i', { class: 'line' }),
          words.states[value],
        ),
      })),
      state.states,
      (states) => change({ states }),
    ),
    h('div', { class: 'row' }, places.element, smallest.element, surest.element),
    h(
      'button',
      {
        type: 'button',
        class: 'quiet',
        on: {
          click: () =>
            change({ classes: [], states: [], subdistrict: '', minArea: null, minConfidence: null }),
        },
      },
      words.reset,
    ),
  );
}

/** Exports exactly what the list and the map show. */
export function exportForm(current: () => MapState): HTMLElement {
  const words = t();
  const format = choice(
    words.exportFormat,
    [
      { value: 'geojson', text: 'GeoJSON' },
      { value: 'gpkg', text: 'GeoPackage' },
      { value: 'shp', text: 'Shapefile' },
      { value: 'csv', text: 'CSV' },
    ],
    'geojson',
  );
  const crs = choice(
    words.exportCrs,
    [
      { value: 'EPSG:4326', text: 'WGS 84 (EPSG:4326)' },
      { value: 'EPSG:4490', text: 'CGCS2000 (EPSG:4490)' },
      { value: 'EPSG:4547', text: 'CGCS2000 / CM 114E (EPSG:4547)' },
    ],
    'EPSG:4326',
  );
  return h(
    'details',
    { class: 'export' },
    h('summary', {}, words.exportTitle),
    h(
      'div',
      { class: 'row' },
      format.element,
      crs.element,
      deed(words.exportRun, () => {
        const state = current();
        const ending = format.select.value === 'shp' ? 'zip' : format.select.value;
        return download(
          address('/api/patches/export', {
            ...filterQuery(state),
            format: format.select.value,
            crs: crs.select.value,
          }),
          `patches-${state.month}-${state.against}.${ending}`,
        );
      }),
    ),
  );
}
