import { classByName } from '../../kernels/classes.js';
import { BadInput } from '../../raster/errors.js';
import type { ClassFilter } from '../../vector/filter/fit.js';
import type { Db } from '../../vector/store/db.js';
import { fitMonth } from '../../vector/store/filter-fit.js';
import { countHeld, judgePatches } from '../../vector/store/filter-patches.js';
import {
  type FilterUse,
  filterUse,
  listFilters,
  type StoredFilter,
  setFilterUse,
} from '../../vector/store/filters.js';
import { listRuns } from '../../vector/store/runs.js';
import { addMonths, parseMonth, parseWhole } from '../options.js';
import { type Command, JSON_OPTION, text } from './command.js';
import { withDatabase } from './database.js';

/** The month after the last one with a published run: what is fitted for it knows every verdict there is. */
async function nextMonth(db: Db): Promise<string> {
  const months = (await listRuns(db, { status: 'published' })).map(({ month }) => month).sort();
  const last = months.at(-1);
  if (last === undefined)
    throw new BadInput(
      'No month has been run yet, so there is nothing to learn from; run one: tuban run --month YYYY-MM',
    );
  return addMonths(last, 1);
}

const filterFit: Command = {
  name: 'filter fit',
  args: '',
  summary: 'learns from the verdicts on leads what false alarms are like; the monthly run does it too',
  summaryZh: '从线索核查结论学习误报特征；月度运行会自动执行',
  options: [
    [
      '--month <yyyy-mm>',
      'month it is for; verdicts on patches of earlier months count (default: the next one)',
    ],
    JSON_OPTION,
  ],
  async run(input, context) {
    const given = text(input, 'month');
    const { filter: settings } = context.config;
    const done = await withDatabase(context, 'filter fit', (db) =>
      db.transaction(async (tx) => {
        const month = given === undefined ? await nextMonth(tx) : parseMonth(given);
        return { month, ...(await fitMonth(tx, settings, month, new Date())) };
      }),
    );
    if (input.options.json) return context.print(JSON.stringify(done));
    if (done.what === 'off')
      return context.print('filters are turned off in the configuration (key "filter", use)');
    if (done.what === 'few') {
      return context.print(
        `${done.verdicts} verdicts on patches seen before ${done.month}; from ${done.wanted} on something can be learned. Nothing is filtered`,
      );
    }
    const { filter } = done;
    context.print(done.what === 'known' ? 'nothing new since it was fitted:' : 'fitted:');
    for (const line of told(filter)) context.print(line);
  },
};

/** A filter as lines: what it was fitted on, and what each class reaches. */
function told({ id, month, fittedAt, verdicts, classes }: StoredFilter): string[] {
  return [
    `filter ${id}  for ${month} and later, fitted ${fittedAt.slice(0, 10)} on ${verdicts.length} verdicts`,
    ...classes.map(
      (one) => `  ${(classByName(one.class)?.zh ?? one.class).padEnd(6, '　')}  ${classLine(one)}`,
    ),
  ];
}

function classLine({ confirmed, rejected, threshold, why, figures, model }: ClassFilter): string {
  const seen = `${confirmed} confirmed, ${rejected} rejected`;
  const held = figures
    .map(
      (one) =>
        `by ${one.parted} it would hold back ${one.rejectedHeld} of ${rejected} rejected and ${one.confirmedHeld} of ${confirmed} confirmed`,
    )
    .join('; ');
  if (threshold === null || model === null) {
    return why === 'few'
      ? `${seen}: too few to learn from, left alone`
      : `${seen}: no clear gain, left alone (at best ${held})`;
  }
  const strongest = [...model.traits].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).slice(0, 3);
  const weights = strongest.map(({ name, weight }) => `${name} ${weight.toFixed(2)}`).join(', ');
  return `${seen}: holds back below ${threshold} (cross-validated: ${held}; weighs most: ${weights})`;
}

