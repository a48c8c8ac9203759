import { describe, expect, it } from 'vitest';
import { packUnjudged, UNJUDGED_SIDE, type UnjudgedCells } from '../mask/judged.js';
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
  /** Times as bright. */
  readonly tone?: number;
  readonly clouds?: readonly Place[];
  readonly shadow?: Place;
}

const far = (x: number, y: number, [cx, cy]: Place) => Math.hypot(x - cx, y - cy);

/** Plain ground under a cloud that fades out over some 20 px, and a shadow of 40 px. */
function month(name: string, { tone = 1, clouds = [], shadow }: Sky): PreparedScene {
  const bands = new Map(
    BANDS.map((role, b) => {
      const sample = (x: number, y: number) => {
        const ground = b === 3 ? 200 : 150 + ((x * 7 + y * 13) % 9);
        const dim = shadow && far(x, y, shadow) < 40 ? 0.4 : 1;
        const whites = clouds.map((cloud) => Math.min(700, Math.max(0, 900 - 14 * far(x, y, cloud))));
        const white = Math.max(0, ...whites);
        return ground * tone * dim + white + (look.dark[role] ?? 0);
      };
      return [role, { role, file: madeFile(grid, sample, { path: name }), index: 0, scale: 1, offset: 0 }];
    }),
  );
  const scene = { name, path: name, bands, quality: null, sensor: {} } as unknown as Scene;
  return { ...unprepared(scene), month: name };
}

async function pair(
  before: readonly PreparedScene[],
  after: PreparedScene,
  unjudged: Readonly<Record<string, UnjudgedCells>> = {},
) {
  const dates = [emptyDate(BANDS, window), emptyDate(BANDS, window)] as const;
  const bench = { dates, resampler: plainResampler, cellSums: null };
  const job = { grid, cell: 1, bands: BANDS, look, unjudged };
  const [first, second] = await readPair(job, before, [after], window, bench);
  const at = (x: number, y: number) => [first.usable[y * SIDE + x], second.usable[y * SIDE + x]];
  return Object.assign(at, { red: (x: number, y: number) => first.stack[2 * SIDE * SIDE + y * SIDE + x] });
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

describe('ground that the month before could not judge in its own run', () => {
  const CELLS = SIDE / UNJUDGED_SIDE;
  const marked = (from: number, to: number) =>
    packUnjudged(
      CELLS,
      Uint8Array.from({ length: CELLS * CELLS }, (_, c) => (c % CELLS >= from && c % CELLS < to ? 1 : 0)),
    );
  const january = month('2026-01', {});
  const february = month('2026-02', { tone: 1.1 });
  const march = month('2026-03', { tone: 1.1 });

  it('is compared with the month before that, the rest with the newest', async () => {
    const known = await pair([february, january], march);
    const held = await pair([february, january], march, { '2026-02': marked(10, 20) });
    const older = await pair([january], march);
    expect([held(100, 50), held(200, 50)]).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect([79, 80, 159, 160].map((x) => held.red(x, 50))).toEqual(
      [known, older, older, known].map(({ red }, k) => red([79, 80, 159, 160][k], 50)),
    );
    expect(older.red(80, 50)).not.toBe(known.red(80, 50));
  });

  it('is compared with it after all where no other month knows it', async () => {
    const both = { '2026-02': marked(0, CELLS), '2026-01': marked(10, CELLS) };
    const held = await pair([february, january], march, both);
    const known = await pair([february, january], march);
    const older = await pair([january], march);
    expect([held(40, 50), held(100, 50)]).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect([held.red(40, 50), held.red(100, 50)]).toEqual([older.red(40, 50), known.red(100, 50)]);
  });
});
