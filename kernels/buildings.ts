import type { KernelSource } from './backend.js';
import type { SceneColour } from './detector.js';
import type { Thread } from './indices.js';

/**
 * Evidence of buildings from red, green and blue alone. Soil and vegetation take up blue and so are coloured; roofs,
 * concrete and metal reflect alike in all bands (Small 2003), or more in blue than in any other, as no ground does. Each
 * date is judged in its own colours and against its own scene, so that neither haze nor a change of camera makes a city.
 */
export const BUILDINGS = {
  /** Cells the evidence is judged on are as wide as this at most, m: a small house is ten of them across. */
  cell: 1.2,
  /** And as many px as this at most, so that windows of blocks can begin on whole cells. */
  mostFactor: 8,
  /** Half-width of the window colour is averaged over, m: half the narrowest roof. In cells it is 1 or 2. */
  window: 2,
  /** Colour, (max - min) / max, below which a surface is grey. Asphalt, concrete and slate have some 0.05-0.1, dry soil 0.2. */
  grey: 0.12,
  /** Colour of dry soil: with near infrared, whose roofs are told from vegetation by it, only what is more coloured is no roof. */
  soil: 0.2,
  /** `grey` as a share of the scene's own median: where haze takes all colours away, grey says little. */
  greyShare: 0.6,
  /** Most of the colour before that may be left after, each against the median of its date: asymmetric, with margin. */
  left: 0.75,
  /** Blue over the larger of red and green, as a share of brightness, from which a surface is painted or coated. */
  blue: 0.1,
  /** Least brightness against the median of the date: below lies cast shadow. */
  lit: 0.45,
  /** Sobel gradient in units of the median brightness a cell, from which an edge parts a roof from what lies beside it. */
  edge: 0.2,
  /** Times what is left between the edges grows back, a cell each. */
  growth: 2,
  /** Times a mask is smoothed by the majority of 3 × 3. */
  smoothings: 2,
  /**
   * Most perimeter²/(16·area) of a region, 1 for a square, steps of pixels counted: 6 is a strip 22 times as long as wide.
   * Roads and what hangs together along them have more.
   */
  elongation: 6,
} as const;

/** Cells the mathematics below reach: gradient or window, opening, growth that looks two cells far, and smoothing. */
const REACH = 2 + 2 + 2 * BUILDINGS.growth + BUILDINGS.smoothings;

/** px a cell is wide: the largest power of two that keeps it small. */
export function cellFactor(resolution: number): number {
  let factor = 1;
  while (factor < BUILDINGS.mostFactor && 2 * factor * resolution <= BUILDINGS.cell) factor *= 2;
  return factor;
}

/** px beyond a block that its buildings depend on; a multiple of every cell's width. */
export function buildingHalo(resolution: number): number {
  const most = BUILDINGS.mostFactor;
  return Math.ceil((REACH * cellFactor(resolution)) / most) * most;
}

/** Half-width of the colour window in cells. */
export function cellRadius(cellMetres: number): number {
  return Math.min(2, Math.max(1, Math.round(BUILDINGS.window / cellMetres)));
}

/** Confidence of buildings that came and that are gone, 64-127 a cell, 0 elsewhere; `width` cells a row. */
export interface BuildingMarks {
  readonly factor: number;
  readonly width: number;
  readonly height: number;
  readonly came: Uint8Array;
  readonly gone: Uint8Array;
}

/** Shape of a block and of its cells, and what turns its digital numbers into a date's own colours. */
export interface BuildingConstants {
  /** px of a row, and of a plane. */
  readonly width: number;
  readonly length: number;
  readonly factor: number;
  /** Cells. */
  readonly across: number;
  readonly down: number;
  readonly radius: number;
  readonly atRed: number;
  readonly atGreen: number;
  readonly atBlue: number;
}

/** Levels that one direction of change is judged by: `here` is the date with the building, `there` the other. */
export interface TurnLevels {
  readonly grey: number;
  readonly left: number;
  readonly blue: number;
  readonly lit: number;
  readonly edge: number;
}

export function turnLevels(here: SceneColour, there: SceneColour): TurnLevels {
  return {
    grey: Math.min(BUILDINGS.grey, BUILDINGS.greyShare * here.saturation),
    left: (BUILDINGS.left * here.saturation) / Math.max(there.saturation, 1e-6),
    blue: BUILDINGS.blue,
    lit: BUILDINGS.lit * here.brightness,
    edge: BUILDINGS.edge * here.brightness,
  };
}

