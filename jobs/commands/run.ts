import { BadInput } from '../../raster/errors.js';
import { parseChoice, parseMonth } from '../options.js';
import { type Command, type Input, JSON_OPTION, text } from './command.js';
import { withDatabase } from './database.js';
import { blockRunner } from './distributed.js';

export const AGAINST = ['mom', 'yoy'] as const;

/** `mom,yoy`, null where the option was not given. */
export function parseAgainst(input: Input): (typeof AGAINST)[number][] | null {
  const given = text(input, 'against');
  return given === undefined
    ? null
    : given.split(',').map((word) => parseChoice(word.trim(), AGAINST, '--against'));
}

export function requiredMonth(input: Input): string {
  const month = text(input, 'month');
  if (month === undefined)
    throw new BadInput('Missing --month; expected year and month, e.g. --month 2026-08');
  return parseMonth(month);
}

export const runCommand: Command = {
  name: 'run',
  args: '',
  summary: 'the monthly run; goes on where it was interrupted, replaces an earlier run of the month',
  summaryZh: '月度运行；中断后续跑，重跑则替换当月结果',
  options: [
    ['--month <yyyy-mm>', 'month to run'],
    ['--against <list>', 'mom, yoy or mom,yoy (default: mom, and yoy where last year’s month is stored)'],
    [
      '--hold',
      'keep the result back as a draft; the page compares it with what is published, and publishes it',
    ],
    [
      '--distributed',
      'blocks are done by workers on other machines (tuban worker), over a PostgreSQL server',
    ],
    JSON_OPTION,
  ],
  async run(input, context) {
    const month = requiredMonth(input);
    // other commands take words of this one, and need none of its libraries
    const { runMonth } = await import('../monthly.js');
    const bar = context.progress('run');
    const runner = await blockRunner(input, context);
    const results = await withDatabase(context, 'run', (db) =>
      runMonth(db, context.config, {
        run: runner?.run,
        store: runner?.store,
        month,
        against: parseAgainst(input),
        onProgress: (_label, done, total) => bar.update(done, total),
        hold: input.options.hold === true,
        signal: context.signal,
        log: context.log,
      }),
    ).finally(async () => {
      bar.end();
      await runner?.close();
    });
    for (const result of results) for (const note of result.summary.notes) context.tell(`note: ${note}`);
    if (input.options.json) {
      context.print(
        JSON.stringify(
          results.map(({ run, against, beforeMonth, found, held, leads, summary }) => ({
            run,
            month,
            against,
            before_month: beforeMonth,
            patches: found,
            held,
            leads,
            ...summary,
          })),
        ),
      );
      return;
    }
    for (const { run, against, beforeMonth, found, held, leads, summary } of results) {
      const what =
        against === 'first'
          ? 'first month: states only, nothing to compare with'
          : `${against} against ${beforeMonth}`;
      context.print(
        `${month} ${what}: ${found} patches, ${(summary.usable_fraction * 100).toFixed(1)} % usable, ran on ${summary.backend}`,
      );
      for (const [name, total] of Object.entries(summary.classes)) {
        if (total.patches > 0)
          context.print(`  ${name.padEnd(18)} ${total.patches} patches, ${Math.round(total.area_m2)} m²`);
      }
      if (held)
        context.print(`  kept back as run ${run}: publish or discard it on the page (tuban serve, 任务)`);
      if (leads.made + leads.changed > 0) {
        context.print(`  leads              ${leads.made} made, ${leads.changed} changed (tuban leads list)`);
      }
    }
  },
};
