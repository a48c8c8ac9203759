import { describe, expect, it } from 'vitest';
import { dayIn } from '../shared/zone.js';
import { workingDaysAfter } from './workdays.js';

const NONE = { daysOff: [], daysWorked: [] };

describe('working days', () => {
  it('pass over the National Day holiday and count the weekend day worked for it', () => {
    // State Council notice for 2026: off 1-7 October, worked on Sunday 20 September and Saturday 10 October
    expect(workingDaysAfter('2026-09-30', 1, NONE)).toBe('2026-10-08');
    expect(workingDaysAfter('2026-09-30', 3, NONE)).toBe('2026-10-10');
    expect(workingDaysAfter('2026-09-30', 4, NONE)).toBe('2026-10-12');
    expect(workingDaysAfter('2026-09-28', 10, NONE)).toBe('2026-10-16');
  });

  it('pass over weekends, where the calendar of the year is not known too', () => {
    expect(workingDaysAfter('2026-08-07', 1, NONE)).toBe('2026-08-10');
    expect(workingDaysAfter('2035-05-11', 1, NONE)).toBe('2035-05-14');
  });

  it('take what the configuration adds', () => {
    const changes = { daysOff: ['2026-08-10'], daysWorked: ['2026-08-09'] };
    expect(workingDaysAfter('2026-08-07', 1, changes)).toBe('2026-08-09');
    expect(workingDaysAfter('2026-08-07', 2, changes)).toBe('2026-08-11');
  });

  it('begin on the day it is in the time zone', () => {
    const instant = new Date('2026-08-31T17:00:00Z');
    expect(dayIn(instant, 'Asia/Shanghai')).toBe('2026-09-01');
    expect(dayIn(instant, 'UTC')).toBe('2026-08-31');
  });
});
