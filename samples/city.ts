import type { Bounds } from '../raster/grid.js';
import { hash, noise } from './random.js';
import type { Terrain } from './terrain.js';

/** What a block between streets is. `wild`: hill, shore or river bank, without streets. */
export const BLOCK_KINDS = [
  'wild',
  'vacant',
  'park',
  'crop',
  'dense',
  'industrial',
  'middle',
  'towers',
] as const;
export type BlockKind = (typeof BLOCK_KINDS)[number];

/** Lots across and along a block, height range in metres, share of lots with a building. */
interface Layout {
  readonly across: number;
  readonly along: number;
  readonly low: number;
  readonly high: number;
  readonly share: number;
}

const LAYOUTS: Readonly<Record<BlockKind, Layout | null>> = {
  wild: null,
  park: null,
  crop: null,
  vacant: { across: 2, along: 2, low: 12, high: 40, share: 0 },
  dense: { across: 5, along: 4, low: 8, high: 20, share: 0.93 },
  industrial: { across: 2, along: 1, low: 8, high: 14, share: 0.9 },
  middle: { across: 3, along: 2, low: 14, high: 32, share: 0.88 },
  towers: { across: 2, along: 2, low: 35, high: 85, share: 0.85 },
};

/** Block pitch in metres along the street grid's two directions. */
export const PITCH = [98, 80] as const;
/** The street grid's turn against grid north, radians. */
const TURN = (8 * Math.PI) / 180;
const COS = Math.cos(TURN);
const SIN = Math.sin(TURN);
/** Half a street's width, and half an arterial's, in metres. Every fifth street is an arterial. */
const STREET = 5;
const ARTERIAL = 13;
/** No building is higher, so no shadow is longer than this over the sun's tangent. Metres. */
export const MAX_HEIGHT = 85;

/** A lot as block indices and lot index, packed by `lotKey`. */
export interface Lot {
  readonly bi: number;
  readonly bj: number;
  readonly index: number;
}

/** Rectangle in the street frame, with a corner cut off where `notch` > 0 (as shares of the sides). */
export interface Footprint {
  readonly s0: number;
  readonly t0: number;
  readonly s1: number;
  readonly t1: number;
  readonly notch: number;
}

export interface City {
  readonly columns: number;
  readonly rows: number;
  kind(bi: number, bj: number): BlockKind;
  /** Code of `BLOCK_KINDS`; `wild` outside. */
  kindCode(bi: number, bj: number): number;
  layout(kind: BlockKind): Layout | null;
  /** The block without its streets, in the street frame. */
  inner(bi: number, bj: number): Footprint;
  footprint(lot: Lot): Footprint;
  /** Whether the lot holds a building where nothing changed it. */
  built(lot: Lot): boolean;
  buildingHeight(lot: Lot): number;
  /** World to street frame and back, metres. */
  toStreet(x: number, y: number): readonly [s: number, t: number];
  toWorld(s: number, t: number): readonly [x: number, y: number];
  readonly origin: readonly [x: number, y: number];
}

export const STREET_COS = COS;
export const STREET_SIN = SIN;

