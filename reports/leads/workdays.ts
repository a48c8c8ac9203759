import { createRequire } from 'node:module';
import { z } from 'zod';

/** What the configuration adds to the mainland's calendar: days as YYYY-MM-DD. */
export interface DayChanges {
  readonly daysOff: readonly string[];
  readonly daysWorked: readonly string[];
}

const DAY_MS = 86_400_000;

/**
 * Days off and weekend days worked, by day. The package's table, not its functions: those shift it by a day west of
 * Greenwich.
 */
const Calendar = z.object({
  holidays: z.record(z.string(), z.string()),
  workdays: z.record(z.string(), z.string()),
});
let calendar: z.infer<typeof Calendar> | undefined;

/**
 * The `count`th working day after `day` (YYYY-MM-DD). Holidays and the weekend days worked in exchange (调休) are those of the State
 * Council's yearly notices, as the package chinese-days has them; of years not yet in it only weekends are known, and
 * the configuration says the rest.
 */
export function workingDaysAfter(day: string, count: number, changes: DayChanges): string {
  let at = Date.parse(`${day}T00:00:00Z`);
  for (let left = count; left > 0; ) {
    at += DAY_MS;
    if (isWorked(new Date(at).toISOString().slice(0, 10), changes)) left--;
  }
  return new Date(at).toISOString().slice(0, 10);
}

function isWorked(day: string, { daysOff, daysWorked }: DayChanges): boolean {
  if (daysWorked.includes(day)) return true;
  if (daysOff.includes(day)) return false;
  calendar ??= Calendar.parse(createRequire(import.meta.url)('chinese-days/dist/chinese-days.json'));
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return day in calendar.workdays || (weekday >= 1 && weekday <= 5 && !(day in calendar.holidays));
}
