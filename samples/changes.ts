import type { ChangeClassName } from '../kernels/classes.js';
import type { Point } from '../raster/affine.js';
import type { Area } from './area.js';
import { type City, type Footprint, type Lot, lotKey } from './city.js';
import type { Cover } from './cover.js';
import { hash, type Random, randomFrom } from './random.js';
import { outline, ringArea, type Shape } from './shapes.js';
import type { Terrain } from './terrain.js';

/** Months counted from year 0: the clock of the sample world. */
export type MonthIndex = number;

/** Something laid over the land from `start` (inclusive) to `end` (exclusive). */
export interface Overlay {
  readonly shape: Shape;
  readonly cover: Cover;
  readonly start: MonthIndex;
  readonly end: MonthIndex;
  /** A trap changes what is seen, never what is true. */
  readonly trap: boolean;
  /** Metres over ground, for its shadow. */
  readonly height: number;
  readonly tone: number;
}

/** What happens to the building of a lot. */
export interface LotFate {
  readonly start: MonthIndex;
  readonly end: MonthIndex;
  /** From this month the roof is another. */
  readonly reroofed: MonthIndex;
}

export const TRAPS = [
  'containers',
  'tent',
  'blue_shed',
  'new_roof',
  'wet_soil',
  'crop_rotation',
  'glint',
] as const;
export type TrapName = (typeof TRAPS)[number];

/** One thing that happened, or only seemed to. */
export interface Change {
  readonly id: string;
  /** Class in the truth rasters; null for a trap. */
  readonly class: ChangeClassName | null;
  readonly trap: TrapName | null;
  readonly note: string;
  /** First month of the list that shows it. */
  readonly month: MonthIndex;
  /** Area and closed ring in the world frame, m² and metres. */
  readonly areaM2: number;
  readonly ring: readonly Point[];
}

export interface Plan {
  readonly overlays: readonly Overlay[];
  readonly fates: ReadonlyMap<number, LotFate>;
  readonly changes: readonly Change[];
}

const ALWAYS = Infinity;
/** Months a planting takes until its crowns close: forest from then on. */
export const GROWTH_MONTHS = 8;