type ShadeConstants = Omit<BuildingConstants, 'radius' | 'length'> & {
  readonly gainRed: number;
  readonly gainGreen: number;
  readonly gainBlue: number;
  readonly offsetRed: number;
  readonly offsetGreen: number;
  readonly offsetBlue: number;
};

/**
 * Colour of cells from a date's stack, in three planes one after another: saturation, (max - min) / max; blueness,
 * (blue - max(red, green)) / max; and max itself, of the means of red, green and blue over the cell.
 */
export const shadeKernel: KernelSource = {
  name: 'shade',
  kernel: function kernel(this: Thread<ShadeConstants>, stack: number[]) {
    const cells = this.constants.across * this.constants.down;
    const plane = Math.floor(this.thread.x / cells);
    const cell = this.thread.x - plane * cells;
    const row = Math.floor(cell / this.constants.across);
    const column = cell - row * this.constants.across;
    const factor = this.constants.factor;
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let dy = 0; dy < this.constants.factor; dy++) {
      for (let dx = 0; dx < this.constants.factor; dx++) {
        const i = (row * factor + dy) * this.constants.width + column * factor + dx;
        red += stack[i + this.constants.atRed];
        green += stack[i + this.constants.atGreen];
        blue += stack[i + this.constants.atBlue];
      }
    }
    const share = 1 / (factor * factor);
    red = red * share * this.constants.gainRed + this.constants.offsetRed;
    green = green * share * this.constants.gainGreen + this.constants.offsetGreen;
    blue = blue * share * this.constants.gainBlue + this.constants.offsetBlue;
    const ground = Math.max(red, green);
    const most = Math.max(Math.max(ground, blue), 0.000001);
    let value = most;
    if (plane < 0.5) {
      value = (most - Math.max(Math.min(Math.min(red, green), blue), 0)) / most;
    } else if (plane < 1.5) {
      value = (blue - ground) / most;
    }
    return value;
  },
};

/** Means of the three planes of `shadeKernel` over (2·radius+1)² cells; edges of a plane are repeated. */
export const shadeMeanKernel: KernelSource = {
  name: 'shade_mean',
  kernel: function kernel(
    this: Thread<Pick<BuildingConstants, 'across' | 'down' | 'radius'>>,
    shades: number[],
  ) {
    const across = this.constants.across;
    const cells = across * this.constants.down;
    const plane = Math.floor(this.thread.x / cells);
    const cell = this.thread.x - plane * cells;
    const row = Math.floor(cell / across);
    const column = cell - row * across;
    const side = 2 * this.constants.radius + 1;
    let sum = 0;
    for (let dy = 0; dy < 2 * this.constants.radius + 1; dy++) {
      const y = Math.min(Math.max(row + dy - this.constants.radius, 0), this.constants.down - 1);
      for (let dx = 0; dx < 2 * this.constants.radius + 1; dx++) {
        const x = Math.min(Math.max(column + dx - this.constants.radius, 0), across - 1);
        sum += shades[plane * cells + y * across + x];
      }
    }
    return sum / (side * side);
  },
};

/**
 * Where a date shows a building and the other does not, packed as confidence·2 + core: confidence 64-127 where the
 * surface is grey or blue here, was not there, and lies in the sun, else 0; core where no edge runs.
 */
export const evidenceKernel: KernelSource = {
  name: 'building_evidence',
  kernel: function kernel(
    this: Thread<TurnLevels & Pick<BuildingConstants, 'across' | 'down'>>,
    means: number[],
    otherMeans: number[],
    shades: number[],
  ) {
    const across = this.constants.across;
    const cells = across * this.constants.down;
    const i = this.thread.x;
    const grey = means[i];
    const blue = means[i + cells];
    let sure = 0;
    if (grey < this.constants.grey && grey < this.constants.left * otherMeans[i]) {
      sure = 64 + 63 * (1 - grey / this.constants.grey);
    }
    if (blue > this.constants.blue) {
      sure = Math.max(sure, 64 + 63 * Math.min(1, blue / this.constants.blue - 1));
    }
    if (otherMeans[i + cells] > this.constants.blue || means[i + 2 * cells] <= this.constants.lit) {
      sure = 0;
    }
    let core = 0;
    if (sure > 0) {
      const row = Math.floor(i / across);
      const column = i - row * across;
      const up = 2 * cells + Math.max(row - 1, 0) * across;
      const middle = 2 * cells + row * across;
      const down = 2 * cells + Math.min(row + 1, this.constants.down - 1) * across;
      const before = Math.max(column - 1, 0);
      const after = Math.min(column + 1, across - 1);
      const dx =
        shades[up + after] +
        2 * shades[middle + after] +
        shades[down + after] -
        shades[up + before] -
        2 * shades[middle + before] -
        shades[down + before];
      const dy =
        shades[down + before] +
        2 * shades[down + column] +
        shades[down + after] -
        shades[up + before] -
        2 * shades[up + column] -
        shades[up + after];
      if (Math.sqrt(dx * dx + dy * dy) / 8 < this.constants.edge) {
        core = 1;
      }
    }
    return Math.floor(sure) * 2 + core;
  },
};

