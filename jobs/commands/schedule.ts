import type { Clock } from '../clock/watch.js';
import type { Context } from '../context.js';
import { type Command, JSON_OPTION } from './command.js';
import { withDatabase } from './database.js';
import { blockRunner } from './distributed.js';

export const scheduleCommand: Command = {
  name: 'schedule',
  args: '',
  summary: 'the monthly clock: registers new scenes, runs each month when it is due, says what is late',
  summaryZh: '月度时钟：登记新影像、到期运行各月、报告缺失与逾期',
  options: [
    ['--once', 'look once and end, for a clock of the system (cron, a systemd timer)'],
    ['--distributed', 'runs’ blocks are done by workers on other machines (tuban worker)'],
    ['--dry-run', 'only say what would be run now, and what is late'],
    JSON_OPTION,
  ],
  async run(input, context) {
    const json = input.options.json === true;
    if (input.options.dryRun) return dryRun(context, json);
    const runner = await blockRunner(input, context);
    try {
      const { lookOnce, watch } = await import('../clock/watch.js');
      const clock = {
        json,
        run: runner?.run,
        store: runner?.store,
        use: (work) => withDatabase(context, 'schedule', work),
      } satisfies Clock;
      if (input.options.once) await lookOnce(context, clock);
      else await watch(context, clock);
    } finally {
      await runner?.close();
    }
  },
};

async function dryRun(context: Context, json: boolean): Promise<void> {
  const { listClockMonths, listMonthFacts } = await import('../../vector/store/clock.js');
  const { plan } = await import('../clock/plan.js');
  const { schedule, timeZone } = context.config;
  const planned = await withDatabase(context, 'schedule', async (db) => {
    const stored = { months: await listMonthFacts(db), clock: await listClockMonths(db) };
    return plan(new Date(), stored, schedule, timeZone);
  });
  if (json) return context.print(JSON.stringify(planned));
  for (const { month } of planned.run) context.print(`${month}: would be run now`);
  for (const { text } of planned.late) context.print(text);
  context.print(`next: ${planned.next.month} at ${planned.next.at.toISOString()}`);
}
