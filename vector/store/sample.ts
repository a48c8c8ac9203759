import { crsFromEpsg } from '../../raster/crs.js';
import { type Grid, snappedGrid } from '../../raster/grid.js';
import type { DraftPatch } from '../number.js';
import type { Patch, PolygonRings } from '../patch.js';
import type { SubdistrictArea } from './areas.js';
import type { Db } from './db.js';
import { publishRun } from './publish.js';
import { startRun } from './runs.js';

/** Small made values for the tests of the store. */
export const GRID: Grid = snappedGrid(
  crsFromEpsg(4547),
  { minX: 500_000, minY: 2_490_000, maxX: 501_000, maxY: 2_491_000 },
  2,
);

/** Square with its lower left corner `x`, `y` metres into the grid, counter-clockwise. */
export function square(x: number, y: number, side: number): PolygonRings {
  const [left, bottom] = [500_000 + x, 2_490_000 + y];
  return [
    [
      [left, bottom],
      [left + side, bottom],
      [left + side, bottom + side],
      [left, bottom + side],
      [left, bottom],
    ],
  ];
}

export function draftAt(x: number, y: number, side: number, change: Partial<DraftPatch> = {}): DraftPatch {
  return {
    class: 'building_new',
    subdistrictCode: '440303003',
    subdistrict: '东门街道',
    before: '2026-07',
    after: '2026-08',
    areaM2: side * side,
    confidence: 0.875,
    state: 'suspected',
    perimeterM: 4 * side,
    compactness: Math.PI / 4,
    toBare: false,
    model: null,
    decided: null,
    centroid: [114.12345678901234, 22.5],
    rings: square(x, y, side),
    ...change,
  };
}

export function areaOf(code: string | null, builtM2: number): SubdistrictArea {
  const none = { areaM2: 0, beforeAreaM2: 0 };
  return {
    subdistrictCode: code,
    subdistrict: code === null ? null : '东门街道',
    totalM2: 1000,
    usableM2: 900,
    states: {
      built: { areaM2: builtM2, beforeAreaM2: 100 },
      water: none,
      forest: none,
      green: none,
      other: { areaM2: 900 - builtM2, beforeAreaM2: 800 },
    },
  };
}

/** Publishes a month-on-month run of 2026-08 with these patches. */
export async function publishAugust(
  db: Db,
  drafts: readonly DraftPatch[],
  areas: readonly SubdistrictArea[] = [],
  summary: object = {},
): Promise<Patch[]> {
  const run = await startRun(db, {
    month: '2026-08',
    against: 'mom',
    beforeMonth: '2026-07',
    grid: GRID,
    parameters: {},
  });
  return publishRun(db, run, drafts, areas, summary);
}

/** Makes leads of patches of August, sent just now. */
export async function sendAsLeads(db: Db, numbers: readonly string[]): Promise<void> {
  await db.query(
    `INSERT INTO tuban.lead (number, month, disposition, priority, reasons, suspected_m2, permits, zones, cameras, sent_at)
     SELECT unnest($1::text[]), '2026-08', 'sent', 'high', '[]', 900, '[]', '[]', '[]', now()`,
    [numbers],
  );
}
