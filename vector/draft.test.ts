import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classByName } from '../kernels/classes.js';
import { pixelArea } from '../raster/grid.js';
import { sieveRuns } from '../raster/sieve.js';
import { type DraftContext, draftPatches } from './draft.js';
import { encodePolygon } from './ewkb.js';
import type { DraftPatch } from './number.js';
import type { PolygonRings } from './patch.js';
import { findCrossing, signedArea } from './rings.js';
import { openTestDatabase, type TestDatabase } from './store/testing.js';
import {
  blobs,
  type ClassRaster,
  drawn,
  gridFor,
  hashAt,
  type RunOptions,
  rasterBy,
  runsOf,
  salt,
  spiral,
} from './testing/class-raster.js';

const THREE_ZONES = [
  { code: '01', name: 'a' },
  { code: '02', name: 'b' },
  { code: '03', name: 'c' },
];

function contextOf(raster: ClassRaster, more: Partial<DraftContext> = {}): DraftContext {
  return {
    grid: gridFor(raster),
    subdistricts: [],
    before: '2026-07',
    after: '2026-08',
    keepOutside: true,
    ...more,
  };
}

function draftsOf(
  raster: ClassRaster,
  options: RunOptions = {},
  context: Partial<DraftContext> = {},
  minimum = 1,
): DraftPatch[] {
  const runs = runsOf(raster, options);
  return draftPatches(sieveRuns(runs, { least: new Array(256).fill(minimum) }), contextOf(raster, context));
}

const outlineArea = (rings: PolygonRings) => rings.reduce((sum, ring) => sum + signedArea(ring), 0);

function pixelsByClass(raster: ClassRaster): Map<number, number> {
  const counts = new Map<number, number>();
  for (const code of raster.code) if (code !== 0) counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
}

function areaByClass(drafts: readonly DraftPatch[]): Map<number, number> {
  const areas = new Map<number, number>();
  for (const draft of drafts) {
    const code = classByName(draft.class)?.code ?? 0;
    areas.set(code, (areas.get(code) ?? 0) + draft.areaM2 / 4);
  }
  return areas;
}

const SPECKLED = blobs(120, 90, 50, 2);

const MADE: readonly (readonly [string, ClassRaster])[] = [
  ['sparse salt', salt(80, 60, 41, 0.2, 3)],
  ['salt near percolation', salt(80, 60, 42, 0.6, 1)],
  ['dense salt', salt(80, 60, 43, 0.93, 1)],
  ['full of classes', salt(60, 60, 44, 1, 7)],
  ['checkerboard', rasterBy(30, 30, (x, y) => (x + y) % 2)],
  ['checkerboard of two classes', rasterBy(30, 30, (x, y) => 1 + ((x + y) % 2))],
  ['coarse checkerboard', rasterBy(64, 64, (x, y) => 1 + ((Math.floor(x / 16) + Math.floor(y / 16)) % 2))],
  ['spiral', spiral(41)],
  ['blobs', blobs(120, 90, 45, 3)],
  [
    'blobs with specks',
    rasterBy(120, 90, (x, y) => (hashAt(x, y, 9) < 0.02 ? 5 : SPECKLED.code[y * 120 + x])),
  ],
  ['rings in rings', rasterBy(60, 60, (x, y) => 1 + ((Math.min(x, y, 59 - x, 59 - y) >> 2) % 3))],
  [
    'holes touching in corners',
    rasterBy(40, 40, (x, y) => (x > 3 && y > 3 && x < 36 && y < 36 && (x + y) % 2 ? 0 : 2)),
  ],
];

