import { BadInput } from '../../raster/errors.js';
import { listRuns, type RunRecord } from '../../vector/store/runs.js';
import { parseMonth, parseWhole } from '../options.js';
import { timeline } from '../timeline.js';
import { type Command, JSON_OPTION, text } from './command.js';
import { withDatabase } from './database.js';

const runsList: Command = {
  name: 'runs list',
  args: '',
  summary: 'lists runs with their state',
  summaryZh: '列出各次运行及其状态',
  options: [['--month <yyyy-mm>', 'only this month'], JSON_OPTION],
  async run(input, context) {
    const month = text(input, 'month');
    const runs = await withDatabase(context, 'runs list', (db) =>
      listRuns(db, month === undefined ? {} : { month: parseMonth(month) }),
    );
    if (input.options.json) return context.print(JSON.stringify(runs));
    for (const run of runs) context.print(line(run));
    if (runs.length === 0) context.print('no runs yet (tuban run --month YYYY-MM)');
  },
};

function line({ id, month, against, status, startedAt, failure }: RunRecord): string {
  return [id, month, against, status, startedAt, failure ?? ''].join('  ').trim();
}

const runsShow: Command = {
  name: 'runs show',
  args: '<id>',
  summary: 'shows a run: what it was asked, how long each step took, what it notes',
  summaryZh: '显示一次运行：参数、各步耗时与备注',
  options: [JSON_OPTION],
  async run(input, context) {
    const id = parseWhole(input.args[0], 'ID');
    const runs = await withDatabase(context, 'runs show', (db) => listRuns(db));
    const run = runs.find((one) => one.id === id);
    if (run === undefined) throw new BadInput(`There is no run ${id}; tuban runs list shows those there are`);
    if (input.options.json) return context.print(JSON.stringify(run));
    for (const one of timeline(run)) context.print(one);
  },
};

export const RUNS_COMMANDS: readonly Command[] = [runsList, runsShow];
