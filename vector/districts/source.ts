import type { Point } from '../../raster/affine.js';

/** A district file as read, before anything is asked of it. */
export interface DistrictSource {
  readonly features: readonly SourceFeature[];
  readonly warnings: readonly string[];
}

export interface SourceFeature {
  readonly properties: Readonly<Record<string, unknown>>;
  /** Rings as the file has them, in WGS84 longitude, latitude. */
  readonly polygons: readonly (readonly (readonly Point[])[])[];
}
