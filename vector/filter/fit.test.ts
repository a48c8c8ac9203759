import { describe, expect, it } from 'vitest';
import { atLeastByChance, type ClassFilter, chanceOf, fitFilter } from './fit.js';
import { judgeable, madeVerdicts } from './testing.js';

/** Share of new patches, real and false, that a filter would hold back. */
function heldShares(filter: ClassFilter): { readonly real: number; readonly false: number } {
  const { model, threshold } = filter;
  if (model === null || threshold === null) return { real: 0, false: 0 };
  const fresh = madeVerdicts(400, { seed: 99 });
  const share = (right: boolean) => {
    const own = fresh.filter((one) => one.right === right);
    return own.filter(({ patch }) => chanceOf(model, patch) < threshold).length / own.length;
  };
  return { real: share(true), false: share(false) };
}

describe('fitFilter', () => {
  it('learns from sixty verdicts what false alarms are like, and loses hardly a real one', () => {
    const [filter] = fitFilter(madeVerdicts(60));
    expect(filter).toMatchObject({ class: 'building_new', confirmed: 30, rejected: 30, why: null });
    const held = heldShares(filter);
    expect(held.false).toBeGreaterThan(0.5);
    expect(held.real).toBeLessThan(0.05);
  });

  it.each([2, 3, 4])('does no harm where one verdict in ten is wrong (draw %i)', (seed) => {
    const [filter] = fitFilter(madeVerdicts(120, { wrong: 0.1, seed }));
    const held = heldShares(filter);
    expect(held.real).toBeLessThan(0.08);
    expect(held.false).toBeGreaterThanOrEqual(4 * held.real);
  });

  it.each([5, 6, 7, 8])('leaves a class alone where nothing tells false alarms apart (draw %i)', (seed) => {
    const [filter] = fitFilter(madeVerdicts(120, { told: false, seed }));
    expect(filter).toMatchObject({ threshold: null, model: null, why: 'unclear' });
  });

  it('leaves a class alone of which there are few verdicts, or few of one outcome', () => {
    expect(fitFilter(madeVerdicts(18))[0].why).toBe('few');
    const lopsided = madeVerdicts(100).filter(({ right }, k) => right || k < 10);
    expect(fitFilter(lopsided)[0].why).toBe('few');
  });

  it('does not depend on the order of the verdicts', () => {
    const verdicts = madeVerdicts(60);
    expect(fitFilter([...verdicts].reverse())).toEqual(fitFilter(verdicts));
  });

  it('judges each class by its own verdicts', () => {
    const others = madeVerdicts(60, { told: false, seed: 5 }).map(({ patch, right }) => ({
      patch: { ...patch, class: 'earthwork' as const },
      right,
    }));
    const filters = fitFilter([...madeVerdicts(60), ...others]);
    expect(filters.map((one) => [one.class, one.why])).toEqual([
      ['building_new', null],
      ['earthwork', 'unclear'],
    ]);
  });

  it('a trait that is not known says nothing', () => {
    const [{ model }] = fitFilter(madeVerdicts(60));
    if (model === null) throw new Error('not fitted');
    const mean = model.traits.find(({ name }) => name === 'laterHolding')?.mean ?? null;
    const unknown = chanceOf(model, judgeable({ laterHolding: null }));
    expect(unknown).toBeCloseTo(chanceOf(model, judgeable({ laterHolding: mean })), 9);
  });
});

describe('atLeastByChance', () => {
  it('is the upper tail of the binomial', () => {
    expect(atLeastByChance(0, 5, 0.5)).toBeCloseTo(1, 12);
    expect(atLeastByChance(5, 5, 0.5)).toBeCloseTo(1 / 32, 12);
    expect(atLeastByChance(9, 10, 0.5)).toBeCloseTo(11 / 1024, 12);
  });
});
