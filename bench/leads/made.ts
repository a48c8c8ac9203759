/** A month of made-up leads on made-up registers, as large as those of a district in its worst month. */
import type { FeatureCollection, Polygon } from 'geojson';
import type { Point } from '../../raster/affine.js';
import { crsFromEpsg, transformer, WGS84 } from '../../raster/crs.js';
import { type Grid, snappedGrid } from '../../raster/grid.js';
import { type Random, randomFrom } from '../../samples/random.js';
import type { DraftPatch } from '../../vector/number.js';
import type { Ring } from '../../vector/patch.js';
import { importAddresses } from '../../vector/store/addresses.js';
import { importCameras } from '../../vector/store/cameras.js';
import type { Db } from '../../vector/store/db.js';
import { importPermits } from '../../vector/store/permits.js';
import { publishRun } from '../../vector/store/publish.js';
import { startRun } from '../../vector/store/runs.js';
import { draftAt } from '../../vector/store/sample.js';
import { importZones } from '../../vector/store/zones.js';

/** How many of what. */
export interface LeadLoad {
  readonly leads: number;
  readonly permits: number;
  /** Vertices of one ecological red line. */
  readonly zoneVertices: number;
  /** Parcels of farmland without a name: one zone. */
  readonly parcels: number;
  readonly addresses: number;
  readonly cameras: number;
}

export const WORST_MONTH: LeadLoad = {
  leads: 2000,
  permits: 2000,
  zoneVertices: 10_000,
  parcels: 3000,
  addresses: 50_000,
  cameras: 300,
};

export const MONTH = '2026-08';
export const BEFORE = '2026-07';
/** Corner of the ground in EPSG:4547, and its side: nine by nine kilometres are about Luohu. */
export const [WEST, SOUTH, SIDE] = [510_000, 2_494_000, 9000];
const CRS = crsFromEpsg(4547);
export const GROUND: Grid = snappedGrid(
  CRS,
  { minX: WEST, minY: SOUTH, maxX: WEST + SIDE, maxY: SOUTH + SIDE },
  2,
);

export const toLonLat = transformer(CRS, WGS84);
const lonLat = (ring: Ring): Ring => ring.map(([x, y]) => toLonLat(x, y));

/** Ten subdistricts in two rows that cover the ground, in WGS84. */
export function districts(): FeatureCollection<Polygon> {
  const features = Array.from({ length: 10 }, (_, k) => {
    const [width, height] = [SIDE / 5, SIDE / 2];
    const [x, y] = [WEST + (k % 5) * width, SOUTH + Math.floor(k / 5) * height];
    const ring: Ring = [
      [x, y],
      [x + width, y],
      [x + width, y + height],
      [x, y + height],
      [x, y],
    ];
    return {
      type: 'Feature' as const,
      properties: { code: `4403030${String(k + 1).padStart(2, '0')}`, name: `第${k + 1}街道` },
      geometry: { type: 'Polygon' as const, coordinates: [lonLat(ring).map(([lon, lat]) => [lon, lat])] },
    };
  });
  return { type: 'FeatureCollection', features };
}

