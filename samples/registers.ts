import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Point } from '../raster/affine.js';
import { transformer, WGS84 } from '../raster/crs.js';
import { areaOfFile } from './area.js';
import { WORLD_CRS } from './district.js';
import type { SampleChange } from './make.js';
import { type Random, randomFrom } from './random.js';

/** Files of made-up registers, in formats and words that real ones come in. */
export interface SampleRegisters {
  /** CSV with WKT and Chinese column names. */
  readonly permits: string;
  readonly zones: readonly { readonly kind: 'farmland' | 'water_source'; readonly file: string }[];
  /** CSV with 经度 and 纬度. */
  readonly addresses: string;
  readonly cameras: string;
}

const ADDRESSES = 240;
const CAMERAS = 12;
/** Invented: no street of the real district. */
const ROADS = ['青枝路', '望岭街', '流霞巷', '白石埂路', '南塘里', '新荔街', '云栖路', '竹影巷'];

const toWorld = transformer(WGS84, WORLD_CRS);
const toLonLat = transformer(WORLD_CRS, WGS84);

/**
 * Makes permits, protected zones, addresses and cameras for a sample district: of every four new buildings one has a
 * permit, one a permit for its half, one a permit that has run out, and one none. The same seed gives the same bytes.
 */
export async function makeRegisters(options: {
  readonly dir: string;
  readonly districtsFile: string;
  readonly changes: readonly SampleChange[];
  readonly seed: number;
}): Promise<SampleRegisters> {
  const { dir, changes, seed } = options;
  const random = randomFrom(seed + 77);
  const { bounds, inside } = await areaOfFile(options.districtsFile);
  const somewhere = (): Point => {
    for (;;) {
      const x = bounds.minX + random() * (bounds.maxX - bounds.minX);
      const y = bounds.minY + random() * (bounds.maxY - bounds.minY);
      if (inside(x, y)) return toLonLat(x, y);
    }
  };
  const built = changes.filter((change) => change.class === 'building_new' && change.trap === null);
  const dug = changes.filter((change) => change.class === 'earthwork' && change.trap === null);
  const files = {
    permits: join(dir, 'permits.csv'),
    zones: [
      { kind: 'water_source', file: join(dir, 'water-source.geojson') },
      { kind: 'farmland', file: join(dir, 'farmland.geojson') },
    ],
    addresses: join(dir, 'addresses.csv'),
    cameras: join(dir, 'cameras.geojson'),
  } as const;
  await writeFile(files.permits, permitTable(built));
  await writeFile(files.zones[0].file, zoneAround(built.at(-1), 120, '饮用水水源二级保护区（示例）'));
  await writeFile(files.zones[1].file, zoneAround(dug[0], 80, '永久基本农田（示例）'));
  await writeFile(files.addresses, addressTable(random, somewhere));
  await writeFile(files.cameras, cameraFile(random, built, somewhere));
  return files;
}

/** With a byte order mark, as Excel writes it. */
function table(rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return `\uFEFF${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

function permitTable(built: readonly SampleChange[]): string {
  const head = ['许可证号', '发证机关', '级别', '审批日期', '有效期起', '有效期止', '批准面积', 'WKT'];
  const rows = built.flatMap((change, k) => {
    const ground = permitGround(change, k % 4);
    if (ground === null) return [];
    const { ring, from, to } = ground;
    const number = `示建字第2026${String(k + 1).padStart(4, '0')}号`;
    const wkt = `POLYGON ((${ring.map(([lon, lat]) => `${lon.toFixed(8)} ${lat.toFixed(8)}`).join(', ')}))`;
    return [[number, '示例规划局', '区级', from, from, to, String(Math.round(change.areaM2)), wkt]];
  });
  return table([head, ...rows]);
}

/** What the permit of a building allows: all of it, its western half, all of it until last year, nothing. */
function permitGround(change: SampleChange, which: number) {
  const ring = change.ring.map(([lon, lat]) => toWorld(lon, lat));
  const [cx] = toWorld(...change.centre);
  const grown = scaled(ring, change, 1.3);
  const lonLat = (points: readonly Point[]) => points.map(([x, y]) => toLonLat(x, y));
  if (which === 0) return { ring: lonLat(grown), from: '2025-01-15', to: '2027-12-31' };
  if (which === 1) {
    const west = grown.map(([x, y]): Point => [Math.min(x, cx), y]);
    return { ring: lonLat(west), from: '2025-03-01', to: '2027-12-31' };
  }
  return which === 2 ? { ring: lonLat(grown), from: '2021-05-10', to: '2024-05-09' } : null;
}

function scaled(ring: readonly Point[], { centre }: SampleChange, factor: number): Point[] {
  const [cx, cy] = toWorld(...centre);
  const closed = [...ring, ring[0]];
  const points = closed.map(([x, y]): Point => [cx + factor * (x - cx), cy + factor * (y - cy)]);
  // the ring may come closed already
  return points.filter(([x, y], k) => k === 0 || x !== points[k - 1][0] || y !== points[k - 1][1]);
}

/** A square zone, its half side in metres, around a change; no zone where there is none. */
function zoneAround(change: SampleChange | undefined, half: number, name: string): string {
  const [x, y] = change ? toWorld(...change.centre) : [0, 0];
  const ring = [
    [-half, -half],
    [half, -half],
    [half, half],
    [-half, half],
    [-half, -half],
  ].map(([dx, dy]) => toLonLat(x + dx, y + dy));
  const feature = {
    type: 'Feature',
    properties: { name },
    geometry: { type: 'Polygon', coordinates: [ring] },
  };
  return collection(change ? [feature] : []);
}

function addressTable(random: Random, somewhere: () => Point): string {
  const rows = Array.from({ length: ADDRESSES }, () => {
    const [lon, lat] = somewhere();
    const road = ROADS[Math.floor(random() * ROADS.length)];
    return [`${road}${1 + Math.floor(random() * 180)}号`, lon.toFixed(7), lat.toFixed(7)];
  });
  return table([['地址', '经度', '纬度'], ...rows]);
}

/** Some look at new buildings from the west, the others anywhere; the last turns. */
function cameraFile(random: Random, built: readonly SampleChange[], somewhere: () => Point): string {
  const features = Array.from({ length: CAMERAS }, (_, k) => {
    const watched = built[2 * k];
    const [x, y] = watched ? toWorld(...watched.centre) : toWorld(...somewhere());
    const position = watched ? toLonLat(x - 120, y) : toLonLat(x, y);
    return {
      type: 'Feature',
      properties: {
        编号: `示${String(k + 1).padStart(3, '0')}`,
        名称: `高点监控${k + 1}号`,
        方位角: watched ? 90 : Math.round(random() * 359),
        视场角: k === CAMERAS - 1 ? 360 : 60,
        可视距离: 300,
      },
      geometry: { type: 'Point', coordinates: position },
    };
  });
  return collection(features);
}

function collection(features: readonly object[]): string {
  return `${JSON.stringify({ type: 'FeatureCollection', features }, null, 1)}\n`;
}
