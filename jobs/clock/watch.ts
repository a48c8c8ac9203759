import { setTimeout as wait } from 'node:timers/promises';
import cron from 'node-cron';
import type { BlockStore } from '../../raster/engine/block-store.js';
import type { BlockRunner } from '../../raster/engine/compare.js';
import { BadInput, messageOf, Unavailable } from '../../raster/errors.js';
import { fileNameOf } from '../../raster/tiff/address.js';
import type { Db } from '../../vector/store/db.js';
import type { Context } from '../context.js';
import { runMonth } from '../monthly.js';
import { alertTo } from './alert.js';
import { newMemory } from './collect.js';
import { type Ticked, tick } from './tick.js';

/** How a clock goes about it. */
export interface Clock {
  /** Whether looks are printed as JSON. */
  readonly json: boolean;
  /** Who does the blocks of its runs; absent: this process. */
  readonly run?: BlockRunner;
  /** Where its runs leave finished blocks; absent: in the state folder. */
  readonly store?: BlockStore;
  /** Gives the database for a look. */
  use<T>(work: (db: Db) => Promise<T>): Promise<T>;
}

/** For a clock of the system (cron, a systemd timer). @throws Unavailable where a month's run failed */
export async function lookOnce(context: Context, clock: Clock): Promise<void> {
  const look = await looker(context, clock);
  const failed = (await look())?.ran.find(({ outcome }) => outcome === 'failed');
  // for the exit status: its people are told by that
  if (failed !== undefined) throw new Unavailable(`${failed.month}: ${failed.note}`);
}

/** Looks again and again until the context's signal. */
export async function watch(context: Context, clock: Clock): Promise<void> {
  const look = await looker(context, clock);
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

/** One look, with what looks before it have seen. */
async function looker(
  context: Context,
  { json, run, store, use }: Clock,
): Promise<() => Promise<Ticked | null>> {
  const runBlocks: typeof runMonth = (db, of, request) => runMonth(db, of, { ...request, run, store });
  const { config, tell, log, signal } = context;
  const now = () => new Date();
  const alert = alertTo(config.alert, process.env, 1000 * config.webhookTimeoutS, now);
  const memory = newMemory();
  const said = new Set<string>();
  return async () => {
    const bar = context.progress('run');
    const onProgress = (_label: string, done: number, total: number) => bar.update(done, total);
    const done = await use((db) =>
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
