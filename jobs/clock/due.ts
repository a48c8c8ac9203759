import { dayIn, offsetMs } from '../../reports/shared/zone.js';
import { addMonths } from '../options.js';

/** When a month's run is due. */
export interface DueRule {
  /** Day of the month; in a shorter month its last one. */
  readonly day: number;
  /** HH:MM, local. */
  readonly time: string;
  /** IANA name. */
  readonly zone: string;
  /** Months the run's month lies before the day. */
  readonly monthsBack: number;
}

const DAY_MS = 86_400_000;

/**
 * The instant at which `month` is due. A local time that a change of the clocks leaves out is the same number of minutes after
 * the last one there was; of one that comes twice the first counts (RFC 5545, 3.3.5).
 */
export function dueAt(month: string, rule: DueRule): Date {
  const [year, number] = addMonths(month, rule.monthsBack).split('-').map(Number);
  const last = new Date(Date.UTC(year, number, 0)).getUTCDate();
  const [hours, minutes] = rule.time.split(':').map(Number);
  return instantOf(Date.UTC(year, number - 1, Math.min(rule.day, last), hours, minutes), rule.zone);
}

/** The latest month that is due at `now`. */
export function latestDue(now: Date, rule: DueRule): string {
  let month = addMonths(monthAt(now, rule.zone), 1 - rule.monthsBack);
  while (dueAt(month, rule) > now) month = addMonths(month, -1);
  return month;
}

function monthAt(instant: Date, zone: string): string {
  return dayIn(instant, zone).slice(0, 7);
}

/** @param wall local time written as if it were UTC, ms */
function instantOf(wall: number, zone: string): Date {
  // zones change their offset once a day at most: one of the two holds, or the time was left out
  const before = offsetMs(wall - DAY_MS, zone);
  const after = offsetMs(wall + DAY_MS, zone);
  const early = wall - before;
  if (offsetMs(early, zone) === before) return new Date(early);
  const late = wall - after;
  return new Date(offsetMs(late, zone) === after ? late : early);
}
