import { describe, expect, it } from 'vitest';
import type { Point } from '../../raster/affine.js';
import { overlap } from './frame.js';
import { breakName, inside, type PlacedLabel, placeLabels } from './labels.js';

const FRAME = { x0: 0, y0: 0, x1: 1000, y1: 600 };

function rectangle(x: number, y: number, width: number, height: number): Point[][] {
  return [
    [
      [x, y],
      [x + width, y],
      [x + width, y + height],
      [x, y + height],
    ],
  ];
}

function placed(labels: readonly (PlacedLabel | null)[]): PlacedLabel[] {
  return labels.filter((l) => l !== null);
}

describe('placeLabels', () => {
  it('puts a name inside its polygon, clear of a patch', () => {
    const rings = rectangle(100, 100, 300, 200);
    const middle: Point = [250, 200];
    const [label] = placed(placeLabels([{ lines: ['东门街道'], rings }], 16, FRAME, [], [middle]));
    expect(inside(rings, label.x, label.y)).toBe(true);
    const { box } = label;
    expect(middle[0] > box.x0 && middle[0] < box.x1 && middle[1] > box.y0 && middle[1] < box.y1).toBe(false);
  });

  it('keeps names of neighbours too small for them apart, and off a taken box', () => {
    const wishes = [0, 1, 2, 3].map((i) => ({
      lines: ['桂园街道'],
      rings: rectangle(300 + 40 * i, 300, 40, 30),
    }));
    const taken = { x0: 280, y0: 270, x1: 330, y1: 300 };
    const boxes = [...placed(placeLabels(wishes, 16, FRAME, [taken], [])).map((l) => l.box), taken];
    expect(boxes).toHaveLength(5);
    for (const [i, a] of boxes.entries()) for (const b of boxes.slice(i + 1)) expect(overlap(a, b)).toBe(0);
  });

  it('keeps names inside the frame', () => {
    const [label] = placed(
      placeLabels([{ lines: ['边界街道'], rings: rectangle(-50, -50, 80, 80) }], 16, FRAME, [], []),
    );
    expect(label.box.x0).toBeGreaterThanOrEqual(0);
    expect(label.box.y0).toBeGreaterThanOrEqual(0);
  });
});

describe('breakName', () => {
  it('breaks at a space, else in the middle, and cuts the endless', () => {
    expect(breakName('Qingshuihe Subdistrict')).toEqual(['Qingshuihe', 'Subdistrict']);
    expect(breakName('东门街道')).toEqual(['东门街道']);
    expect(breakName('街'.repeat(50))[0].endsWith('…')).toBe(true);
  });
});
