import { type App, atDesk, type View } from '../app.js';
import { ask, send } from '../kit/api.js';
import { fill, h } from '../kit/dom.js';
import { named, t } from '../kit/lang.js';
import { moment, monthName, percent } from '../kit/numbers.js';
import { type Run, Runs, Scenes, Task } from '../kit/shapes.js';
import { badge, choice, deed, into, table } from '../kit/widgets.js';

export function runsPage(app: App): View {
  const words = t();
  const tasks = h('div', { class: 'stack', 'aria-live': 'polite' });
  const runsBox = h('div', {});
  const scenesBox = h('div', {});
  const known = new Map<string, Task>();
  const lost = h('p', { class: 'problem', role: 'status' });

  const drawTasks = () => fill(tasks, [...known.values()].toReversed().map(taskRow));
  const drawRuns = () =>
    into(runsBox, async () => {
      const runs = await ask('/api/runs', Runs);
      for (const { id, month, status, failure, progress } of runs.items) {
        if (progress !== null) known.set(id, { id, month, status, failure, ...progress });
      }
      drawTasks();
      return runTable(runs.items.filter(({ progress }) => progress === null));
    });
  void drawRuns();
  void into(scenesBox, async () => sceneTables(await ask('/api/scenes', Scenes)));

  const events = new EventSource('/api/runs/events');
  events.addEventListener('message', ({ data }) => {
    const task = Task.safeParse(JSON.parse(String(data)));
    if (!task.success) return;
    lost.textContent = '';
    const before = known.get(task.data.id)?.status;
    known.set(task.data.id, task.data);
    drawTasks();
    if (before !== task.data.status && task.data.status === 'done') void drawRuns();
  });
  events.addEventListener('open', () => {
    lost.textContent = '';
  });
  events.addEventListener('error', () => {
    lost.textContent = words.liveLost;
  });
  return {
    title: words.nav.runs,
    element: h(
      'div',
      { class: 'column wide' },
      h('h1', {}, words.nav.runs),
      atDesk(app.user) && startForm(app),
      lost,
      tasks,
      h('h2', {}, words.runs),
      runsBox,
      h('h2', {}, words.scenes),
      scenesBox,
    ),
    leave: () => events.close(),
  };
}

function startForm({ meta }: App): HTMLElement {
  const words = t();
  const months = h('input', { type: 'month', required: true, value: meta.months.at(-1)?.month ?? '' });
  const against = choice(
    words.reportAgainst,
    [
      { value: '', text: words.bothAgainst },
      { value: 'mom', text: words.againstLong.mom },
      { value: 'yoy', text: words.againstLong.yoy },
    ],
    '',
  );
  return h(
    'section',
    { class: 'card row', 'aria-label': words.runAsk },
    h('label', { class: 'field' }, h('span', {}, words.month), months),
    against.element,
    deed(
      words.startRun,
      () =>
        send('/api/runs', {
          method: 'POST',
          json: {
            month: months.value,
            ...(against.select.value === '' ? {} : { against: [against.select.value] }),
          },
        }),
      'primary',
    ),
  );
}

function taskRow(task: Task): HTMLElement {
  const words = t();
  const live = task.status === 'running' || task.status === 'waiting';
  return h(
    'section',
    { class: 'card task' },
    h(
      'p',
      {},
      h('strong', {}, monthName(task.month)),
      ' ',
      badge(named(words.taskStatus, task.status), task.status),
      ` ${task.stage}`,
    ),
    live &&
      h('progress', {
        'aria-label': words.progress,
        max: Math.max(1, task.total),
        value: task.total > 0 ? task.done : null,
      }),
    live && task.total > 0 && h('span', { class: 'hint' }, `${task.done} / ${task.total}`),
    task.failure !== null && h('p', { class: 'problem' }, task.failure),
    live &&
      deed(words.runCancel, () =>
        send(`/api/runs/${encodeURIComponent(task.id)}/cancel`, { method: 'POST' }),
      ),
  );
}

function runTable(items: readonly Run[]): HTMLElement {
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
      monthName(run.month),
      named(words.against, run.against),
      badge(named(words.runStatus, run.status), run.status),
      run.summary?.usable_fraction !== undefined && percent(run.summary.usable_fraction),
      run.summary?.scenes?.map(({ shift, reliable }) =>
        h(
          'div',
          {},
          `${shift.dx.toFixed(2)}, ${shift.dy.toFixed(2)} px${reliable ? '' : ` (${words.unreliable})`}`,
        ),
      ),
      run.published_at !== null && moment(run.published_at),
      [run.failure, ...(run.summary?.notes ?? [])].filter((text) => text !== null).join(' '),
    ]),
  );
}

function sceneTables({ months, missing }: Scenes): HTMLElement {
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
