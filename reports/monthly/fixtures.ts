import { crsFromEpsg, transformer, WGS84 } from '../../raster/crs.js';
import { type Grid, snappedGrid } from '../../raster/grid.js';
import type { Patch, Subdistrict } from '../../vector/patch.js';
import type { Comparison, ReportInput, StateChange, UsableArea } from './input.js';

/** Small made-up inputs for the tests of the report: two subdistricts side by side, each 1 km square. */

export const CRS = crsFromEpsg(4547);
const ORIGIN = { x: 511_000, y: 2_492_000 };
export const GRID: Grid = snappedGrid(
  CRS,
  { minX: ORIGIN.x, minY: ORIGIN.y, maxX: ORIGIN.x + 2000, maxY: ORIGIN.y + 1000 },
  10,
);

const toLonLat = transformer(CRS, WGS84);

export function square(code: string, name: string, column: number): Subdistrict {
  const [x0, y0, x1, y1] = [
    ORIGIN.x + column * 1000,
    ORIGIN.y,
    ORIGIN.x + (column + 1) * 1000,
    ORIGIN.y + 1000,
  ];
  const ring = [toLonLat(x0, y0), toLonLat(x1, y0), toLonLat(x1, y1), toLonLat(x0, y1), toLonLat(x0, y0)];
  return { code, name, polygons: [[ring]] };
}

export const EAST = square('02', '东街道', 1);
export const WEST = square('01', '西街道', 0);

/** A square patch in the west, `side` metres wide. */
export function patch(number: string, side: number, over: Partial<Patch> = {}): Patch {
  const [x, y] = [ORIGIN.x + 300, ORIGIN.y + 300];
  return {
    number,
    class: 'building_new',
    subdistrictCode: WEST.code,
    subdistrict: WEST.name,
    before: '2026-08',
    after: '2026-09',
    areaM2: side * side,
    confidence: 0.8,
    state: 'suspected',
    perimeterM: 4 * side,
    compactness: 0.785,
    toBare: false,
    model: null,
    decided: null,
    filtering: null,
    centroid: toLonLat(x + side / 2, y + side / 2),
    rings: [
      [
        [x, y],
        [x + side, y],
        [x + side, y + side],
        [x, y + side],
        [x, y],
      ],
    ],
    ...over,
  };
}

/** Built and forest grow by 1,000 m² each, water shrinks by 500, a subdistrict. */
export function areasOf(code: string | null): StateChange[] {
  return [
    { subdistrictCode: code, state: 'built', beforeM2: 400_000, afterM2: 401_000 },
    { subdistrictCode: code, state: 'water', beforeM2: 100_000, afterM2: 99_500 },
    { subdistrictCode: code, state: 'forest', beforeM2: 200_000, afterM2: 201_000 },
    { subdistrictCode: code, state: 'green', beforeM2: 150_000, afterM2: 149_000 },
    { subdistrictCode: code, state: 'other', beforeM2: 50_000, afterM2: 49_500 },
  ];
}

export function usableOf(code: string | null, share: number): UsableArea {
  return { subdistrictCode: code, usableM2: share * 1e6, totalM2: 1e6 };
}

export function comparison(over: Partial<Comparison> = {}): Comparison {
  return {
    against: 'mom',
    before: '2026-08',
    after: '2026-09',
    sensors: { before: ['Sentinel-2'], after: ['Sentinel-2'] },
    grid: GRID,
    patches: [],
    notComputed: [],
    areas: [...areasOf('01'), ...areasOf('02')],
    usable: [usableOf('01', 0.9), usableOf('02', 0.95)],
    map: { jpeg: new Uint8Array([255, 216, 255, 217]), grid: GRID },
    chips: [],
    notes: [],
    ...over,
  };
}

export function input(over: Partial<ReportInput> = {}): ReportInput {
  return {
    lang: 'zh',
    district: '样例区',
    month: '2026-09',
    generatedAt: '2026-10-03T02:15:00Z',
    synthetic: true,
    comparisons: [comparison()],
    subdistricts: [WEST, EAST],
    ...over,
  };
}

/** Text of a page or a part of it, with tags as spaces and entities read. */
export function textOf(markup: string): string {
  return markup
    .replace(/<style>[\s\S]*?<\/style>/g, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\u00a0/g, ' ')
    .replace(/[ \t\n]+/g, ' ');
}

/** Rows of the first table with a class, as cell texts. */
export function tableRows(markup: string, name: string): string[][] {
  const table = new RegExp(`<table class="${name}">([\\s\\S]*?)</table>`).exec(markup)?.[1] ?? '';
  return [...table.matchAll(/<tr[^>]*>([\s\S]*?)<\/tr>/g)].map((row) =>
    [...row[1].matchAll(/<t[hd][^>]*>([\s\S]*?)<\/t[hd]>/g)].map((cell) => textOf(cell[1]).trim()),
  );
}
