import { describe, expect, it } from 'vitest';
import { type Mask, maskRuns } from './objects.js';
import { objectScore, pixelScore, scoreOf } from './score.js';
import { drawn, rasterBy } from './testing/class-raster.js';

function mask(...rows: string[]): Mask {
  const { width, height, code } = drawn(...rows);
  return { width, height, data: code };
}

const known = ({ data }: Mask) => new Uint8Array(data.length).fill(1);

describe('scoreOf', () => {
  it('gives precision, recall, F1 and IoU', () => {
    // 6 found of which 3 right, 4 there: P 3/6, R 3/4, F1 2·3/(6+4), IoU 3/(3+3+1)
    expect(scoreOf(3, 3, 1)).toEqual({
      truePositive: 3,
      falsePositive: 3,
      falseNegative: 1,
      precision: 0.5,
      recall: 0.75,
      f1: 0.6,
      iou: 3 / 7,
    });
  });

  it('is NaN where nothing was found or nothing is there', () => {
    expect(scoreOf(0, 0, 2)).toMatchObject({ precision: Number.NaN, recall: 0, f1: 0, iou: 0 });
    expect(scoreOf(0, 2, 0)).toMatchObject({ precision: 0, recall: Number.NaN });
    expect(scoreOf(0, 0, 0).f1).toBeNaN();
  });
});

describe('pixelScore', () => {
  it('counts pixels', () => {
    const truth = mask('1100', '1100');
    const predicted = mask('0110', '0110');
    expect(pixelScore(predicted, truth, known(truth))).toMatchObject({
      truePositive: 2,
      falsePositive: 2,
      falseNegative: 2,
    });
  });

  it('leaves out what the truth does not know', () => {
    const truth = mask('1100');
    const predicted = mask('0110');
    expect(pixelScore(predicted, truth, Uint8Array.of(0, 1, 0, 1))).toMatchObject({
      truePositive: 1,
      falsePositive: 0,
      falseNegative: 0,
    });
  });
});

describe('objectScore', () => {
  const score = (predicted: Mask, truth: Mask, valid = known(truth)) => {
    const { truePositive, falsePositive, falseNegative } = objectScore(predicted, truth, valid);
    return [truePositive, falsePositive, falseNegative];
  };

  it('matches objects that overlap by an IoU of 0.3 and more', () => {
    // 3 shared of 10: IoU 0.3, and the centres lie apart
    expect(score(mask('1111110000'), mask('0001111111'))).toEqual([1, 0, 0]);
    // 2 shared of 10: the found centre (3) lies outside
    expect(score(mask('1111100000'), mask('0001111111'))).toEqual([0, 1, 1]);
  });

  it('matches a small object whose centre lies in a large true one', () => {
    const truth: Mask = { width: 10, height: 10, data: rasterBy(10, 10, () => 1).code };
    const predicted: Mask = {
      width: 10,
      height: 10,
      data: rasterBy(10, 10, (x, y) => (x === 2 && y === 2 ? 1 : 0)).code,
    };
    expect(score(predicted, truth)).toEqual([1, 0, 0]);
  });

  it('matches one to one, the largest overlap first', () => {
    // one true object, found in two pieces: one counts, the other is false
    expect(score(mask('11110111'), mask('11111111'))).toEqual([1, 1, 0]);
    // two true objects, found as one
    expect(score(mask('11111111'), mask('11110111'))).toEqual([1, 0, 1]);
  });

  it('does not join objects that touch in a corner', () => {
    expect(score(mask('10', '01'), mask('10', '01'))).toEqual([2, 0, 0]);
  });

  it('does not count a found object on ground the truth does not know', () => {
    const truth = mask('1100000');
    const predicted = mask('1100111');
    expect(score(predicted, truth, Uint8Array.of(1, 1, 1, 1, 0, 0, 1))).toEqual([1, 0, 0]);
    expect(score(predicted, truth, Uint8Array.of(1, 1, 1, 1, 0, 1, 1))).toEqual([1, 1, 0]);
  });

  it('takes empty masks', () => {
    expect(score(mask('000'), mask('000'))).toEqual([0, 0, 0]);
    expect(score(mask('101'), mask('000'))).toEqual([0, 2, 0]);
    expect(score(mask('000'), mask('101'))).toEqual([0, 0, 2]);
  });
});

describe('maskRuns', () => {
  it('lists the ones row by row', () => {
    const { count, y, x0, x1 } = maskRuns(mask('0110', '1001'));
    expect(count).toBe(3);
    expect([...y]).toEqual([0, 1, 1]);
    expect([...x0]).toEqual([1, 0, 3]);
    expect([...x1]).toEqual([3, 1, 4]);
  });
});