type CellShape = Pick<BuildingConstants, 'across' | 'down'>;

/**
 * Core where at least `least` of the five cells of a cross are core: all of them erode, one dilates. Beyond the plane
 * nothing is.
 */
export const crossKernel: KernelSource = {
  name: 'building_cross',
  kernel: function kernel(this: Thread<CellShape & { least: number }>, packed: number[]) {
    const across = this.constants.across;
    const row = Math.floor(this.thread.x / across);
    const column = this.thread.x - row * across;
    let count = 0;
    for (let k = 0; k < 5; k++) {
      // middle, left, right, above, below
      const x = column + (k === 1 ? -1 : 0) + (k === 2 ? 1 : 0);
      const y = row + (k === 3 ? -1 : 0) + (k === 4 ? 1 : 0);
      if (x >= 0 && x < across && y >= 0 && y < this.constants.down) {
        const value = packed[y * across + x];
        count += value - 2 * Math.floor(value / 2);
      }
    }
    const confidence = Math.floor(packed[this.thread.x] / 2);
    return confidence * 2 + (count >= this.constants.least ? 1 : 0);
  },
};

/**
 * Grows the core by a cell into where there is confidence, and keeps apart what is apart: not between two sides of which
 * one touches and the other is two cells off at most.
 */
export const growKernel: KernelSource = {
  name: 'building_grow',
  kernel: function kernel(this: Thread<CellShape>, packed: number[]) {
    const across = this.constants.across;
    const value = packed[this.thread.x];
    let result = value;
    if (value > 1 && value - 2 * Math.floor(value / 2) < 0.5) {
      const row = Math.floor(this.thread.x / across);
      const column = this.thread.x - row * across;
      let near = 0;
      let clash = 0;
      for (let k = 0; k < 4; k++) {
        // along the row, the column and both diagonals
        const dx = (k === 1 ? 0 : 1) - (k === 3 ? 2 : 0);
        const dy = k === 0 ? 0 : 1;
        let ahead = 0;
        let ahead2 = 0;
        let behind = 0;
        let behind2 = 0;
        for (let s = 0; s < 4; s++) {
          // one and two cells ahead, one and two behind
          const step = s < 2 ? s + 1 : 1 - s;
          const x = column + step * dx;
          const y = row + step * dy;
          if (x >= 0 && x < across && y >= 0 && y < this.constants.down) {
            const other = packed[y * across + x];
            const core = other - 2 * Math.floor(other / 2);
            if (s === 0) ahead = core;
            if (s === 1) ahead2 = core;
            if (s === 2) behind = core;
            if (s === 3) behind2 = core;
          }
        }
        near += ahead + behind;
        clash += ahead * (behind + behind2) + behind * (ahead + ahead2);
      }
      if (near > 0.5 && clash < 0.5) {
        result = value + 1;
      }
    }
    return result;
  },
};

/** Core where five of the 3 × 3 are; beyond the plane nothing is. */
export const majorityKernel: KernelSource = {
  name: 'building_majority',
  kernel: function kernel(this: Thread<CellShape>, packed: number[]) {
    const across = this.constants.across;
    const row = Math.floor(this.thread.x / across);
    const column = this.thread.x - row * across;
    let count = 0;
    for (let k = 0; k < 9; k++) {
      const dy = Math.floor(k / 3);
      const y = row + dy - 1;
      const x = column + k - 3 * dy - 1;
      if (x >= 0 && x < across && y >= 0 && y < this.constants.down) {
        const value = packed[y * across + x];
        count += value - 2 * Math.floor(value / 2);
      }
    }
    const confidence = Math.floor(packed[this.thread.x] / 2);
    return confidence * 2 + (count >= 5 ? 1 : 0);
  },
};