/** Imports the registers; the same load gives the same rows. @returns seconds each took */
export async function storeRegisters(db: Db, load: LeadLoad): Promise<Record<string, number>> {
  const random = randomFrom(5);
  const patches = placed(load.leads);
  const row = <V, G>(values: V, geometry: G, k: number) => ({ what: `made, row ${k + 1}`, values, geometry });
  const permits = Array.from({ length: load.permits }, (_, k) => {
    // a third lies on a patch, a third on its half, a third somewhere
    const [x, y, side] = patches[k % patches.length] ?? [WEST, SOUTH, 20];
    const [dx, dy] = k % 3 === 0 ? [-5, -5] : k % 3 === 1 ? [side / 2, 0] : [500 * random(), 500 * random()];
    const values = {
      number: `深规建许字〔2026〕${k + 1}号`,
      authority: '深圳市规划和自然资源局罗湖管理局',
      level: '市级',
      date: '2026-01-02',
      validFrom: '2026-01-02',
      validTo: k % 5 === 0 ? '2026-06-30' : '2027-12-31',
      approvedM2: 1200,
    };
    return row(values, [[lonLat(box(x + dx, y + dy, side + 10))]], k);
  });
  const zone = lonLat(star(random, WEST + SIDE / 2, SOUTH + SIDE / 2, SIDE / 3, load.zoneVertices));
  const parcels = Array.from({ length: load.parcels }, (_, k) => {
    const at = box(WEST + SIDE * random(), SOUTH + SIDE * random(), 20 + 60 * random());
    return row({ name: null }, [[lonLat(at)]], k);
  });
  const addresses = Array.from({ length: load.addresses }, (_, k) =>
    row({ text: `东门街道解放路 ${k + 1} 号` }, somewhere(random), k),
  );
  const cameras = Array.from({ length: load.cameras }, (_, k) => {
    const values = { id: `c${k}`, name: `高点 ${k} 号`, bearing: Math.floor(360 * random()), view: 60 };
    return row({ ...values, rangeM: 300 + 1200 * random() }, somewhere(random), k);
  });
  return {
    permits: await seconds(() => importPermits(db, permits)),
    zone: await seconds(() => importZones(db, 'ecological', [row({ name: '罗湖生态红线' }, [[zone]], 0)])),
    parcels: await seconds(() => importZones(db, 'farmland', parcels)),
    addresses: await seconds(() => importAddresses(db, addresses, { replace: true })),
    addressesAgain: await seconds(() => importAddresses(db, addresses)),
    cameras: await seconds(() => importCameras(db, cameras)),
  };
}

/** Publishes a month whose patches all make leads. */
export async function storeMonth(db: Db, load: LeadLoad): Promise<void> {
  const run = await startRun(db, {
    month: MONTH,
    against: 'mom',
    beforeMonth: BEFORE,
    grid: GROUND,
    parameters: {},
  });
  const drafts = placed(load.leads).map(([x, y, side]): DraftPatch => {
    const ring = star(randomFrom(Math.round(x)), x + side / 2, y + side / 2, side / 2, 24);
    return {
      ...draftAt(0, 0, side, { confidence: 0.95, before: BEFORE, after: MONTH }),
      areaM2: areaOf(ring),
      centroid: toLonLat(x + side / 2, y + side / 2),
      rings: [ring],
    };
  });
  await publishRun(db, run, drafts, [], { sensors: { before: ['gaofen-2'], after: ['gaofen-2'] } });
}

/** Corner and side of every patch: a jittered lattice, so that none lies on another. */
function placed(count: number): (readonly [number, number, number])[] {
  const random = randomFrom(3);
  const across = Math.ceil(Math.sqrt(count));
  const step = SIDE / across;
  return Array.from({ length: count }, (_, k) => {
    const side = Math.min(12 + 50 * random() * random(), step / 2);
    const x = WEST + (k % across) * step + random() * (step - side - 1);
    const y = SOUTH + Math.floor(k / across) * step + random() * (step - side - 1);
    return [x, y, side] as const;
  });
}

function somewhere(random: Random): Point {
  return toLonLat(WEST + SIDE * random(), SOUTH + SIDE * random());
}

function box(x: number, y: number, side: number): Ring {
  return [
    [x, y],
    [x + side, y],
    [x + side, y + side],
    [x, y + side],
    [x, y],
  ];
}

/** A ring of so many vertices with bays of a tenth of its radius, ragged by a metre at most. */
function star(random: Random, x: number, y: number, radius: number, vertices: number): Ring {
  const open = Array.from({ length: vertices }, (_, k): Point => {
    const angle = (2 * Math.PI * k) / vertices;
    const r = radius * (0.85 + 0.1 * Math.sin(7 * angle) + 0.05 * Math.sin(31 * angle)) - random();
    return [x + r * Math.cos(angle), y + r * Math.sin(angle)];
  });
  return [...open, open[0]];
}

function areaOf(ring: Ring): number {
  let sum = 0;
  for (let k = 0; k + 1 < ring.length; k++) sum += ring[k][0] * ring[k + 1][1] - ring[k + 1][0] * ring[k][1];
  return Math.abs(sum) / 2;
}

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
