/**
 * The ground of the bench's scenes: a function of seed, date and place, so that any tile can be made by itself, in any
 * order, and a larger scene only shows more of the same ground. Made for its cost, not for its truth: what matters is
 * the work it gives (entropy of the samples, number and size of changes, pixels near thresholds), which is that of a
 * real pair at 2 m. Scenes with known truth are the business of `samples`.
 */

/** Side of a tile in px. */
export const TILE = 512;
/** blue, green, red, nir. */
export const BANDS = 4;
/** Raised whenever the same seed gives other pixels: part of the name under which scenes are kept. */
export const WORLD_VERSION = 1;

export type BenchDate = 'before' | 'after';

/** Ground covers as digital numbers of blue, green, red, nir: surface reflectance × 10,000 of their like. */
const COVERS = {
  water: [620, 720, 480, 190],
  forest: [300, 520, 340, 3000],
  crop: [420, 720, 560, 2700],
  grass: [480, 760, 690, 2300],
  bare: [1150, 1500, 1800, 2250],
  road: [1150, 1250, 1300, 1450],
  roof: [1900, 1950, 2000, 2200],
  yard: [800, 950, 1000, 1650],
} as const satisfies Readonly<Record<string, readonly [number, number, number, number]>>;
type Cover = keyof typeof COVERS;

/** Strength of the texture of a cover, as a share of its value; water is smooth. */
const TEXTURE: Readonly<Record<Cover, number>> = {
  water: 0.05,
  forest: 0.45,
  crop: 0.15,
  grass: 0.25,
  bare: 0.2,
  road: 0.12,
  roof: 0.2,
  yard: 0.3,
};
const NAMES = Object.keys(COVERS) as Cover[];
const VALUES = Float32Array.from(NAMES.flatMap((name) => COVERS[name]));
const STRENGTHS = Float32Array.from(NAMES, (name) => TEXTURE[name]);
const CODE = Object.fromEntries(NAMES.map((name, code) => [name, code])) as Readonly<Record<Cover, number>>;

/** Standard deviation of the sensor's noise in DN: what keeps deflate from getting below about 60 % on real imagery. */
const NOISE_DN = 26;
/** Sum of four uniform bytes: mean 510, deviation 147.8. */
const NOISE_SCALE = NOISE_DN / 147.8;
/** Side in px of the cells that hold at most one change, and the share of them that do. */
const CHANGE_CELL = 110;
const CHANGED_SHARE = 0.6;

/** Numbers in [0, 2³²) for three whole numbers, by an integer hash. */
export function hash(a: number, b: number, c: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77) ^ Math.imul(c, 0xc2b2ae3d);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

function unit(a: number, b: number, c: number): number {
  return hash(a, b, c) / 2 ** 32;
}

/** Value noise in [0, 1) with features `scale` px apart over one tile whose upper left is at ground px (x0, y0). */
function field(x0: number, y0: number, scale: number, seed: number): Float32Array {
  const out = new Float32Array(TILE * TILE);
  const smooth = (t: number) => t * t * (3 - 2 * t);
  for (let row = 0; row < TILE; row++) {
    const y = (y0 + row) / scale;
    const j = Math.floor(y);
    const v = smooth(y - j);
    let cell = Number.NaN;
    let left = 0;
    let right = 0;
    for (let column = 0; column < TILE; column++) {
      const x = (x0 + column) / scale;
      const i = Math.floor(x);
      if (i !== cell) {
        left = i === cell + 1 ? right : unit(i, j, seed) * (1 - v) + unit(i, j + 1, seed) * v;
        right = unit(i + 1, j, seed) * (1 - v) + unit(i + 1, j + 1, seed) * v;
        cell = i;
      }
      out[row * TILE + column] = left + (right - left) * smooth(x - i);
    }
  }
  return out;
}

/** Ellipse of ground that becomes another cover between the dates; px of the ground. */
interface Change {
  readonly x: number;
  readonly y: number;
  readonly cos: number;
  readonly sin: number;
  readonly long: number;
  readonly short: number;
  /** What it becomes by what it was. */
  readonly becomes: (cover: number) => number;
}

/** Changes whose ellipses may reach the tile. */
function changesAt(x0: number, y0: number, seed: number): Change[] {
  const changes: Change[] = [];
  const cell = (v: number) => Math.floor(v / CHANGE_CELL);
  for (let j = cell(y0) - 1; j <= cell(y0 + TILE) + 1; j++) {
    for (let i = cell(x0) - 1; i <= cell(x0 + TILE) + 1; i++) {
      if (unit(i, j, seed + 101) >= CHANGED_SHARE) continue;
      const of = (k: number) => unit(i, j, seed + 102 + k);
      const angle = of(0) * Math.PI;
      const long = 3 + 30 * of(1) ** 2;
      const short = long * (0.4 + 0.6 * of(2));
      changes.push({
        x: (i + of(3)) * CHANGE_CELL,
        y: (j + of(4)) * CHANGE_CELL,
        cos: Math.cos(angle),
        sin: Math.sin(angle),
        long,
        short,
        becomes: becomes(of(5)),
      });
    }
  }
  return changes;
}

