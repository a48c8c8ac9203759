import { describe, expect, it } from 'vitest';
import { LeadConfig } from './rule-config.js';
import { judge } from './rules.js';
import { earlierOf, factsOf, patchOf, permitOf, RULES, rulesWith } from './testing.js';

const asked = (
  patch: Parameters<typeof patchOf>[0] = {},
  facts: Parameters<typeof factsOf>[0] = {},
  config = RULES,
) => judge(patchOf(patch), '2026-08', factsOf(facts), config);

describe('judge', () => {
  it('sends what is confirmed and what is surely suspected, and watches the rest', () => {
    expect(asked()).toMatchObject({ disposition: 'sent', suspectedM2: 400, priority: 'middle' });
    expect(asked({ state: 'suspected', confidence: 0.9 })?.disposition).toBe('sent');
    expect(asked({ state: 'suspected', confidence: 0.89 })?.disposition).toBe('watch');
    expect(asked()?.reasons).toEqual([
      {
        rule: 'building-confirmed',
        zh: '新增建筑 400 m²，后续影像已确认',
        en: 'new building of 400 m², confirmed by a later month',
      },
    ]);
  });

  it('makes no lead of other classes and of what is too small', () => {
    expect(asked({ class: 'forest_loss' })).toBeNull();
    expect(asked({ areaM2: 49 })).toBeNull();
    expect(asked({ areaM2: 50 })).not.toBeNull();
    expect(asked({ class: 'earthwork', areaM2: 199 })).toBeNull();
    expect(asked({ class: 'earthwork', areaM2: 200 })?.disposition).toBe('sent');
  });

  it('files a patch within a valid permit, a pixel of outline and a share of 5 % let pass', () => {
    const permits = [permitOf({ overlapM2: 330 })];
    expect(asked({}, { permits, outsideM2: 70, beyondM2: 20 })).toMatchObject({
      disposition: 'permitted',
      suspectedM2: 0,
      reasons: [{ rule: 'permitted', zh: '在有效许可范围内（建字第1号）' }, { rule: 'building-confirmed' }],
    });
  });

  it('suspects the part outside a permit', () => {
    const permits = [permitOf({ overlapM2: 200 })];
    const found = asked({}, { permits, outsideM2: 200, beyondM2: 150 });
    expect(found).toMatchObject({ disposition: 'sent', suspectedM2: 200 });
    expect(found?.reasons.map(({ rule }) => rule)).toEqual(['building-confirmed', 'partly-permitted']);
    expect(found?.reasons[1].zh).toBe('部分超出许可（建字第1号），超出 200 m²');
  });

  it('takes a permit next door that the outline touches for none', () => {
    const found = asked({}, { permits: [permitOf({ overlapM2: 8 })], outsideM2: 392, beyondM2: 380 });
    expect(found?.reasons.map(({ rule }) => rule)).toEqual(['building-confirmed']);
  });

  it('says that a permit is not valid', () => {
    const found = asked({}, { permits: [permitOf({ valid: false })] });
    expect(found).toMatchObject({ disposition: 'sent', suspectedM2: 400 });
    expect(found?.reasons[1].zh).toBe('许可不在有效期内（建字第1号）');
  });

  it('puts protected zones and large areas first', () => {
    const zones = [{ kind: 'farmland', name: '永久基本农田', overlapM2: 12 }] as const;
    expect(asked({}, { zones })).toMatchObject({ priority: 'high' });
    expect(asked({}, { zones })?.reasons[1].zh).toBe('占用永久基本农田');
    expect(asked({ areaM2: 1500 }, { outsideM2: 1500, beyondM2: 1500 })?.priority).toBe('high');
  });

  it('suppresses ground that was rejected before, but not for a cloud, nor after a year, nor next to it', () => {
    expect(asked({}, { earlier: [earlierOf()] })).toMatchObject({
      disposition: 'suppressed',
      repeatOf: '202605-M-440303003-10007',
    });
    for (const change of [
      { rejectReason: 'cloud' },
      { rejectReason: 'other' },
      { month: '2025-07' },
      { covered: 0.49 },
      { verdict: 'not_found', rejectReason: null },
    ] as const) {
      expect(asked({}, { earlier: [earlierOf(change)] }), JSON.stringify(change)).toMatchObject({
        disposition: 'sent',
        repeatOf: null,
      });
    }
  });

  it('sends nobody twice to ground that is being worked on', () => {
    const running = earlierOf({ status: 'assigned', verdict: null, rejectReason: null });
    expect(asked({}, { earlier: [running] })).toMatchObject({
      disposition: 'watch',
      repeatOf: running.number,
    });
  });

  it('sends a change on ground that was confirmed and closed as a repeated one', () => {
    const closed = earlierOf({ verdict: 'confirmed', rejectReason: null });
    const found = asked({}, { earlier: [closed] });
    expect(found).toMatchObject({ disposition: 'sent', priority: 'high', repeatOf: closed.number });
    expect(found?.reasons.map(({ rule }) => rule)).toContain('repeat-site');
  });

  it('withdraws what was dismissed', () => {
    expect(asked({ state: 'dismissed' })).toMatchObject({ disposition: 'withdrawn' });
  });

  it('asks rules of the configuration, the first that holds', () => {
    const config = LeadConfig.parse({
      rules: [
        {
          name: 'near',
          when: { earlierWithinM: 30 },
          disposition: 'sent',
          priority: 'high',
          zh: '近',
          en: 'near',
        },
        {
          name: 'rest',
          when: { class: ['forest_loss'] },
          disposition: 'watch',
          priority: 'low',
          zh: '余',
          en: 'rest',
        },
      ],
      marks: [],
    });
    const near = earlierOf({ covered: 0, distanceM: 25, verdict: null, status: 'new', rejectReason: null });
    expect(asked({ class: 'forest_loss' }, { earlier: [near] }, config)?.reasons).toEqual([
      { rule: 'near', zh: '近', en: 'near' },
    ]);
    expect(asked({ class: 'forest_loss' }, {}, config)?.disposition).toBe('watch');
    expect(asked({}, {}, config)).toBeNull();
  });

  it('lets other reasons suppress where the configuration says so', () => {
    const config = rulesWith({ suppressing: ['cloud'] });
    expect(asked({}, { earlier: [earlierOf({ rejectReason: 'cloud' })] }, config)?.disposition).toBe(
      'suppressed',
    );
    expect(asked({}, { earlier: [earlierOf()] }, config)?.disposition).toBe('sent');
  });
});

describe('LeadConfig', () => {
  const rule = { name: 'a', when: {}, disposition: 'sent', priority: 'low', zh: 'z', en: 'e' };
  it.each([
    [{ rules: [{ ...rule, when: { area: 5 } }] }, /area/],
    [{ rules: [{ ...rule, zh: '{size}' }] }, /\{area\}/],
    [{ rules: [{ ...rule, disposition: 'permitted' }] }, /sent/],
    [{ workingDays: 0 }, /workingDays|1/],
    [{ daysOff: ['1 October'] }, /2026-10-01/],
  ])('refuses %j', (config, message) => {
    expect(() => LeadConfig.parse(config)).toThrow(message);
  });
});
