import type { Patch } from '../../vector/patch.js';
import { dayIn } from '../shared/zone.js';
import type { LeadConfig } from './rule-config.js';
import { workingDaysAfter } from './workdays.js';

/** The team that has a subdistrict: the configured one, else the subdistrict's own. */
export function teamOf(
  { subdistrict, subdistrictCode }: Pick<Patch, 'subdistrict' | 'subdistrictCode'>,
  { teams }: LeadConfig,
): string {
  const own = subdistrictCode === null ? undefined : teams[subdistrictCode];
  return own ?? `${subdistrict ?? '区'}执法队`;
}

/** The last day for a visit that is assigned at `at`, YYYY-MM-DD. */
export function dueAfter(at: Date, timeZone: string, config: LeadConfig): string {
  return workingDaysAfter(dayIn(at, timeZone), config.workingDays, config);
}