/** What happens in the world between the months of the list, at places drawn by the seed. */
export function planChanges(
  city: City,
  terrain: Terrain,
  area: Area,
  months: readonly MonthIndex[],
  seed: number,
  traps: boolean,
): Plan {
  const random = randomFrom(seed + 77);
  const overlays: Overlay[] = [];
  const fates = new Map<number, LotFate>();
  const changes: Change[] = [];
  const { minX, minY, maxX, maxY } = area.bounds;
  const scale = Math.min(8, Math.max(1, ((maxX - minX) * (maxY - minY)) / 5e6));
  const many = (count: number) => Math.round(count * scale);
  const sites = new Sites(city, area, random);

  const record = (
    cls: ChangeClassName | null,
    trap: TrapName | null,
    month: MonthIndex,
    shape: Shape,
    note: string,
  ) => {
    const ring = outline(shape, city.origin);
    const id = `${trap ? 'T' : 'C'}${String(changes.length + 1).padStart(4, '0')}`;
    changes.push({ id, class: cls, trap, note, month, areaM2: Math.round(ringArea(ring)), ring });
  };
  const lay = (shape: Shape, cover: Cover, start: MonthIndex, end: MonthIndex, trap = false, height = 0) =>
    overlays.push({ shape, cover, start, end, trap, height, tone: random() });
  const build = (lot: Lot, start: MonthIndex, note: string) => {
    fates.set(lotKey(lot), { start, end: ALWAYS, reroofed: ALWAYS });
    record('building_new', null, start, { kind: 'rect', footprint: city.footprint(lot) }, note);
  };
  const blobOn = (block: Footprint, low: number, high: number): Shape => {
    const radius = low + (high - low) * random();
    const [x, y] = city.toWorld((block.s0 + block.s1) / 2, (block.t0 + block.t1) / 2);
    return { kind: 'blob', x, y, radius, phase: 6 * random() };
  };
  const onHill = (radius: number): Shape | null => {
    for (let attempt = 0; attempt < 400; attempt++) {
      const x = minX + (maxX - minX) * random();
      const y = minY + (maxY - minY) * random();
      const clear = 1.4 * radius;
      const around = [0, 1, 2, 3, 4, 5, 6, 7].map(
        (k) => [x + clear * Math.cos((k * Math.PI) / 4), y + clear * Math.sin((k * Math.PI) / 4)] as const,
      );
      const good = ([px, py]: readonly [number, number]) =>
        area.inside(px, py) &&
        terrain.height(px, py) > 4 &&
        terrain.reservoir(px, py) < -12 &&
        terrain.river(px, py) < -12;
      const apart = changes.every((c) => Math.hypot(c.ring[0][0] - x, c.ring[0][1] - y) > 4 * radius + 60);
      if (apart && around.every(good)) return { kind: 'blob', x, y, radius, phase: 6 * random() };
    }
    return null;
  };

  // a young plantation, set out after the first month: forest only when its crowns close
  const young = sites.take('vacant', 'park');
  if (young && months.length > 1) {
    const shape = blobOn(young, 24, 30);
    lay(shape, 'planting', months[0] + 1, ALWAYS);
    const grown = months.find((m) => m >= months[0] + 1 + GROWTH_MONTHS);
    if (grown !== undefined) record('forest_gain', null, grown, shape, 'planted slowly');
  }

  for (let i = 1; i < months.length; i++) {
    const month = months[i];
    const before = months[i - 1];
    for (let k = 0; k < many(5); k++) {
      const lot = sites.lot(false, fates);
      if (lot) build(lot, month, 'on a free lot');
    }
    for (let k = 0; k < many(4); k++) {
      const lot = sites.lot(true, fates);
      if (!lot) continue;
      fates.set(lotKey(lot), { start: -ALWAYS, end: month, reroofed: ALWAYS });
      record('building_removed', null, month, { kind: 'rect', footprint: city.footprint(lot) }, 'demolished');
    }
    const redeveloped = sites.block('vacant');
    if (redeveloped) {
      // the month before, where the list has one, shows the ground being made ready
      const shape: Shape = { kind: 'rect', footprint: city.inner(redeveloped.bi, redeveloped.bj) };
      lay(shape, 'bare', i > 1 ? before : -ALWAYS, ALWAYS);
      if (i > 1) record('earthwork', null, before, shape, 'ground made ready for buildings');
      for (let index = 0; index < 4; index++) build({ ...redeveloped, index }, month, 'after earthwork');
    }
    for (let k = 0; k < many(2); k++) {
      const block = sites.take('vacant', 'crop');
      if (!block) continue;
      const part = random() < 0.5 ? { ...block, s1: block.s0 + 0.6 * (block.s1 - block.s0) } : block;
      const shape: Shape = { kind: 'rect', footprint: part };
      lay(shape, 'bare', month, ALWAYS);
      record('earthwork', null, month, shape, 'vegetation stripped');
    }
    for (let k = 0; k < many(1); k++) {
      const block = sites.take('park', 'vacant');
      if (!block) continue;
      const shape = blobOn(block, 14, 25);
      lay(shape, 'pond', month, ALWAYS);
      record('water_gain', null, month, shape, 'pond dug');
    }
    for (let k = 0; k < many(1); k++) {
      const block = sites.take('park', 'crop', 'vacant');
      if (!block) continue;
      const shape = blobOn(block, 14, 25);
      lay(shape, 'pond', -ALWAYS, month);
      lay(shape, 'bare', month, ALWAYS);
      record('water_loss', null, month, shape, 'pond filled, bare');
    }
    for (let k = 0; k < many(2); k++) {
      const shape = onHill(16 + 18 * random());
      if (!shape) continue;
      lay(shape, k % 2 === 0 ? 'bare' : 'grass', month, ALWAYS);
      record('forest_loss', null, month, shape, k % 2 === 0 ? 'cut, bare' : 'cut, grass');
    }
    for (let k = 0; k < many(1); k++) {
      const block = sites.take('park', 'vacant');
      if (!block) continue;
      const shape = blobOn(block, 16, 26);
      lay(shape, 'grove', month, ALWAYS);
      record('forest_gain', null, month, shape, 'grown trees planted');
    }
    if (traps) layTraps(month, before);
  }
  return { overlays, fates, changes };

  function layTraps(month: MonthIndex, before: MonthIndex): void {
    const inBlock = (block: Footprint, w: number, d: number): Footprint => {
      const s0 = block.s0 + random() * Math.max(0, block.s1 - block.s0 - w);
      const t0 = block.t0 + random() * Math.max(0, block.t1 - block.t0 - d);
      return { s0, t0, s1: s0 + w, t1: t0 + d, notch: 0 };
    };
    const once = (
      trap: TrapName,
      block: Footprint,
      w: number,
      d: number,
      cover: Cover,
      height: number,
      note: string,
    ) => {
      const shape: Shape = { kind: 'rect', footprint: inBlock(block, w, d) };
      lay(shape, cover, month, month + 1, true, height);
      record(null, trap, month, shape, note);
    };
    for (let k = 0; k < many(1); k++) {
      const block = sites.share('vacant');
      if (!block) continue;
      for (let n = 0; n < 4; n++) once('containers', block, 12.2, 2.5, 'container', 2.6, 'one month only');
      once('tent', block, 20, 12, 'tent', 5, 'one month only');
    }
    for (let k = 0; k < many(2); k++) {
      const block = sites.share('vacant', 'crop');
      if (block) once('blue_shed', block, 22, 10, 'blue_shed', 4, 'temporary shed, gone next month');
    }
    for (let k = 0; k < many(4); k++) {
      const lot = sites.lot(true, fates);
      if (!lot) continue;
      fates.set(lotKey(lot), { start: -ALWAYS, end: ALWAYS, reroofed: month });
      record(
        null,
        'new_roof',
        month,
        { kind: 'rect', footprint: city.footprint(lot) },
        'same building, other roof',
      );
    }
    for (let k = 0; k < many(1); k++) {
      const block = sites.take('vacant', 'crop');
      if (!block) continue;
      const shape: Shape = { kind: 'rect', footprint: block };
      lay(shape, 'bare', -ALWAYS, ALWAYS);
      lay(shape, 'wet_soil', month, month + 1, true);
      record(null, 'wet_soil', month, shape, 'bare before and after, dark after rain');
    }
    for (const { bi, bj } of sites.untouched('crop')) {
      for (let index = 0; index < 6; index++) {
        if (cropStage(bi, bj, index, before) < 2 || cropStage(bi, bj, index, month) > 0) continue;
        const shape: Shape = { kind: 'rect', footprint: fieldOf(city.inner(bi, bj), index) };
        record(null, 'crop_rotation', month, shape, 'harvested and ploughed');
      }
    }
    if (random() < 0.5) {
      const radius = 0.45 * terrain.reservoirRadius;
      const [x, y] = terrain.reservoirCentre;
      const shape: Shape = { kind: 'blob', x: x + radius * (random() - 0.5), y, radius, phase: 6 * random() };
      lay(shape, 'glint', month, month + 1, true);
      record(null, 'glint', month, shape, 'sun glint on the reservoir');
    }
  }
}

