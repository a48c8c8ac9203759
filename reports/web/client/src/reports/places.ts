import { classColour, className } from '../kit/classes.js';
import { type Child, fill, h } from '../kit/dom.js';
import { named, t } from '../kit/lang.js';
import { area, count, monthName, percent } from '../kit/numbers.js';
import type { Meta } from '../kit/shapes.js';
import { segments } from '../kit/widgets.js';
import { type Comparison, type PlaceFigures, type Report, seen } from './shapes.js';

const STATES = ['built', 'water', 'forest_green', 'forest', 'green'] as const;

/** What changed in each subdistrict between two dates: patches by class, and the net of a land state. */
export function comparisonCharts(meta: Meta, report: Report, comparison: Comparison): HTMLElement {
  const words = t();
  const { before, after, against } = comparison;
  const title = `${named(words.comparedHow, against)} ${monthName(before)} → ${monthName(after)}`;
  const net = h('div', {});
  const states = STATES.filter((name) => comparison.places.some(({ states: own }) => own?.[name]));
  const draw = (name: string) => fill(net, netBars(comparison, report.low_observed, name));
  if (states.length > 0) draw(states[0]);
  return h(
    'section',
    { class: 'card', 'aria-label': title },
    h('h2', {}, title),
    h('h3', {}, words.patchesByPlace),
    patchBars(meta, comparison, report.low_observed),
    legend(meta, comparison),
    states.length > 0 && [
      h('h3', {}, words.netByPlace),
      segments(
        words.landAreas,
        states.map((value) => ({ value, text: named(words.reportStates, value) })),
        states[0],
        draw,
      ),
      net,
    ],
  );
}

/** `桂园街道 · 可见 97%`; where nothing was seen, that and no number. */
function placeName(figures: PlaceFigures, low: number): Child {
  const words = t();
  const share = seen(figures);
  const said = share === null ? words.notSeen : words.seenShare(percent(share));
  return h(
    'span',
    { class: 'bar-name' },
    figures.place.kind === 'total' ? words.wholeDistrict : figures.place.name,
    h('small', { class: share !== null && share < low ? 'seen low' : 'seen' }, said),
  );
}

const own = ({ places }: Comparison) => places.filter(({ place }) => place.kind !== 'total');

function patchBars(meta: Meta, comparison: Comparison, low: number): HTMLElement {
  const places = own(comparison);
  const total = (one: PlaceFigures) => (seen(one) === null ? 0 : (one.patches?.area.m2 ?? 0));
  const most = Math.max(1, ...places.map(total));
  const row = (one: PlaceFigures, track: boolean) => {
    const known = seen(one) !== null && one.patches !== null;
    return h(
      'li',
      {},
      placeName(one, low),
      h(
        'span',
        { class: 'bar-track' },
        track &&
          known &&
          meta.classes.map(({ name }) => {
            const part = one.classes?.[name]?.area.m2 ?? 0;
            if (part === 0) return null;
            const style = { width: `${(part / most) * 100}%`, 'background-color': classColour(meta, name) };
            return h('i', { title: `${className(meta, name)} ${area(part)}`, style });
          }),
      ),
      h(
        'span',
        { class: 'bar-value' },
        known ? `${count(one.patches?.count ?? 0)} · ${area(one.patches?.area.m2 ?? 0)}` : '—',
      ),
    );
  };
  return h(
    'ul',
    { class: 'bars report-bars' },
    places.toSorted((a, b) => total(b) - total(a)).map((one) => row(one, true)),
    comparison.places.filter(({ place }) => place.kind === 'total').map((one) => row(one, false)),
  );
}

function legend(meta: Meta, comparison: Comparison): HTMLElement {
  const there = meta.classes.filter(({ name }) =>
    comparison.places.some(({ classes }) => (classes?.[name]?.count ?? 0) > 0),
  );
  return h(
    'p',
    { class: 'tags' },
    there.map(({ name, color }) =>
      h(
        'span',
        { class: 'class-tag' },
        h('i', { class: 'spot', style: { 'background-color': color } }),
        className(meta, name),
      ),
    ),
  );
}

/** Net of a state, losses to the left of the middle, gains to the right. */
function netBars(comparison: Comparison, low: number, name: string): HTMLElement {
  const net = (one: PlaceFigures) => (seen(one) === null ? null : (one.states?.[name]?.net.m2 ?? null));
  const most = Math.max(1, ...own(comparison).map((one) => Math.abs(net(one) ?? 0)));
  const row = (one: PlaceFigures, track: boolean) => {
    const value = net(one);
    const width = value === null ? 0 : (Math.abs(value) / most) * 50;
    const style = { width: `${width}%`, left: value !== null && value < 0 ? `${50 - width}%` : '50%' };
    return h(
      'li',
      {},
      placeName(one, low),
      h(
        'span',
        { class: 'bar-track net-track' },
        track && value !== null && h('i', { class: value < 0 ? 'loss' : 'gain', style }),
      ),
      h('span', { class: 'bar-value' }, value === null ? '—' : `${value > 0 ? '+' : ''}${signed(value)}`),
    );
  };
  return h(
    'ul',
    { class: 'bars report-bars' },
    own(comparison).map((one) => row(one, true)),
    comparison.places.filter(({ place }) => place.kind === 'total').map((one) => row(one, false)),
  );
}

function signed(m2: number): string {
  return m2 < 0 ? `−${area(-m2)}` : area(m2);
}
