import { describe, expect, it } from 'vitest';
import { dayIn } from '../../reports/shared/zone.js';
import { type DueRule, dueAt, latestDue } from './due.js';

const rule = (more: Partial<DueRule> = {}): DueRule => ({
  day: 5,
  time: '03:00',
  zone: 'Asia/Shanghai',
  monthsBack: 1,
  ...more,
});
const due = (month: string, more: Partial<DueRule> = {}) => dueAt(month, rule(more)).toISOString();

describe('when a month is due', () => {
  it('is the day of the next month, in the zone', () => {
    expect(due('2026-10')).toBe('2026-11-04T19:00:00.000Z');
    expect(due('2026-12')).toBe('2027-01-04T19:00:00.000Z');
    expect(due('2026-10', { monthsBack: 0 })).toBe('2026-10-04T19:00:00.000Z');
  });

  it('is the last day of a month that is shorter', () => {
    const late = { day: 31, time: '12:00', zone: 'UTC', monthsBack: 0 };
    expect(due('2026-02', late)).toBe('2026-02-28T12:00:00.000Z');
    expect(due('2028-02', late)).toBe('2028-02-29T12:00:00.000Z');
    expect(due('2026-04', late)).toBe('2026-04-30T12:00:00.000Z');
    expect(due('2026-12', late)).toBe('2026-12-31T12:00:00.000Z');
  });

  it('a local time that summer time leaves out comes that much later, one that comes twice comes first', () => {
    // New York: 2026-03-08 02:00 → 03:00, 2026-11-01 02:00 → 01:00
    const spring = { day: 8, time: '02:30', zone: 'America/New_York', monthsBack: 0 };
    expect(due('2026-03', spring)).toBe('2026-03-08T07:30:00.000Z');
    const autumn = { day: 1, time: '01:30', zone: 'America/New_York', monthsBack: 0 };
    expect(due('2026-11', autumn)).toBe('2026-11-01T05:30:00.000Z');
    // half an hour: Lord Howe, 2026-10-04 02:00 → 02:30
    expect(due('2026-10', { day: 4, time: '02:15', zone: 'Australia/Lord_Howe', monthsBack: 0 })).toBe(
      '2026-10-03T15:45:00.000Z',
    );
    // a day that was left out whole: Samoa had no 2011-12-30
    expect(due('2011-12', { day: 30, time: '03:00', zone: 'Pacific/Apia', monthsBack: 0 })).toBe(
      '2011-12-30T13:00:00.000Z',
    );
  });

  it('over fifty years of every zone each month is due once, later than the one before', () => {
    for (const zone of ['Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Africa/Casablanca']) {
      let before = 0;
      for (let i = 0; i < 600; i++) {
        const month = `${2000 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, '0')}`;
        const at = dueAt(month, rule({ zone, day: 29, time: '02:30' })).getTime();
        expect(at).toBeGreaterThan(before);
        before = at;
      }
    }
  });
});

describe('the latest month that is due', () => {
  it('changes at the very instant', () => {
    expect(latestDue(new Date('2026-11-04T18:59:59.999Z'), rule())).toBe('2026-09');
    expect(latestDue(new Date('2026-11-04T19:00:00Z'), rule())).toBe('2026-10');
  });

  it('goes by the month of the zone, not of UTC', () => {
    const early = rule({ day: 1, time: '00:30' });
    expect(latestDue(new Date('2026-10-31T16:30:00Z'), early)).toBe('2026-10');
    expect(latestDue(new Date('2026-10-31T16:29:00Z'), early)).toBe('2026-09');
  });

  it('is the one whose due instant is the last before now, at random moments', () => {
    let seed = 7;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    for (let i = 0; i < 300; i++) {
      const zone = ['Asia/Shanghai', 'America/New_York', 'Pacific/Auckland'][i % 3];
      const one = rule({ zone, day: 1 + Math.floor(31 * random()), monthsBack: Math.floor(4 * random()) });
      const now = new Date(
        Date.UTC(2024, 0, 1) + Math.floor(3 * 365 * random()) * 86_400_000 + 86_400_000 * random(),
      );
      const month = latestDue(now, one);
      const [year, number] = month.split('-').map(Number);
      const next = number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
      expect(dueAt(month, one) <= now && dueAt(next, one) > now).toBe(true);
    }
  });
});

it('a day is told in the zone', () => {
  expect(dayIn(new Date('2026-10-31T16:30:00Z'), 'Asia/Shanghai')).toBe('2026-11-01');
  expect(dayIn(new Date('2026-10-31T16:30:00Z'), 'America/New_York')).toBe('2026-10-31');
});
