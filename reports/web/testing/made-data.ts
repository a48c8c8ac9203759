import { CHANGE_CLASSES } from '../../../kernels/classes.js';

/** A small district and what was found in it, in the shapes of the API; made, the same every time. */

const WEST = 114.1;
const SOUTH = 22.54;

/** A square of `size` degrees as a closed ring. */
function square(lon: number, lat: number, size: number): [number, number][] {
  return [
    [lon, lat],
    [lon + size, lat],
    [lon + size, lat + size],
    [lon, lat + size],
    [lon, lat],
  ];
}

export const SUBDISTRICTS = [
  { code: '440303001', name: '桂园街道', ring: square(WEST, SOUTH, 0.03) },
  { code: '440303003', name: '东门街道', ring: square(WEST + 0.03, SOUTH, 0.03) },
];

export const MONTHS = ['2025-08', '2026-06', '2026-07', '2026-08'];

export const META = {
  district: { zh: '罗湖区', en: 'Luohu' },
  languages: ['zh', 'en'],
  months: MONTHS.map((month, i) => ({
    month,
    mom: i > 0,
    yoy: month === '2026-08',
    usable: 0.97,
    patches: i > 0 ? 6 : 0,
  })),
  subdistricts: SUBDISTRICTS.map(({ code, name }) => ({ code, name })),
  classes: CHANGE_CLASSES.map(({ code, name, zh, en, colour }) => ({ code, name, zh, en, color: colour })),
  states: ['suspected', 'confirmed', 'dismissed'],
  bounds: [WEST, SOUTH, WEST + 0.06, SOUTH + 0.03],
  home: [WEST, SOUTH, WEST + 0.06, SOUTH + 0.03],
  center: [WEST + 0.03, SOUTH + 0.015],
  basemap: null,
};

const STATES = ['confirmed', 'suspected', 'dismissed'];

/** Six patches in a row over both subdistricts, of six classes; each smaller than the one before. */
export const PATCHES = CHANGE_CLASSES.slice(0, 6).map((one, i) => {
  const place = SUBDISTRICTS[i < 3 ? 0 : 1];
  const size = 0.004 - i * 0.0004;
  const lon = WEST + 0.004 + i * 0.009;
  return {
    number: `202608-M-${place.code}-${String(i + 1).padStart(5, '0')}`,
    class: one.name,
    class_zh: one.zh,
    subdistrict_code: place.code,
    subdistrict: place.name,
    before: '2026-07',
    after: '2026-08',
    area_m2: 1200 - i * 180,
    area_mu: (1200 - i * 180) / (2000 / 3),
    confidence: 0.95 - i * 0.08,
    state: STATES[i % 3],
    perimeter_m: 160,
    compactness: 0.7,
    centroid: [lon + size / 2, SOUTH + 0.012 + size / 2],
    to_bare: false,
    model: null,
    decided: i % 3 === 1 ? null : '2026-08',
    bbox: [lon, SOUTH + 0.012, lon + size, SOUTH + 0.012 + size],
    ring: square(lon, SOUTH + 0.012, size),
  };
});

export type MadePatch = (typeof PATCHES)[number];

/** A lead that can be worked on; `overdue` in the past, as seen from any day the tests run. */
export function madeLead(patch: MadePatch, status: string, due: string | null) {
  const { ring: _ring, bbox: _bbox, ...properties } = patch;
  return {
    ...properties,
    month: '2026-08',
    disposition: 'sent',
    priority: status === 'assigned' ? 'high' : 'middle',
    reasons: [{ rule: 'sure', zh: '置信度高的新增建筑', en: 'A new building of high confidence' }],
    suspectedM2: patch.area_m2 - 100,
    permits: [{ number: '深规许字 2026-001', authority: '规划局', overlapM2: 100, valid: true }],
    zones: [{ kind: 'water_source', name: '深圳水库', overlapM2: 50 }],
    address: { text: '人民北路 1 号', distanceM: 23 },
    cameras: [{ id: 'C1', name: '东门北路高空摄像头', distanceM: 310, bearing: 42 }],
    repeatOf: null,
    status,
    verdict: null as string | null,
    rejectReason: null as string | null,
    team: status === 'assigned' ? '东门中队' : null,
    due,
    overdue: due !== null && due < '2026-01-01',
    createdAt: '2026-09-01T01:00:00.000Z',
    sentAt: '2026-09-01T01:00:00.000Z',
    visitedAt: null,
  };
}

export type MadeLead = ReturnType<typeof madeLead>;

/** A run as the API tells of it. */
export const RUN = {
  id: '1',
  month: '2026-08',
  against: 'mom',
  before: '2026-07',
  hold: false,
  status: 'published',
  run: 1,
  started_at: '2026-09-01T01:00:00.000Z',
  published_at: '2026-09-01T01:05:00.000Z' as string | null,
  failure: null as string | null,
  summary: {
    usable_fraction: 0.97,
    scenes: [
      { scene: '2026-08.tif', shift: { dx: 0.12, dy: -0.3 }, reliable: true, invariant_fraction: 0.9 },
    ],
    notes: [],
  },
  assets: ['change.tif', 'state.tif'],
  progress: null,
};

/** A run of the same month that is kept back. */
export const DRAFT = { ...RUN, id: '7', run: 7, hold: true, status: 'draft', published_at: null };

export const COUNT = { class: 'building_new', state: 'suspected', count: 2, area_m2: 900 };
export const AREA = {
  code: '440303001',
  name: '桂园街道',
  total_m2: 100_000,
  usable_m2: 97_000,
  states: { built: 50_000, water: 1000, forest: 20_000, green: 16_000, other: 10_000 },
};

export const TOKEN = {
  id: 'old',
  user: '张三',
  label: 'QGIS',
  created_at: '2026-08-01T01:00:00.000Z',
  expires_at: '2026-11-01T01:00:00.000Z',
};

const sum = (count: number, m2: number) => ({ count, area: { m2 } });
const change = (before: number, after: number) => ({
  before: { m2: before },
  after: { m2: after },
  net: { m2: after - before },
  gain: null,
  loss: null,
});
const CLASSES = { building_new: sum(2, 900), earthwork: sum(1, 700) };
const FIGURES = {
  observed: { share: 0.97, usable_m2: 97_000 },
  states: { built: change(50_000, 51_000), water: change(1000, 900) },
  classes: CLASSES,
  patches: sum(3, 1600),
};

/** A report's JSON as far as the charts read it; of the second subdistrict and of May nothing was seen. */
export const REPORT = {
  low_observed: 0.8,
  comparisons: [
    {
      against: 'mom',
      before: '2026-07',
      after: '2026-08',
      places: [
        { place: { kind: 'subdistrict', code: '440303001', name: '桂园街道' }, ...FIGURES },
        {
          place: { kind: 'subdistrict', code: '440303003', name: '东门街道' },
          observed: { share: 0, usable_m2: 0 },
          states: null,
          classes: null,
          // a server that tells a number of ground that nobody saw is not believed
          patches: sum(12_345, 1),
        },
        { place: { kind: 'total', code: null, name: '全区' }, ...FIGURES },
      ],
    },
  ],
  trend: MONTHS.map((month, i) => ({
    month,
    observed: i === 1 ? null : { share: 0.97, usable_m2: 97_000 },
    drawn: i !== 1,
    states: i === 1 ? null : { built: { m2: 50_000 + 1000 * i }, water: { m2: 1000 } },
    classes: i === 1 ? null : CLASSES,
  })),
};
