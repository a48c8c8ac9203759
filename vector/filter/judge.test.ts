import { describe, expect, it } from 'vitest';
import { fitFilter } from './fit.js';
import { type Asked, type FalseAlarmFilter, judgeMonth } from './judge.js';
import { judgeable, madeVerdicts } from './testing.js';

const FILTER: FalseAlarmFilter = {
  id: 3,
  classes: fitFilter(madeVerdicts(60)),
  mostShare: 0.6,
  sureConfidence: 0.95,
};

const ask = (
  number: string,
  change: Parameters<typeof judgeable>[0] = {},
  over: Partial<Asked> = {},
): Asked => ({
  patch: judgeable({ number, month: '2025-05', ...change }),
  filter: FILTER,
  sent: false,
  standing: true,
  ...over,
});
const BAD = { areaM2: 90, compactness: 0.35, laterHolding: 0.6 };
const held = (asked: readonly Asked[]) =>
  [...judgeMonth(asked)].flatMap(([number, filtering]) => (filtering?.held ? [number] : []));

describe('judgeMonth', () => {
  it('holds back what is like rejected patches, and says which ones and why in both languages', () => {
    const answers = judgeMonth([ask('bad', BAD), ask('good'), ask('good too')]);
    expect(answers.get('good')).toMatchObject({ filter: 3, held: false, zh: '', en: '' });
    const bad = answers.get('bad');
    expect(bad).toMatchObject({ filter: 3, held: true });
    expect(bad?.zh).toMatch(/^与此前 \d+ 个核查不属实的图斑相似：.*面积小/);
    expect(bad?.en).toMatch(/^like \d+ earlier ones that were rejected: .*small/);
    expect(Number(/\d+/.exec(bad?.en ?? '')?.[0])).toBeLessThanOrEqual(30);
  });

  it('holds back no more than a share of a month, the least likely ones', () => {
    const asked = [1, 2, 3, 4, 5].map((k) => ask(`bad ${k}`, { ...BAD, areaM2: 60 + 10 * k }));
    expect(held(asked)).toEqual(['bad 1', 'bad 2', 'bad 3']);
    expect(held(asked.slice(0, 1))).toEqual([]);
  });

  it('never holds back what the detector is sure of, what has been sent, or what is dismissed anyway', () => {
    const rest = [ask('good'), ask('good too'), ask('good three')];
    expect(held([ask('sure', { ...BAD, confidence: 0.95 }), ...rest])).toEqual([]);
    expect(held([ask('sent', BAD, { sent: true }), ...rest])).toEqual([]);
    expect(held([ask('gone', BAD, { standing: false }), ...rest])).toEqual([]);
    expect(held([ask('bad', BAD), ...rest])).toEqual(['bad']);
  });

  it('judges nothing of a class it was not fitted for, nor a month that has no filter', () => {
    const answers = judgeMonth([
      ask('earthwork', { ...BAD, class: 'earthwork' }),
      ask('too early', BAD, { filter: null }),
    ]);
    expect([...answers.values()]).toEqual([null, null]);
  });
});
