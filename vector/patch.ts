import type { ChangeClassName } from '../kernels/classes.js';
import type { Point } from '../raster/affine.js';
import type { Filtering } from './filter/judge.js';

/** Closed ring: the first point stands again at the end. Outer rings counter-clockwise in y-up coordinates, holes clockwise. */
export type Ring = readonly Point[];
/** Outer ring first, then holes, in CRS units of the run's grid. */
export type PolygonRings = readonly Ring[];

export const PATCH_STATES = ['suspected', 'confirmed', 'dismissed'] as const;
export type PatchState = (typeof PATCH_STATES)[number];
export const PATCH_STATES_ZH: Readonly<Record<PatchState, string>> = {
  suspected: '疑似',
  confirmed: '已确认',
  dismissed: '已排除',
};

/** A change patch (图斑): one connected region of one class inside one subdistrict. */
export interface Patch {
  /** 监测编号, unique in the project. */
  readonly number: string;
  readonly class: ChangeClassName;
  readonly subdistrictCode: string | null;
  readonly subdistrict: string | null;
  /** Dates compared, YYYY-MM or YYYY-MM-DD; null where the scene tells none. */
  readonly before: string | null;
  readonly after: string | null;
  /** Exact pixel area in m². */
  readonly areaM2: number;
  /** Chance that it is right as of the dates compared, 0-1 (kernels/confidence.ts). */
  readonly confidence: number;
  readonly state: PatchState;
  /** Month whose look decided the state, YYYY-MM; null while suspected. */
  readonly decided: string | null;
  readonly perimeterM: number;
  /** Polsby-Popper, 4πA/P², 0-1. */
  readonly compactness: number;
  /** Forest or water that turned into bare ground. */
  readonly toBare: boolean;
  /** The learned model that told it, `name@revision`; null where the mathematics did. */
  readonly model: string | null;
  /** A point of the patch's middle as WGS84 longitude, latitude. */
  readonly centroid: Point;
  /** What a filter fitted from verdicts makes of it; null where none has judged it. */
  readonly filtering: Filtering | null;
  /** In the CRS of the run's grid. */
  readonly rings: PolygonRings;
}

/** A subdistrict (街道). Rings in WGS84 longitude, latitude. */
export interface Subdistrict {
  readonly code: string;
  readonly name: string;
  readonly polygons: readonly PolygonRings[];
}
