import type { Plane } from '../backend.js';
import { BUILDINGS, type BuildingConstants, type TurnLevels, turnLevels } from '../buildings.js';
import type { SceneColour } from '../detector.js';
import { openSweeps } from './sweeps.js';

/** Floats of room on both sides of a row (assembly/features.ts). */
const PAD = 16;
/** Bytes of zeros on both sides of a mask's row, and rows of them above and below (assembly/buildings.ts). */
const SIDE = 16;
const MARGIN = 2;

/**
 * The kernels of `buildings.ts` as sweeps: colour of both dates' cells by rows, then masks as bytes. The marks are
 * overwritten by the next call.
 */
export function createBuildingSweep(
  constants: BuildingConstants,
  colour: { readonly before: SceneColour; readonly after: SceneColour },
): (before: Plane, after: Plane) => Promise<{ came: Uint8Array; gone: Uint8Array }> {
  const { width, factor, across, down, radius, atRed, atGreen, atBlue } = constants;
  const pitch = 4 * (2 * PAD + Math.ceil(across / 4) * 4);
  const stripe = 2 * SIDE + Math.ceil(across / 16) * 16;
  const plane = (down + 2 * MARGIN) * stripe;
  const raw = 4 * Math.ceil(width / 4) * 4;
  const sweeps = openSweeps({
    raw: 3 * factor * raw,
    bands: 12,
    maps: 24,
    levels: 20,
    shades: 2 * 3 * down * pitch,
    means: 2 * 3 * down * pitch,
    sums: pitch,
    table: 4 * (2 * radius + 1),
    edges: pitch,
    confidence: plane,
    mask: plane,
    other: plane,
    came: across * down + SIDE,
    gone: across * down + SIDE,
  });
  const { at, run } = sweeps;
  const rows = Array.from({ length: 3 * factor }, (_, k) => sweeps.floats(at.raw + k * raw, width));
  sweeps.u32('bands').set([0, 1, 2].map((b) => at.raw + b * factor * raw));
  const starts = [atRed, atGreen, atBlue];
  const planeAt = (part: 'shades' | 'means', date: number, which: number) =>
    at[part] + (3 * date + which) * down * pitch + 4 * PAD;
  const cellsAt = (part: 'confidence' | 'mask' | 'other') => at[part] + MARGIN * stripe + SIDE;

  const shade = (stack: Plane, date: number, { maps }: SceneColour) => {
    const own = [maps.red, maps.green, maps.blue];
    const share = 1 / (factor * factor);
    sweeps.f32('maps').set([...own.map(({ gain }) => gain * share), ...own.map(({ offset }) => offset)]);
    for (let y = 0; y < down; y++) {
      for (let b = 0; b < 3; b++) {
        for (let k = 0; k < factor; k++) {
          const start = starts[b] + (y * factor + k) * width;
          rows[b * factor + k].set(stack.subarray(start, start + width));
        }
      }
      const [grey, blue, bright] = [0, 1, 2].map((w) => planeAt('shades', date, w) + y * pitch);
      run.shadeRow(at.bands, raw, factor, across, at.maps, grey, blue, bright);
    }
    const sums = at.sums + 4 * PAD;
    for (let which = 0; which < 3; which++) {
      const [from, to] = [planeAt('shades', date, which), planeAt('means', date, which)];
      for (let y = 0; y < down; y++)
        run.boxMean(from, down, pitch, y, down, radius, across, sums, at.table, to + y * pitch);
    }
  };

  const turn = (here: number, levels: TurnLevels, out: number) => {
    sweeps.f32('levels').set([levels.grey, levels.left, levels.blue, levels.lit, levels.edge]);
    const row = (part: 'shades' | 'means', date: number, which: number, y: number) =>
      planeAt(part, date, which) + Math.min(down - 1, Math.max(0, y)) * pitch;
    const edges = at.edges + 4 * PAD;
    for (let y = 0; y < down; y++) {
      run.gradient(
        row('shades', here, 2, y - 1),
        row('shades', here, 2, y),
        row('shades', here, 2, y + 1),
        across,
        edges,
      );
      run.evidenceRow(
        row('means', here, 0, y),
        row('means', here, 1, y),
        row('means', here, 2, y),
        row('means', 1 - here, 0, y),
        row('means', 1 - here, 1, y),
        edges,
        at.levels,
        across,
        cellsAt('confidence') + y * stripe,
        cellsAt('mask') + y * stripe,
      );
    }
    let [mask, other] = [cellsAt('mask'), cellsAt('other')];
    const swap = () => {
      [mask, other] = [other, mask];
    };
    run.erode(mask, stripe, across, down, other);
    swap();
    run.dilate(mask, stripe, across, down, other);
    swap();
    for (let k = 0; k < BUILDINGS.growth; k++) {
      run.grow(mask, cellsAt('confidence'), stripe, across, down, other);
      swap();
    }
    for (let k = 0; k < BUILDINGS.smoothings; k++) {
      run.majority(mask, stripe, across, down, other);
      swap();
    }
    run.marks(mask, cellsAt('confidence'), stripe, across, down, out);
  };

  const toCome = turnLevels(colour.after, colour.before);
  const toGo = turnLevels(colour.before, colour.after);
  const came = sweeps.u8('came').subarray(0, across * down);
  const gone = sweeps.u8('gone').subarray(0, across * down);
  return async (before, after) => {
    shade(before, 0, colour.before);
    shade(after, 1, colour.after);
    turn(1, toCome, at.came);
    turn(0, toGo, at.gone);
    return { came, gone };
  };
}