/** Half of the changes clear vegetation, a fifth make water, some fill it, some build. */
function becomes(lot: number): (cover: number) => number {
  if (lot < 0.5) return (cover) => (cover === CODE.water ? cover : CODE.bare);
  if (lot < 0.72) return () => CODE.water;
  if (lot < 0.86) return (cover) => (cover === CODE.water ? CODE.bare : CODE.roof);
  return (cover) => (cover === CODE.bare || cover === CODE.water ? CODE.grass : CODE.roof);
}

/** Cover codes of a tile on one date. */
function coversOf(seed: number, date: BenchDate, x0: number, y0: number): Uint8Array {
  const zone = field(x0, y0, 640, seed + 1);
  const local = field(x0, y0, 170, seed + 2);
  const shore = field(x0, y0, 45, seed + 3);
  const out = new Uint8Array(TILE * TILE);
  for (let row = 0, p = 0; row < TILE; row++) {
    const y = y0 + row;
    for (let column = 0; column < TILE; column++, p++) {
      const x = x0 + column;
      const wet = 0.55 * local[p] + 0.3 * (1 - zone[p]) + 0.15 * shore[p];
      if (wet > 0.72) out[p] = CODE.water;
      else if (zone[p] + 0.3 * (shore[p] - 0.5) > 0.62) out[p] = CODE.forest;
      else if (zone[p] + 0.2 * (shore[p] - 0.5) > 0.45) out[p] = fieldAt(seed, date, x, y);
      else out[p] = townAt(seed, x, y);
    }
  }
  if (date === 'after') for (const change of changesAt(x0, y0, seed)) apply(change, out, x0, y0);
  return out;
}

/** Parcels of 60 × 40 px of one crop or fallow; one in forty is harvested or sown between the dates. */
function fieldAt(seed: number, date: BenchDate, x: number, y: number): number {
  const i = Math.floor((x + 0.2 * y) / 60);
  const j = Math.floor((y - 0.2 * x) / 40);
  const turned = unit(i, j, seed + 12) < 0.025;
  const lot = unit(i, j, seed + (turned && date === 'after' ? 14 : 13));
  return lot < 0.6 ? CODE.crop : lot < 0.8 ? CODE.grass : CODE.bare;
}

/** Blocks of 56 px of streets, houses and yards. */
function townAt(seed: number, x: number, y: number): number {
  const u = (((x * 0.94 + y * 0.34) % 56) + 56) % 56;
  const v = (((y * 0.94 - x * 0.34) % 56) + 56) % 56;
  if (u < 5 || v < 5) return CODE.road;
  const i = Math.floor((x * 0.94 + y * 0.34) / 14);
  const j = Math.floor((y * 0.94 - x * 0.34) / 14);
  if (u % 14 < 10 && v % 14 < 9 && unit(i, j, seed + 21) < 0.7) return CODE.roof;
  return unit(i, j, seed + 22) < 0.45 ? CODE.grass : CODE.yard;
}

function apply(change: Change, covers: Uint8Array, x0: number, y0: number): void {
  const { long, short, cos, sin } = change;
  const from = (c: number, start: number) => Math.max(0, Math.ceil(c - long - start));
  const to = (c: number, start: number) => Math.min(TILE - 1, Math.floor(c + long - start));
  for (let row = from(change.y, y0); row <= to(change.y, y0); row++) {
    for (let column = from(change.x, x0); column <= to(change.x, x0); column++) {
      const dx = x0 + column - change.x;
      const dy = y0 + row - change.y;
      const a = (dx * cos + dy * sin) / long;
      const b = (dy * cos - dx * sin) / short;
      const p = row * TILE + column;
      if (a * a + b * b <= 1) covers[p] = change.becomes(covers[p]);
    }
  }
}

/**
 * One tile of a scene: uint16, pixel-interleaved, `TILE² × BANDS`, never 0.
 * @param offsetX ground px by which the scene's lattice lies to the right of the ground's (a scene of another date never
 *   falls on the same lattice)
 */
export function worldTile(
  seed: number,
  date: BenchDate,
  column: number,
  row: number,
  offsetX: number,
): Uint16Array {
  const x0 = column * TILE + offsetX;
  const y0 = row * TILE;
  const covers = coversOf(seed, date, x0, y0);
  // what stays on the ground from date to date, down to single crowns and roofs
  const coarse = field(x0, y0, 23, seed + 31);
  const fine = field(x0, y0, 2.5, seed + 32);
  const light = date === 'after' ? 1.03 : 1;
  const noiseSeed = seed + (date === 'after' ? 42 : 41);
  const out = new Uint16Array(TILE * TILE * BANDS);
  for (let y = 0, p = 0, o = 0; y < TILE; y++) {
    for (let x = 0; x < TILE; x++, p++) {
      const cover = covers[p];
      const texture = 1 + STRENGTHS[cover] * (coarse[p] + fine[p] - 1);
      for (let band = 0; band < BANDS; band++, o++) {
        const h = hash((column * TILE + x) * BANDS + band, row * TILE + y, noiseSeed);
        const noise = ((h & 255) + ((h >>> 8) & 255) + ((h >>> 16) & 255) + (h >>> 24) - 510) * NOISE_SCALE;
        out[o] = Math.max(1, VALUES[cover * BANDS + band] * texture * light + noise + 0.5);
      }
    }
  }
  return out;
}
