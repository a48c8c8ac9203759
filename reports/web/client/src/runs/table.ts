import { h } from '../kit/dom.js';
import { named, t } from '../kit/lang.js';
import { moment, monthName, percent } from '../kit/numbers.js';
import type { Run, Scenes } from '../kit/shapes.js';
import { badge, table } from '../kit/widgets.js';

/** Stored runs, each with a link to all of it. */
export function runTable(items: readonly Run[]): HTMLElement {
  const words = t();
  return table(
    words.runs,
    [
      words.month,
      words.reportAgainst,
      words.state,
      words.usable,
      words.alignment,
      words.publishedAt,
      words.notes,
    ],
    items.map((run) => [
      h('a', { class: 'figures', href: `/runs/${encodeURIComponent(run.id)}` }, monthName(run.month)),
      named(words.against, run.against),
      badge(named(words.runStatus, run.status), run.status),
      run.summary?.usable_fraction !== undefined && percent(run.summary.usable_fraction),
      largestShift(run),
      run.published_at !== null && moment(run.published_at),
      [run.failure, ...notesOf(run)].filter((text) => text !== null).map((text) => h('div', {}, text)),
    ]),
  );
}

/** How far each scene was moved, px of the grid. */
export function shifts({ summary }: Run) {
  return summary?.scenes?.map(({ scene, shift, reliable }) =>
    h(
      'div',
      {},
      h(
        'span',
        { class: 'figures' },
        `${shift.dx.toFixed(2)}, ${shift.dy.toFixed(2)} px${reliable ? '' : ` (${t().unreliable})`}`,
      ),
      h('span', { class: 'hint' }, `  ${scene.split(/[\\/]/).at(-1)}`),
    ),
  );
}

/** The farthest that a scene was moved: a list has room for no more. */
function largestShift({ summary }: Run) {
  const scenes = summary?.scenes ?? [];
  if (scenes.length === 0) return null;
  const most = Math.max(...scenes.map(({ shift }) => Math.hypot(shift.dx, shift.dy)));
  const doubt = scenes.some(({ reliable }) => !reliable);
  return h('span', { class: 'figures' }, `≤ ${most.toFixed(2)} px${doubt ? ` (${t().unreliable})` : ''}`);
}

/** What judged the months: the detector, and the learned model in it. */
export function judgedBy({ summary }: Run): string | undefined {
  if (summary?.detector === undefined) return undefined;
  const name = named(t().detectors, summary.detector);
  return summary.model ? `${name} ${summary.model.id}` : name;
}

/** What a reader must know of a run's corrections, in the language of the page. */
export function notesOf({ summary }: Run): string[] {
  const words = t();
  if (summary === null) return [];
  const scenes = summary.scenes ?? [];
  return [
    ...scenes.filter(({ reliable }) => !reliable).map(({ scene }) => words.noteUnaligned(scene)),
    ...scenes
      .filter(({ not_normalized }) => not_normalized.length > 0)
      .map(({ scene, not_normalized }) => words.noteUnnormalized(scene, not_normalized.join(', '))),
    ...(summary.judged_cell_px > 1 ? [words.noteCells(String(summary.judged_cell_px))] : []),
    ...(summary.tolerance_px > 0 ? [words.noteTolerance(String(summary.tolerance_px))] : []),
  ];
}

export function sceneTables({ months, missing }: Scenes): HTMLElement {
  const words = t();
  return h(
    'div',
    { class: 'stack' },
    missing.length > 0 &&
      h('p', { class: 'problem' }, `${words.missing}：${missing.map(monthName).join('、')}`),
    table(
      words.scenes,
      [words.month, words.sceneCount, words.sensor],
      months
        .toSorted((a, b) => b.month.localeCompare(a.month))
        .map(({ month, scenes }) => [
          monthName(month),
          String(scenes.length),
          [...new Set(scenes.map(({ sensor, resolution_m }) => `${sensor ?? '—'} ${resolution_m} m`))].join(
            ', ',
          ),
        ]),
    ),
  );
}
