import { bodiesOf, eachNeighbour } from './bodies.js';
import { type ChangeClassName, codeOf, codeOfState } from './classes.js';
import type { Detection } from './detector.js';

/** Magnitude, of 127, from which a pixel beside a changed body has surely changed too. */
const SURELY_CHANGED = 96;

const FOREST = codeOfState('forest');
const GREEN = codeOfState('green');
/** Forest, or what the window mixes it into. */
const isPlants = (state: number) => state === FOREST || state === GREEN;

/**
 * Bodies that lose their edge to a window, and what of the states before and after a pixel must have to be theirs. Where a wood was cut to bare
 * ground the fall of the index tells of every pixel by itself, and what it leaves out is the half pixel of its rim.
 */
const BODIES: readonly {
  readonly name: ChangeClassName;
  readonly has: (before: number, after: number) => boolean;
  readonly fromBare: boolean;
}[] = [
  { name: 'water_gain', has: () => true, fromBare: true },
  { name: 'water_loss', has: () => true, fromBare: true },
  { name: 'forest_gain', has: (_, after) => isPlants(after), fromBare: true },
  { name: 'forest_loss', has: (before) => isPlants(before), fromBare: false },
];

/**
 * Gives changed bodies their edge back. Open water is told by being smooth and a wood by its shade, both over the window of the
 * texture: where it reaches over the edge neither is to be seen. As many pixels as that window reaches, bodies grow into what has
 * surely changed and is nothing else. Overwrites code and confidence; `stride` px a row.
 */
export function growEdges(detection: Detection, stride: number, reach: number): void {
  const { code, confidence, magnitude, stateBefore, stateAfter, bare } = detection;
  for (const { name, has, fromBare } of BODIES) {
    // specks have no edge to be given back
    let front = bodiesOf(code, codeOf(name), stride).flatMap(({ pixels }) => pixels);
    for (let step = 0; step < reach && front.length > 0; step++) {
      const next: number[] = [];
      for (const at of front) {
        if (!fromBare && bare?.[at] === 1) continue;
        eachNeighbour(at, stride, code.length, (to) => {
          if (code[to] !== 0 || magnitude[to] < SURELY_CHANGED) return;
          if (!has(stateBefore?.[to] ?? 0, stateAfter?.[to] ?? 0)) return;
          code[to] = code[at];
          confidence[to] = confidence[at];
          if (bare !== null) bare[to] = bare[at];
          next.push(to);
        });
      }
      front = next;
    }
  }
}