describe('draftPatches', () => {
  it.each(MADE)('%s: areas by class are the pixels to the last', (_name, raster) => {
    expect(areaByClass(draftsOf(raster))).toEqual(pixelsByClass(raster));
  });

  it.each(MADE)('%s: outlines differ from the pixel area by 1 % at most', (_name, raster) => {
    for (const { rings, areaM2 } of draftsOf(raster)) {
      expect(Math.abs(outlineArea(rings) - areaM2)).toBeLessThanOrEqual(areaM2 * 0.01 + 1e-6);
    }
  });

  it.each(MADE)('%s: no ring crosses another or itself', (_name, raster) => {
    for (const { rings } of draftsOf(raster)) expect(findCrossing(rings)).toBeNull();
  });

  it('does smooth: the outline of a large disc has no right angles left', () => {
    const disc = rasterBy(60, 60, (x, y) => (Math.hypot(x - 30, y - 30) < 25 ? 4 : 0));
    const [{ rings, perimeterM }] = draftsOf(disc);
    const ring = rings[0];
    for (let i = 1; i + 1 < ring.length; i++) {
      const [ax, ay] = [ring[i][0] - ring[i - 1][0], ring[i][1] - ring[i - 1][1]];
      const [bx, by] = [ring[i + 1][0] - ring[i][0], ring[i + 1][1] - ring[i][1]];
      expect(Math.abs(ax * bx + ay * by)).toBeGreaterThan(0);
    }
    // stairs are 8r long, a circle 2πr
    expect(perimeterM).toBeLessThan(1.1 * 2 * Math.PI * 25 * 2);
  });

  it('keeps the corners of a region too small to lose them', () => {
    const [{ rings, areaM2 }] = draftsOf(drawn('....', '.11.', '.1..', '....'));
    expect(rings[0]).toHaveLength(7);
    expect(outlineArea(rings)).toBe(areaM2);
  });

  it('outer rings are counter-clockwise, holes clockwise, all closed', () => {
    for (const { rings } of draftsOf(salt(60, 60, 46, 0.75, 1))) {
      rings.forEach((ring, place) => {
        expect(signedArea(ring) > 0).toBe(place === 0);
        expect(ring[0]).toEqual(ring[ring.length - 1]);
      });
    }
  });

  it.each([1, 5, 16, 40, 64])('blocks of %i px give the same patches as the whole raster', (block) => {
    const raster = blobs(110, 70, 47, 3);
    const zone = (x: number, y: number) => (x + y < 90 ? 0 : x > 70 ? 1 : -1);
    const confidence = (x: number, y: number) => Math.floor(hashAt(x, y, 5) * 128);
    const context = { subdistricts: THREE_ZONES };
    const whole = draftsOf(raster, { zone, confidence }, context, 9);
    expect(draftsOf(raster, { zone, confidence, block }, context, 9)).toEqual(whole);
    expect(whole.length).toBeGreaterThan(10);
  });

  it('split at subdistrict borders, the parts sum to the whole', () => {
    const raster = blobs(100, 80, 48, 2);
    const zone = (x: number, y: number) => (x * 0.7 + y < 60 ? 0 : x < 66 ? 1 : 2);
    const parts = draftsOf(raster, { zone }, { subdistricts: THREE_ZONES });
    expect(areaByClass(parts)).toEqual(pixelsByClass(raster));
    for (const [index, { code }] of THREE_ZONES.entries()) {
      const inside = raster.code.reduce(
        (n, c, i) => n + (c !== 0 && zone(i % 100, Math.floor(i / 100)) === index ? 1 : 0),
        0,
      );
      const own = parts.filter((patch) => patch.subdistrictCode === code);
      expect(own.reduce((sum, { areaM2 }) => sum + areaM2, 0)).toBe(inside * 4);
    }
  });

  it('a patch over a border is judged by its whole area, and its small part stays', () => {
    const raster = rasterBy(12, 1, () => 3);
    const zone = (x: number) => (x < 1 ? 0 : 1);
    const parts = draftsOf(raster, { zone }, { subdistricts: THREE_ZONES }, 12);
    expect(parts.map(({ subdistrict, areaM2 }) => [subdistrict, areaM2])).toEqual([
      ['a', 4],
      ['b', 44],
    ]);
    expect(draftsOf(raster, { zone }, { subdistricts: THREE_ZONES }, 13)).toEqual([]);
  });

  it('keeps what lies outside every subdistrict only where asked', () => {
    const raster = drawn('11.22');
    const zone = (x: number) => (x < 2 ? 0 : -1);
    expect(draftsOf(raster, { zone }, { subdistricts: THREE_ZONES, keepOutside: false })).toHaveLength(1);
    const all = draftsOf(raster, { zone }, { subdistricts: THREE_ZONES });
    expect(all.map((patch) => patch.subdistrictCode)).toEqual(['01', null]);
  });

  it('gives the mean confidence of the pixels, in steps of 1/128', () => {
    const [patch] = draftsOf(drawn('1111'), { confidence: (x) => x * 32 });
    expect(patch.confidence).toBeCloseTo((0 + 32 + 64 + 96) / 4 / 128, 12);
  });

  it('measures a square without smoothing: perimeter, compactness, place', () => {
    const raster = drawn('......', '.11...', '.11...', '......');
    const [patch] = draftsOf(raster);
    expect(patch.perimeterM).toBe(16);
    expect(patch.compactness).toBeCloseTo(Math.PI / 4, 12);
    // echo "512004 2495996" | gdaltransform -s_srs EPSG:4547 -t_srs EPSG:4326 -output_xy (GDAL 3.6.2)
    expect(patch.centroid[0]).toBeCloseTo(114.116712908369, 7);
    expect(patch.centroid[1]).toBeCloseTo(22.5616231875192, 7);
  });

  it('the centre of a ring-shaped patch lies in the patch, not in its hole', () => {
    const raster = rasterBy(21, 21, (x, y) => (Math.max(Math.abs(x - 10), Math.abs(y - 10)) > 7 ? 1 : 0));
    const [patch] = draftsOf(raster);
    const [inHole] = draftsOf(rasterBy(21, 21, (x, y) => (x === 10 && y === 10 ? 1 : 0)));
    expect(patch.centroid).not.toEqual(inHole.centroid);
  });

  it('the same runs give the same patches', () => {
    const raster = salt(70, 70, 49, 0.5, 4);
    expect(draftsOf(raster)).toEqual(draftsOf(raster));
  });

  it('unusable pixels are no patch', () => {
    expect(draftsOf(rasterBy(9, 9, () => 255))).toEqual([]);
  });

  it('the area of a patch is that of its pixels at any resolution', () => {
    const raster = drawn('111', '111');
    for (const resolution of [0.5, 0.6, 2, 10]) {
      const grid = gridFor(raster, resolution);
      const [patch] = draftsOf(raster, {}, { grid });
      expect(patch.areaM2).toBe(6 * pixelArea(grid));
    }
  });
});

