import { cropStage, GROWTH_MONTHS, type MonthIndex, type Overlay, type Plan } from './changes.js';
import {
  BLOCK_KINDS,
  type City,
  type Footprint,
  inFootprint,
  lotKey,
  PITCH,
  STREET_COS,
  STREET_SIN,
} from './city.js';
import { BUILT, COVER, FOREST, GREEN, OTHER, WATER } from './cover.js';
import { hash, noise } from './random.js';
import { inShape, outline } from './shapes.js';
import type { Terrain } from './terrain.js';

/** What stands at one point in one month. One such record is reused for millions of points. */
export interface Hit {
  /** Index into `COVERS`. */
  cover: number;
  /** True land state (codes of `STATES`), which traps do not touch. */
  state: number;
  /** True bare ground: what earthwork leaves. */
  bare: boolean;
  /** Metres over ground of what throws a shadow. */
  height: number;
  /** 0-1, one number an object: its own brightness. */
  tone: number;
  /** 0-1: how far a planting has grown. */
  growth: number;
  /** Whether the ground belongs to a hill, and takes its slope's light. */
  hill: boolean;
}

export interface Surface {
  at(x: number, y: number, month: MonthIndex, hit: Hit): void;
}

export function newHit(): Hit {
  return { cover: 0, state: OTHER, bare: false, height: 0.5, tone: 0.5, growth: 0.5, hill: false };
}

interface Building {
  readonly footprint: Footprint;
  readonly height: number;
  readonly roof: number;
  readonly otherRoof: number;
  readonly start: MonthIndex;
  readonly end: MonthIndex;
  readonly reroofed: MonthIndex;
  readonly tone: number;
}

/** A block's lots in order, with their buildings past, present and to come. */
interface Lots {
  readonly block: Footprint;
  readonly across: number;
  readonly along: number;
  readonly list: readonly (Building | null)[];
}

const ROOFS = ['roof_concrete', 'roof_bright', 'roof_dark', 'roof_red', 'roof_blue'] as const;
const ROOF_SHARES = {
  industrial: [0.25, 0.2, 0.05, 0.08],
  dense: [0.5, 0.12, 0.2, 0.16],
  other: [0.42, 0.24, 0.2, 0.12],
};

const KIND = Object.fromEntries(BLOCK_KINDS.map((kind, i) => [kind, i]));
/** Side of the squares overlays are looked up by, in metres. */
const CELL = 50;

/** How far, in metres, the shoreline draws back from its high-water line in a month of the year (1-12). */
export function drawdown(calendarMonth: number): number {
  return 5.5 - 4.5 * Math.cos((2 * Math.PI * (calendarMonth - 9)) / 12);
}

