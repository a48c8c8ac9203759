import { BadInput, messageOf } from '../../raster/errors.js';
import { listClockMonths, listMonthFacts, recordClock, recordTold } from '../../vector/store/clock.js';
import type { Db } from '../../vector/store/db.js';
import type { Config } from '../config.js';
import type { Logger } from '../log.js';
import { MonthBusy, type runMonth, TooFewUsable } from '../monthly.js';
import type { Alert, Tell } from './alert.js';
import { type Collected, collectScenes, type Memory } from './collect.js';
import { type Late, type Plan, plan, type RunStep } from './plan.js';

export interface TickOptions {
  readonly now: () => Date;
  readonly run: typeof runMonth;
  readonly memory: Memory;
  readonly alert?: Tell;
  readonly log?: Logger;
  readonly signal?: AbortSignal;
  readonly onProgress?: (label: string, done: number, total: number) => void;
  /** Says what it is about to do, before it takes long. */
  readonly tell: (line: string) => void;
}

/** How a month's run ended. */
export interface Ran {
  readonly month: string;
  readonly outcome: 'published' | 'failed' | 'waiting' | 'interrupted';
  readonly patches: number;
  readonly note: string | null;
}

export interface Ticked {
  readonly collected: Collected;
  readonly ran: readonly Ran[];
  readonly late: readonly Late[];
  readonly next: Plan['next'];
}

/**
 * One look of the clock: registers new scenes, runs what is due, says what is late. Null where another scheduler has the clock:
 * of several on one database one works, and another takes over when it ends.
 */
export async function tick(db: Db, config: Config, options: TickOptions): Promise<Ticked | null> {
  const { schedule, timeZone } = config;
  const held = await db.hold('clock');
  if (held === null) return null;
  try {
    const signal = AbortSignal.any([held.lost, ...(options.signal ? [options.signal] : [])]);
    const collected = await collectScenes(db, schedule, options.memory, options.now(), signal);
    const planned = async () => {
      const stored = { months: await listMonthFacts(db), clock: await listClockMonths(db) };
      return plan(options.now(), stored, schedule, timeZone);
    };
    const ran: Ran[] = [];
    for (const step of (await planned()).run) {
      if (signal.aborted) break;
      ran.push(await runStep(db, config, step, { ...options, signal }));
    }
    const { late, next } = await planned();
    if (!signal.aborted) await sayLate(db, late, options);
    return { collected, ran, late, next };
  } finally {
    await held.release();
  }
}

async function runStep(db: Db, config: Config, step: RunStep, options: TickOptions): Promise<Ran> {
  const { month, leastUsable, attempts, scenesAt } = step;
  const ended = async (outcome: Ran['outcome'], note: string | null, tries: number, patches = 0) => {
    await recordClock(db, { month, outcome, attempts: tries, scenesAt, note });
    options.log?.info({ month, outcome, note }, 'Month:Ended');
    return { month, outcome, patches, note };
  };
  options.tell(`${month}: runs`);
  // counted before it begins: a month that kills its process each time is given up too
  await recordClock(db, { month, outcome: 'running', attempts: attempts + 1, scenesAt });
  try {
    const { signal, log, onProgress } = options;
    const against = config.schedule.against ?? null;
    const results = await options.run(db, config, { month, against, leastUsable, signal, log, onProgress });
    const patches = results.reduce((sum, result) => sum + result.patches.length, 0);
    return await ended('published', null, 0, patches);
  } catch (error) {
    const note = messageOf(error).split('\n')[0];
    if (options.signal?.aborted || error instanceof MonthBusy) return ended('interrupted', note, attempts);
    if (error instanceof TooFewUsable) return ended('waiting', note, attempts);
    options.log?.error({ month, error: note, bug: !(error instanceof BadInput) }, 'Month:Failed');
    return ended('failed', note, attempts + 1);
  }
}

/** Tells the receiver of alerts once of each thing; what it does not take is told again at the next look. */
async function sayLate(db: Db, late: readonly Late[], { alert, log, tell }: TickOptions): Promise<void> {
  if (alert === undefined) return;
  const told = new Map((await listClockMonths(db)).map(({ month, told }) => [month, told]));
  for (const { month, kind, text } of late) {
    const type: Alert['type'] = kind === 'retrying' || kind === 'given_up' ? 'run.failed' : 'run.late';
    if (told.get(month) === kind) continue;
    const problem = await alert({ type, month, text });
    if (problem === null) await recordTold(db, month, kind);
    else {
      log?.warn({ month, kind, problem }, 'Alert:Failed');
      tell(`warning: the alert about ${month} was not taken (${problem}); it is sent again`);
    }
  }
}
