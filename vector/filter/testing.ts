import type { Verdict } from './fit.js';
import type { Judgeable } from './traits.js';

/** A patch of new building as filters see it: nothing special. */
export function judgeable(change: Partial<Judgeable> = {}): Judgeable {
  return {
    number: '202503-M-440303003-10001',
    class: 'building_new',
    month: '2025-03',
    ground: '0 0',
    areaM2: 300,
    compactness: 0.6,
    elongation: 1.5,
    fill: 0.8,
    confidence: 0.7,
    toBare: false,
    laterHolding: 0.9,
    earlierHolding: null,
    rejectedNear: 0,
    confirmedNear: 0,
    neighbours: 1,
    evidence: {},
    ...change,
  };
}

/** Numbers from 0 to 1, the same for the same seed (Park and Miller 1988). */
export function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/**
 * Verdicts of three months, every other one a rejection. With `told`, false alarms are small, ragged and half gone later; without,
 * nothing tells them.
 * @param wrong share of the verdicts that say the opposite
 */
export function madeVerdicts(
  count: number,
  { told = true, wrong = 0, seed = 1 }: { told?: boolean; wrong?: number; seed?: number } = {},
): Verdict[] {
  const random = chances(seed);
  const around = (middle: number, spread: number) => middle + spread * (random() + random() + random() - 1.5);
  return Array.from({ length: count }, (_, k) => {
    const real = k % 2 === 0;
    const looksReal = told ? real : random() < 0.5;
    const patch = judgeable({
      number: `20250${1 + (k % 3)}-M-440303003-1${String(k).padStart(4, '0')}`,
      month: `2025-0${1 + (k % 3)}`,
      ground: `${k % 7} 0`,
      areaM2: looksReal ? around(320, 200) : around(110, 80),
      compactness: looksReal ? around(0.65, 0.2) : around(0.4, 0.2),
      laterHolding: looksReal ? around(0.85, 0.2) : around(0.65, 0.2),
    });
    return { patch, right: random() < wrong ? !real : real };
  });
}
