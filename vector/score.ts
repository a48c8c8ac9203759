import { type Judgement, judgeObjects, type Mask, maskObjects, RIGHT, WRONG } from './objects.js';

/** Precision, recall, F1 and IoU from counts; NaN where nothing was predicted or nothing is there. */
export interface Score {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly falseNegative: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly iou: number;
}

export function scoreOf(truePositive: number, falsePositive: number, falseNegative: number): Score {
  const precision = truePositive / (truePositive + falsePositive);
  const recall = truePositive / (truePositive + falseNegative);
  return {
    truePositive,
    falsePositive,
    falseNegative,
    precision,
    recall,
    f1: (2 * truePositive) / (2 * truePositive + falsePositive + falseNegative),
    iou: truePositive / (truePositive + falsePositive + falseNegative),
  };
}

/** The score of all counts together. */
export function pooled(scores: readonly Score[]): Score {
  const sum = (of: (score: Score) => number) => scores.reduce((total, score) => total + of(score), 0);
  return scoreOf(
    sum((s) => s.truePositive),
    sum((s) => s.falsePositive),
    sum((s) => s.falseNegative),
  );
}

/** Pixel counts; `valid` is 0 where nothing is judged. */
export function pixelScore(predicted: Mask, truth: Mask, valid: Uint8Array): Score {
  let tp = 0;
  let fp = 0;
  let fn = 0;
  for (let i = 0; i < truth.data.length; i++) {
    if (valid[i] === 0) continue;
    if (predicted.data[i] === 1) {
      if (truth.data[i] === 1) tp++;
      else fp++;
    } else if (truth.data[i] === 1) fn++;
  }
  return scoreOf(tp, fp, fn);
}

/** Object counts of the 4-connected regions of both rasters, by the rule of `judgeObjects`. */
export function objectScore(predicted: Mask, truth: Mask, valid: Uint8Array): Score {
  return judgementScore(judgeObjects(maskObjects(predicted), maskObjects(truth), valid, truth.width));
}

export function judgementScore({ found, matched, demanded }: Judgement): Score {
  const count = (what: number) => found.reduce((sum, judged) => sum + (judged === what ? 1 : 0), 0);
  const missed = matched.reduce((sum, a, b) => sum + (a < 0 && demanded[b] === 1 ? 1 : 0), 0);
  return scoreOf(count(RIGHT), count(WRONG), missed);
}
