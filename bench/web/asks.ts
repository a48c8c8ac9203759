import type { Random } from '../../samples/random.js';
import { SIDE, SOUTH, toLonLat, WEST } from '../leads/made.js';

/** A kind of request, and addresses of it: another one each time. */
export interface Kind {
  readonly name: string;
  /** 95th percentile it is to stay under, ms. */
  readonly barMs: number;
  readonly next: () => string;
}

const [TILE_MS, LIST_MS] = [100, 200];
const FILTERS = [
  '',
  '&class=building_new',
  '&state=suspected,confirmed',
  '&min_area=200',
  '&min_confidence=0.8',
];
const ZOOMS = [9, 11, 12, 13, 14, 15, 16];

/** What a map and its lists ask for: the last month half of the time, any other month the other half. */
export function kindsOf(months: readonly string[], random: Random): Kind[] {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)];
  const month = () => (random() < 0.5 ? (months.at(-1) ?? '') : pick(months));
  const place = () => toLonLat(WEST + SIDE * random(), SOUTH + SIDE * random());
  const tile = (z: number) => {
    const [lon, lat] = place();
    const n = 2 ** z;
    const sine = Math.sin((lat * Math.PI) / 180);
    const x = Math.floor(((lon + 180) / 360) * n);
    const y = Math.floor((0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * n);
    return `/tiles/patches/${z}/${x}/${y}.pbf?month=${month()}${pick(FILTERS)}`;
  };
  const subdistrict = () => `4403030${String(1 + Math.floor(10 * random())).padStart(2, '0')}`;
  const box = () => {
    const [lon, lat] = place();
    return [lon, lat, lon + 0.01, lat + 0.01].map((v) => v.toFixed(5)).join(',');
  };
  return [
    ...ZOOMS.map((z) => ({ name: `tile z${z}`, barMs: TILE_MS, next: () => tile(z) })),
    list(
      'patches',
      () => `/api/patches?month=${month()}&limit=50${pick(FILTERS)}&sort=${pick(['number', '-area'])}`,
    ),
    list('patches of a subdistrict', () => `/api/patches?subdistrict=${subdistrict()}&limit=50&sort=-area`),
    list('leads', () => `/api/leads?month=${month()}&limit=50`),
    list('leads next due', () => `/api/leads?subdistrict=${subdistrict()}&status=assigned&sort=due&limit=50`),
    list('ogc bbox', () => `/ogc/collections/patches/items?f=json&limit=50&bbox=${box()}`),
    list('ogc filter', () => {
      const filter = `area_m2 > ${Math.round(100 + 400 * random())} AND class = 'building_new' AND subdistrict_code = '${subdistrict()}'`;
      return `/ogc/collections/patches/items?f=json&limit=50&filter=${encodeURIComponent(filter)}`;
    }),
    list('overview', () => `/api/overview?month=${month()}`),
  ];
}

function list(name: string, next: () => string): Kind {
  return { name, barMs: LIST_MS, next };
}