const filterShow: Command = {
  name: 'filter show',
  args: '[number]',
  summary: 'shows the filters of false alarms, their figures, and which one judges',
  summaryZh: '显示误报过滤器、其效果指标及当前使用情况',
  options: [JSON_OPTION],
  async run(input, context) {
    const given = input.args[0];
    const { filters, use, held } = await withDatabase(context, 'filter show', async (db) => ({
      filters: await listFilters(db),
      use: await filterUse(db),
      held: await countHeld(db),
    }));
    const chosen = given === undefined ? filters : [filterNumbered(filters, given)];
    if (input.options.json) return context.print(JSON.stringify({ use, held, filters: chosen }));
    for (const filter of chosen) for (const line of told(filter)) context.print(line);
    if (filters.length === 0) {
      const { minVerdicts } = context.config.filter;
      context.print(
        `no filter yet: the monthly run fits one from ${minVerdicts} verdicts on (tuban filter fit)`,
      );
    }
    context.print(`${useLine(use)}; ${held} patches are held back`);
  },
};

function useLine({ mode, filter, saidBy }: FilterUse): string {
  if (mode === 'off') return `off (said by the ${saidBy})`;
  return mode === 'one' ? `filter ${filter} judges` : 'the newest filter of a month judges it';
}

/** @throws BadInput where there is none of that number */
function filterNumbered(filters: readonly StoredFilter[], given: string): StoredFilter {
  const found = filters.find(({ id }) => id === parseWhole(given, 'filter'));
  if (found) return found;
  const known =
    filters.length > 0 ? `there are ${filters.map(({ id }) => id).join(', ')}` : 'there is none yet';
  throw new BadInput(`There is no filter ${given}; ${known} (tuban filter show)`);
}

/** Says who judges from now on, judges all patches again, and brings the leads along: all of it or nothing. */
async function judgeBy(
  context: Parameters<Command['run']>[1],
  command: string,
  choose: (tx: Db) => Promise<FilterUse>,
) {
  const { refreshLeads } = await import('../../reports/leads/refresh.js');
  return withDatabase(context, command, (db) =>
    db.transaction(async (tx) => {
      const use = await choose(tx);
      await setFilterUse(tx, use);
      const patches = await judgePatches(tx, 'all');
      const leads = await refreshLeads(tx, context.config, 'touched', new Date());
      return { use, patches, leads, held: await countHeld(tx) };
    }),
  );
}

function sayJudged(
  { use, patches, leads, held }: Awaited<ReturnType<typeof judgeBy>>,
  print: (line: string) => void,
): void {
  print(`${useLine(use)}; ${patches} patches changed, ${held} are held back`);
  print(`${leads.made} leads made, ${leads.changed} changed`);
}

const filterUseCommand: Command = {
  name: 'filter use',
  args: '<number|auto>',
  summary: 'lets one filter judge, or the newest of each month (auto), and judges all patches again',
  summaryZh: '指定使用某一过滤器，或按月使用最新过滤器（auto），并重新判定全部图斑',
  options: [JSON_OPTION],
  async run(input, context) {
    const [given] = input.args;
    if (!context.config.filter.use)
      throw new BadInput(
        'filters are turned off in the configuration (key "filter", use); turn them on there first',
      );
    const done = await judgeBy(context, 'filter use', async (tx) =>
      given === 'auto'
        ? { mode: 'auto', filter: null, saidBy: 'command' }
        : { mode: 'one', filter: filterNumbered(await listFilters(tx), given).id, saidBy: 'command' },
    );
    if (input.options.json) context.print(JSON.stringify(done));
    else sayJudged(done, context.print);
  },
};

const filterOff: Command = {
  name: 'filter off',
  args: '',
  summary: 'gives back every patch that filters hold back, and lets none judge until “filter use”',
  summaryZh: '恢复全部被过滤器暂不确认的图斑，并停用过滤（filter use 可恢复）',
  options: [JSON_OPTION],
  async run(input, context) {
    const done = await judgeBy(context, 'filter off', async () => ({
      mode: 'off',
      filter: null,
      saidBy: 'command',
    }));
    if (input.options.json) context.print(JSON.stringify(done));
    else sayJudged(done, context.print);
  },
};

export const FILTER_COMMANDS: readonly Command[] = [filterFit, filterShow, filterUseCommand, filterOff];
