import { type App, atDesk } from '../app.js';
import { ask } from '../kit/api.js';
import { h } from '../kit/dom.js';
import { named, t } from '../kit/lang.js';
import { moment, monthName, percent } from '../kit/numbers.js';
import { RunLog, Runs } from '../kit/shapes.js';
import { badge, facts, into } from '../kit/widgets.js';
import { comparison } from './comparison.js';
import { logList } from './log.js';
import { judgedBy, notesOf, shifts } from './table.js';
import { resumeButton } from './tasks.js';

const DID_NOT_END: readonly string[] = ['failed', 'cancelled', 'interrupted'];

/** All of one stored run: its figures, its log; of a draft also what publishing it would change. */
export async function runDetail(app: App, id: string, again: () => void): Promise<HTMLElement> {
  const words = t();
  const { items } = await ask('/api/runs', Runs);
  const run = items.find((one) => one.id === id);
  if (run === undefined) return h('p', { class: 'message' }, words.noRun(id));
  const { items: lines } = await ask(`/api/runs/${encodeURIComponent(id)}/log`, RunLog);
  const notes = notesOf(run);
  const compared = h('div', {});
  if (run.status === 'draft') void into(compared, () => comparison(app, id, again));
  return h(
    'div',
    { class: 'stack' },
    h('p', {}, h('a', { href: '/runs' }, `‹ ${words.backToRuns}`)),
    h(
      'h1',
      {},
      `${monthName(run.month)} ${named(words.against, run.against)} `,
      badge(named(words.runStatus, run.status), run.status),
    ),
    facts([
      [words.runNumber, run.id],
      [words.before, run.before && monthName(run.before)],
      [words.startedAt, moment(run.started_at)],
      [words.publishedAt, run.published_at && moment(run.published_at)],
      [words.usable, run.summary?.usable_fraction !== undefined && percent(run.summary.usable_fraction, 1)],
      [words.detector, judgedBy(run)],
      [words.alignment, shifts(run)],
      [words.notes, notes.length > 0 && notes.map((text) => h('div', {}, text))],
      [words.assets, run.assets.join('、')],
      [words.failure, run.failure],
    ]),
    DID_NOT_END.includes(run.status) && atDesk(app.user) && resumeButton(id),
    compared,
    h('h2', {}, words.log),
    lines.length === 0 ? h('p', { class: 'hint' }, words.noLog) : logList(lines).element,
  );
}
