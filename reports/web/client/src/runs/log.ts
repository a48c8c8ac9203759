import { h } from '../kit/dom.js';
import { named, t } from '../kit/lang.js';
import { clock } from '../kit/numbers.js';
import type { LogLine } from '../kit/shapes.js';

/** Lines of a run's log, oldest first; what comes later is added at the end. */
export function logList(lines: readonly LogLine[]): {
  readonly element: HTMLElement;
  readonly add: (line: LogLine) => void;
} {
  const element = h('ol', { class: 'log', 'aria-label': t().log }, lines.map(row));
  return { element, add: (line) => element.append(row(line)) };
}

function row({ at, level, event, data }: LogLine): HTMLElement {
  const words = t();
  // in the order of the words: a database keeps none
  const order = Object.keys(words.logFields);
  const said = Object.entries(data)
    .toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b))
    .map(([name, value]) => `${named(words.logFields, name)} ${shown(name, value)}`);
  return h(
    'li',
    { class: `log-${level}` },
    h('time', { datetime: at }, clock(at)),
    level !== 'info' && h('b', {}, named(words.logLevels, level)),
    h('span', {}, named(words.logEvents, event)),
    said.length > 0 && h('span', { class: 'hint' }, said.join(' · ')),
  );
}

function shown(name: string, value: unknown): string {
  if (name === 'ms' && typeof value === 'number') return `${(value / 1000).toFixed(1)} s`;
  if (typeof value === 'boolean') return value ? t().yes : t().no;
  if (Array.isArray(value)) return value.map(String).join('、');
  return value === null ? t().none : String(value);
}
