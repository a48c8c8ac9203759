import { type App, atDesk, type View } from '../app.js';
import { ask } from '../kit/api.js';
import { h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { Runs, Scenes } from '../kit/shapes.js';
import { into } from '../kit/widgets.js';
import { runDetail } from '../runs/detail.js';
import { startForm } from '../runs/start.js';
import { runTable, sceneTables } from '../runs/table.js';
import { taskList } from '../runs/tasks.js';

/** All runs, or one of them by its number. */
export function runsPage(app: App, [id]: readonly string[]): View {
  const words = t();
  if (id !== undefined) {
    const box = h('div', { class: 'column wide' });
    const draw = () => void into(box, () => runDetail(app, id, draw));
    draw();
    return { title: `${words.nav.runs} ${id}`, element: box };
  }
  const runsBox = h('div', {});
  const scenesBox = h('div', {});
  const drawRuns = () =>
    into(runsBox, async () => {
      const { items } = await ask('/api/runs', Runs);
      tasks.put(
        items.flatMap(({ progress, ...run }) => (progress === null ? [] : [{ ...run, ...progress }])),
      );
      return runTable(items.filter(({ progress }) => progress === null));
    });
  const tasks = taskList(() => void drawRuns());
  void drawRuns();
  void into(scenesBox, async () => sceneTables(await ask('/api/scenes', Scenes)));
  return {
    title: words.nav.runs,
    element: h(
      'div',
      { class: 'column wide' },
      h('h1', {}, words.nav.runs),
      atDesk(app.user) && startForm(app),
      tasks.element,
      h('h2', {}, words.runs),
      runsBox,
      h('h2', {}, words.scenes),
      scenesBox,
    ),
    leave: tasks.stop,
  };
}
