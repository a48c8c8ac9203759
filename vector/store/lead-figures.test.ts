import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leadFigures, leadMonths } from './lead-figures.js';
import { draftAt, publishAugust } from './sample.js';
import { openTestDatabase, type TestDatabase } from './testing.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test?.dispose());

/** Leads on patches of July and August; times are UTC, days are Shanghai's. */
const LEADS = [
  // visited at 23:30 of the last day in Shanghai
  ['sent', 'visited', null, '东门执法队', '2026-08-10', '2026-08-03T00:00:00Z', '2026-08-10T15:30:00Z'],
  // half an hour into the next day there
  [
    'sent',
    'confirmed',
    'confirmed',
    '东门执法队',
    '2026-08-10',
    '2026-08-03T00:00:00Z',
    '2026-08-10T16:30:00Z',
  ],
  ['sent', 'closed', 'rejected', '东门执法队', '2026-08-10', '2026-08-03T00:00:00Z', '2026-08-04T00:00:00Z'],
  ['sent', 'assigned', null, '南湖执法队', '2026-08-19', '2026-08-03T00:00:00Z', null],
  ['sent', 'assigned', null, '南湖执法队', '2026-08-20', '2026-08-03T00:00:00Z', null],
  ['sent', 'new', null, null, null, '2026-08-03T00:00:00Z', null],
  ['watch', 'new', null, null, null, null, null],
  ['withdrawn', 'assigned', null, '南湖执法队', '2026-08-01', '2026-07-20T00:00:00Z', null],
] as const;

async function addLeads(): Promise<void> {
  const patches = await publishAugust(
    test.db,
    LEADS.map((_, i) => draftAt(100 * i, 0, 20)),
  );
  for (const [i, [disposition, status, verdict, team, due, sent, visited]] of LEADS.entries()) {
    await test.db.query(
      `INSERT INTO tuban.lead (number, month, disposition, priority, reasons, suspected_m2, permits, zones, cameras, status,
         verdict, team, due, sent_at, visited_at)
       VALUES ($1, '2026-08', $2, 'high', '[]'::jsonb, 400, '[]'::jsonb, '[]'::jsonb, '[]'::jsonb, $3, $4, $5, $6, $7, $8)`,
      [patches[i].number, disposition, status, verdict, team, due, sent, visited],
    );
  }
}

describe('figures of leads', () => {
  const scope = {
    from: '2026-08',
    to: '2026-08',
    // 20 August, half past midnight in Shanghai
    asOf: '2026-08-19T16:30:00Z',
    timeZone: 'Asia/Shanghai',
  };

  it('are zeros, and no team, where there is no lead', async () => {
    expect(await leadMonths(test.db)).toBeNull();
    const figures = await leadFigures(test.db, scope);
    expect(figures).toMatchObject({ total: 0, dispositions: [], statuses: [], teams: [] });
    expect(figures.all).toMatchObject({ sent: 0, medianDays: null });
  });

  it('count what was sent by team, with days as its time zone has them', async () => {
    await addLeads();
    const { total, dispositions, statuses, teams, all } = await leadFigures(test.db, scope);
    expect(total).toBe(8);
    expect(Object.fromEntries(dispositions.map((d) => [d.disposition, d.count]))).toEqual({
      sent: 6,
      watch: 1,
      withdrawn: 1,
    });
    expect(Object.fromEntries(statuses.map((s) => [s.status, s.count]))).toEqual({
      new: 1,
      assigned: 2,
      visited: 1,
      confirmed: 1,
      closed: 1,
    });
    expect(teams.map((t) => t.team)).toEqual(['东门执法队', '南湖执法队', null]);
    expect(teams[0]).toMatchObject({ sent: 3, visited: 3, inTime: 2, late: 1, overdue: 0, confirmed: 1 });
    expect(teams[0].rejected).toBe(1);
    expect(teams[0].medianDays).toBeCloseTo(7 + 15.5 / 24, 9);
    // due on the 20th is not overdue on the 20th, and what was withdrawn is nobody's
    expect(teams[1]).toMatchObject({ sent: 2, visited: 0, overdue: 1, medianDays: null });
    expect(all).toMatchObject({ sent: 6, visited: 3, inTime: 2, late: 1, overdue: 1 });
  });

  it('leave out leads of other months', async () => {
    expect((await leadFigures(test.db, { ...scope, from: '2026-09', to: '2026-09' })).total).toBe(0);
    expect(await leadMonths(test.db)).toEqual({ first: '2026-08', last: '2026-08' });
  });
});
