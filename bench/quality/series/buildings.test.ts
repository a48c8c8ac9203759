import { describe, expect, it } from 'vitest';
import { NOT_JUDGED, RIGHT, WRONG } from '../../../vector/objects.js';
import { judgeBuildings, type SeriesPatch } from './buildings.js';

const MONTHS = ['2025-01', '2025-02', '2025-03', '2025-04'];
const building = (month: number, pixels: number[]) => ({
  what: 'building_new',
  class: 'building_new',
  month,
  pixels,
});

/** One row of 20 px; `hidden` months cannot see px 0-9. */
function judge(
  buildings: ReturnType<typeof building>[],
  patches: SeriesPatch[],
  {
    hidden = [],
    laterLook = false,
    known = () => true,
  }: { hidden?: number[]; laterLook?: boolean; known?: (a: number) => boolean } = {},
) {
  const frame = { path: 'truth', width: 20, height: 1, grid: null };
  const seen = (month: number, pixel: number) => pixel >= 10 || !hidden.includes(month);
  const { score, found } = judgeBuildings(
    { months: MONTHS, frame, seen },
    buildings,
    patches,
    known,
    laterLook,
  );
  return {
    found: [...found],
    counts: [score.truePositive, score.falsePositive, score.falseNegative],
  };
}

describe('judgeBuildings', () => {
  const one = building(1, [2, 3, 4, 5]);

  it('matches a patch of the building’s own month', () => {
    expect(judge([one], [{ month: 1, pixels: [2, 3, 4] }])).toEqual({ found: [RIGHT], counts: [1, 0, 0] });
  });

  it('calls a patch before or long after it wrong, and the building missed', () => {
    const late = { month: 2, pixels: [2, 3, 4] };
    expect(judge([building(2, [2, 3, 4, 5])], [{ month: 1, pixels: [2, 3, 4] }]).counts).toEqual([0, 1, 1]);
    expect(judge([one], [late]).counts).toEqual([0, 1, 1]);
    expect(judge([one], [{ month: 1, pixels: [2, 3, 4] }, late]).counts).toEqual([1, 1, 0]);
  });

  it('takes patches that a border has cut for one', () => {
    const halves = [
      { month: 1, pixels: [2, 3, 4] },
      { month: 1, pixels: [5] },
    ];
    expect(judge([one], halves)).toEqual({ found: [RIGHT, RIGHT], counts: [1, 0, 0] });
    const apart = [halves[0], { month: 1, pixels: [6, 7] }];
    expect(judge([one], apart)).toEqual({ found: [RIGHT, WRONG], counts: [1, 1, 0] });
  });

  it('lets a building under cloud be seen first when the cloud is gone', () => {
    expect(judge([one], [{ month: 2, pixels: [2, 3, 4] }], { hidden: [1] }).counts).toEqual([1, 0, 0]);
    expect(judge([one], [], { hidden: [1] }).counts).toEqual([0, 0, 1]);
  });

  it('does not judge what no month showed, nor ground never seen before', () => {
    expect(judge([one], [], { hidden: [1, 2, 3] }).counts).toEqual([0, 0, 0]);
    expect(judge([one], [{ month: 1, pixels: [2, 3] }], { hidden: [0] })).toEqual({
      found: [NOT_JUDGED],
      counts: [0, 0, 0],
    });
  });

  it('demands confirmation only where a later month could give it', () => {
    expect(judge([building(3, [2, 3])], [], { laterLook: true }).counts).toEqual([0, 0, 0]);
    expect(judge([building(3, [2, 3])], []).counts).toEqual([0, 0, 1]);
    expect(judge([one], [], { laterLook: true, hidden: [2] }).counts).toEqual([0, 0, 1]);
    expect(judge([one], [], { laterLook: true, hidden: [2, 3] }).counts).toEqual([0, 0, 0]);
  });

  it('does not judge a patch on ground its month does not know', () => {
    const stray = { month: 1, pixels: [15, 16] };
    expect(judge([], [stray]).found).toEqual([WRONG]);
    expect(judge([], [stray], { known: () => false }).found).toEqual([NOT_JUDGED]);
  });
});
