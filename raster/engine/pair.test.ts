import { describe, expect, it } from 'vitest';
import type { Scene } from '../scene.js';
import { madeLook as look, madeFile, madeGrid } from '../testing.js';
import { emptyDate, type PreparedScene, unprepared } from '../warp/date.js';
import { plainResampler } from '../warp/resampler.js';
import { readPair } from './pair.js';

const SIDE = 320;
const grid = madeGrid(SIDE, SIDE, { epsg: 4547, resolution: 2 });
const window = { x: 0, y: 0, width: SIDE, height: SIDE };
const BANDS = ['blue', 'green', 'red', 'nir'] as const;

type Place = readonly [number, number];

interface Sky {
  readonly clouds?: readonly Place[];
  readonly shadow?: Place;
}

const far = (x: number, y: number, [cx, cy]: Place) => Math.hypot(x - cx, y - cy);

/** Plain ground under a cloud that fades out over some 20 px, and a shadow of 40 px. */
function month(name: string, { clouds = [], shadow }: Sky): PreparedScene {
  const bands = new Map(
    BANDS.map((role, b) => {
      const sample = (x: number, y: number) => {
        const ground = b === 3 ? 200 : 150 + ((x * 7 + y * 13) % 9);
        const dim = shadow && far(x, y, shadow) < 40 ? 0.4 : 1;
        const whites = clouds.map((cloud) => Math.min(700, Math.max(0, 900 - 14 * far(x, y, cloud))));
        const white = Math.max(0, ...whites);
        return ground * dim + white + (look.dark[role] ?? 0);
      };
      return [role, { role, file: madeFile(grid, sample, { path: name }), index: 0, scale: 1, offset: 0 }];
    }),
  );
  const scene = { name, path: name, bands, quality: null, sensor: {} } as unknown as Scene;
  return { ...unprepared(scene), month: name };
}

async function pair(before: readonly PreparedScene[], after: PreparedScene) {
  const dates = [emptyDate(BANDS, window), emptyDate(BANDS, window)] as const;
  const bench = { dates, resampler: plainResampler, cellSums: null };
  const [first, second] = await readPair({ grid, bands: BANDS, look }, before, [after], window, bench);
  return (x: number, y: number) => [first.usable[y * SIDE + x], second.usable[y * SIDE + x]];
}

describe('a pair with clouds in both months', () => {
  const UNDER = [90, 90] as const;
  const ELSEWHERE = [230, 220] as const;
  const january = month('2026-01', {});
  const february = month('2026-02', { clouds: [UNDER] });

  it('compares what lay under those of the first with the month before that', async () => {
    const usable = await pair([february, january], month('2026-03', { clouds: [ELSEWHERE] }));
    expect(usable(...UNDER)).toEqual([1, 1]);
    expect(usable(...ELSEWHERE)).toEqual([1, 0]);
  });

  it('finds a shadow there', async () => {
    const march = month('2026-03', { clouds: [ELSEWHERE], shadow: UNDER });
    const usable = await pair([february, january], march);
    expect(usable(...UNDER)).toEqual([1, 0]);
    expect(usable(300, 40)).toEqual([1, 1]);
  });
});
