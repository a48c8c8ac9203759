import type { Backend, Plane } from './backend.js';
import type { BandRole } from './bands.js';
import type { ChangeClassName } from './classes.js';
import type { Chance } from './confidence.js';
import type { LearnedModel } from './learned/model.js';
import type { SourceBlock } from './warp.js';
import type { SampleKind } from './wasm/index-sweep.js';

/**
 * Aligned, normalized planes of one date on the block's padded grid. All bands stand in one array, band after band, so
 * that a kernel takes one buffer a date: WebGPU allows a shader few of them.
 */
export interface DateBlock {
  readonly bands: readonly BandRole[];
  /** `bands.length` planes of width × height, row by row. */
  readonly stack: Plane;
  /** 1 where the pixel can be used (neither nodata nor cloud nor shadow), else 0. */
  readonly usable: Uint8Array;
}

/**
 * What the look at the scenes found, so that digital numbers of unknown scale can be judged relative to the scene.
 * All values are in the units of the planes.
 */
export interface SceneLook {
  /** Subtracted from each band before ratios are taken: the signal of the darkest objects (Chavez 1988). */
  readonly dark: Readonly<Partial<Record<BandRole, number>>>;
  /** 90th percentile of each band over dark. */
  readonly high: Readonly<Partial<Record<BandRole, number>>>;
  /** Spread of after - before a band on unchanged ground (1.4826 × median absolute deviation). */
  readonly noise: Readonly<Partial<Record<BandRole, number>>>;
  /** Median brightness over dark (mean of the visible bands). */
  readonly brightness: number;
  /** 25th percentile of mean brightness over dense vegetation: the darkness of a canopy in these units. */
  readonly canopy: number;
  /** Median of relative steps (steps.ts) where dense vegetation is at least as dark as that: how rough crowns make it. 0 where there is too little of it. */
  readonly crowns: number;
  /** 98th percentile of the vegetation index: what dense vegetation reaches in these units. */
  readonly vegetation: number;
  /** 75th percentile of edge density over ground without vegetation: the yardstick of built texture. */
  readonly edge: number;
  /** Each date in its own colours; absent where red, green or blue lacks. */
  readonly colour?: { readonly before: SceneColour; readonly after: SceneColour };
}

/** A line values are mapped by. */
export interface GainOffset {
  readonly gain: number;
  readonly offset: number;
}

/**
 * A date's own colours. Normalization fits the bands one by one, and so tints one date with the other's light and camera;
 * what judges colour takes that back.
 */
export interface SceneColour {
  /** From the numbers of the planes to those before normalization. */
  readonly maps: Readonly<Record<'red' | 'green' | 'blue', GainOffset>>;
  /** Median of saturation, (max - min) / max of the three bands. */
  readonly saturation: number;
  /** Its tenth percentile: what the greyest surfaces still have, where the camera's white is not white. */
  readonly greyest: number;
  /** Median of the largest of the three bands. */
  readonly brightness: number;
}

/** What a detector says of each pixel of the padded block. */
export interface Detection {
  /** Change codes (classes.ts), 255 where either date is not usable. */
  readonly code: Uint8Array;
  /** How surely the class is right in steps of 1/128, 0-127; 0 where code is 0 or 255. */
  readonly confidence: Uint8Array;
  /** How surely the pixel changed at all in steps of 1/128, 0-127. */
  readonly magnitude: Uint8Array;
  /** State codes (classes.ts) of both dates, 0 where not usable; null where the detector knows no states. */
  readonly stateBefore: Uint8Array | null;
  readonly stateAfter: Uint8Array | null;
  /** 1 where forest or water turned into bare ground; null where the detector does not tell. */
  readonly bare: Uint8Array | null;
}

/** A detector made ready for one run: fixed block shape, bands and scene look. */
export interface Detector {
  /** The result may be overwritten by the next call. */
  detect(before: DateBlock, after: DateBlock): Promise<Detection>;
  /**
   * The same from source pixels, resampled on the way, all of them valid: for detectors that judge single pixels of raw
   * values. Absent where the detector needs the planes.
   */
  detectFromSource?(before: SourceBlock, after: SourceBlock): Promise<Detection>;
  /** Where samples for `detectFromSource` are best put (date 0 before, 1 after), for detectors with memory of their own. */
  readonly sourceSamples?: (date: 0 | 1, type: SampleKind, length: number) => SourceBlock['samples'];
  /** Where each of its stages runs, or has run: the backend's name, or `typescript`. */
  readonly stages: Readonly<Record<string, string>>;
}

/**
 * `judge`: building_new are candidates, new, removed or neither, and outlines alone tell; `none`: nothing. A function: the chance that a
 * region is a new building, 0-1, by its mean confidence and the natural logarithm of its outline's sharpness before over after.
 */
export type OutlineUse = 'judge' | 'none' | ((confidence: number, faded: number) => number);

/** Sides of the cells that pixels are judged in, px: where a block's window begins is a multiple of the largest. */
export const CELL_SIDES = [1, 2, 4, 8] as const;

/** The seam: a kind of detector, chosen by name in the configuration. */
export interface DetectorKind {
  readonly name: string;
  /** The learned model in it; absent where it is mathematics alone. */
  readonly model?: LearnedModel;
  /**
   * px a side that it judges as one, at a resolution in metres: 1, 2, 4 or 8. Where that is more than 1, all of a run but the co-registration sees cells of
   * so many px, and `resolution` is a cell's everywhere else here.
   */
  cell(bands: ReadonlySet<BandRole>, resolution: number): number;
  /** px that it looks beyond a block, at a resolution in metres; a multiple of 8. */
  halo(resolution: number): number;
  /** True where scene statistics are needed; the look is skipped otherwise. */
  readonly needsLook: boolean;
  /** True where its detections hold the states of both dates. */
  readonly knowsStates: boolean;
  /** What the outlines of its building_new are asked (raster/rims.ts). */
  outlines(bands: ReadonlySet<BandRole>, resolution: number): OutlineUse;
  /** The classes the bands allow, and why the others cannot be computed. */
  computable(bands: ReadonlySet<BandRole>): {
    readonly classes: readonly ChangeClassName[];
    readonly missing: Readonly<Partial<Record<ChangeClassName, string>>>;
  };
  /** Bands it reads of those a scene has. */
  bandsUsed(bands: ReadonlySet<BandRole>): readonly BandRole[];
  /**
   * The same for a second look at changes that another pair has shown: to be seen again takes less than to be found (hysteresis,
   * Canny 1986). Absent where it makes no difference.
   */
  readonly again?: DetectorKind;
  /** What the chance of its patches to be right is, from its own confidence; absent where it is not known. */
  chance?(bands: ReadonlySet<BandRole>, resolution: number): Chance;
  create(options: DetectorOptions): Detector;
  /** Lets go of what its detectors have opened, before their backend is closed. */
  close?(): Promise<void>;
}

export interface DetectorOptions {
  readonly backend: Backend;
  /** Padded block in px. */
  readonly width: number;
  readonly height: number;
  /** px at every side of the padded block that nobody asks about: masks alone look that far. 0 where absent. */
  readonly slack?: number;
  /** Metres a px. */
  readonly resolution: number;
  readonly bands: ReadonlySet<BandRole>;
  readonly classes: ReadonlySet<ChangeClassName>;
  readonly look: SceneLook | null;
}
