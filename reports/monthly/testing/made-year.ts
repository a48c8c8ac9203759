import type { ChangeClassName, StateName } from '../../../kernels/classes.js';
import type { DraftPatch } from '../../../vector/number.js';
import type { PatchState, Subdistrict } from '../../../vector/patch.js';
import type { SubdistrictArea } from '../../../vector/store/areas.js';
import type { Db } from '../../../vector/store/db.js';
import { publishRun } from '../../../vector/store/publish.js';
import { startRun } from '../../../vector/store/runs.js';
import { draftAt, GRID } from '../../../vector/store/sample.js';

/** A small made year of runs: three subdistricts, a month nobody ran, one clouded over, one half seen. For tests. */

const NAMES = ['东门街道', '<b>很长很长的街道名称甲乙丙丁戊己庚辛</b>', '=cmd街道'] as const;

export const MADE_SUBDISTRICTS: readonly Subdistrict[] = NAMES.map((name, i) => {
  const x = 114.1 + i * 0.01;
  const ring = [
    [x, 22.5],
    [x + 0.01, 22.5],
    [x + 0.01, 22.51],
    [x, 22.51],
    [x, 22.5],
  ] as const;
  return { code: `44030300${i + 1}`, name, polygons: [[ring]] };
});

const TOTAL_M2 = 1_000_000;

/** Areas that differ by subdistrict and month; `seen` is the usable share of each subdistrict. */
function areas(before: number, after: number, seen: readonly number[], first = false): SubdistrictArea[] {
  return MADE_SUBDISTRICTS.map(({ code, name }, i) => {
    const usable = TOTAL_M2 * seen[i];
    const of = (month: number) => {
      const built = usable * (0.3 + 0.01 * i) + (usable > 0 ? 100 * month : 0);
      const [water, forest, green] = [
        usable * 0.1,
        usable * 0.25,
        usable * 0.2 - (usable > 0 ? 40 * month : 0),
      ];
      return { built, water, forest, green, other: usable - built - water - forest - green };
    };
    const [then, now] = [of(before), of(after)];
    const state = (key: StateName) => ({ areaM2: now[key], beforeAreaM2: first ? null : then[key] });
    return {
      subdistrictCode: code,
      subdistrict: name,
      totalM2: TOTAL_M2,
      usableM2: usable,
      states: {
        built: state('built'),
        water: state('water'),
        forest: state('forest'),
        green: state('green'),
        other: state('other'),
      },
    };
  });
}

/** What two months' state rasters would give. */
export function pairAreas(before: string, after: string): SubdistrictArea[] {
  return areas(Number(before.slice(5)), Number(after.slice(5)), [0.9, 0.7, 0.8]);
}

interface MadePatch {
  readonly place: number;
  readonly class: ChangeClassName;
  readonly side: number;
  readonly state?: PatchState;
}

const MONTHS: readonly {
  readonly month: string;
  readonly before: string | null;
  readonly against: 'mom' | 'yoy' | 'first';
  readonly seen: readonly number[];
  readonly patches: readonly MadePatch[];
}[] = [
  { month: '2025-08', before: null, against: 'first', seen: [1, 1, 1], patches: [] },
  {
    month: '2026-04',
    before: '2025-08',
    against: 'mom',
    seen: [0.95, 0.9, 0.85],
    patches: [{ place: 0, class: 'forest_gain', side: 31 }],
  },
  {
    month: '2026-05',
    before: '2026-04',
    against: 'mom',
    seen: [0.9, 0.9, 0.9],
    patches: [
      { place: 0, class: 'building_new', side: 20 },
      { place: 1, class: 'water_loss', side: 30 },
    ],
  },
  { month: '2026-06', before: '2026-05', against: 'mom', seen: [0, 0, 0], patches: [] },
  {
    month: '2026-07',
    before: '2026-05',
    against: 'mom',
    seen: [0.7, 0.5, 0.6],
    patches: [
      { place: 0, class: 'earthwork', side: 25 },
      { place: 0, class: 'building_new', side: 15, state: 'confirmed' },
      { place: 1, class: 'forest_loss', side: 18 },
      { place: 1, class: 'forest_loss', side: 40, state: 'dismissed' },
    ],
  },
  {
    month: '2026-08',
    before: '2026-07',
    against: 'mom',
    seen: [0.95, 0, 0.85],
    patches: [
      { place: 0, class: 'building_new', side: 40 },
      { place: 0, class: 'building_new', side: 12, state: 'confirmed' },
      { place: 0, class: 'building_removed', side: 11 },
      { place: 0, class: 'water_gain', side: 33, state: 'dismissed' },
      { place: 2, class: 'forest_gain', side: 50 },
      { place: 2, class: 'water_loss', side: 28, state: 'confirmed' },
      { place: 2, class: 'earthwork', side: 21 },
    ],
  },
  {
    month: '2026-08',
    before: '2025-08',
    against: 'yoy',
    seen: [0.9, 0.6, 0.8],
    patches: [
      { place: 0, class: 'building_new', side: 41 },
      { place: 1, class: 'forest_loss', side: 35 },
    ],
  },
];

export async function publishMadeYear(db: Db): Promise<void> {
  for (const { month, before, against, seen, patches } of MONTHS) {
    const drafts = patches.map((made, i): DraftPatch => {
      const { code, name } = MADE_SUBDISTRICTS[made.place];
      return draftAt(100 * i, 0, made.side, {
        class: made.class,
        state: made.state ?? 'suspected',
        subdistrictCode: code,
        subdistrict: name,
        before,
        after: month,
      });
    });
    const parameters = { detector: 'states', mmu: { building: 50, other: 200 } };
    const run = await startRun(db, { month, against, beforeMonth: before, grid: GRID, parameters });
    const months = [Number(before?.slice(5) ?? 0), Number(month.slice(5))] as const;
    await publishRun(db, run, drafts, areas(...months, seen, against === 'first'), { not_computed: [] });
  }
}

/** A lead on every new building and earthwork, with lives that differ. */
export async function addMadeLeads(db: Db): Promise<void> {
  await db.query(
    `INSERT INTO tuban.lead (number, month, disposition, priority, reasons, suspected_m2, permits, zones, cameras, status,
       verdict, team, due, sent_at, visited_at)
     SELECT number, month, CASE WHEN place % 4 = 3 THEN 'watch' ELSE 'sent' END, 'high', '[]', area_m2, '[]', '[]', '[]',
       CASE place % 4 WHEN 0 THEN 'confirmed' WHEN 1 THEN 'rejected' WHEN 2 THEN 'assigned' ELSE 'new' END,
       CASE place % 4 WHEN 0 THEN 'confirmed' WHEN 1 THEN 'rejected' END,
       CASE WHEN place % 4 < 3 THEN subdistrict END, CASE WHEN place % 4 < 3 THEN date '2026-08-20' END,
       CASE WHEN place % 4 < 3 THEN timestamptz '2026-08-10T00:00:00Z' END,
       CASE WHEN place % 4 < 2 THEN timestamptz '2026-08-12T00:00:00Z' END
     FROM (SELECT *, row_number() OVER (ORDER BY number) - 1 AS place FROM tuban.patch
       WHERE against = 'mom' AND class IN ('building_new', 'earthwork')) p`,
  );
}
