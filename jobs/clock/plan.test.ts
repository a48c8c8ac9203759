import { describe, expect, it } from 'vitest';
import type { ClockMonth, MonthFacts } from '../../vector/store/clock.js';
import { ScheduleConfig } from './config.js';
import { plan } from './plan.js';

const month = (name: string, more: Partial<MonthFacts> = {}): MonthFacts => ({
  month: name,
  scenes: 1,
  lastAdded: `${name}-28T00:00:00.000Z`,
  lastAcquired: `${name}-20`,
  publishedAt: null,
  heldAt: null,
  ...more,
});
const done = (name: string) => month(name, { publishedAt: `${name}-29T00:00:00.000Z` });
const tried = (name: string, more: Partial<ClockMonth> = {}): ClockMonth => ({
  month: name,
  outcome: 'failed',
  attempts: 1,
  triedAt: '2026-11-05T00:00:00.000Z',
  scenesAt: `${name}-28T00:00:00.000Z`,
  note: 'the disk is full',
  told: null,
  ...more,
});
const at = (
  now: string,
  months: readonly MonthFacts[],
  clock: readonly ClockMonth[] = [],
  schedule: Partial<ScheduleConfig> = {},
) => plan(new Date(now), { months, clock }, { ...ScheduleConfig.parse({}), ...schedule }, 'Asia/Shanghai');
const months = ({ run }: { readonly run: readonly { readonly month: string }[] }) =>
  run.map((step) => step.month);

describe('what the clock does', () => {
  it('runs a month from when it is due, not before', () => {
    const stored = [done('2026-09'), month('2026-10')];
    expect(months(at('2026-11-04T18:59:00Z', stored))).toEqual([]);
    const now = at('2026-11-04T19:00:00Z', stored);
    expect(months(now)).toEqual(['2026-10']);
    expect(now.next).toEqual({ month: '2026-11', at: new Date('2026-12-04T19:00:00Z') });
  });

  it('what was missed while it was off is run once, oldest first', () => {
    const stored = ['2026-07', '2026-08', '2026-09', '2026-10'].map((name) => month(name));
    expect(months(at('2026-11-20T00:00:00Z', stored))).toEqual(['2026-07', '2026-08', '2026-09', '2026-10']);
    const ran = stored.map((one) => ({ ...one, publishedAt: '2026-11-20T01:00:00.000Z' }));
    expect(at('2026-11-20T02:00:00Z', ran)).toMatchObject({ run: [], late: [] });
  });

  it('three days off over the due instant change nothing but the delay', () => {
    const stored = [done('2026-09'), month('2026-10')];
    expect(months(at('2026-11-07T19:00:00Z', stored))).toEqual(['2026-10']);
  });

  it('leaves a month alone whose run is kept back, says so, and runs it again with newer scenes', () => {
    const held = month('2026-10', { heldAt: '2026-11-04T17:00:00.000Z' });
    expect(at('2026-11-06T00:00:00Z', [done('2026-09'), held])).toMatchObject({
      run: [],
      late: [
        {
          month: '2026-10',
          kind: 'held',
          text: '2026-10: a run of 2026-11-05 is kept back; publish or discard it on the page of runs',
        },
      ],
    });
    const newer = { ...held, lastAdded: '2026-11-05T00:00:00.000Z' };
    expect(months(at('2026-11-06T00:00:00Z', [done('2026-09'), newer]))).toEqual(['2026-10']);
    const published = { ...held, publishedAt: '2026-11-05T00:00:00.000Z' };
    expect(at('2026-11-06T00:00:00Z', [done('2026-09'), published])).toMatchObject({ run: [], late: [] });
  });

  it('looks back no further than it is told to', () => {
    const stored = ['2026-01', '2026-07', '2026-10'].map((name) => month(name));
    expect(months(at('2026-11-20T00:00:00Z', stored, [], { catchUpMonths: 2 }))).toEqual(['2026-10']);
  });

  it('a clock that jumps ahead and back runs nothing twice and loses nothing', () => {
    const stored = [done('2026-09'), month('2026-10')];
    const ahead = at('2030-06-20T00:00:00Z', stored);
    expect(ahead.run).toEqual([]);
    expect(ahead.late.every(({ kind }) => kind === 'missing')).toBe(true);
    expect(months(at('2026-11-20T00:00:00Z', stored))).toEqual(['2026-10']);
    expect(months(at('2020-01-01T00:00:00Z', stored))).toEqual([]);
    // tried by the clock of the future: not waited for
    const clock = [tried('2026-10', { triedAt: '2030-06-20T00:00:00.000Z' })];
    expect(months(at('2026-11-20T00:00:00Z', stored, clock))).toEqual(['2026-10']);
  });

  it('says by date what is missing', () => {
    const stored = [
      month('2026-09', { publishedAt: '2026-10-06T00:00:00.000Z', lastAcquired: '2026-09-27' }),
    ];
    expect(at('2026-12-06T00:00:00Z', stored).late.map(({ text }) => text)).toEqual([
      '2026-10: no scene since 2026-09-27, expected by 2026-11-05',
      '2026-11: no scene since 2026-09-27, expected by 2026-12-05',
    ]);
    expect(at('2026-11-06T00:00:00Z', []).late.map(({ text }) => text)).toEqual([
      '2026-10: no scene, expected by 2026-11-05',
    ]);
  });

  it('a scene that comes after the month was published has it run again', () => {
    const late = {
      ...done('2026-10'),
      lastAdded: '2026-11-09T00:00:00.000Z',
      publishedAt: '2026-11-05T00:00:00.000Z',
    };
    expect(months(at('2026-11-10T00:00:00Z', [late]))).toEqual(['2026-10']);
    const again = { ...late, publishedAt: '2026-11-10T00:00:00.000Z' };
    expect(at('2026-11-10T01:00:00Z', [again]).run).toEqual([]);
  });
});

