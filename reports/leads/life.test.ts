import { describe, expect, it } from 'vitest';
import { BadInput, messageOf } from '../../raster/errors.js';
import { type LeadStep, type LivingLead, takeStep } from './life.js';

const NEW: LivingLead = {
  number: 'L1',
  status: 'new',
  disposition: 'sent',
  verdict: null,
  rejectReason: null,
  team: null,
  due: null,
  sentAt: '2026-08-05T00:00:00.000Z',
  visitedAt: null,
};
const AT = new Date('2026-09-01T02:00:00Z');
const ASSIGN: LeadStep = { kind: 'assign', team: '东门街道执法队', due: '2026-09-15' };
const REJECT: LeadStep = { kind: 'verdict', verdict: 'rejected', reason: 'seasonal' };
const CONFIRM: LeadStep = { kind: 'verdict', verdict: 'confirmed', reason: null };

function taken(...steps: LeadStep[]) {
  let life = NEW;
  const kinds: string[] = [];
  for (const step of steps) {
    const next = takeStep(life, step, { who: '王五', note: null, at: AT });
    life = next.life;
    kinds.push(...next.events.map(({ kind }) => kind));
  }
  return { life, kinds };
}

function refusal(from: LivingLead, step: LeadStep): string {
  try {
    takeStep(from, step, { who: 'x', note: null, at: AT });
  } catch (error) {
    expect(error).toBeInstanceOf(BadInput);
    return messageOf(error);
  }
  throw new Error('was not refused');
}

describe('takeStep', () => {
  it('leads from new to closed, an event a step', () => {
    const { life, kinds } = taken(ASSIGN, { kind: 'visit' }, REJECT, { kind: 'close' });
    expect(kinds).toEqual(['assigned', 'visited', 'verdict', 'closed']);
    expect(life).toMatchObject({
      status: 'closed',
      verdict: 'rejected',
      rejectReason: 'seasonal',
      team: '东门街道执法队',
      due: '2026-09-15',
      visitedAt: AT.toISOString(),
    });
  });

  it('keeps both verdicts among the events where one is corrected', () => {
    const { life } = taken(ASSIGN, { kind: 'visit' }, REJECT);
    const corrected = takeStep(life, CONFIRM, { who: '王五', note: '复核', at: AT });
    expect(corrected.life).toMatchObject({ status: 'confirmed', rejectReason: null });
    expect(corrected.events[0]).toMatchObject({
      note: '复核',
      data: { verdict: 'confirmed', before: 'rejected' },
    });
  });

  it('sends what waits on the watch list when a person assigns it', () => {
    const { events, life } = takeStep({ ...NEW, disposition: 'watch', sentAt: null }, ASSIGN, {
      who: '王五',
      note: '举报',
      at: AT,
    });
    expect(events.map(({ kind, note }) => [kind, note])).toEqual([
      ['sent', null],
      ['assigned', '举报'],
    ]);
    expect(life).toMatchObject({ disposition: 'sent', status: 'assigned', sentAt: AT.toISOString() });
  });

  it('reopens for another visit by the same team', () => {
    const reopened = taken(
      ASSIGN,
      { kind: 'visit' },
      CONFIRM,
      { kind: 'close' },
      { kind: 'reopen', due: '2026-10-20' },
    );
    expect(reopened.life).toMatchObject({
      status: 'assigned',
      verdict: null,
      visitedAt: null,
      due: '2026-10-20',
      team: '东门街道执法队',
    });
  });

  it.each([
    [NEW, { kind: 'visit' }, /L1 is new and cannot be visited.*can be assigned \(--assign\)$/],
    [NEW, CONFIRM, /can be assigned/],
    [taken(ASSIGN).life, CONFIRM, /is assigned .*can be assigned \(--assign\) or visited/],
    [taken(ASSIGN, { kind: 'visit' }, REJECT, { kind: 'close' }).life, { kind: 'close' }, /can be reopened/],
    [taken(ASSIGN, { kind: 'visit' }).life, { ...REJECT, reason: null }, /without a reason/],
    [taken(ASSIGN, { kind: 'visit' }).life, { ...CONFIRM, reason: 'cloud' }, /belongs to a rejected lead/],
    [{ ...NEW, disposition: 'withdrawn' }, ASSIGN, /withdrawn/],
  ] as const)('refuses what cannot be, and says what can (%#)', (from, step, message) => {
    expect(refusal(from, step)).toMatch(message);
  });
});
