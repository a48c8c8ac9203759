import type { z } from 'zod';
import type { Point } from '../../raster/affine.js';
import type { Crs } from '../../raster/crs.js';

/** A vector file as read, before anything is asked of it. */
export interface FeatureSource<G> {
  readonly features: readonly SourceFeature<G>[];
  readonly warnings: readonly string[];
}

export interface SourceFeature<G = PolygonParts> {
  /** Where it stands in the file, as messages name it: `feature 3`, `line 4`. */
  readonly place: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** In WGS84 longitude, latitude. */
  readonly geometry: G;
}

/** Polygons of one feature, rings as the file has them. */
export type PolygonParts = readonly (readonly (readonly Point[])[])[];

/** Coordinates of the file's CRS to longitude, latitude. */
export type ToLonLat = (x: number, y: number) => Point;

/**
 * The frame of a file's longitudes and latitudes beside its CRS: `gcj02` are converted; `wgs84` are taken as they are, whatever
 * they look like.
 */
export const FRAMES = ['wgs84', 'gcj02'] as const;
export type Frame = (typeof FRAMES)[number];

/** How the coordinates of a file become WGS84. */
export interface Placing {
  /** CRS of a file that names none. */
  readonly otherwise?: Crs;
  readonly from?: Frame;
}

/** A kind of geometry a file is read for. */
export interface Shape<G> {
  /** What the file should hold, in the plural, e.g. `polygons`. */
  readonly name: string;
  /** What a feature should be, e.g. `a Polygon or MultiPolygon`. */
  readonly wanted: string;
  /** GeoJSON names of the types it takes. */
  readonly types: readonly string[];
  /** GDAL's names of layers that may hold it. */
  readonly layers: RegExp;
  /** A GeoJSON geometry to what is read; positions have two numbers or more. */
  readonly schema: z.ZodType<(map: ToLonLat) => G>;
  /** All its points. */
  points(geometry: G): readonly Point[];
}