describe('too few usable pixels', () => {
  const waits = tried('2026-10', { outcome: 'waiting', attempts: 0, note: '2026-10: only 12.0 % is usable' });

  it('waits, and says until when', () => {
    const now = at('2026-11-06T00:00:00Z', [month('2026-10')], [waits]);
    expect(now.run).toEqual([]);
    expect(now.late).toEqual([
      { month: '2026-10', kind: 'waiting', text: '2026-10: only 12.0 % is usable; waits until 2026-11-14' },
    ]);
  });

  it('a new scene ends the wait with the same demand, the last day without', () => {
    const more = month('2026-10', { lastAdded: '2026-11-06T00:00:00.000Z' });
    expect(at('2026-11-06T01:00:00Z', [more], [waits]).run).toMatchObject([
      { month: '2026-10', leastUsable: 0.3 },
    ]);
    expect(at('2026-11-14T19:00:00Z', [month('2026-10')], [waits]).run).toMatchObject([
      { month: '2026-10', leastUsable: 0 },
    ]);
  });
});

describe('a run that came to nothing', () => {
  const stored = [month('2026-10')];

  it('is tried again after an hour, two, four …', () => {
    expect(at('2026-11-05T00:59:00Z', stored, [tried('2026-10')]).late).toMatchObject([
      {
        kind: 'retrying',
        text: '2026-10: failed (the disk is full); tried again at 2026-11-05T01:00:00.000Z',
      },
    ]);
    expect(at('2026-11-05T01:00:00Z', stored, [tried('2026-10')]).run).toMatchObject([{ attempts: 1 }]);
    const thrice = tried('2026-10', { attempts: 3 });
    expect(months(at('2026-11-05T03:59:00Z', stored, [thrice]))).toEqual([]);
    expect(months(at('2026-11-05T04:00:00Z', stored, [thrice]))).toEqual(['2026-10']);
  });

  it('is given up after so many tries, until there is a new scene', () => {
    const often = tried('2026-10', { attempts: 5 });
    expect(at('2026-12-01T00:00:00Z', stored, [often]).late).toMatchObject([{ kind: 'given_up' }]);
    const more = month('2026-10', { lastAdded: '2026-11-30T00:00:00.000Z' });
    expect(at('2026-12-01T00:00:00Z', [more], [often]).run).toMatchObject([
      { month: '2026-10', attempts: 0 },
    ]);
  });

  it('goes on at once where its process died or was ended', () => {
    for (const outcome of ['running', 'interrupted'] as const) {
      const cut = tried('2026-10', { outcome });
      expect(months(at('2026-11-05T00:00:01Z', stored, [cut]))).toEqual(['2026-10']);
    }
    // killed after the first of two comparisons was published
    const half = [month('2026-10', { publishedAt: '2026-11-05T00:10:00.000Z' })];
    expect(months(at('2026-11-05T00:11:00Z', half, [tried('2026-10', { outcome: 'running' })]))).toEqual([
      '2026-10',
    ]);
  });

  it('a month that kills its process each time is given up too', () => {
    const deadly = tried('2026-10', { outcome: 'running', attempts: 5, note: null });
    expect(at('2026-11-06T00:00:00Z', stored, [deadly]).late).toMatchObject([{ kind: 'given_up' }]);
  });

  it('is done where a person ran it meanwhile', () => {
    const byHand = [month('2026-10', { publishedAt: '2026-11-05T00:10:00.000Z' })];
    expect(at('2026-11-06T00:00:00Z', byHand, [tried('2026-10')])).toMatchObject({ run: [], late: [] });
  });
});
