import { send } from '../kit/api.js';
import { fill, h } from '../kit/dom.js';
import { named, t } from '../kit/lang.js';
import { monthName } from '../kit/numbers.js';
import { RunNote, type Task, Task as TaskShape } from '../kit/shapes.js';
import { badge, deed } from '../kit/widgets.js';
import { logList } from './log.js';

/** Runs that wait, run, or ended before they came to anything, as they go on. */
export function taskList(ended: () => void): {
  readonly element: HTMLElement;
  /** Those that are known from elsewhere. */
  readonly put: (tasks: readonly Task[]) => void;
  readonly stop: () => void;
} {
  const words = t();
  const known = new Map<string, Task>();
  const logs = new Map<string, ReturnType<typeof logList>>();
  const lost = h('p', { class: 'problem', role: 'status' });
  const list = h('div', { class: 'stack', 'aria-live': 'polite' });
  const draw = () =>
    fill(
      list,
      [...known.values()].toReversed().map((task) => taskRow(task, logs.get(task.id)?.element ?? null)),
    );
  const events = new EventSource('/api/runs/events');
  events.addEventListener('message', ({ data }) => {
    const task = TaskShape.safeParse(JSON.parse(String(data)));
    if (!task.success) return;
    lost.textContent = '';
    const before = known.get(task.data.id)?.status;
    const { id, status, run } = task.data;
    // what has come as far as a stored run is told of by that
    if (status === 'done' || (run !== null && !isLive(task.data))) known.delete(id);
    else known.set(id, task.data);
    draw();
    if (before !== status && !isLive(task.data)) ended();
  });
  events.addEventListener('log', ({ data }: MessageEvent) => {
    const note = RunNote.safeParse(JSON.parse(String(data)));
    if (!note.success) return;
    const log = logs.get(note.data.task) ?? logList([]);
    logs.set(note.data.task, log);
    log.add(note.data);
    if (!log.element.isConnected) draw();
  });
  events.addEventListener('open', () => {
    lost.textContent = '';
  });
  events.addEventListener('error', () => {
    lost.textContent = words.liveLost;
  });
  return {
    element: h('div', { class: 'stack' }, lost, list),
    put: (tasks) => {
      for (const task of tasks) known.set(task.id, task);
      draw();
    },
    stop: () => events.close(),
  };
}

const isLive = ({ status }: Task) => status === 'running' || status === 'waiting';

function taskRow(task: Task, log: HTMLElement | null): HTMLElement {
  const words = t();
  const live = isLive(task);
  return h(
    'section',
    { class: 'card task' },
    h(
      'p',
      {},
      h('strong', {}, monthName(task.month)),
      ' ',
      badge(named(words.runStatus, task.status), task.status),
      task.hold && ` ${words.hold}`,
      task.stage !== '' && ` · ${stageName(task.stage)}`,
    ),
    live &&
      h('progress', {
        'aria-label': words.progress,
        max: Math.max(1, task.total),
        value: task.total > 0 ? task.done : null,
      }),
    live && task.total > 0 && h('span', { class: 'hint' }, `${task.done} / ${task.total}`),
    task.failure !== null && h('p', { class: 'problem' }, task.failure),
    log,
    live &&
      deed(words.runCancel, () =>
        send(`/api/runs/${encodeURIComponent(task.id)}/cancel`, { method: 'POST' }),
      ),
    !live && resumeButton(task.id),
  );
}

/** Asks for the same run again: it goes on where it stopped. */
export function resumeButton(id: string): HTMLElement {
  return deed(t().runResume, () => send(`/api/runs/${encodeURIComponent(id)}/resume`, { method: 'POST' }));
}

/** `2026-08 mom` as people read it. */
function stageName(stage: string): string {
  const [month, against = ''] = stage.split(' ');
  return `${monthName(month)} ${named(t().against, against)}`;
}
