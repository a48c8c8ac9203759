import { describe, expect, it } from 'vitest';
import { judgeObjects, maskObjects, NOT_JUDGED, objectsOf, RIGHT, WRONG } from './objects.js';
import { drawn } from './testing/class-raster.js';

function objects(...rows: string[]) {
  const { width, height, code } = drawn(...rows);
  return maskObjects({ width, height, data: code });
}

const list = ({ count, start, pixels }: ReturnType<typeof objects>) =>
  Array.from({ length: count }, (_, r) => [...pixels.slice(start[r], start[r + 1])]);

describe('maskObjects', () => {
  it('lists the pixels of 4-connected regions', () => {
    expect(list(objects('1010', '1001'))).toEqual([[0, 4], [2], [7]]);
  });
});

describe('judgeObjects', () => {
  const known = (text: string) => Uint8Array.from(text, Number);

  it('takes found objects that overlap each other: the better one is right', () => {
    const found = objectsOf([
      [0, 1, 2, 3, 4, 5],
      [0, 1, 2, 3],
    ]);
    const { found: judged, matched } = judgeObjects(found, objectsOf([[0, 1, 2, 3]]), known('11111111'), 8);
    expect([...judged]).toEqual([WRONG, RIGHT]);
    expect([...matched]).toEqual([1]);
  });

  it('measures overlap on known ground only', () => {
    // of 8 true pixels the right half is unknown: 4 of 4 shared, though 4 of 8 seen
    const { found } = judgeObjects(objects('00001111'), objects('11111111'), known('11111111'), 8);
    expect([...found]).toEqual([RIGHT]);
    const judged = judgeObjects(objects('11100000'), objects('11111111'), known('11110000'), 8);
    expect([...judged.found]).toEqual([RIGHT]);
    expect([...judged.demanded]).toEqual([1]);
  });

  it('demands nothing that is mostly hidden, nor judges what found it', () => {
    const real = objects('11111111');
    const missed = judgeObjects(objectsOf([]), real, known('11100000'), 8);
    expect([...missed.demanded]).toEqual([0]);
    const hit = judgeObjects(objects('11100000'), real, known('11100000'), 8);
    expect([...hit.found]).toEqual([NOT_JUDGED]);
  });

  it('asks whether a pair may match', () => {
    const one = objects('1100');
    const { found, matched } = judgeObjects(one, one, known('1111'), 4, () => false);
    expect([...found]).toEqual([WRONG]);
    expect([...matched]).toEqual([-1]);
  });
});