export function createSurface(city: City, terrain: Terrain, plan: Plan, seed: number): Surface {
  const buildings = new Array<Lots | null | undefined>(city.columns * city.rows);
  const drawdowns = Array.from({ length: 12 }, (_, i) => drawdown(i + 1));
  const cells = indexOverlays(city, plan.overlays);

  function lotsOf(bi: number, bj: number): Lots | null {
    if (bi < 0 || bj < 0 || bi >= city.columns || bj >= city.rows) return null;
    const key = bj * city.columns + bi;
    const known = buildings[key];
    if (known !== undefined) return known;
    const kind = city.kind(bi, bj);
    const layout = city.layout(kind);
    if (!layout) {
      buildings[key] = null;
      return null;
    }
    const list: (Building | null)[] = [];
    const shares = kind === 'industrial' || kind === 'dense' ? ROOF_SHARES[kind] : ROOF_SHARES.other;
    for (let index = 0; index < layout.across * layout.along; index++) {
      const lot = { bi, bj, index };
      const fate = plan.fates.get(lotKey(lot));
      if (!fate && !city.built(lot)) {
        list.push(null);
        continue;
      }
      let dice = hash(lotKey(lot), 11, seed);
      let roof = 0;
      while (roof < shares.length && dice >= shares[roof]) dice -= shares[roof++];
      const other = (roof + 1 + Math.floor(3 * hash(lotKey(lot), 12, seed))) % ROOFS.length;
      list.push({
        footprint: city.footprint(lot),
        height: city.buildingHeight(lot),
        roof: COVER[ROOFS[roof]],
        otherRoof: COVER[ROOFS[other]],
        start: fate?.start ?? -Infinity,
        end: fate?.end ?? Infinity,
        reroofed: fate?.reroofed ?? Infinity,
        tone: hash(lotKey(lot), 13, seed),
      });
    }
    const lots = { block: city.inner(bi, bj), across: layout.across, along: layout.along, list };
    buildings[key] = lots;
    return lots;
  }

  function ground(
    x: number,
    y: number,
    s: number,
    t: number,
    bi: number,
    bj: number,
    month: MonthIndex,
    hit: Hit,
  ) {
    const kind = city.kindCode(bi, bj);
    const block = blockOf(bi, bj);
    const inside = s >= block.s0 && s < block.s1 && t >= block.t0 && t < block.t1;
    if (kind === KIND.wild) return wild(x, y, bi, inside, hit);
    if (!inside) return street(x, y, s, t, block, hit);
    if (kind === KIND.crop) {
      const index =
        Math.floor((3 * (s - block.s0)) / (block.s1 - block.s0)) +
        3 * Math.floor((2 * (t - block.t0)) / (block.t1 - block.t0));
      const stage = cropStage(bi, bj, index, month);
      hit.cover =
        stage === 0
          ? COVER.crop_bare
          : stage === 1
            ? COVER.crop_young
            : stage < 4
              ? COVER.crop_full
              : COVER.crop_stubble;
      hit.tone = hash(bi * 8 + index, bj, seed + 2);
      hit.state = GREEN;
    } else if (kind === KIND.park) {
      const wooded = noise(x / 16, y / 16, seed + 41) > 0.56;
      hit.cover = wooded ? COVER.tree : COVER.grass;
      hit.state = GREEN;
    } else if (kind === KIND.vacant) {
      hit.cover = COVER.grass;
      hit.tone = hash(bi, bj, seed + 3);
      hit.state = GREEN;
    } else {
      const planted =
        noise(x / 7, y / 7, seed + 42) > (kind === KIND.towers ? 0.6 : kind === KIND.middle ? 0.68 : 0.8);
      hit.cover = planted ? COVER.tree : COVER.paving;
      hit.tone = hash(bi, bj, seed + 3);
      hit.state = planted ? GREEN : OTHER;
    }
  }

  /** The building, or what is left of it, over the ground. */
  function stand({ block, across, along, list }: Lots, s: number, t: number, month: MonthIndex, hit: Hit) {
    if (s < block.s0 || s >= block.s1 || t < block.t0 || t >= block.t1) return;
    const column = Math.floor((across * (s - block.s0)) / (block.s1 - block.s0));
    const row = Math.floor((along * (t - block.t0)) / (block.t1 - block.t0));
    const b = list[row * across + column];
    if (!b || month < b.start || !inFootprint(b.footprint, s, t)) return;
    if (month < b.end) {
      hit.cover = month >= b.reroofed ? b.otherRoof : b.roof;
      hit.height = b.height;
      hit.tone = month >= b.reroofed ? 1 - b.tone : b.tone;
      hit.state = BUILT;
      hit.bare = false;
    } else {
      hit.cover = COVER.rubble;
      hit.tone = b.tone;
      hit.state = OTHER;
      hit.bare = true;
    }
  }

  function street(x: number, y: number, s: number, t: number, block: Footprint, hit: Hit) {
    const out = Math.max(block.s0 - s, s - block.s1, block.t0 - t, t - block.t1);
    const verge = out < 3.2 && noise(x / 6, y / 6, seed + 43) > 0.5;
    hit.cover = verge ? COVER.tree : COVER.asphalt;
    hit.state = verge ? GREEN : OTHER;
    hit.tone = 0.5;
  }

  function wild(x: number, y: number, bi: number, inside: boolean, hit: Hit) {
    const height = terrain.height(x, y);
    if (height > 0) {
      hit.cover = COVER.forest;
      hit.state = FOREST;
      hit.hill = true;
      return;
    }
    // arterials go on through wild blocks, over the river too
    const arterial = !inside && (bi % 5 === 0 || bi % 5 === 4) && wildStreet(x, y);
    if (arterial) {
      hit.cover = COVER.asphalt;
      hit.tone = 0.5;
      return;
    }
    const scrub = noise(x / 13, y / 13, seed + 44) > 0.5;
    hit.cover = scrub ? COVER.shrub : COVER.grass;
    hit.state = GREEN;
  }

  /** Within an arterial that runs north. */
  function wildStreet(x: number, y: number): boolean {
    const [s] = city.toStreet(x, y);
    const nearest = Math.round(s / (5 * PITCH[0])) * 5 * PITCH[0];
    return Math.abs(s - nearest) < 11;
  }

  let lastBlock = -1;
  let lastInner: Footprint = city.inner(0, 0);
  function blockOf(bi: number, bj: number): Footprint {
    const key = bj * 4096 + bi;
    if (key !== lastBlock) {
      lastBlock = key;
      lastInner = city.inner(bi, bj);
    }
    return lastInner;
  }

  function openWater(x: number, y: number, back: number, hit: Hit): boolean {
    const lake = terrain.reservoir(x, y);
    const stream = terrain.river(x, y);
    if (lake <= 0 && stream <= 0) return false;
    // at a low level the shore falls dry; in truth that is the reservoir's ordinary range, and stays water
    const dry = lake > 0 ? lake < back : stream < 0.35 * back;
    if (lake <= 0 && wildStreet(x, y)) return false;
    hit.cover = dry ? COVER.mud : lake > 0 ? COVER.reservoir : COVER.river;
    hit.state = WATER;
    hit.tone = 0.5;
    return true;
  }

  return {
    at(x, y, month, hit) {
      const dx = x - city.origin[0];
      const dy = y - city.origin[1];
      const s = dx * STREET_COS + dy * STREET_SIN;
      const t = dy * STREET_COS - dx * STREET_SIN;
      const bi = Math.floor(s / PITCH[0]);
      const bj = Math.floor(t / PITCH[1]);
      hit.height = 0;
      hit.tone = 0.5;
      hit.growth = 1;
      hit.hill = false;
      hit.bare = false;
      hit.state = OTHER;
      if (!openWater(x, y, drawdowns[month % 12], hit)) ground(x, y, s, t, bi, bj, month, hit);

      const over = cells.at(x, y);
      if (over) for (const o of over) if (!o.trap && applies(o, x, y, s, t, month)) lay(o, month, hit);
      const lots = lotsOf(bi, bj);
      if (lots) stand(lots, s, t, month, hit);
      if (over) for (const o of over) if (o.trap && applies(o, x, y, s, t, month)) disguise(o, hit);
    },
  };
}

