import type { ClassScore } from '../../jobs/evaluate.js';
import type { LeadPrecision, Reliability } from '../../vector/reliability.js';
import { poolReliability } from '../../vector/reliability.js';
import { pooled, type Score, scoreOf } from '../../vector/score.js';

/** Counts of many pairs or months together. */
export interface Tally {
  readonly pixel: Score;
  readonly object: Score;
  /** Truth px that the prediction calls unusable. */
  readonly hidden: number;
  /** Pixel F1 were those counted as missed. */
  readonly strictF1: number;
  /** Summed over pairs or months. */
  readonly judgedKm2: number;
  readonly falsePerKm2: number;
  readonly leads: LeadPrecision | null;
  readonly reliability: Reliability | null;
}

export type Countable = Pick<
  ClassScore,
  'pixel' | 'object' | 'hidden' | 'judgedKm2' | 'leads' | 'reliability'
>;

/** @param scores one or more */
export function tally(scores: readonly Countable[]): Tally {
  const pixel = pooled(scores.map((score) => score.pixel));
  const object = pooled(scores.map((score) => score.object));
  const sum = (of: (score: Countable) => number) => scores.reduce((total, score) => total + of(score), 0);
  const hidden = sum((score) => score.hidden);
  const judgedKm2 = sum((score) => score.judgedKm2 ?? Number.NaN);
  const leads = scores.flatMap((score) => score.leads ?? []);
  const reliabilities = scores.flatMap((score) => score.reliability ?? []);
  return {
    pixel,
    object,
    hidden,
    strictF1: scoreOf(pixel.truePositive, pixel.falsePositive, pixel.falseNegative + hidden).f1,
    judgedKm2,
    falsePerKm2: object.falsePositive / judgedKm2,
    leads: leads.length > 0 ? poolLeads(leads) : null,
    reliability: reliabilities.length > 0 ? poolReliability(reliabilities) : null,
  };
}

function poolLeads(all: readonly LeadPrecision[]): LeadPrecision {
  const visited = all.reduce((sum, one) => sum + one.visited, 0);
  const right = all.reduce((sum, one) => sum + one.right, 0);
  return { leads: all[0].leads, visited, right, precision: right / visited };
}
