import { dayIn } from '../../reports/shared/zone.js';
import type { ClockMonth, MonthFacts } from '../../vector/store/clock.js';
import { addMonths } from '../options.js';
import type { ScheduleConfig } from './config.js';
import { type DueRule, dueAt, latestDue } from './due.js';

/** What is to be done now. */
export interface Plan {
  /** Months to run, oldest first: months build on one another. */
  readonly run: readonly RunStep[];
  /** Months that are due and not run, each with the reason. */
  readonly late: readonly Late[];
  /** The next month that falls due, and when. */
  readonly next: { readonly month: string; readonly at: Date };
}

export interface RunStep {
  readonly month: string;
  /** 0-1; 0 once the wait is over. */
  readonly leastUsable: number;
  /** Tries that came to nothing so far. */
  readonly attempts: number;
  /** When the newest scene was added, as the store says it. */
  readonly scenesAt: string;
}

export interface Late {
  readonly month: string;
  readonly kind: 'missing' | 'waiting' | 'held' | 'retrying' | 'given_up';
  /** One line for people. */
  readonly text: string;
}

const DAY_MS = 86_400_000;
/** Wait after a failed try; it doubles with each, a day at most. */
const RETRY_MS = 3_600_000;

export function ruleOf(schedule: ScheduleConfig, timeZone: string): DueRule {
  const { day, time, monthsBack } = schedule;
  return { day, time, monthsBack, zone: schedule.timeZone ?? timeZone };
}

/**
 * What the clock has to do at `now`. It goes by what is stored and not by what it did at which moment, so that time off, a
 * clock that jumps and another scheduler make no difference but the delay.
 * @param timeZone of `schedule` where it names none
 */
export function plan(
  now: Date,
  stored: { readonly months: readonly MonthFacts[]; readonly clock: readonly ClockMonth[] },
  schedule: ScheduleConfig,
  timeZone: string,
): Plan {
  const rule = ruleOf(schedule, timeZone);
  const latest = latestDue(now, rule);
  const first = stored.months[0]?.month ?? latest;
  const run: RunStep[] = [];
  const late: Late[] = [];
  for (let back = schedule.catchUpMonths - 1; back >= 0; back--) {
    const month = addMonths(latest, -back);
    if (month < first) continue;
    const due = dueAt(month, rule);
    const facts = stored.months.find((one) => one.month === month);
    const tried = stored.clock.find((one) => one.month === month);
    if (facts === undefined) late.push(missing(month, due, stored.months, rule));
    else {
      const step = stepOf(now, due, facts, tried, schedule, rule.zone);
      if (step === null) continue;
      if ('kind' in step) late.push(step);
      else run.push(step);
    }
  }
  const next = addMonths(latest, 1);
  return { run, late, next: { month: next, at: dueAt(next, rule) } };
}

function missing(month: string, due: Date, months: readonly MonthFacts[], rule: DueRule): Late {
  const earlier = months.filter((one) => one.month < month && one.lastAcquired !== null);
  const last = earlier.at(-1)?.lastAcquired;
  const since = last === undefined || last === null ? 'no scene' : `no scene since ${last}`;
  return { month, kind: 'missing', text: `${month}: ${since}, expected by ${dayIn(due, rule.zone)}` };
}

/** Null where the month is done. */
function stepOf(
  now: Date,
  due: Date,
  facts: MonthFacts,
  tried: ClockMonth | undefined,
  schedule: ScheduleConfig,
  zone: string,
): RunStep | Late | null {
  const { month, lastAdded, publishedAt, heldAt } = facts;
  const sameScenes = tried?.scenesAt != null && !later(lastAdded, tried.scenesAt);
  const open = tried !== undefined && tried.outcome !== 'published' && tried.outcome !== 'none';
  const doneSince = publishedAt !== null && !later(lastAdded, publishedAt);
  // what was published may be the first of two comparisons; where a person ran the month after a bad try, it is done
  const cut = tried?.outcome === 'running' || tried?.outcome === 'interrupted';
  const half = open && sameScenes && (cut || later(tried.triedAt ?? '', publishedAt ?? ''));
  if (doneSince && !half) return null;
  // a person looks at it: what the clock made of the same scenes would be published past them
  if (heldAt !== null && later(heldAt, lastAdded) && !later(publishedAt ?? '', heldAt)) {
    const text = `${month}: a run of ${dayIn(new Date(heldAt), zone)} is kept back; publish or discard it on the page of runs`;
    return { month, kind: 'held', text };
  }
  const waitEnds = new Date(due.getTime() + schedule.waitDays * DAY_MS);
  const leastUsable = now < waitEnds ? schedule.leastUsable : 0;
  const attempts = sameScenes && tried !== undefined ? tried.attempts : 0;
  const step = { month, leastUsable, attempts, scenesAt: lastAdded };
  if (!sameScenes || tried === undefined) return step;
  const { outcome, note } = tried;
  if (outcome === 'waiting') {
    if (leastUsable === 0) return step;
    const text = `${note ?? `${month}: too few usable pixels`}; waits until ${waitEnds.toISOString().slice(0, 10)}`;
    return { month, kind: 'waiting', text };
  }
  // published, then a scene was added and taken away again; or cut short by a signal: that is no failure
  if (outcome !== 'failed' && outcome !== 'running') return step;
  if (attempts >= schedule.attempts) {
    const text = `${month}: given up after ${attempts} tries (${note ?? 'its process died each time'}); cure that and run it by hand (tuban run --month ${month}), or add scenes`;
    return { month, kind: 'given_up', text };
  }
  // its process died: the same run goes on where it stopped
  if (outcome === 'running') return step;
  const from = Date.parse(tried.triedAt ?? '');
  const again = from + Math.min(DAY_MS, RETRY_MS * 2 ** Math.max(0, attempts - 1));
  // a try that lies ahead of more than a difference of clocks was made by one that has been put back
  if (Number.isNaN(again) || now.getTime() >= again || from > now.getTime() + RETRY_MS) return step;
  const text = `${month}: failed (${note ?? 'no reason known'}); tried again at ${new Date(again).toISOString()}`;
  return { month, kind: 'retrying', text };
}

/** Whether one instant of the store lies after another. */
function later(a: string, b: string): boolean {
  return Date.parse(a) > Date.parse(b);
}