function applies(o: Overlay, x: number, y: number, s: number, t: number, month: MonthIndex): boolean {
  return month >= o.start && month < o.end && inShape(o.shape, x, y, s, t);
}

function lay(o: Overlay, month: MonthIndex, hit: Hit): void {
  hit.cover = COVER[o.cover];
  hit.tone = o.tone;
  hit.bare = o.cover === 'bare';
  hit.state = o.cover === 'pond' ? WATER : o.cover === 'grove' ? FOREST : o.cover === 'grass' ? GREEN : OTHER;
  if (o.cover === 'planting') {
    hit.growth = Math.min(1, (month - o.start) / (GROWTH_MONTHS + 3));
    hit.state = month - o.start >= GROWTH_MONTHS ? FOREST : GREEN;
  }
}

function disguise(o: Overlay, hit: Hit): void {
  if (o.cover === 'glint' && hit.cover !== COVER.reservoir) return;
  hit.cover = COVER[o.cover];
  hit.tone = o.tone;
  if (o.height > 0) hit.height = o.height;
}

/** Overlays by the square of ground they touch: most squares have none. */
function indexOverlays(city: City, overlays: readonly Overlay[]) {
  const side = Math.max(city.columns * PITCH[0], city.rows * PITCH[1]);
  // the street frame is turned: the world's squares reach a little west of its origin
  const west = city.origin[0] - side;
  const south = city.origin[1] - side;
  const columns = Math.ceil((3 * side) / CELL);
  const cells = new Map<number, Overlay[]>();
  const touched = new Uint8Array(columns * columns);
  const cellOf = (x: number, y: number) =>
    Math.floor((y - south) / CELL) * columns + Math.floor((x - west) / CELL);
  for (const overlay of overlays) {
    const ring = outline(overlay.shape, city.origin);
    const xs = ring.map(([x]) => x);
    const ys = ring.map(([, y]) => y);
    // a blob's ring is a polygon: its true edge bulges out of it a little
    const [first, last] = [
      cellOf(Math.min(...xs) - 2, Math.min(...ys) - 2),
      cellOf(Math.max(...xs) + 2, Math.max(...ys) + 2),
    ];
    for (let row = Math.floor(first / columns); row <= Math.floor(last / columns); row++) {
      for (let column = first % columns; column <= last % columns; column++) {
        const key = row * columns + column;
        const list = cells.get(key);
        if (list) list.push(overlay);
        else cells.set(key, [overlay]);
        touched[key] = 1;
      }
    }
  }
  return {
    at(x: number, y: number): readonly Overlay[] | null {
      const key = cellOf(x, y);
      return touched[key] === 1 ? (cells.get(key) ?? null) : null;
    },
  };
}