describe('patches in PostGIS', () => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await openTestDatabase();
  });
  afterAll(() => opened?.dispose());

  const hex = (drafts: readonly DraftPatch[]) => drafts.map(({ rings }) => encodePolygon(rings, 4547));

  it.each(MADE)('%s: every polygon is valid', async (_name, raster) => {
    const drafts = draftsOf(raster);
    const rows = await opened.db.query(
      `SELECT ST_IsValidReason(g) AS reason, count(*) AS n
       FROM unnest($1::text[]) AS t(h), LATERAL (SELECT t.h::geometry AS g) AS s
       WHERE NOT ST_IsValid(g) GROUP BY 1`,
      [hex(drafts)],
    );
    expect(rows).toEqual([]);
  });

  it.each(MADE)('%s: polygons do not overlap', async (_name, raster) => {
    const zone = (x: number, y: number) => (x + 2 * y < 90 ? 0 : 1);
    const drafts = draftsOf(raster, { zone }, { subdistricts: THREE_ZONES });
    const [row] = await opened.db.query<{ pairs: number }>(
      `WITH p AS MATERIALIZED (SELECT h::geometry AS g, n FROM unnest($1::text[]) WITH ORDINALITY AS t(h, n))
       SELECT count(*) AS pairs FROM p AS a JOIN p AS b ON a.n < b.n AND a.g && b.g
       WHERE ST_Relate(a.g, b.g, 'T********')`,
      [hex(drafts)],
    );
    expect(row.pairs).toBe(0);
  });
});