export function createCity(bounds: Bounds, terrain: Terrain, seed: number): City {
  const width = bounds.maxX - bounds.minX;
  const height = bounds.maxY - bounds.minY;
  // the origin lies far enough to the south-west that all of the land has indices >= 0
  const reach = 500 + Math.max(width, height) * SIN;
  const origin = [bounds.minX - reach, bounds.minY - reach] as const;
  const columns = Math.ceil((width + 2 * reach + height * SIN) / PITCH[0]) + 2;
  const rows = Math.ceil((height + 2 * reach + width * SIN) / PITCH[1]) + 2;

  const toStreet = (x: number, y: number) => {
    const dx = x - origin[0];
    const dy = y - origin[1];
    return [dx * COS + dy * SIN, dy * COS - dx * SIN] as const;
  };
  const toWorld = (s: number, t: number) =>
    [origin[0] + s * COS - t * SIN, origin[1] + s * SIN + t * COS] as const;

  const kinds = new Uint8Array(columns * rows);
  for (let bj = 0; bj < rows; bj++) {
    for (let bi = 0; bi < columns; bi++) kinds[bj * columns + bi] = BLOCK_KINDS.indexOf(chooseKind(bi, bj));
  }

  function chooseKind(bi: number, bj: number): BlockKind {
    let highest = -Infinity;
    for (let k = 0; k < 9; k++) {
      const [x, y] = toWorld((bi + (k % 3) / 2) * PITCH[0], (bj + Math.floor(k / 3) / 2) * PITCH[1]);
      highest = Math.max(highest, terrain.height(x, y));
      if (highest > 0 || terrain.reservoir(x, y) > -25 || terrain.river(x, y) > -16) return 'wild';
    }
    const dice = hash(bi, bj, seed + 21);
    if (dice < 0.12) return 'vacant';
    if (dice < 0.2) return 'park';
    if (highest > -30 && dice < 0.55) return 'crop';
    const quarter = noise(bi / 4.5, bj / 5, seed + 22) + 0.12 * (hash(bi, bj, seed + 23) - 0.5);
    return quarter < 0.36 ? 'dense' : quarter < 0.48 ? 'industrial' : quarter < 0.68 ? 'middle' : 'towers';
  }

  const kindCode = (bi: number, bj: number) =>
    bi < 0 || bj < 0 || bi >= columns || bj >= rows ? 0 : kinds[bj * columns + bi];
  const kind = (bi: number, bj: number) => BLOCK_KINDS[kindCode(bi, bj)];
  const half = (index: number) => (index % 5 === 0 ? ARTERIAL : STREET);
  const inner = (bi: number, bj: number): Footprint => ({
    s0: bi * PITCH[0] + half(bi),
    t0: bj * PITCH[1] + half(bj),
    s1: (bi + 1) * PITCH[0] - half(bi + 1),
    t1: (bj + 1) * PITCH[1] - half(bj + 1),
    notch: 0,
  });

  return {
    columns,
    rows,
    kind,
    kindCode,
    layout: (k) => LAYOUTS[k],
    inner,
    toStreet,
    toWorld,
    origin,
    built: (lot) => {
      const layout = LAYOUTS[kind(lot.bi, lot.bj)];
      return layout !== null && hash(lotKey(lot), 1, seed) < layout.share;
    },
    buildingHeight: (lot) => {
      const layout = LAYOUTS[kind(lot.bi, lot.bj)];
      return layout === null ? 0 : layout.low + (layout.high - layout.low) * hash(lotKey(lot), 2, seed);
    },
    footprint: (lot) => {
      const block = inner(lot.bi, lot.bj);
      const layout = LAYOUTS[kind(lot.bi, lot.bj)] ?? { across: 1, along: 1 };
      const w = (block.s1 - block.s0) / layout.across;
      const d = (block.t1 - block.t0) / layout.along;
      const key = lotKey(lot);
      const tight = layout.across >= 5 ? 0.07 : 0.1;
      const gap = (k: number) => tight + 0.12 * hash(key, k, seed);
      const s = block.s0 + (lot.index % layout.across) * w;
      const t = block.t0 + Math.floor(lot.index / layout.across) * d;
      const notch = layout.across <= 3 && hash(key, 7, seed) > 0.6 ? 0.3 + 0.2 * hash(key, 8, seed) : 0;
      return {
        s0: s + gap(3) * w,
        t0: t + gap(4) * d,
        s1: s + w - gap(5) * w,
        t1: t + d - gap(6) * d,
        notch,
      };
    },
  };
}

export function lotKey({ bi, bj, index }: Lot): number {
  return (bj * 4096 + bi) * 32 + index;
}

export function inFootprint(f: Footprint, s: number, t: number): boolean {
  if (s < f.s0 || s >= f.s1 || t < f.t0 || t >= f.t1) return false;
  return f.notch === 0 || s < f.s1 - f.notch * (f.s1 - f.s0) || t < f.t1 - f.notch * (f.t1 - f.t0);
}

/** Corners of a footprint in the street frame, counter-clockwise, open. */
export function footprintCorners(f: Footprint): (readonly [s: number, t: number])[] {
  if (f.notch === 0) {
    return [
      [f.s0, f.t0],
      [f.s1, f.t0],
      [f.s1, f.t1],
      [f.s0, f.t1],
    ];
  }
  const s = f.s1 - f.notch * (f.s1 - f.s0);
  const t = f.t1 - f.notch * (f.t1 - f.t0);
  return [
    [f.s0, f.t0],
    [f.s1, f.t0],
    [f.s1, t],
    [s, t],
    [s, f.t1],
    [f.s0, f.t1],
  ];
}
