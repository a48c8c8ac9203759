import { setTimeout as wait } from 'node:timers/promises';
import type { BlockRunner } from '../../raster/engine/compare.js';
import { BadInput, messageOf, Unavailable } from '../../raster/errors.js';
import { fileNameOf } from '../../raster/tiff/address.js';
import type { Ticked } from '../clock/tick.js';
import type { Context } from '../context.js';
import { type Command, type Input, JSON_OPTION } from './command.js';
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
      await watch(input, context, runner?.run);
    } finally {
      await runner?.close();
    }
  },
};

/** Looks once, or again and again until it is told to end. */
async function watch(input: Input, context: Context, run: BlockRunner | undefined): Promise<void> {
  const look = await looker(context, input.options.json === true, run);
  if (input.options.once) {
    const failed = (await look())?.ran.find(({ outcome }) => outcome === 'failed');
    // for the exit status: a clock of the system tells its people by that
    if (failed !== undefined) throw new Unavailable(`${failed.month}: ${failed.note}`);
    return;
  }
  const { everyMinutes, time, timeZone = context.config.timeZone } = context.config.schedule;
  const rest = await restUntil(time, timeZone);
  context.tell(`the clock looks every ${everyMinutes} minutes (Ctrl+C ends it)`);
  while (context.signal?.aborted !== true) {
    // a server that is away, or an embedded database in use, is back at a later look
    await look().catch((error: unknown) => {
      if (context.signal?.aborted) return;
      const known = error instanceof BadInput || error instanceof Unavailable;
      context.tell(`warning: ${messageOf(error).split('\n')[0]}`);
      context.log.error({ error: known ? messageOf(error) : error }, 'Clock:Failed');
    });
    await rest.minutes(everyMinutes, context.signal);
  }
  await rest.end();
  context.tell('the clock has ended');
}

/**
 * Rests between looks. node-cron ends a rest at the hour months fall due. It reckons by the wall clock, and would stand still for
 * days where that is put back; so a rest never lasts longer than its minutes, by the time that passes.
 */
async function restUntil(time: string, timezone: string) {
  const { default: cron } = await import('node-cron');
  let resting = new AbortController();
  const [hour, minute] = time.split(':').map(Number);
  const daily = cron.schedule(`${minute} ${hour} * * *`, () => resting.abort(), { timezone });
  return {
    async minutes(most: number, signal: AbortSignal | undefined): Promise<void> {
      resting = new AbortController();
      const ends = AbortSignal.any([resting.signal, ...(signal ? [signal] : [])]);
      await wait(60_000 * most, undefined, { signal: ends }).catch(() => {});
    },
    end: () => daily.destroy(),
  };
}

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

/** One look, with what looks before it have seen. */
async function looker(
  context: Context,
  json: boolean,
  run: BlockRunner | undefined,
): Promise<() => Promise<Ticked | null>> {
  const { tick } = await import('../clock/tick.js');
  const { newMemory } = await import('../clock/collect.js');
  const { alertTo } = await import('../clock/alert.js');
  const { runMonth } = await import('../monthly.js');
  const runBlocks: typeof runMonth = (db, of, request) => runMonth(db, of, { ...request, run });
  const { config, tell, log, signal } = context;
  const now = () => new Date();
  const alert = alertTo(config.alert, process.env, 1000 * config.webhookTimeoutS, now);
  const memory = newMemory();
  const said = new Set<string>();
  return async () => {
    const bar = context.progress('run');
    const onProgress = (_label: string, done: number, total: number) => bar.update(done, total);
    const done = await withDatabase(context, 'schedule', (db) =>
      tick(db, config, { now, run: runBlocks, memory, alert, log, signal, tell, onProgress }),
    ).finally(() => bar.end());
    if (done === null) {
      const busy = 'another scheduler has the clock; this one looks again';
      if (!said.has(busy)) tell(busy);
      said.add(busy);
    } else if (json) context.print(JSON.stringify(done));
    else say(done, context, said);
    return done;
  };
}

/** What is new of a look; what stays as it is is said once. */
function say(done: Ticked, context: Context, said: Set<string>): void {
  for (const { month, files } of done.collected.added)
    context.print(`${month}: new scene ${files.map((file) => fileNameOf(file)).join(' ')}`);
  for (const { month, outcome, patches, note } of done.ran)
    context.print(
      outcome === 'published' ? `${month}: published, ${patches} patches` : `${month}: ${outcome}: ${note}`,
    );
  const standing = [
    ...done.collected.problems.map((text) => `warning: ${text}`),
    ...done.late.map(({ text }) => text),
    `next: ${done.next.month} at ${done.next.at.toISOString()}`,
  ];
  for (const line of standing) if (!said.has(line)) context.tell(line);
  said.clear();
  for (const line of standing) said.add(line);
}