/** A crop field's stage: 0 ploughed, 1 young, 2 and 3 full, 4 stubble. Crops turn faster than the year. */
export function cropStage(bi: number, bj: number, index: number, month: MonthIndex): number {
  return (month + Math.floor(5 * hash(bi, bj, index))) % 5;
}

/** One of a crop block's six fields. */
export function fieldOf(block: Footprint, index: number): Footprint {
  const w = (block.s1 - block.s0) / 3;
  const d = (block.t1 - block.t0) / 2;
  const s0 = block.s0 + (index % 3) * w;
  const t0 = block.t0 + Math.floor(index / 3) * d;
  return { s0, t0, s1: s0 + w, t1: t0 + d, notch: 0 };
}

type SiteKind = 'vacant' | 'park' | 'crop';

/** Places that are still free, in an order drawn once. */
class Sites {
  readonly #blocks: { bi: number; bj: number; kind: SiteKind }[] = [];
  readonly #free: Lot[] = [];
  readonly #built: Lot[] = [];
  readonly #shared: { bi: number; bj: number; kind: SiteKind }[] = [];

  constructor(
    readonly city: City,
    area: Area,
    random: Random,
  ) {
    for (let bj = 0; bj < city.rows; bj++) {
      for (let bi = 0; bi < city.columns; bi++) {
        const { s0, t0, s1, t1 } = city.inner(bi, bj);
        const corners = [
          city.toWorld(s0, t0),
          city.toWorld(s1, t0),
          city.toWorld(s1, t1),
          city.toWorld(s0, t1),
        ];
        if (!corners.every(([x, y]) => area.inside(x, y))) continue;
        const kind = city.kind(bi, bj);
        if (kind === 'vacant' || kind === 'park' || kind === 'crop') this.#blocks.push({ bi, bj, kind });
        const layout = city.layout(kind);
        if (!layout || kind === 'vacant') continue;
        for (let index = 0; index < layout.across * layout.along; index++) {
          const lot = { bi, bj, index };
          (city.built(lot) ? this.#built : this.#free).push(lot);
        }
      }
    }
    for (const list of [this.#blocks, this.#free, this.#built]) shuffle<unknown>(list, random);
  }

  /** A block of the kind, which nothing else will use. */
  block(...kinds: SiteKind[]): { bi: number; bj: number } | null {
    const at = this.#blocks.findIndex(({ kind }) => kinds.includes(kind));
    return at < 0 ? null : this.#blocks.splice(at, 1)[0];
  }

  take(...kinds: SiteKind[]): Footprint | null {
    const found = this.block(...kinds);
    return found && this.city.inner(found.bi, found.bj);
  }

  /** A block that passing things may use again and again, and no lasting change will. */
  share(...kinds: SiteKind[]): Footprint | null {
    if (this.#shared.length < 6) {
      const fresh = this.block(...kinds);
      if (fresh) this.#shared.push({ ...fresh, kind: kinds[0] });
    }
    const found = this.#shared.pop();
    if (!found) return null;
    this.#shared.unshift(found);
    return this.city.inner(found.bi, found.bj);
  }

  untouched(kind: SiteKind): { bi: number; bj: number }[] {
    return this.#blocks.filter((block) => block.kind === kind);
  }

  /** A lot with (or without) a building, which nothing has happened to. */
  lot(built: boolean, fates: ReadonlyMap<number, LotFate>): Lot | null {
    const list = built ? this.#built : this.#free;
    for (let lot = list.pop(); lot; lot = list.pop()) if (!fates.has(lotKey(lot))) return lot;
    return null;
  }
}

function shuffle<T>(list: T[], random: Random): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
}
